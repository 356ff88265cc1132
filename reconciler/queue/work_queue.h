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
// Nothing starves: after kPassedOver takes that passed over the key that has been due longest, that key is
// next, whatever its priority. So a key with n others due longer is taken within (n + 1) * (kPassedOver + 1)
// takes, however much of a higher priority comes meanwhile.
//
// Pure: the time is an argument, so that tests need no clock. It never goes back. One thread.
#pragma once

#include <array>
#include <chrono>
#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <unordered_map>

#include "reconciler/queue/service_key.h"

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
/// A resync of ten thousand services goes on at an eighth of the pace while people write without a pause,
/// and what they write waits for one key more than it would.
inline constexpr int kPassedOver = 7;

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
  WorkQueue() = default;
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void add(const ServiceKey& key, Priority priority, SteadyTime now) { add_at(key, priority, now, now); }
  /// Not before `when`.
  void add_at(const ServiceKey& key, Priority priority, SteadyTime when, SteadyTime now);
  /// Once more, after the key's backoff, with the priority that it had; gives the delay.
  std::chrono::milliseconds add_after_failure(const ServiceKey& key, SteadyTime now);
  /// It went well: its next failure is its first.
  void forget(const ServiceKey& key);

  /// The next key that is due, or nothing. It is the caller's until done().
  std::optional<ServiceKey> take(SteadyTime now);
  void done(const ServiceKey& key, SteadyTime now);

  /// When take() will give something, if nothing is added; nothing where the queue is empty.
  std::optional<SteadyTime> next_due() const;
  /// How long the key that take() gave last had been due.
  std::chrono::nanoseconds last_wait() const { return last_wait_; }
  QueueCounts counts(SteadyTime now) const;

 private:
  /// A place in line.
  struct Place {
    SteadyTime due;
    std::uint64_t number = 0;  // in the order of coming
    const ServiceKey* key = nullptr;

    auto operator<=>(const Place& other) const {
      if (const auto order = due <=> other.due; order != 0) return order;
      return number <=> other.number;
    }
    bool operator==(const Place& other) const { return due == other.due && number == other.number; }
  };
  using Line = std::set<Place>;

  /// Of a key that is in line, with a worker, or has failed.
  struct Item {
    bool in_line = false;  // `place` is in waiting_, or in ready_ where `ready`
    bool ready = false;
    bool working = false;
    Priority priority = Priority::kResync;
    Place place;
    SteadyTime taken{};
    std::optional<Place> again;  // to get in line for once its worker is done
    Priority again_priority = Priority::kResync;
    unsigned failures = 0;  // in a row
  };
  using Items = std::unordered_map<ServiceKey, Item>;

  void get_in_line(Item& item);
  void leave_line(Item& item);
  void make_ready(SteadyTime now);
  Line* next_line();
  void drop_if_idle(Items::iterator it);

  Items items_;
  Line waiting_;
  std::array<Line, 3> ready_;  // by Priority
  std::uint64_t next_number_ = 0;
  int passed_over_ = 0;
  std::uint64_t adds_ = 0, retries_ = 0;
  std::size_t working_ = 0;
  std::chrono::nanoseconds last_wait_{};
};

}  // namespace modelgate::reconciler
