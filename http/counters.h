// SPDX-License-Identifier: Apache-2.0
//
// Counters of a server's threads. One thread writes a counter, without a lock or an atomic read-modify-write;
// any thread may read it, for metrics. Used by http/session.cc and webhook/admission_handler.cc.
#pragma once

#include <atomic>
#include <cstdint>

namespace modelgate::http {

class Counter {
 public:
  /// Only by the thread that owns the counter.
  void add(std::uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) + count, std::memory_order_relaxed);
  }
  void subtract(std::uint64_t count = 1) {
    value_.store(value_.load(std::memory_order_relaxed) - count, std::memory_order_relaxed);
  }
  /// By any thread.
  std::uint64_t get() const { return value_.load(std::memory_order_relaxed); }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

/// Counts of a server's connections and requests: of all threads (ServerCounts) or of one (SessionCounters).
template <class Number>
struct BasicServerCounts {
  Number connections{};         // accepted and assigned to a thread
  Number turned_away{};         // answered 429, over the limit
  Number closed_at_accept{};    // closed, over Limits::turned_away
  Number accept_errors{};       // accept(2) failed
  Number handshake_failures{};  // not TLS, no common version or cipher, or closed by the client
  Number timeouts_handshake{};
  Number timeouts_header{};
  Number timeouts_body{};
  Number timeouts_write{};
  Number timeouts_idle{};
  Number bad_requests{};       // 400 by the HTTP parser
  Number bodies_too_large{};   // 413
  Number headers_too_large{};  // 431
  Number bodies_refused{};     // 429, too many large bodies at once
  Number requests_refused{};   // 429, too many requests wait for lookups
  Number given_up{};           // dropped: the client's `?timeout=` passed before the handler got it
  Number handler_errors{};     // 500, an exception
  Number requests{};           // passed to a handler

  /// Calls `visit(mine, theirs)` for each pair of members.
  template <class Other, class Visit>
  void each(const BasicServerCounts<Other>& other, Visit visit) {
    visit(connections, other.connections);
    visit(turned_away, other.turned_away);
    visit(closed_at_accept, other.closed_at_accept);
    visit(accept_errors, other.accept_errors);
    visit(handshake_failures, other.handshake_failures);
    visit(timeouts_handshake, other.timeouts_handshake);
    visit(timeouts_header, other.timeouts_header);
    visit(timeouts_body, other.timeouts_body);
    visit(timeouts_write, other.timeouts_write);
    visit(timeouts_idle, other.timeouts_idle);
    visit(bad_requests, other.bad_requests);
    visit(bodies_too_large, other.bodies_too_large);
    visit(headers_too_large, other.headers_too_large);
    visit(bodies_refused, other.bodies_refused);
    visit(requests_refused, other.requests_refused);
    visit(given_up, other.given_up);
    visit(handler_errors, other.handler_errors);
    visit(requests, other.requests);
  }
};

using SessionCounters = BasicServerCounts<Counter>;
using ServerCounts = BasicServerCounts<std::uint64_t>;

}  // namespace modelgate::http
