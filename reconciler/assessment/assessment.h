// SPDX-License-Identifier: Apache-2.0
//
// What one InferenceService comes to at this moment: the objects wanted, the steps that lead there, and the
// status that follows from what is observed. Writes nothing. Who calls: reconcile.cc, which carries it out,
// and dry_run.cc, which prints it.
//
//   Assessment a(*cache.service(key), catalog, surroundings);
//   if (a.verdict() == Assessment::Verdict::kServe) {
//     co_await a.build(client, until);
//     outcome = co_await applier.carry_out(key, a.plan(), until);
//     a.take(outcome.problems);
//   }
//   spec::Value status = a.status(now);
//
// The catalog stays the one it began with. One thread; everything that it gives lives in its own arena.
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
#include "reconciler/assessment/live_facts.h"
#include "reconciler/cache/cache.h"
#include "reconciler/metrics/service_measures.h"
#include "reconciler/status/refused_status.h"
#include "workload/children/service_context.h"
#include "workload/children/wanted.h"
#include "workload/status/observed.h"

namespace modelgate::reconciler {

/// What stays the same from one service to the next.
struct Surroundings {
  const Cache& cache;
  const AppliedMemory& memory;
  /// True where the cluster has no such kind.
  std::function<bool(const kube::Resource&)> kind_absent;
  std::string system_namespace = "kserve";
};

class Assessment {
 public:
  enum class Verdict : std::uint8_t {
    kServe,
    kLeaveAlone,  // not even its status is written
    kRefuse,      // nothing is made; the status says why
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
  /// Another version of it that differs in its metadata only: the reply to a write of ours.
  void use_version(std::string resource_version) { record_.resource_version = std::move(resource_version); }

  /// Defaults in memory, builds, plans. Looks up what it has to know, see spec/lookup_rounds.h.
  kube::Task<void> build(kube::Client& client, kube::SteadyTime until);

  // After build().
  const Plan& plan() const { return plan_; }
  const workload::Wanted& wanted() const { return wanted_; }
  const std::optional<defaulting::Selection>& selection() const { return selection_; }
  /// It rests on something that no watch tells of, so that it is to be looked at again.
  bool may_change_unseen() const;

  /// What could not be written: told in the status. CacheEntry here.
  void take(std::vector<ApplyProblem> problems);
  /// For good: its picture is old.
  void leave_alone() { verdict_ = Verdict::kLeaveAlone; }
  /// For good: whatever was built is not told of.
  void refuse(Refusal refusal);

  /// From what the cache holds now. `now` as build_status() has it.
  spec::Value status(std::string_view now);
  /// After status(), of what that gave.
  ServiceMeasures measures(const spec::Value& status) const;

 private:
  void judge();
  void settle_defaults();
  defaulting::Outcome apply_defaults(std::span<const std::string_view> absent_runtimes);
  workload::ServiceContext context() const;
  void observe();
  workload::NameStyle name_style() const;
  void leave_out_absent_kinds();
  void make_plan();
  bool notice_late_versions();
  void add_problem(workload::Problem::Kind kind, std::string_view component, std::string reason,
                   std::string text, bool may_pass = false);

  ServiceRecord record_;
  std::shared_ptr<const spec::Catalog> catalog_;
  const Surroundings& surroundings_;
  spec::Arena arena_;
  spec::Value document_, defaulted_;
  std::deque<spec::Value> observed_values_;
  workload::Observed observed_;      // last
  std::deque<std::string> reasons_;  // what problems refer to
  Verdict verdict_ = Verdict::kServe;
  Refusal refusal_;
  std::optional<LiveFacts> facts_;
  std::optional<defaulting::Selection> selection_;
  workload::NameStyle name_style_ = workload::NameStyle::kPlain;
  workload::ReadyComponents ready_;
  workload::Wanted wanted_;
  Plan plan_;
  bool has_late_versions_ = false;
};

}  // namespace modelgate::reconciler
