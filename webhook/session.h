// SPDX-License-Identifier: Apache-2.0
#pragma once

// One connection, from the TLS handshake to its end, as a coroutine on its thread's io_context. Included by
// webhook/server.cc and session.cc only, since it drags in Asio.
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

#include "webhook/counters.h"
#include "webhook/http.h"
#include "webhook/limits.h"

namespace modelgate::webhook {

namespace asio = boost::asio;
using Tcp = asio::ip::tcp;

// kImpatientBody is a body whose client gives up before we would.
enum class Phase : std::uint8_t {
  kHandshake,
  kIdle,
  kHeader,
  kBody,
  kImpatientBody,
  kAnswer,
  kWrite,
  kClose
};

// A session as the tick sees it.
class Deadline {
 public:
  virtual ~Deadline() = default;
  virtual void cancel() = 0;

  Phase phase = Phase::kHandshake;
  std::uint64_t due = 0;  // tick number; UINT64_MAX for never
  bool expired = false;
};

// What the sessions of one thread share. Everything but `open` and the counters' reading side belongs to the
// thread.
struct Worker {
  explicit Worker(const Limits& its_limits) : limits(its_limits) {}

  // When a phase that begins now is over, in ticks.
  std::uint64_t due_after(Phase phase) const;
  // When `time`, which began in the tick `since`, is over for certain.
  std::uint64_t due_after(std::chrono::nanoseconds time, std::uint64_t since) const;
  void begin_ticks();
  void on_tick();

  const Limits& limits;
  SessionCounters counters;
  std::atomic<std::size_t> open = 0;  // connections; raised by the acceptor, lowered by this thread
  const std::atomic<bool>* draining = nullptr;
  std::shared_ptr<SSL_CTX> tls;  // null: plain HTTP
  std::unique_ptr<Handler> handler;
  std::list<Deadline*> sessions;
  std::size_t bodies_bytes = 0;  // of bodies large enough to be counted
  std::size_t requests = 0;      // that the handler has and did not answer yet
  std::uint64_t now = 0;         // ticks since the start
  bool ticking = false;
  asio::io_context context{1};
  asio::steady_timer tick{context};
};

// Serves one connection on `worker`'s thread, until it ends. `turn_away`: answer the first request with 429.
void start_session(Worker& worker, Tcp::socket socket, bool turn_away);

}  // namespace modelgate::webhook
