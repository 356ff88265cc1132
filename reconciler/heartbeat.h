// SPDX-License-Identifier: Apache-2.0
//
// Whether the controller's thread still goes round: a thread that hangs would never be noticed by its
// process, whose lease runs out while everything else looks well. controller.cc beats, /healthz asks.
//
//   Heartbeat heart(now);
//   heart.beat(now);                                    // every kHeartbeat, by the thread
//   if (!heart.ailing(now).empty()) restart_me();       // from any thread
#pragma once

#include <atomic>
#include <chrono>
#include <string>

namespace modelgate::reconciler {

inline constexpr std::chrono::seconds kHeartbeat{1};
/// The longest that the thread works without a pause is a page of a list or a catalog, far below a second; a
/// process without CPU, or one that was stopped for a while, is given a minute before the kubelet ends it.
inline constexpr std::chrono::seconds kLongestSilence{60};

class Heartbeat {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Heartbeat(Time now) : last_(now) {}
  void beat(Time now) { last_ = now; }
  /// What is wrong, for people; empty while nothing is.
  std::string ailing(Time now) const;

 private:
  std::atomic<Time> last_;
};

}  // namespace modelgate::reconciler
