// SPDX-License-Identifier: Apache-2.0
//
// Carries out a plan's steps, one after the other, through the API server's client.
//
//   Applier applier(client, cache, memory);
//   const ApplyOutcome outcome = co_await applier.carry_out(key, plan, deadline);
//   for (const ApplyProblem& problem : outcome.problems) ...
//
// Each write carries its preconditions: the uid of the observed object (so that it never changes another object
// with the same name), and a resourceVersion if a value was read from it. Each reply updates the cache and the
// memory, for the next plan. After a conflict the service is reconciled again soon.
//
// Before an object is created, its name is looked up: server-side apply would merge with an object of that name
// if the two do not contradict each other.
//
// After a failed step the others are still tried, unless the API server cannot be reached or the namespace is
// being deleted. Nothing is deleted while a desired object could not be applied, except an object that stands in the
// way of the one that takes its place (replacement.h): KEDA, for example, denies a ScaledObject while an HPA scales
// the same target. It is deleted only if the refusal names it, and created again if its replacement is still refused;
// then the next attempt is kReplacementHolds later.
//
// No autoscaler is created for a Deployment that does not exist.
//
// An existing Service keeps its clusterIP, or stays headless, whatever is desired.
//
// A write that the API server refused is repeated after a pause (refused_writes.h); its problem is reported again
// meanwhile.
//
// WriteBreaker limits the writes of each object: more than kWriteBurst writes, refilled at one in kWriteEvery,
// are held back and reported (e.g. two controllers that revert each other's changes).
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "kube/client/client.h"
#include "reconciler/apply/apply_problem.h"
#include "reconciler/apply/plan.h"
#include "reconciler/apply/refused_writes.h"
#include "reconciler/apply/write_breaker.h"
#include "reconciler/cache/cache.h"

namespace modelgate::reconciler {

/// A canary rollout by hand writes every few seconds at most; a write storm many times a second.
inline constexpr int kWriteBurst = 20;
inline constexpr std::chrono::seconds kWriteEvery{5};

/// A replacement that failed left the service without an autoscaler, or a route, for a moment.
inline constexpr std::chrono::minutes kReplacementHolds{5};

/// The longest timeout of an admission webhook is thirty seconds, the default ten; a write that takes longer
/// than this waits for a webhook that hangs.
inline constexpr std::chrono::seconds kWriteDeadline{15};

struct ApplyOutcome {
  int writes = 0;       // successful ones
  bool stale = false;   // a conflict: the cached objects were outdated
  bool failed = false;  // a problem for another reason than a refusal
  /// When a write that was held back or refused is to be repeated. No watch reports that it would succeed.
  std::optional<SteadyTime> again_at = {};
  std::vector<ApplyProblem> problems = {};
};

class Applier {
 public:
  /// All must outlive it.
  Applier(kube::Client& client, Cache& cache, AppliedMemory& memory)
      : client_(client), cache_(cache), memory_(memory) {}
  Applier(const Applier&) = delete;
  Applier& operator=(const Applier&) = delete;

  /// `until`: no write starts or continues after it (the end of the lease, or of the time for one reconcile).
  /// `key` and `plan` must live until it ends. Several may run at once, for different services.
  kube::Task<ApplyOutcome> carry_out(const ServiceKey& key, const Plan& plan, SteadyTime until);

  /// For the other writes of a service.
  RefusedWrites& refused_writes() { return refused_; }

 private:
  class Run;

  kube::Client& client_;
  Cache& cache_;
  AppliedMemory& memory_;
  WriteBreaker breaker_{kWriteBurst, kWriteEvery};
  RefusedWrites refused_;
  std::map<std::string, SteadyTime> not_replaced_;  // by kind, namespace and name: when to try again
};

}  // namespace modelgate::reconciler
