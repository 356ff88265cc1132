// SPDX-License-Identifier: Apache-2.0
//
// Limits the writes of each object, so that two controllers that revert each other's changes do not keep the API
// server busy. Used by applier.h and by status/status_writer.h.
//
//   if (!breaker.allows("Deployment default/iris-predictor", now)) return report_storm();
//   write(); breaker.note("Deployment default/iris-predictor", now);
//
// A token bucket for each object: `burst` writes at once, then one in `every`. Objects with a full bucket take no
// memory. The time is an argument. One thread.
#pragma once

#include <chrono>
#include <string>
#include <string_view>
#include <unordered_map>

#include "reconciler/queue/work_queue.h"

namespace modelgate::reconciler {

class WriteBreaker {
 public:
  WriteBreaker(int burst, std::chrono::nanoseconds every) : burst_(burst), every_(every) {}

  bool allows(const std::string& object, SteadyTime now) const { return wait(object, now).count() == 0; }
  /// Until the next write is allowed; zero if it is allowed now.
  std::chrono::nanoseconds wait(const std::string& object, SteadyTime now) const;
  /// Records one write, allowed or not.
  void note(const std::string& object, SteadyTime now);

  /// Objects in memory: those whose bucket is not full, and a few more.
  std::size_t size() const { return full_at_.size(); }

 private:
  void sweep(SteadyTime now);

  int burst_;
  std::chrono::nanoseconds every_;
  // When its bucket will be full again: each write delays that by `every_`.
  std::unordered_map<std::string, SteadyTime> full_at_;
  SteadyTime swept_{};
};

}  // namespace modelgate::reconciler
