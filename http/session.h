// SPDX-License-Identifier: Apache-2.0
//
// One connection, from the TLS handshake to its end, as a coroutine on its thread's io_context. Included by
// http/server.cc and session.cc only, since it includes Asio.
//
// Deadlines: a session sets its phase. The thread's tick (Worker::on_tick) checks all its sessions and
// cancels the operation of a late one. So a request starts no timer and reads no clock.
#pragma once

#include <openssl/types.h>

#include <atomic>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/steady_timer.hpp>
#include <list>
#include <memory>

#include "http/counters.h"
#include "http/handler.h"
#include "http/limits.h"

namespace modelgate::http {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

/// kClientBoundBody: a body whose client times out before our own limit.
enum class Phase : std::uint8_t {
  kHandshake,
  kIdle,
  kHeader,
  kBody,
  kClientBoundBody,
  kAnswer,
  kWrite,
  kClose
};

/// The part of a session that the tick uses.
class TimedSession {
 public:
  virtual ~TimedSession() = default;
  virtual void cancel() = 0;

  Phase phase = Phase::kHandshake;
  std::uint64_t due = 0;  // tick number; UINT64_MAX for never
  bool expired = false;
};

/// A budget that all threads share.
class Budget {
 public:
  explicit Budget(std::size_t all) : all_(all) {}
  /// False if less than `part` is left.
  bool take(std::size_t part) {
    if (taken_.fetch_add(part, std::memory_order_relaxed) + part <= all_) return true;
    give_back(part);
    return false;
  }
  void give_back(std::size_t part) { taken_.fetch_sub(part, std::memory_order_relaxed); }

 private:
  const std::size_t all_;
  std::atomic<std::size_t> taken_ = 0;
};

/// Shared by all threads of a server. Ordinary requests do not use it.
struct Budgets {
  explicit Budgets(const Limits& limits) : bodies_bytes(limits.bodies_bytes), waiting(limits.waiting) {}
  Budget bodies_bytes;
  Budget waiting;
};

/// Shared by the sessions of one thread. Other threads may only use `open`, `budgets`, and read the counters.
struct Worker {
  Worker(const Limits& its_limits, Budgets& its_budgets) : limits(its_limits), budgets(its_budgets) {}

  /// The tick at which a phase that starts now is over.
  std::uint64_t due_after(Phase phase) const;
  /// The tick at which `time`, which started in the tick `since`, is certainly over.
  std::uint64_t due_after(std::chrono::nanoseconds time, std::uint64_t since) const;
  void begin_ticks();
  void on_tick();

  const Limits& limits;
  Budgets& budgets;
  SessionCounters counters;
  std::atomic<std::size_t> open = 0;  // connections; incremented by the acceptor, decremented by this thread
  const std::atomic<bool>* draining = nullptr;
  std::shared_ptr<SSL_CTX> tls;  // null: plain HTTP
  std::unique_ptr<Handler> handler;
  std::list<TimedSession*> sessions;
  std::uint64_t now = 0;  // ticks since the start
  bool ticking = false;
  asio::io_context context{1};
  asio::steady_timer tick{context};
};

/// Serves one connection on `worker`'s thread, until it ends. `turn_away`: answer the first request with 429.
void start_session(Worker& worker, Tcp::socket socket, bool turn_away);

}  // namespace modelgate::http
