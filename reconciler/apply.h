// SPDX-License-Identifier: Apache-2.0
//
// Carries out a plan's steps, one after the other, through the API server's client.
//
//   Applier applier(client, cache, memory, {...});
//   const ApplyOutcome outcome = co_await applier.carry_out(key, plan, deadline);
//
// Each write bears what it was decided on: the uid of what is there (so that a namesake made anew is not
// hit), a resourceVersion where a value was read from it; each reply goes into the cache and into the memory,
// so that the next plan knows. A step that failed does not keep the others from being tried, but for
// deletions: nothing is pruned while something wanted could not be made. A conflict means that we were late:
// the service is looked at again at once.
//
// A breaker guards each object: more than kWriteBurst writes, refilled at one in kWriteEvery, are refused
// (two controllers that undo each other's work; see design.md), with a problem that says so.
#pragma once

#include <chrono>
#include <string>
#include <vector>

#include "kube/client.h"
#include "reconciler/cache.h"
#include "reconciler/plan.h"

namespace modelgate::reconciler {

/// A rollout of a canary by hand makes a write every few seconds at the most; a storm makes many a second.
inline constexpr int kWriteBurst = 20;
inline constexpr std::chrono::seconds kWriteEvery{5};

/// Why something wanted is not there: for a condition of its component.
struct ApplyProblem {
  std::string_view component;
  std::string reason;     // in CamelCase: "Forbidden", "Conflict", "KindAbsent", "WriteStorm", ...
  std::string text;       // with the object's kind and name and the API server's words
  bool transient = true;  // trying again may help
};

struct ApplyOutcome {
  int writes = 0;
  bool stale = false;  // a conflict: the picture was old
  std::vector<ApplyProblem> problems;
};

class Applier {
 public:
  Applier(kube::Client& client, Cache& cache, AppliedMemory& memory);
  ~Applier();

  /// `until`: no write begins or goes on after it (the end of the lease, or of this worker's time).
  kube::Task<ApplyOutcome> carry_out(const ServiceKey& key, const Plan& plan, SteadyTime until);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace modelgate::reconciler
