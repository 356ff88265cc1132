// SPDX-License-Identifier: Apache-2.0
//
// Carries out a plan's steps, one after the other, through the API server's client.
//
//   Applier applier(client, cache, memory);
//   const ApplyOutcome outcome = co_await applier.carry_out(key, plan, deadline);
//   for (const ApplyProblem& problem : outcome.problems) ...
//
// Each write bears what it was decided on: the uid of what is there (so that a namesake made anew is not
// hit), a resourceVersion where a value was read from it; each reply goes into the cache and into the memory,
// so that the next plan knows. A conflict means that we were late: the service is looked at again soon.
//
// Before something is made, its place is read: applying onto another's object of that name would merge with
// it where the two do not contradict each other.
//
// A step that failed does not keep the others from being tried, but where the API server is not reached, or
// the namespace is going; and for deletions: nothing is pruned while something wanted could not be made. One
// exception: KEDA refuses a ScaledObject while an HPA scales the same thing, so an autoscaler gives way to
// one that a webhook refused.
//
// A Service that is there keeps its address, or goes on without one, whatever is wanted.
//
// What the API server refused is not sent again for kRefusalHolds; the problem is told again meanwhile.
//
// A breaker guards each object: more than kWriteBurst writes, refilled at one in kWriteEvery, are refused
// (two controllers that undo each other's work), with a problem that says so.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "kube/client/client.h"
#include "reconciler/apply/apply_problem.h"
#include "reconciler/apply/plan.h"
#include "reconciler/cache/cache.h"

namespace modelgate::reconciler {

/// A rollout of a canary by hand makes a write every few seconds at the most; a storm makes many a second.
inline constexpr int kWriteBurst = 20;
inline constexpr std::chrono::seconds kWriteEvery{5};

/// Events of Pods come many a second, and each makes us look at the service. A quota that was raised is
/// noticed after this time.
inline constexpr std::chrono::seconds kRefusalHolds{5};

/// A write that takes longer has met a webhook that hangs (thirty seconds at most, ten by default).
inline constexpr std::chrono::seconds kWriteDeadline{15};

struct ApplyOutcome {
  int writes = 0;      // that the API server took
  bool stale = false;  // a conflict: the picture was old
  /// When a write that the breaker held back may be made: nothing else may tell that the storm is over.
  std::optional<SteadyTime> again_at = {};
  std::vector<ApplyProblem> problems = {};
};

class Applier {
 public:
  Applier(kube::Client& client, Cache& cache, AppliedMemory& memory);
  ~Applier();

  /// `until`: no write begins or goes on after it (the end of the lease, or of this worker's time). `key` and
  /// `plan` must live until it ends. Several may be under way at once, of different services.
  kube::Task<ApplyOutcome> carry_out(const ServiceKey& key, const Plan& plan, SteadyTime until);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace modelgate::reconciler
