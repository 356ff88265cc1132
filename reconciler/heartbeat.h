// SPDX-License-Identifier: Apache-2.0
//
// Whether the controller's thread is alive: if it hung, its lease would expire, and nothing else would show it.
// controller.cc calls beat(), /healthz reads problem().
//
//   Heartbeat heartbeat(now);
//   heartbeat.beat(now);                                   // every kHeartbeat, by the thread
//   if (!heartbeat.problem(now).empty()) return 503;       // from any thread
#pragma once

#include <atomic>
#include <chrono>
#include <string>

namespace modelgate::reconciler {

inline constexpr std::chrono::seconds kHeartbeat{1};
/// The thread's longest task without a pause (a page of a list, or a catalog) takes far less than a second. A
/// process that gets no CPU, or was stopped for a while, has a minute before the kubelet restarts it.
inline constexpr std::chrono::seconds kLongestSilence{60};

class Heartbeat {
 public:
  using Time = std::chrono::steady_clock::time_point;

  explicit Heartbeat(Time now) : last_(now) {}
  void beat(Time now) { last_ = now; }
  /// Empty if it is alive.
  std::string problem(Time now) const;

 private:
  std::atomic<Time> last_;
};

}  // namespace modelgate::reconciler
