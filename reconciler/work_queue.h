// SPDX-License-Identifier: Apache-2.0
//
// Which services are to be looked at, and when. Deduplicating: a key is in it once, and never with two
// workers; what comes while a worker has it is looked at once more afterwards. As client-go's workqueue and
// controller-runtime's priority queue.
//
//   queue.add(key, Priority::kChange, now);
//   if (auto key = queue.take(now)) { work(*key); queue.done(*key, now); }
//   else sleep_until(queue.next_due());
//
// After a failure: add_after_failure(), whose delay doubles with each failure of that key in a row, up to
// kLongestDelay, until forget(). Keys of a higher priority go first; within one, first come, first served;
// and a key that is there already goes with the higher priority and the earlier time of both.
//
// Pure: the time is an argument, so that tests need no clock. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>
#include <unordered_map>
#include <unordered_set>

#include "reconciler/service_key.h"

namespace modelgate::reconciler {

using SteadyTime = std::chrono::steady_clock::time_point;

enum class Priority : std::uint8_t {
  kResync,   // nothing has changed that we know of: start, resync, a new catalog
  kChange,   // something that we made, or a Pod, has changed
  kNewSpec,  // the service itself has changed
};

/// A service that failed once is looked at again after this time, ...
inline constexpr std::chrono::milliseconds kFirstDelay{100};
/// ... and never later than this: what fails for want of something else (a quota, a webhook) is to recover
/// without anybody's doing.
inline constexpr std::chrono::minutes kLongestDelay{5};

/// For client-go's workqueue_* metrics.
struct QueueCounts {
  std::uint64_t adds = 0;     // keys that were not in it
  std::uint64_t retries = 0;  // of add_after_failure()
  std::size_t depth = 0;      // due or not, those with a worker aside
  std::size_t working = 0;
  std::chrono::nanoseconds longest_running{};
  std::chrono::nanoseconds unfinished{};  // of all workers together
};

class WorkQueue {
 public:
  void add(const ServiceKey& key, Priority priority, SteadyTime now) { add_at(key, priority, now, now); }
  /// Not before `when`.
  void add_at(const ServiceKey& key, Priority priority, SteadyTime when, SteadyTime now);
  /// Once more, after the key's backoff; gives the delay.
  std::chrono::milliseconds add_after_failure(const ServiceKey& key, SteadyTime now);
  /// It went well: its next failure is its first.
  void forget(const ServiceKey& key);

  /// The next key that is due, or nothing. It is the caller's until done().
  std::optional<ServiceKey> take(SteadyTime now);
  void done(const ServiceKey& key, SteadyTime now);

  /// When take() will give something, if nothing is added; nothing where the queue is empty.
  std::optional<SteadyTime> next_due() const;
  /// How long the key that take() gave last had been due.
  std::chrono::nanoseconds last_wait() const;
  QueueCounts counts(SteadyTime now) const;

 private:
  // The owner of work_queue.cc decides.
};

}  // namespace modelgate::reconciler
