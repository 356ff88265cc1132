// SPDX-License-Identifier: Apache-2.0
//
// When a write that the API server refused is tried again: admission, a quota or RBAC may change, and no watch reports
// that. Used by applier.h, and by reconcile.h for the finalizer and the status.
//
//   if (const auto held = writes.held(object, uid, digest, now)) return report(held->problem, held->again_at);
//   ...
//   const SteadyTime again_at = writes.refused(object, uid, digest, problem, now);
//
// A refused write is held for kRefusalHolds: Pod events arrive many times a second, and each reconciles the service.
// After that, an event may repeat it. Without one it is repeated at `again_at`: kRefusalHolds later, then twice as long
// after each refusal, at most kLongestRefusalPause. Another body, or another object of that name, is another write: it is
// not held.
//
// At most kRefusedPerSecond refused writes are repeated in a second, over all objects: each repetition has its place in
// a second that is not full. So with n refused objects the pause is at least n / kRefusedPerSecond seconds.
//
// The time is an argument and must not decrease. One thread.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

#include "reconciler/apply/apply_problem.h"
#include "reconciler/queue/work_queue.h"

namespace modelgate::reconciler {

inline constexpr std::chrono::seconds kRefusalHolds{5};
/// A user who removed a policy or raised a quota waits about that long.
inline constexpr std::chrono::seconds kLongestRefusalPause{30};
/// At most two calls each. 1,200 refused objects are repeated every kLongestRefusalPause, more less often.
inline constexpr int kRefusedPerSecond = 40;

class RefusedWrites {
 public:
  struct Held {
    const ApplyProblem& problem;  // of the last refusal; until the next call of a function that is not const
    SteadyTime again_at;
  };

  /// Whether the write may not be repeated at `now`. If it may, the caller must repeat it.
  /// `object`: a name of the object that is unique; `digest`: of what is written.
  std::optional<Held> held(const std::string& object, std::string_view uid, std::string_view digest,
                           SteadyTime now);
  /// Records a refusal. Returns when to repeat the write.
  SteadyTime refused(const std::string& object, std::string_view uid, std::string_view digest,
                     ApplyProblem problem, SteadyTime now);
  /// After a success.
  void forget(const std::string& object);

  /// Objects in memory: those that are refused, and those that have not been repeated for a minute.
  std::size_t size() const { return writes_.size(); }

 private:
  struct Write {
    std::string uid, digest;
    ApplyProblem problem;
    int refusals = 0;  // in a row
    SteadyTime held_until{};
    SteadyTime again_at{};
  };

  /// A place in the first second from `when` on that is not full.
  SteadyTime reserve(SteadyTime when);
  void release(SteadyTime place);
  bool is_full(SteadyTime second) const;
  void sweep(SteadyTime now);

  std::unordered_map<std::string, Write> writes_;  // by object
  std::map<std::chrono::seconds, int> places_;     // taken ones, by second
  SteadyTime swept_{};
};

}  // namespace modelgate::reconciler
