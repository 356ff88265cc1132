// SPDX-License-Identifier: Apache-2.0
//
// Decides which Events kube/events.h writes, and their counts, without network or clock. The rules are those
// of client-go's event correlator.
//
//   EventCorrelator correlator;
//   if (auto write = correlator.take(event, now)) ...  // create an Event, or patch the one of write->key
//
// A repeated event about the same object increments the count of the first one. If an object has more than
// kDistinctEvents messages with one reason within kTogether, further messages are combined into one Event.
// Each object has a budget of kBurst events, refilled by one event each kRefill.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <list>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace modelgate::kube {

// The values of client-go.
inline constexpr std::size_t kDistinctEvents = 10;
inline constexpr std::chrono::minutes kTogether{10};
inline constexpr double kBurst = 25;
inline constexpr std::chrono::minutes kRefill{5};
inline constexpr std::size_t kRememberedEvents = 4096;  // per map; the least recently used is removed

/// The API's limit for Event.message, in bytes.
inline constexpr std::size_t kMaxEventMessage = 1024;

/// An event to write. Its key consists of all fields but the message.
struct EventText {
  std::string object;  // identifies it: kind, namespace, name, uid
  std::string type;    // "Normal", "Warning"
  std::string reason;
  std::string message;
};

/// The Event to create or patch.
struct EventWrite {
  std::string key;      // identifies the Event
  std::string message;  // at most kMaxEventMessage bytes, one line, safe to show
  std::int64_t count = 1;
  std::string first_seen;  // `wall` of the first event
};

/// A map that removes the least recently used entry when it is full.
template <class T>
class Remembered {
 public:
  /// The value of `key`; adds one if it is missing.
  T& operator[](const std::string& key) {
    if (const auto it = index_.find(key); it != index_.end()) {
      entries_.splice(entries_.begin(), entries_, it->second);
      return entries_.front().second;
    }
    if (index_.size() == kRememberedEvents) {
      index_.erase(entries_.back().first);
      entries_.pop_back();
    }
    entries_.emplace_front(key, T{});
    index_.emplace(key, entries_.begin());
    return entries_.front().second;
  }
  std::size_t size() const { return index_.size(); }

 private:
  std::list<std::pair<std::string, T>> entries_;
  std::unordered_map<std::string, typename std::list<std::pair<std::string, T>>::iterator> index_;
};

class EventCorrelator {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Nothing if the object has no budget left. `wall` is the current time, for first_seen.
  std::optional<EventWrite> take(EventText event, Time now, std::string_view wall);

 private:
  struct Group {
    std::set<std::string> messages;
    Time last{};
  };
  struct Counted {
    std::int64_t count = 0;
    std::string first_seen;
  };
  struct Budget {
    double tokens = kBurst;
    Time at{};
  };

  bool is_one_of_many(const std::string& group, const std::string& message, Time now);
  bool spend(const std::string& object, Time now);

  Remembered<Group> groups_;
  Remembered<Counted> counted_;
  Remembered<Budget> budgets_;
};

}  // namespace modelgate::kube
