// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connection, from the TLS handshake to its end, as a coroutine on its thread's io_context. Included by
// http/server.cc and session.cc only, since it drags in Asio.
//
// Deadlines: a session says which phase it is in, the thread's tick (Worker::on_tick) looks at all its
// sessions and cancels the pending operation of one that is late. So a request starts and stops no timer, and
// reads no clock.

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

// kClientBoundBody is a body whose client gives up before we would.
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

// A session as the tick sees it.
class TimedSession {
 public:
  virtual ~TimedSession() = default;
  virtual void cancel() = 0;

  Phase phase = Phase::kHandshake;
  std::uint64_t due = 0;  // tick number; UINT64_MAX for never
  bool expired = false;
};

// A share of something that all threads have in common: taken before use, and given back.
class Budget {
 public:
  explicit Budget(std::size_t all) : all_(all) {}
  // False where there is not so much left.
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

// What all threads of a server share; ordinary requests do not touch it.
struct Budgets {
  explicit Budgets(const Limits& limits) : bodies_bytes(limits.bodies_bytes), waiting(limits.waiting) {}
  Budget bodies_bytes;
  Budget waiting;
};

// What the sessions of one thread share. Everything but `open`, `budgets` and the counters' reading side
// belongs to the thread.
struct Worker {
  Worker(const Limits& its_limits, Budgets& its_budgets) : limits(its_limits), budgets(its_budgets) {}

  // When a phase that begins now is over, in ticks.
  std::uint64_t due_after(Phase phase) const;
  // When `time`, which began in the tick `since`, is over for certain.
  std::uint64_t due_after(std::chrono::nanoseconds time, std::uint64_t since) const;
  void begin_ticks();
  void on_tick();

  const Limits& limits;
  Budgets& budgets;
  SessionCounters counters;
  std::atomic<std::size_t> open = 0;  // connections; raised by the acceptor, lowered by this thread
  const std::atomic<bool>* draining = nullptr;
  std::shared_ptr<SSL_CTX> tls;  // null: plain HTTP
  std::unique_ptr<Handler> handler;
  std::list<TimedSession*> sessions;
  std::uint64_t now = 0;  // ticks since the start
  bool ticking = false;
  asio::io_context context{1};
  asio::steady_timer tick{context};
};

// Serves one connection on `worker`'s thread, until it ends. `turn_away`: answer the first request with 429.
void start_session(Worker& worker, Tcp::socket socket, bool turn_away);

}  // namespace modelgate::http
