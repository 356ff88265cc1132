// SPDX-License-Identifier: Apache-2.0
//
// Which services to reconcile, and when. A key is queued at most once, and never with two workers; if it is added
// while a worker has it, it is queued again afterwards. Like client-go's workqueue and controller-runtime's
// priority queue.
//
//   queue.add(key, Priority::kChange, now);
//   if (auto key = queue.take(now)) { work(*key); queue.done(*key, now); }
//   else sleep_until(queue.next_due());
//
// After a failure: add_after_failure(), whose delay doubles with each successive failure of that key, up to
// kLongestDelay, until forget(). Higher priorities come first, and within one the key that is due longest; a key
// that is added again gets the higher priority and the earlier time of both.
//
// No key starves: after kPassedOver calls of take() that passed over the key that is due longest, that key is next,
// whatever its priority. So a key with n others due longer is taken within (n + 1) * (kPassedOver + 1) calls,
// however many keys of a higher priority are added.
//
// The time is an argument, so that tests need no clock, and must not decrease. One thread.
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
  kResync,   // start, resync or a new catalog: no known change
  kChange,   // a child or Pod has changed
  kNewSpec,  // the service itself has changed
};

/// Delay after the first failure.
inline constexpr std::chrono::milliseconds kFirstDelay{100};
/// Limit of the delay. Refusals by the API server have a shorter one: apply/refused_writes.h.
inline constexpr std::chrono::minutes kLongestDelay{5};
/// While users write continuously, a resync of ten thousand services continues at an eighth of its speed, and a
/// changed service waits for at most one key more.
inline constexpr int kPassedOver = 7;

/// For client-go's workqueue_* metrics.
struct QueueCounts {
  std::uint64_t adds = 0;     // keys that were not queued
  std::uint64_t retries = 0;  // of add_after_failure()
  std::size_t depth = 0;      // due or not, without those that a worker has
  std::size_t working = 0;
  std::chrono::nanoseconds longest_running{};
  std::chrono::nanoseconds unfinished{};  // the sum over all workers
};

class WorkQueue {
 public:
  WorkQueue() = default;
  WorkQueue(const WorkQueue&) = delete;
  WorkQueue& operator=(const WorkQueue&) = delete;

  void add(const ServiceKey& key, Priority priority, SteadyTime now) { add_at(key, priority, now, now); }
  /// Not before `when`.
  void add_at(const ServiceKey& key, Priority priority, SteadyTime when, SteadyTime now);
  /// After the key's backoff, with its last priority; returns the delay.
  std::chrono::milliseconds add_after_failure(const ServiceKey& key, SteadyTime now);
  /// After a success: resets the backoff.
  void forget(const ServiceKey& key);

  /// The next key that is due, or nothing. The caller has it until done().
  std::optional<ServiceKey> take(SteadyTime now);
  void done(const ServiceKey& key, SteadyTime now);

  /// When take() will return a key, if none is added; nothing if the queue is empty.
  std::optional<SteadyTime> next_due() const;
  /// How long the last taken key had been due.
  std::chrono::nanoseconds last_wait() const { return last_wait_; }
  QueueCounts counts(SteadyTime now) const;

 private:
  /// A place in line.
  struct Place {
    SteadyTime due;
    std::uint64_t number = 0;  // in the order of addition
    const ServiceKey* key = nullptr;

    auto operator<=>(const Place& other) const {
      if (const auto order = due <=> other.due; order != 0) return order;
      return number <=> other.number;
    }
    bool operator==(const Place& other) const { return due == other.due && number == other.number; }
  };
  using Line = std::set<Place>;

  /// For a key that is in line, with a worker, or has failed.
  struct Item {
    bool in_line = false;  // `place` is in waiting_, or in ready_ where `ready`
    bool ready = false;
    bool working = false;
    Priority priority = Priority::kResync;
    Place place;
    SteadyTime taken{};
    std::optional<Place> again;  // where to queue it when its worker is done
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
