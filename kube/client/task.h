// SPDX-License-Identifier: Apache-2.0
//
// The coroutine type of the API server's client, and what loops on the client need: spawn, sleep, wait,
// backoff.
//
//   Task<ApiResult<Object>> read_twice(Client& client) {
//     auto first = co_await client.get(...);       // arguments are named values, no co_await inside an
//     co_return co_await client.get(...);          // initializer list (a compiler's bug, see CONTRIBUTING)
//   }
//
// Everything runs on the one thread of the client's io_context; nothing here is thread-safe.
#pragma once

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <chrono>
#include <functional>
#include <list>
#include <string>

namespace modelgate::kube {

namespace asio = boost::asio;

template <class T>
using Task = asio::awaitable<T>;

using SteadyTime = std::chrono::steady_clock::time_point;

/// Starts a loop. An exception from it is a bug: it is logged with `name`, and the loop starts again after a
/// second.
void spawn(asio::io_context& context, std::string name, std::function<Task<void>()> loop);

/// False if the wait was cancelled (asio's cancellation). If the context ends instead, the coroutine is
/// destroyed.
Task<bool> sleep_for(std::chrono::milliseconds time);

/// Coroutines that wait for a change. A woken coroutine must check again: another may have been faster.
///
///   while (!free()) {
///     const bool woken = co_await waiters.wait(deadline);
///     if (!woken) co_return too_late();
///   }
class Waiters {
 public:
  Waiters() = default;
  ~Waiters();
  Waiters(const Waiters&) = delete;
  Waiters& operator=(const Waiters&) = delete;

  /// False if `until` passed first. The object may be destroyed during the wait.
  Task<bool> wait(SteadyTime until);
  void wake_one();  // the one that has waited longest
  void wake_all();

 private:
  struct Waiting;
  std::list<Waiting*> waiting_;
};

/// Pauses that double from `first` up to `longest`, each less up to `jitter` of itself, so that
/// replicas that failed together do not retry together.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest, double jitter = 0.5)
      : first_(first), longest_(longest), next_(first), jitter_(jitter) {}
  std::chrono::milliseconds next();
  void reset() { next_ = first_; }

 private:
  std::chrono::milliseconds first_, longest_, next_;
  double jitter_;
};

}  // namespace modelgate::kube
