// SPDX-License-Identifier: Apache-2.0
//
// Holds the writes of one object to a rate, so that two controllers that undo each other's work make
// neither each other nor the API server busy. Called by applier.h.
//
//   if (!breaker.allows("Deployment default/iris-predictor", now)) return storm();
//   write(); breaker.note("Deployment default/iris-predictor", now);
//
// A bucket per object: `burst` writes at once, then one in `every`. What nobody writes is not remembered.
// Pure: the time is an argument. One thread.
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
  /// Until the next write is allowed; zero where it is now.
  std::chrono::nanoseconds wait(const std::string& object, SteadyTime now) const;
  /// One write was made, allowed or not.
  void note(const std::string& object, SteadyTime now);

  /// Objects that it remembers: those whose bucket is not full, and a few more.
  std::size_t size() const { return full_at_.size(); }

 private:
  void sweep(SteadyTime now);

  int burst_;
  std::chrono::nanoseconds every_;
  // When its bucket will be full again: each write puts that off by `every_`.
  std::unordered_map<std::string, SteadyTime> full_at_;
  SteadyTime swept_{};
};

}  // namespace modelgate::reconciler
