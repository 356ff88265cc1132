// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/applier.h"

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <utility>

#include "kube/client/managed_fields.h"
#include "reconciler/apply/answers.h"
#include "reconciler/apply/bodies.h"
#include "reconciler/apply/older_release.h"
#include "reconciler/apply/replacement.h"
#include "spec/view.h"

namespace modelgate::reconciler {
namespace {

using kube::ApiError;
using kube::ApiResult;
using kube::Object;
using kube::Task;
using Clock = std::chrono::steady_clock;

/// A Deployment during a rollout gets a new resourceVersion several times a second.
constexpr int kTries = 5;

/// Between attempts to create an object whose predecessor was deleted a moment ago: 3.1 s together.
constexpr std::chrono::milliseconds kFirstPause{100};
constexpr std::chrono::milliseconds kLongestPause{1600};

bool is_autoscaler(const kube::Resource& resource) {
  return resource.kind == kube::kHorizontalPodAutoscalers.kind || resource.kind == kube::kScaledObjects.kind;
}

/// The key of an object for the breaker: "Deployment apps default/iris-predictor".
std::string object_of(const kube::Resource& resource, const Step& step) {
  return fmt::format("{} {} {}/{}", resource.kind, resource.group, step.ns, step.name);
}

std::string object_of(const Step& step) {
  return object_of(*step.resource, step);
}

spec::ObjectView controller_of(const spec::Value& object) {
  for (const spec::ObjectView owner : spec::ObjectView(object).object("metadata").list("ownerReferences")) {
    if (owner.boolean("controller").value_or(false)) return owner;
  }
  return {};
}

ApplyProblem problem_with(const Step& step, std::string reason, std::string_view text) {
  return {.component = step.component,
          .reason = std::move(reason),
          .text = fmt::format("{} {} {}", step.resource->kind, step.name, text)};
}

/// The field managers: "kubectl-create, manager".
std::string managers_of(const spec::Value& object) {
  std::set<std::string_view> names;
  for (const spec::ObjectView entry : spec::ObjectView(object).object("metadata").list("managedFields")) {
    names.insert(entry.string("manager"));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

}  // namespace

/// Carries out one plan.
class Applier::Run {
 public:
  Run(Applier& applier, const ServiceKey& key, SteadyTime until)
      : applier_(applier), key_(key), until_(until) {}

  Task<ApplyOutcome> carry_out(const Plan& plan);

 private:
  void note_missing_deployments(const Plan& plan);
  Task<void> carry_out(const Step& step);
  Task<std::optional<Object>> reread(const Step& step);
  Task<void> adopt(const Step& step);
  Task<void> create(const Step& step);
  Task<ApiResult<Object>> send(const Step& step);
  Task<ApiResult<Object>> send_after(const Step& old, const Step& step);
  Task<void> replace(const Step& old, const Step& step, const ApiError& refusal);
  Task<void> restore(const Step& old, const Object& was);
  Task<void> apply(const Step& step);
  Task<void> remove(const Step& step);

  bool lacks_target(const Step& step) const;
  bool may_start(const Step& step);
  bool may_delete(const Step& step) const;
  const Step* in_the_way_of(const Step& step, const ApiError& refusal) const;
  void name_is_taken(const Step& step, const Object& live);
  void succeeded(const Step& step, const Object& reply);
  void deleted(const Step& step, bool by_us);
  void not_applied(const Step& step);
  void failed(const Step& step, const ApiError& error);
  void refused(const Step& step, ApplyProblem problem);
  void hold(const Step& step, const ApplyProblem& problem);
  void again_at(SteadyTime when);
  void stale(const Step& step);
  void report(const Step& step, std::string reason, std::string_view text);
  void report(const Step& step, Passing passing) { report(step, std::string(passing.reason), passing.text); }
  kube::CallOptions options() const;

  Applier& applier_;
  const ServiceKey& key_;
  SteadyTime until_;
  const Plan* plan_ = nullptr;
  ApplyOutcome outcome_;
  bool ended_ = false;                           // no further step is tried
  bool complete_ = true;                         // every desired object was applied
  std::set<std::string> not_applied_;            // those that were not, by object_of()
  std::set<std::string> done_;                   // uids of deleted objects
  std::set<std::string> not_adopted_;            // uids
  std::set<std::string> not_created_;            // Deployments; their autoscalers have the same names
  std::set<std::string> of_older_release_;       // uids
  std::map<std::string, std::string> versions_;  // after our own writes, by uid
};

Task<ApplyOutcome> Applier::Run::carry_out(const Plan& plan) {
  plan_ = &plan;
  if (!plan.conflicts.empty()) complete_ = false;
  note_missing_deployments(plan);
  for (const Step& step : plan.steps) {
    if (step.kind == Step::Kind::kDelete && !may_delete(step)) continue;
    if (plan.ends_at_failure && !not_applied_.empty()) break;
    if (!may_start(step)) continue;
    co_await carry_out(step);
    if (ended_) break;
  }
  co_return std::move(outcome_);
}

void Applier::Run::note_missing_deployments(const Plan& plan) {
  for (const Step& step : plan.steps) {
    if (step.kind == Step::Kind::kCreate && step.resource == &kube::kDeployments)
      not_created_.insert(step.name);
  }
  for (const Conflict& conflict : plan.conflicts) {
    if (conflict.resource == &kube::kDeployments) not_created_.insert(conflict.name);
  }
}

Task<void> Applier::Run::carry_out(const Step& step) {
  switch (step.kind) {
    case Step::Kind::kAdopt:
      return adopt(step);
    case Step::Kind::kCreate:
    case Step::Kind::kPost:
      return create(step);
    case Step::Kind::kApply:
      return apply(step);
    case Step::Kind::kDelete:
      return remove(step);
  }
  std::unreachable();
}

/// Nothing is deleted while a desired object could not be applied, except what was replaced at once.
bool Applier::Run::may_delete(const Step& step) const {
  if (done_.contains(step.uid)) return false;
  if (complete_) return true;
  return step.replacement && step.replacement->at_once && !ended_ &&
         !not_applied_.contains(object_of(*step.replaced_by, step));
}

/// The deletion of the object because of which this one was refused; nullptr if that has another reason, or if such a
/// replacement failed a short time ago.
const Step* Applier::Run::in_the_way_of(const Step& step, const ApiError& refusal) const {
  const auto held = applier_.not_replaced_.find(object_of(step));
  if (held != applier_.not_replaced_.end() && Clock::now() < held->second) return nullptr;
  for (const Step& old : plan_->steps) {
    if (old.kind != Step::Kind::kDelete || old.replaced_by != step.resource || old.name != step.name)
      continue;
    if (is_in_the_way(refusal, *old.resource, old.name)) return &old;
  }
  return nullptr;
}

/// A new autoscaler for a Deployment that does not exist.
bool Applier::Run::lacks_target(const Step& step) const {
  return step.kind == Step::Kind::kCreate && is_autoscaler(*step.resource) &&
         not_created_.contains(step.name);
}

bool Applier::Run::may_start(const Step& step) {
  const SteadyTime now = Clock::now();
  if (now >= until_) {
    ended_ = true;
    report(step, "OutOfTime", "was not reached within the time for one reconcile");
    return false;
  }
  if (not_adopted_.contains(step.uid)) return false;
  if (lacks_target(step)) {
    not_applied(step);
    return false;
  }
  const std::string object = object_of(step);
  if (const auto held = applier_.refused_.held(object, step.uid, step.wanted_digest, now)) {
    again_at(held->again_at);
    refused(step, held->problem);
    return false;
  }
  const std::chrono::nanoseconds wait = applier_.breaker_.wait(object, now);
  if (wait.count() == 0) return true;
  again_at(now + wait);
  report(
      step, "WriteStorm",
      fmt::format("was written more than {} times in a short time: something else reverts the changes; it is "
                  "now written at most once in {} s",
                  kWriteBurst, kWriteEvery.count()));
  return false;
}

/// The object, if the step still applies to it; otherwise the step is stale or has failed.
Task<std::optional<Object>> Applier::Run::reread(const Step& step) {
  auto live = co_await applier_.client_.get(*step.resource, step.ns, step.name, options());
  if (!live && is_absent(live.error(), step)) {
    applier_.cache_.forget(*step.resource, step.ns, step.name, step.uid);
    stale(step);
    co_return std::nullopt;
  }
  if (!live) {
    failed(step, live.error());
    co_return std::nullopt;
  }
  const spec::ObjectView object(live->value());
  const bool fits = live->uid() == step.uid && controller_of(live->value()).string("uid") == step.owner_uid &&
                    !object.object("metadata").has("deletionTimestamp") &&
                    (!step.held_replicas || object.object("spec").integer("replicas") == step.held_replicas);
  if (fits) co_return std::move(*live);
  applier_.cache_.put(*step.resource, *live);
  stale(step);
  co_return std::nullopt;
}

Task<void> Applier::Run::adopt(const Step& step) {
  not_adopted_.insert(step.uid);
  for (int left = kTries;; --left) {
    const auto live = co_await reread(step);
    if (!live) co_return;
    if (kube::manages(live->value(), kKserveFieldManager)) {
      const std::string patch = adoption_patch(*live);
      auto reply =
          co_await applier_.client_.merge_patch(*step.resource, step.ns, step.name, patch, options());
      if (!reply && is_stale(reply.error()) && left > 1) continue;
      if (!reply) co_return failed(step, reply.error());
      succeeded(step, *reply);
    }
    not_adopted_.erase(step.uid);
    if (is_of_older_release(live->value())) of_older_release_.insert(step.uid);
    co_return;
  }
}

Task<void> Applier::Run::create(const Step& step) {
  auto live = co_await applier_.client_.get(*step.resource, step.ns, step.name, options());
  if (live) {
    name_is_taken(step, *live);
    co_return;
  }
  if (!is_absent(live.error(), step)) {
    failed(step, live.error());
    co_return;
  }
  kube::CallOptions call = options();
  if (Clock::now() >= until_) {
    may_start(step);
    co_return;
  }
  if (step.kind == Step::Kind::kPost) {
    auto reply = co_await applier_.client_.create(*step.resource, step.ns, step.body, call);
    if (reply) {
      succeeded(step, *reply);
    } else if (!reply.error().is_already_exists()) {
      failed(step, reply.error());
    }
    co_return;
  }
  auto reply = co_await send(step);
  if (reply) {
    succeeded(step, *reply);
    co_return;
  }
  const ApiError refusal = reply.error();
  const Step* old = in_the_way_of(step, refusal);
  if (old) {
    co_await replace(*old, step, refusal);
  } else {
    failed(step, refusal);
  }
}

Task<ApiResult<Object>> Applier::Run::send(const Step& step) {
  const std::string manager(kFieldManager);
  kube::CallOptions call = options();
  co_return co_await applier_.client_.apply(*step.resource, step.ns, step.name, step.body, manager, false,
                                            call);
}

/// Deletes the old object, and creates the one that takes its place. The old one is back if that is refused too.
Task<void> Applier::Run::replace(const Step& old, const Step& step, const ApiError& refusal) {
  const auto was = co_await reread(old);
  if (was) co_await remove(old);
  if (!done_.contains(old.uid)) co_return failed(step, refusal);
  auto reply = co_await send_after(old, step);
  if (reply) {
    succeeded(step, *reply);
    co_return;
  }
  const ApiError again = reply.error();
  auto left = co_await applier_.client_.get(*old.resource, old.ns, old.name, options());
  if (left) {
    // Its finalizers have to run first. The next attempt does not wait for the end of a refusal.
    refused(step, problem_of(step, again));
    outcome_.stale = true;
    co_return;
  }
  failed(step, again);
  if (!is_definite(again)) co_return;
  applier_.not_replaced_[object_of(step)] = Clock::now() + kReplacementHolds;
  co_await restore(old, *was);
}

/// Webhooks and policies notice a deletion a moment later.
Task<ApiResult<Object>> Applier::Run::send_after(const Step& old, const Step& step) {
  for (auto pause = kFirstPause;; pause *= 2) {
    auto reply = co_await send(step);
    if (reply || pause > kLongestPause || !is_in_the_way(reply.error(), *old.resource, old.name))
      co_return reply;
    const bool slept = co_await kube::sleep_for(pause);
    if (!slept) co_return reply;
  }
}

Task<void> Applier::Run::restore(const Step& old, const Object& was) {
  Step again = old;
  again.kind = Step::Kind::kCreate;
  again.body = body_to_restore(was);
  again.component = {};
  auto reply = co_await send(again);
  if (reply) {
    succeeded(again, *reply);
  } else {
    failed(again, reply.error());
  }
}

/// An object of that name exists, though the cache has none.
void Applier::Run::name_is_taken(const Step& step, const Object& live) {
  if (step.kind == Step::Kind::kPost) return;
  const spec::ObjectView owner = controller_of(live.value());
  if (!step.owner_uid.empty() && owner.string("uid") == step.owner_uid) {
    applier_.cache_.put(*step.resource, live);
    stale(step);
    return;
  }
  if (spec::ObjectView(live.value()).object("metadata").has("deletionTimestamp")) {
    return report(step, being_deleted());
  }
  if (owner.string("kind") == kube::kInferenceServices.kind && owner.string("name") == key_.name) {
    return report(step, owner_deleted());
  }
  const std::string whose = owner
                                ? fmt::format("is owned by {} {}", owner.string("kind"), owner.string("name"))
                                : "is not owned by an InferenceService";
  ApplyProblem problem = problem_with(
      step, std::string(kNameTaken),
      fmt::format("already exists and {} (field managers: {}); delete it, or rename the InferenceService",
                  whose, managers_of(live.value())));
  problem.transient = false;
  hold(step, problem);
  refused(step, std::move(problem));
}

Task<void> Applier::Run::apply(const Step& planned) {
  Step step = planned;
  if (!step.older_body.empty() && of_older_release_.contains(step.uid)) {
    step.body = step.older_body;
    step.wanted_digest = step.older_digest;
  }
  const auto ours = versions_.find(step.uid);
  std::string version = ours == versions_.end() ? step.resource_version : ours->second;
  const std::string manager(kFieldManager);
  std::string wanted = step.body;
  for (int left = kTries;; --left) {
    const std::string body = step.held_replicas ? with_version(wanted, version) : wanted;
    auto reply =
        co_await applier_.client_.apply(*step.resource, step.ns, step.name, body, manager, true, options());
    if (reply) co_return succeeded(step, *reply);
    if (is_address_immutable(step, reply.error())) {
      auto rest = without_address(wanted);
      if (!rest) co_return failed(planned, reply.error());
      wanted = std::move(*rest);
      continue;
    }
    if (!step.held_replicas || !is_stale(reply.error()) || left == 1)
      co_return failed(planned, reply.error());
    const auto live = co_await reread(step);
    if (!live) co_return;
    version = std::string(live->resource_version());
  }
}

Task<void> Applier::Run::remove(const Step& step) {
  kube::DeleteOptions del{
      .uid = step.uid, .resource_version = step.resource_version, .propagation = "Background"};
  for (int left = kTries;; --left) {
    auto reply = co_await applier_.client_.remove(*step.resource, step.ns, step.name, del, options());
    if (reply || reply.error().is_not_found()) co_return deleted(step, reply.has_value());
    if (!is_stale(reply.error()) || left == 1) co_return failed(step, reply.error());
    const auto live = co_await reread(step);
    if (!live) co_return;
    del.resource_version = std::string(live->resource_version());
  }
}

void Applier::Run::deleted(const Step& step, bool by_us) {
  if (by_us) {
    ++outcome_.writes;
    applier_.breaker_.note(object_of(step), Clock::now());
  }
  done_.insert(step.uid);
  applier_.cache_.forget(*step.resource, step.ns, step.name, step.uid);
  applier_.memory_.forget(step.uid);
}

void Applier::Run::succeeded(const Step& step, const Object& reply) {
  ++outcome_.writes;
  if (step.resource == &kube::kDeployments) not_created_.erase(step.name);
  const std::string object = object_of(step);
  applier_.breaker_.note(object, Clock::now());
  applier_.refused_.forget(object);
  applier_.not_replaced_.erase(object);
  applier_.cache_.put(*step.resource, reply);
  const std::string uid(reply.uid());
  versions_[uid] = std::string(reply.resource_version());
  if (step.kind == Step::Kind::kAdopt || step.kind == Step::Kind::kPost) return;
  spec::Arena arena;
  const std::string digest =
      comparable_digest(kube::applied_fields(reply.value(), kFieldManager, arena), arena);
  if (digest == step.wanted_digest) {
    applier_.memory_.forget(uid);
  } else {
    applier_.memory_.remember(uid, {.wanted_digest = step.wanted_digest, .reply_digest = digest});
  }
}

void Applier::Run::failed(const Step& step, const ApiError& error) {
  if (is_stale(error)) return stale(step);
  ApplyProblem problem = problem_of(step, error);
  const std::string object = object_of(step);
  const SteadyTime now = Clock::now();
  // The write may have succeeded.
  if (error.kind == ApiError::Kind::kDeadline) applier_.breaker_.note(object, now);
  if (is_refusal(error)) {
    std::erase_if(applier_.not_replaced_, [now](const auto& entry) { return entry.second <= now; });
    hold(step, problem);
  } else {
    outcome_.failed = true;
  }
  ended_ = ended_ || ends_all(error) || problem.reason == "NamespaceTerminating";
  if (error.kind == ApiError::Kind::kCancelled) {
    not_applied(step);
  } else {
    refused(step, std::move(problem));
  }
}

void Applier::Run::refused(const Step& step, ApplyProblem problem) {
  not_applied(step);
  outcome_.problems.push_back(std::move(problem));
}

/// Until the time at which it is repeated.
void Applier::Run::hold(const Step& step, const ApplyProblem& problem) {
  again_at(applier_.refused_.refused(object_of(step), step.uid, step.wanted_digest, problem, Clock::now()));
}

void Applier::Run::again_at(SteadyTime when) {
  outcome_.again_at = std::min(outcome_.again_at.value_or(when), when);
}

void Applier::Run::not_applied(const Step& step) {
  complete_ = false;
  not_applied_.insert(object_of(step));
}

void Applier::Run::stale(const Step& step) {
  outcome_.stale = true;
  not_applied(step);
}

void Applier::Run::report(const Step& step, std::string reason, std::string_view text) {
  outcome_.failed = true;
  refused(step, problem_with(step, std::move(reason), text));
}

kube::CallOptions Applier::Run::options() const {
  return {.deadline = std::min(Clock::now() + kWriteDeadline, until_), .managed_fields = true};
}

kube::Task<ApplyOutcome> Applier::carry_out(const ServiceKey& key, const Plan& plan, SteadyTime until) {
  Run run(*this, key, until);
  co_return co_await run.carry_out(plan);
}

}  // namespace modelgate::reconciler
