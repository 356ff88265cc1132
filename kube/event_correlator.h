// SPDX-License-Identifier: Apache-2.0
//
// Which Events are written, and how often the same one counts: the decisions of kube/events.h without network
// or clock. They are those of client-go's event correlator.
//
//   EventCorrelator correlator;
//   if (auto write = correlator.take(event, now)) ...  // create it, or patch the one of write->key
//
// One that says the same again about the same object counts up the first one. Where an object has more than
// kDistinctEvents messages of one reason within kTogether, the further ones are one event. And each object
// has a budget of kBurst events, which fills up again by one each kRefill.
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

// client-go's figures.
inline constexpr std::size_t kDistinctEvents = 10;
inline constexpr std::chrono::minutes kTogether{10};
inline constexpr double kBurst = 25;
inline constexpr std::chrono::minutes kRefill{5};
inline constexpr std::size_t kRememberedEvents = 4096;  // of each kind of memory; the one unused longest goes

/// The API's limit for Event.message, in bytes.
inline constexpr std::size_t kMaxEventMessage = 1024;

/// What is to be told. Keys are made of all of it but the message.
struct EventText {
  std::string object;  // whatever names it: kind, namespace, name, uid
  std::string type;    // "Normal", "Warning"
  std::string reason;
  std::string message;
};

/// What is to be written for it.
struct EventWrite {
  std::string key;      // the same for all that belong into one Event
  std::string message;  // at most kMaxEventMessage bytes of whole characters
  std::int64_t count = 1;
  std::string first_seen;  // as given with the first one
};

/// A map that forgets what was not used for the longest time.
template <class T>
class Remembered {
 public:
  /// The value of `key`, a new one where there is none.
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

  /// Nothing where the object has used up its budget. `wall` is what first_seen is to be.
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
