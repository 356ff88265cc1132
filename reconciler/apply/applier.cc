// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/applier.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include "kube/client/managed_fields.h"
#include "reconciler/apply/write_breaker.h"
#include "spec/view.h"

namespace modelgate::reconciler {
namespace {

using kube::ApiError;
using kube::ApiResult;
using kube::Object;
using kube::Task;
using Clock = std::chrono::steady_clock;

/// A Deployment that is rolled out has a new resourceVersion several times a second.
constexpr int kTries = 5;

/// For the breaker and for people: "Deployment default/iris-predictor".
std::string object_of(const Step& step) {
  return fmt::format("{} {}/{}", step.resource->kind, step.ns, step.name);
}

bool is_autoscaler(const kube::Resource& resource) {
  return resource.kind == kube::kHorizontalPodAutoscalers.kind || resource.kind == kube::kScaledObjects.kind;
}

/// The object is not there, though its kind is served.
bool is_absent(const ApiError& error, const Step& step) {
  return error.is_not_found() && error.message.contains(fmt::format("\"{}\" not found", step.name));
}

/// Others would fail like it: there is no way to the API server, or the client is stopping.
bool ends_all(const ApiError& error) {
  return error.kind != ApiError::Kind::kStatus && error.kind != ApiError::Kind::kMalformed;
}

/// What is there is not what was decided on. (A uid that is not its own is told as a change of a field that
/// must not change.)
bool is_late(const ApiError& error) {
  if (error.code == 422) return error.message.contains("metadata.uid: Invalid value");
  return error.code == 409 && !error.message.contains("Apply failed with");
}

/// Said no after thought, so that it would say so again.
bool is_definite(const ApiError& error) {
  return error.kind == ApiError::Kind::kStatus && error.code >= 400 && error.code < 500 &&
         error.code != 401 && error.code != 408 && error.code != 409 && error.code != 429;
}

spec::ObjectView controller_of(const spec::Value& object) {
  for (const spec::ObjectView owner : spec::ObjectView(object).object("metadata").list("ownerReferences")) {
    if (owner.boolean("controller").value_or(false)) return owner;
  }
  return {};
}

/// "kubectl-create, manager": who wrote it.
std::string managers_of(const spec::Value& object) {
  std::set<std::string_view> names;
  for (const spec::ObjectView entry : spec::ObjectView(object).object("metadata").list("managedFields")) {
    names.insert(entry.string("manager"));
  }
  return fmt::format("{}", fmt::join(names, ", "));
}

/// The body with the resourceVersion that it must meet.
std::string held_at(const std::string& body, const std::string& version) {
  spec::Arena arena;
  auto object = spec::parse_json(body, arena);
  spec::Value* metadata = object ? spec::find(*object, "metadata") : nullptr;
  if (!metadata) return body;
  spec::set_member(*metadata, "resourceVersion", spec::make_string(version, arena), arena);
  return spec::to_json(*object);
}

/// A Service cannot become headless, nor cease to be so. Whether it is one is decided when it is made, as in
/// KServe: the configuration speaks of those that are to come.
bool keeps_its_address(const Step& step, const ApiError& error) {
  return step.resource == &kube::kServices && error.code == 422 && error.message.contains("spec.clusterIP");
}

/// Nothing where it says nothing of its address.
std::optional<std::string> without_address(const std::string& body) {
  spec::Arena arena;
  auto object = spec::parse_json(body, arena);
  spec::Value* spec = object ? spec::find(*object, "spec") : nullptr;
  if (!spec || !spec->IsObject() || !spec->RemoveMember("clusterIP")) return std::nullopt;
  return spec::to_json(*object);
}

/// A merge patch that makes KServe's entries ours, of that very object in that very state.
std::string adoption_of(const Object& live) {
  spec::Arena arena;
  spec::Value metadata(rapidjson::kObjectType);
  spec::set_member(metadata, "uid", spec::make_string(live.uid(), arena), arena);
  spec::set_member(metadata, "resourceVersion", spec::make_string(live.resource_version(), arena), arena);
  spec::set_member(metadata, "managedFields",
                   kube::with_renamed_manager(live.value(), kKserveFieldManager, kFieldManager, arena),
                   arena);
  spec::Value patch(rapidjson::kObjectType);
  spec::set_member(patch, "metadata", std::move(metadata), arena);
  return spec::to_json(patch);
}

struct Refused {
  std::string uid, wanted_digest;
  ApplyProblem problem;
  SteadyTime until;
};

}  // namespace

class Applier::Impl {
 public:
  Impl(kube::Client& client, Cache& cache, AppliedMemory& memory)
      : client_(client), cache_(cache), memory_(memory) {}

  kube::Client& client_;
  Cache& cache_;
  AppliedMemory& memory_;
  WriteBreaker breaker_{kWriteBurst, kWriteEvery};
  std::map<std::string, Refused> refused_;  // by object_of()

  class Run;
};

/// One plan's way.
class Applier::Impl::Run {
 public:
  Run(Impl& applier, const ServiceKey& key, SteadyTime until) : applier_(applier), key_(key), until_(until) {}

  Task<ApplyOutcome> carry_out(const Plan& plan);

 private:
  Task<void> carry_out(const Step& step);
  Task<std::optional<Object>> look(const Step& step);
  Task<void> adopt(const Step& step);
  Task<void> create(const Step& step);
  Task<void> apply(const Step& step);
  Task<void> remove(const Step& step);

  bool may_begin(const Step& step);
  bool may_delete(const Step& step) const;
  void found(const Step& step, const Object& live);
  void taken(const Step& step, const Object& reply);
  void removed(const Step& step, bool by_us);
  void failed(const Step& step, const ApiError& error);
  void refuse(const Step& step, ApplyProblem problem);
  void late();
  void tell(const Step& step, std::string reason, std::string text, bool may_pass = true);
  void tell(const Step& step, Passing passing) {
    tell(step, std::string(passing.reason), std::string(passing.text));
  }
  kube::CallOptions options() const;

  Impl& applier_;
  const ServiceKey& key_;
  SteadyTime until_;
  ApplyOutcome outcome_;
  bool ended_ = false;                            // nothing more is to be tried
  bool whole_ = true;                             // all that is wanted was made
  bool autoscaler_only_ = true;                   // what was not is an autoscaler that a webhook refused
  std::vector<std::string> refused_autoscalers_;  // that were, as object_of() names them
  std::set<std::string> not_adopted_;             // uids
  std::map<std::string, std::string> versions_;   // that our own writes led to, by uid
};

Task<ApplyOutcome> Applier::Impl::Run::carry_out(const Plan& plan) {
  if (!plan.conflicts.empty()) whole_ = autoscaler_only_ = false;
  for (const Step& step : plan.steps) {
    if (step.kind == Step::Kind::kDelete && !may_delete(step)) continue;
    if (!may_begin(step)) continue;
    co_await carry_out(step);
    if (ended_) break;
  }
  co_return std::move(outcome_);
}

Task<void> Applier::Impl::Run::carry_out(const Step& step) {
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

/// Nothing is pruned while something wanted is not there; an autoscaler gives way to one that was refused
/// because of it.
bool Applier::Impl::Run::may_delete(const Step& step) const {
  return whole_ || (autoscaler_only_ && is_autoscaler(*step.resource));
}

bool Applier::Impl::Run::may_begin(const Step& step) {
  const SteadyTime now = Clock::now();
  if (now >= until_) {
    ended_ = true;
    tell(step, "OutOfTime", "was not reached in the time that is given to a service");
    return false;
  }
  if (not_adopted_.contains(step.uid)) return false;
  const std::string object = object_of(step);
  const auto refused = applier_.refused_.find(object);
  if (refused != applier_.refused_.end() && refused->second.uid == step.uid &&
      refused->second.wanted_digest == step.wanted_digest && now < refused->second.until) {
    refuse(step, refused->second.problem);
    return false;
  }
  const std::chrono::nanoseconds wait = applier_.breaker_.wait(object, now);
  if (wait.count() == 0) return true;
  outcome_.again_at = std::min(outcome_.again_at.value_or(now + wait), now + wait);
  tell(step, "WriteStorm",
       fmt::format("was written more than {} times in a short time, so something else undoes what we write; "
                   "it is written once in {} s for now",
                   kWriteBurst, kWriteEvery.count()));
  return false;
}

/// What is there, where the step still fits it; else it is late, or has failed.
Task<std::optional<Object>> Applier::Impl::Run::look(const Step& step) {
  auto live = co_await applier_.client_.get(*step.resource, step.ns, step.name, options());
  if (!live && is_absent(live.error(), step)) {
    applier_.cache_.forget(*step.resource, step.ns, step.name, step.uid);
    late();
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
  late();
  co_return std::nullopt;
}

Task<void> Applier::Impl::Run::adopt(const Step& step) {
  not_adopted_.insert(step.uid);
  for (int left = kTries;; --left) {
    const auto live = co_await look(step);
    if (!live) co_return;
    if (kube::manages(live->value(), kKserveFieldManager)) {
      const std::string patch = adoption_of(*live);
      auto reply =
          co_await applier_.client_.merge_patch(*step.resource, step.ns, step.name, patch, options());
      if (!reply && is_late(reply.error()) && left > 1) continue;
      if (!reply) co_return failed(step, reply.error());
      taken(step, *reply);
    }
    not_adopted_.erase(step.uid);
    co_return;
  }
}

Task<void> Applier::Impl::Run::create(const Step& step) {
  auto live = co_await applier_.client_.get(*step.resource, step.ns, step.name, options());
  if (live) {
    found(step, *live);
    co_return;
  }
  if (!is_absent(live.error(), step)) {
    failed(step, live.error());
    co_return;
  }
  kube::CallOptions call = options();
  if (Clock::now() >= until_) {
    may_begin(step);
    co_return;
  }
  if (step.kind == Step::Kind::kPost) {
    auto reply = co_await applier_.client_.create(*step.resource, step.ns, step.body, call);
    if (reply) {
      taken(step, *reply);
    } else if (!reply.error().is_already_exists()) {
      failed(step, reply.error());
    }
    co_return;
  }
  const std::string manager(kFieldManager);
  auto reply =
      co_await applier_.client_.apply(*step.resource, step.ns, step.name, step.body, manager, false, call);
  if (reply) {
    taken(step, *reply);
  } else {
    failed(step, reply.error());
  }
}

/// Something of that name is there, though the cache knows of nothing.
void Applier::Impl::Run::found(const Step& step, const Object& live) {
  if (step.kind == Step::Kind::kPost) return;
  const spec::ObjectView owner = controller_of(live.value());
  if (!step.owner_uid.empty() && owner.string("uid") == step.owner_uid) {
    applier_.cache_.put(*step.resource, live);
    late();
    return;
  }
  if (spec::ObjectView(live.value()).object("metadata").has("deletionTimestamp")) {
    return tell(step, being_deleted());
  }
  if (owner.string("kind") == kube::kInferenceServices.kind && owner.string("name") == key_.name) {
    return tell(step, owner_deleted());
  }
  const std::string whose = owner
                                ? fmt::format("belongs to {} {}", owner.string("kind"), owner.string("name"))
                                : "belongs to no InferenceService";
  tell(step, std::string(kNameTaken),
       fmt::format("is there already and {} (written by {}); delete it, or give the service another name",
                   whose, managers_of(live.value())),
       false);
}

Task<void> Applier::Impl::Run::apply(const Step& step) {
  const auto ours = versions_.find(step.uid);
  std::string version = ours == versions_.end() ? step.resource_version : ours->second;
  const std::string manager(kFieldManager);
  std::string wanted = step.body;
  for (int left = kTries;; --left) {
    const std::string body = step.held_replicas ? held_at(wanted, version) : wanted;
    auto reply =
        co_await applier_.client_.apply(*step.resource, step.ns, step.name, body, manager, true, options());
    if (reply) co_return taken(step, *reply);
    if (keeps_its_address(step, reply.error())) {
      auto rest = without_address(wanted);
      if (!rest) co_return failed(step, reply.error());
      wanted = std::move(*rest);
      continue;
    }
    if (!step.held_replicas || !is_late(reply.error()) || left == 1) co_return failed(step, reply.error());
    const auto live = co_await look(step);
    if (!live) co_return;
    version = std::string(live->resource_version());
  }
}

Task<void> Applier::Impl::Run::remove(const Step& step) {
  kube::DeleteOptions del{
      .uid = step.uid, .resource_version = step.resource_version, .propagation = "Background"};
  for (int left = kTries;; --left) {
    auto reply = co_await applier_.client_.remove(*step.resource, step.ns, step.name, del, options());
    if (reply || reply.error().is_not_found()) co_return removed(step, reply.has_value());
    if (!is_late(reply.error()) || left == 1) co_return failed(step, reply.error());
    const auto live = co_await look(step);
    if (!live) co_return;
    del.resource_version = std::string(live->resource_version());
  }
}

void Applier::Impl::Run::removed(const Step& step, bool by_us) {
  if (by_us) {
    ++outcome_.writes;
    applier_.breaker_.note(object_of(step), Clock::now());
  }
  if (!whole_) {
    // It has made way: the one that was refused may be tried again.
    outcome_.stale = true;
    for (const std::string& object : refused_autoscalers_) applier_.refused_.erase(object);
  }
  applier_.cache_.forget(*step.resource, step.ns, step.name, step.uid);
  applier_.memory_.forget(step.uid);
}

void Applier::Impl::Run::taken(const Step& step, const Object& reply) {
  ++outcome_.writes;
  const std::string object = object_of(step);
  applier_.breaker_.note(object, Clock::now());
  applier_.refused_.erase(object);
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

void Applier::Impl::Run::failed(const Step& step, const ApiError& error) {
  if (is_late(error)) return late();
  ApplyProblem problem = problem_of(step, error);
  const std::string object = object_of(step);
  const SteadyTime now = Clock::now();
  // Whether it was done after all, nobody knows.
  if (error.kind == ApiError::Kind::kDeadline) applier_.breaker_.note(object, now);
  if (is_definite(error)) {
    std::erase_if(applier_.refused_, [now](const auto& entry) { return entry.second.until <= now; });
    applier_.refused_[object] = {step.uid, step.wanted_digest, problem, now + kRefusalHolds};
  }
  ended_ = ended_ || ends_all(error) || problem.reason == "NamespaceTerminating";
  if (error.kind == ApiError::Kind::kCancelled) {
    whole_ = autoscaler_only_ = false;
  } else {
    refuse(step, std::move(problem));
  }
}

void Applier::Impl::Run::refuse(const Step& step, ApplyProblem problem) {
  const bool by_webhook = problem.reason == "DeniedByWebhook" && is_autoscaler(*step.resource);
  if (by_webhook) refused_autoscalers_.push_back(object_of(step));
  whole_ = false;
  autoscaler_only_ = autoscaler_only_ && by_webhook;
  outcome_.problems.push_back(std::move(problem));
}

void Applier::Impl::Run::late() {
  outcome_.stale = true;
  whole_ = autoscaler_only_ = false;
}

void Applier::Impl::Run::tell(const Step& step, std::string reason, std::string text, bool may_pass) {
  whole_ = autoscaler_only_ = false;
  outcome_.problems.push_back({.component = step.component,
                               .reason = std::move(reason),
                               .text = fmt::format("{} {} {}", step.resource->kind, step.name, text),
                               .may_pass = may_pass});
}

kube::CallOptions Applier::Impl::Run::options() const {
  return {.deadline = std::min(Clock::now() + kWriteDeadline, until_), .managed_fields = true};
}

Applier::Applier(kube::Client& client, Cache& cache, AppliedMemory& memory)
    : impl_(std::make_unique<Impl>(client, cache, memory)) {}

Applier::~Applier() = default;

kube::Task<ApplyOutcome> Applier::carry_out(const ServiceKey& key, const Plan& plan, SteadyTime until) {
  Impl::Run run(*impl_, key, until);
  co_return co_await run.carry_out(plan);
}

}  // namespace modelgate::reconciler
