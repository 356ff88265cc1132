// SPDX-License-Identifier: Apache-2.0
//
// One InferenceService at this moment: its desired objects, the plan to create them, and the status that follows
// from what is observed. Writes nothing. Used by reconcile.cc, which carries it out, and by dry_run.cc, which
// prints it.
//
//   Assessment a(*cache.service(key), catalog, surroundings);
//   if (a.verdict() == Assessment::Verdict::kServe) {
//     co_await a.build(client, until);
//     outcome = co_await applier.carry_out(key, a.plan(), until);
//     a.take(outcome.problems);
//   }
//   spec::Value status = a.status(now);
//
// Uses one catalog throughout. One thread; everything that it returns lives in its arena.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "defaulting/defaulting.h"
#include "kube/client/client.h"
#include "reconciler/apply/apply_problem.h"
#include "reconciler/apply/plan.h"
#include "reconciler/assessment/host_claims.h"
#include "reconciler/assessment/live_facts.h"
#include "reconciler/cache/cache.h"
#include "reconciler/metrics/service_measures.h"
#include "reconciler/status/refused_status.h"
#include "workload/children/service_context.h"
#include "workload/children/wanted.h"
#include "workload/status/observed.h"

namespace modelgate::reconciler {

/// What all services have in common.
struct Surroundings {
  const Cache& cache;
  const AppliedMemory& memory;
  /// True if the cluster does not serve this kind.
  std::function<bool(const kube::Resource&)> kind_absent;
  std::string system_namespace = "kserve";
  const HostClaims* host_claims = nullptr;
};

class Assessment {
 public:
  enum class Verdict : std::uint8_t {
    kServe,
    kLeaveAlone,  // not even its status is written
    kRefuse,      // nothing is created; the status says why
  };

  Assessment(ServiceRecord record, std::shared_ptr<const spec::Catalog> catalog,
             const Surroundings& surroundings);
  ~Assessment();
  Assessment(const Assessment&) = delete;
  Assessment& operator=(const Assessment&) = delete;

  Verdict verdict() const { return verdict_; }
  const ServiceRecord& record() const { return record_; }
  /// As stored.
  const spec::Value& document() const { return document_; }
  spec::Arena& arena() { return arena_; }
  const spec::Configuration& configuration() const { return catalog_->configuration(); }
  /// After a write of ours that changed only its metadata.
  void use_version(std::string resource_version) { record_.resource_version = std::move(resource_version); }

  /// Completes in memory, builds and plans. Looks up facts, see spec/lookup_rounds.h.
  kube::Task<void> build(kube::Client& client, kube::SteadyTime until);

  // After build().
  const Plan& plan() const { return plan_; }
  const workload::Wanted& wanted() const { return wanted_; }
  const std::optional<defaulting::Selection>& selection() const { return selection_; }
  /// It depends on something that no watch reports, so the service has to be reconciled again later.
  bool needs_requeue() const;

  /// Writes that failed, for the status.
  void add_problems(std::vector<ApplyProblem> problems);
  /// Permanently: its service is outdated.
  void leave_alone() { verdict_ = Verdict::kLeaveAlone; }
  /// Permanently: the status reports only the refusal.
  void refuse(Refusal refusal);

  /// From the present content of the cache. `now`: as for build_status().
  spec::Value status(std::string_view now);
  /// After status(), with its result.
  ServiceMeasures measures(const spec::Value& status) const;

 private:
  void decide_verdict();
  void complete_service();
  defaulting::Outcome complete(std::span<const std::string_view> absent_runtimes);
  workload::ServiceContext context() const;
  void observe();
  workload::NameStyle name_style() const;
  workload::ReadyComponents ready() const;
  void finish_objects();
  void drop_absent_kinds();
  void make_plan();
  bool hold_pending_versions();
  void add_problem(workload::Problem::Kind kind, std::string_view component, std::string reason,
                   std::string text, bool transient = false);

  ServiceRecord record_;
  std::shared_ptr<const spec::Catalog> catalog_;
  const Surroundings& surroundings_;
  spec::Arena arena_;
  spec::Value document_;  // as stored
  spec::Value service_;   // with what building needs: defaulting::complete_stored()
  std::deque<spec::Value> observed_values_;
  workload::Observed observed_;      // the last observation
  std::deque<std::string> reasons_;  // storage for those of problems
  Verdict verdict_ = Verdict::kServe;
  bool knative_ = false;  // served in Knative mode
  Refusal refusal_;
  std::optional<LiveFacts> facts_;
  std::optional<defaulting::Selection> selection_;
  workload::NameStyle name_style_ = workload::NameStyle::kPlain;
  workload::ReadyComponents ready_;
  workload::Wanted wanted_;
  Plan plan_;
  bool has_pending_versions_ = false;
};

}  // namespace modelgate::reconciler
