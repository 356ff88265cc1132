// SPDX-License-Identifier: Apache-2.0
#include "reconciler/reconcile.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>
#include <vector>

#include "process/log.h"
#include "reconciler/apply/answers.h"
#include "reconciler/apply/finalizer.h"
#include "reconciler/status/service_events.h"
#include "spec/text/rfc3339.h"

namespace modelgate::reconciler {
namespace {

using kube::SteadyTime;
using kube::Task;
using Result = ReconcileOutcome::Result;

constexpr std::string_view kStatus = "status";

/// RFC 3339 in UTC, to the second: a condition's lastTransitionTime.
std::string wall_now() {
  return text::format_rfc3339(std::chrono::system_clock::now());
}

kube::ObjectReference reference_to(const ServiceRecord& record) {
  return {&kube::kInferenceServices, record.key.ns, record.key.name, record.uid};
}

/// Keeps the worst result and the first problem.
void escalate(ReconcileOutcome& outcome, Result result, std::string_view problem = {}) {
  if (static_cast<int>(result) > static_cast<int>(outcome.result)) outcome.result = result;
  if (outcome.problem.empty()) outcome.problem = problem;
}

void again(ReconcileOutcome& outcome, SteadyTime when) {
  outcome.again_at = std::min(outcome.again_at.value_or(when), when);
}

std::string name_of(std::string_view what, const ServiceRecord& record) {
  return fmt::format("{} of {}", what, record.key.to_string());
}

}  // namespace

Reconciler::Reconciler(kube::Client& client, Cache& cache, kube::EventRecorder& events,
                       std::function<bool(const kube::Resource&)> kind_absent, std::string system_namespace)
    : client_(client),
      cache_(cache),
      events_(events),
      surroundings_{cache, memory_, std::move(kind_absent), std::move(system_namespace), &host_claims_},
      applier_(client, cache, memory_),
      status_writer_(client, cache),
      ca_bundles_(client, surroundings_.system_namespace) {}

Reconciler::~Reconciler() = default;

const Surroundings& Reconciler::surroundings() {
  update_host_claims();
  return surroundings_;
}

void Reconciler::update_host_claims() {
  std::string basis = basis_of_hosts(catalog_->configuration());
  if (basis == claims_basis_) return;
  claims_basis_ = std::move(basis);
  claim_all(cache_, *catalog_, has_virtual_services(), host_claims_);
}

void Reconciler::claim_hosts(const HostClaim& claim) {
  update_host_claims();
  for (const ServiceKey& other : host_claims_.set(claim)) requeue_(other);
}

Task<ReconcileOutcome> Reconciler::reconcile(ServiceKey key, SteadyTime until) {
  ReconcileOutcome outcome;
  auto record = cache_.service(key);
  if (!record) {
    forget(key);
    claim_hosts({.key = key, .created = {}, .hosts = {}});
    outcome.result = Result::kGone;
    co_return outcome;
  }
  if (const auto [it, is_new] = uids_.try_emplace(key, record->uid); !is_new && it->second != record->uid) {
    forget(key);
    uids_[key] = record->uid;
  }
  std::string bug;
  try {
    Assessment assessment(*record, catalog_, surroundings_);
    if (assessment.verdict() != Assessment::Verdict::kRefuse)
      claim_hosts(claim_of(*record, assessment.document(), cache_, *catalog_, has_virtual_services()));
    if (record->being_deleted) {
      co_await finalize(*record, assessment.document(), until, outcome);
    } else if (assessment.verdict() != Assessment::Verdict::kLeaveAlone) {
      const bool served = assessment.verdict() == Assessment::Verdict::kServe;
      if (served) co_await serve(assessment, until, outcome);
      if (assessment.verdict() != Assessment::Verdict::kLeaveAlone)
        co_await write_status(assessment, until, outcome);
    }
  } catch (const std::exception& e) {
    bug = e.what();
  }
  if (!bug.empty()) {
    escalate(outcome, Result::kBug, bug);
    co_await report_bug(key, bug, until);
  }
  co_return outcome;
}

/// The finalizer or the status could not be written, because of something that no watch reports.
void Reconciler::refused(ReconcileOutcome& outcome, const ServiceRecord& record, std::string_view what,
                         std::string_view problem) {
  escalate(outcome, Result::kRefused, problem);
  again(outcome, applier_.refused_writes().refused(name_of(what, record), record.uid, {}, {},
                                                   std::chrono::steady_clock::now()));
}

void Reconciler::failed(ReconcileOutcome& outcome, const ServiceRecord& record, std::string_view what,
                        const kube::ApiError& error) {
  if (error.is_not_found()) return;  // the watch reports the deletion
  if (error.is_conflict()) return escalate(outcome, Result::kStale, error.to_string());
  if (is_refusal(error)) return refused(outcome, record, what, error.to_string());
  escalate(outcome, Result::kFailed, error.to_string());
}

Task<void> Reconciler::finalize(const ServiceRecord& record, const spec::Value& service, SteadyTime until,
                                ReconcileOutcome& outcome) {
  if (!has_finalizer(service)) co_return;
  const auto finished = co_await finish_deletion(client_, cache_, record, service, until);
  if (!finished) co_return failed(outcome, record, kFinalizer, finished.error());
  applier_.refused_writes().forget(name_of(kFinalizer, record));
  ++outcome.writes;
}

Task<void> Reconciler::serve(Assessment& assessment, SteadyTime until, ReconcileOutcome& outcome) {
  if (!has_finalizer(assessment.document())) {
    const bool set = co_await set_finalizer(assessment, until, outcome);
    if (!set) co_return;
  }
  co_await assessment.build(client_, until);
  const ServiceKey key = assessment.record().key;
  std::vector<ApplyProblem> problems = co_await copy_ca_bundle(assessment, until, outcome);
  ApplyOutcome applied = co_await applier_.carry_out(key, assessment.plan(), until);
  outcome.writes += applied.writes;
  if (applied.stale) escalate(outcome, Result::kStale);
  const bool failed = applied.failed || !problems.empty();
  std::ranges::move(applied.problems, std::back_inserter(problems));
  applied.problems = std::move(problems);
  if (!applied.problems.empty())
    escalate(outcome, failed ? Result::kFailed : Result::kRefused, applied.problems.front().text);
  if (applied.again_at) again(outcome, *applied.again_at);
  outcome.write_storms +=
      static_cast<int>(std::ranges::count(applied.problems, "WriteStorm", &ApplyProblem::reason));
  if (assessment.needs_requeue()) escalate(outcome, Result::kLater);
  report_problems(assessment, applied);
  assessment.add_problems(std::move(applied.problems));
}

/// Problems with the CA bundle for downloading its model; the other objects are created anyway.
Task<std::vector<ApplyProblem>> Reconciler::copy_ca_bundle(const Assessment& assessment, SteadyTime until,
                                                           ReconcileOutcome& outcome) {
  std::vector<ApplyProblem> out;
  const std::string source = assessment.configuration().storage_initializer.ca_bundle_config_map_name;
  if (source.empty() || assessment.wanted().stopped) co_return out;
  const std::string ns = assessment.record().key.ns;
  std::string problem = co_await ca_bundles_.ensure(ns, source, until, outcome.writes);
  if (!problem.empty()) {
    out.push_back(
        {.component = workload::kPredictor, .reason = "CaBundleNotCopied", .text = std::move(problem)});
  }
  co_return out;
}

/// False if it could not be set: then nothing is created.
Task<bool> Reconciler::set_finalizer(Assessment& assessment, SteadyTime until, ReconcileOutcome& outcome) {
  const auto version =
      co_await add_finalizer(client_, cache_, assessment.record(), assessment.document(), until);
  if (version) {
    assessment.use_version(*version);
    applier_.refused_writes().forget(name_of(kFinalizer, assessment.record()));
    ++outcome.writes;
    co_return true;
  }
  failed(outcome, assessment.record(), kFinalizer, version.error());
  if (version.error().is_conflict() || version.error().is_not_found()) {
    assessment.leave_alone();
    co_return false;
  }
  assessment.refuse(
      {.reason = "FinalizerRefused",
       .message = fmt::format("the finalizer {} could not be set, so no objects are created: {}", kFinalizer,
                              version.error().to_string())});
  co_return false;
}

Task<void> Reconciler::write_status(Assessment& assessment, SteadyTime until, ReconcileOutcome& outcome) {
  const spec::Value status = assessment.status(wall_now());
  services_.take(assessment.record().key, assessment.measures(status));
  const StatusOutcome written =
      co_await status_writer_.write(assessment.record(), assessment.document(), status, until);
  switch (written.result) {
    case StatusOutcome::Result::kUnchanged:
      break;
    case StatusOutcome::Result::kWritten:
      ++outcome.writes;
      applier_.refused_writes().forget(name_of(kStatus, assessment.record()));
      // It waited for the generation that the status has just reported.
      if (assessment.wanted().waits_for_status) escalate(outcome, Result::kStale);
      report_events(assessment, status);
      break;
    case StatusOutcome::Result::kConflict:
      escalate(outcome, Result::kStale);
      break;
    case StatusOutcome::Result::kHeld:
      again(outcome, *written.again_at);
      break;
    case StatusOutcome::Result::kGone:
      break;
    case StatusOutcome::Result::kRefused:
      refused(outcome, assessment.record(), kStatus, written.problem);
      break;
    case StatusOutcome::Result::kFailed:
      escalate(outcome, Result::kFailed, written.problem);
      break;
  }
}

/// A bug in one service's reconcile affects no other; it is reported where the user looks.
Task<void> Reconciler::report_bug(ServiceKey key, std::string what, SteadyTime until) {
  log::error("reconcile failed with an internal error", {{"service", key.to_string()}, {"reason", what}});
  const auto record = cache_.service(key);
  if (!record || record->being_deleted) co_return;
  events_.warn(reference_to(*record), "InternalError", what);
  try {
    Assessment assessment(*record, catalog_, surroundings_);
    assessment.refuse(
        {.reason = "InternalError", .message = fmt::format("internal error of Modelgate: {}", what)});
    ReconcileOutcome ignored;
    co_await write_status(assessment, until, ignored);
  } catch (const std::exception& e) {
    log::error("status not written", {{"service", key.to_string()}, {"reason", e.what()}});
  }
}

/// Once, until they change.
void Reconciler::report_problems(const Assessment& assessment, const ApplyOutcome& applied) {
  std::string text;
  for (const ApplyProblem& p : applied.problems) text += fmt::format("{} {}\n", p.reason, p.text);
  for (const Conflict& c : assessment.plan().conflicts) text += fmt::format("{} {}\n", c.reason, c.text);
  const ServiceRecord& record = assessment.record();
  if (text.empty()) {
    reported_problems_.erase(record.uid);
    return;
  }
  std::string& reported = reported_problems_[record.uid];
  if (std::exchange(reported, text) == text) return;
  const kube::ObjectReference service = reference_to(record);
  for (const ApplyProblem& p : applied.problems) events_.warn(service, p.reason, p.text);
  for (const Conflict& c : assessment.plan().conflicts) events_.warn(service, c.reason, c.text);
}

void Reconciler::report_events(Assessment& assessment, const spec::Value& status) {
  const spec::Value* before = spec::find(assessment.document(), "status");
  const kube::ObjectReference service = reference_to(assessment.record());
  if (const auto event = runtime_event(before, status, assessment.selection()))
    events_.normal(service, event->reason, event->message);
  for (const ServiceEvent& e : events_of(before, status)) {
    e.is_warning ? events_.warn(service, e.reason, e.message) : events_.normal(service, e.reason, e.message);
  }
}

void Reconciler::forget(const ServiceKey& key) {
  const auto it = uids_.find(key);
  if (it == uids_.end()) return;
  status_writer_.forget(it->second);
  services_.forget(key);
  reported_problems_.erase(it->second);
  for (const Child& child : cache_.children(key)) {
    if (child.owner_uid == it->second) memory_.forget(child.uid);
  }
  uids_.erase(it);
}

}  // namespace modelgate::reconciler
