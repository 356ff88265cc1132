// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/plan.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>
#include <stdexcept>
#include <utility>

#include "kube/client/knative_kinds.h"
#include "reconciler/apply/older_release.h"
#include "spec/view.h"

namespace modelgate::reconciler {
namespace {

/// The kinds that we create, in the order of deletion: routes and autoscalers before what they refer to.
constexpr std::array kOwnedKinds{
    &kube::kHttpRoutes,    &kube::kVirtualServices,          &kube::kIngresses,
    &kube::kScaledObjects, &kube::kHorizontalPodAutoscalers, &kube::kDeployments,
    &kube::kServices,      &kube::kKnativeServices,          &kube::kOpenTelemetryCollectors,
    &kube::kConfigMaps};

/// The first of them are routes.
constexpr std::ptrdiff_t kRoutes = 3;

/// Identifying members of metadata.
constexpr std::array<std::string_view, 4> kIdentity{"name", "namespace", "uid", "resourceVersion"};

/// Knative's Service has the kind of Kubernetes' own.
bool is_same(const kube::Resource& a, const kube::Resource& b) {
  return a.kind == b.kind && a.group == b.group;
}

std::ptrdiff_t rank_of(const kube::Resource& resource) {
  return std::ranges::find_if(kOwnedKinds, [&](const kube::Resource* r) { return is_same(*r, resource); }) -
         kOwnedKinds.begin();
}

std::string kind_and_name(const kube::Resource& resource, std::string_view name) {
  return fmt::format("{}{} {}", resource.group == kube::kKnativeServices.group ? "Knative " : "",
                     resource.kind, name);
}

bool is_named(const std::vector<workload::RetainedObject>& retained, const Child& child) {
  return std::ranges::any_of(retained, [&](const workload::RetainedObject& object) {
    return (object.kind.empty() || object.kind == child.resource->kind) && object.name == child.name;
  });
}

/// The minimum of the autoscaler for that Deployment; nothing if none is desired.
std::optional<std::int64_t> least_replicas(const std::vector<workload::WantedObject>& wanted,
                                           std::string_view deployment) {
  for (const workload::WantedObject& w : wanted) {
    const spec::ObjectView object(w.object);
    const spec::ObjectView spec = object.object("spec");
    if (spec.object("scaleTargetRef").string("name") != deployment) continue;
    const bool keda = object.string("kind") == kube::kScaledObjects.kind;
    return spec.integer(keda ? "minReplicaCount" : "minReplicas");
  }
  return std::nullopt;
}

/// Its spec has no replicas: an autoscaler sets them.
bool leaves_replicas(const spec::Value& object) {
  const spec::ObjectView spec = spec::ObjectView(object).object("spec");
  return spec && !spec.has("replicas");
}

spec::Value with_replicas(const spec::Value& object, std::int64_t replicas, spec::Arena& arena) {
  spec::Value out = spec::clone(object, arena);
  spec::set_member(*spec::find(out, "spec"), "replicas", spec::Value(replicas), arena);
  return out;
}

class Planner {
 public:
  Planner(const ServiceRecord& service, const std::vector<const Child*>& children,
          const AppliedMemory& memory, spec::Arena& arena)
      : service_(service), memory_(memory), arena_(arena) {
    for (const Child* child : children) {
      if (child && child->resource && child->ns == service.key.ns)
        existing_[place_of(*child->resource, child->name)] = child;
    }
  }

  /// `begins_with`: replicas of a new object, if the desired one has none.
  void want(const workload::WantedObject& wanted, std::optional<std::int64_t> begins_with);
  void remove_unwanted(Unwanted unwanted, const std::vector<workload::RetainedObject>& retained);
  Plan take();

 private:
  using Place = std::tuple<std::string_view, std::string_view, std::string_view>;  // kind, group, name

  static Place place_of(const kube::Resource& resource, std::string_view name) {
    return {resource.kind, resource.group, name};
  }
  bool is_ours(const Child& child) const { return child.owner_uid == service_.uid; }

  /// Why it cannot be written; nothing if it can.
  std::optional<Conflict> conflict_with(const Child& child) const;
  void create(const workload::WantedObject& wanted, Step step, std::optional<std::int64_t> begins_with);
  void update(const workload::WantedObject& wanted, const Child& child, Step step);
  bool is_unchanged(const Child& child, const std::string& wanted_digest) const;
  bool is_unchanged_older(const Child& child, const spec::Value& object, Step& step) const;
  void note_replacement(Step& deletion) const;

  const ServiceRecord& service_;
  const AppliedMemory& memory_;
  spec::Arena& arena_;
  std::map<Place, const Child*> existing_;
  std::vector<const Child*> desired_;
  std::set<Place> written_;  // desired objects without a conflict
  std::vector<Step> adoptions_, writes_, deletions_;
  std::vector<Conflict> conflicts_;
};

void Planner::want(const workload::WantedObject& wanted, std::optional<std::int64_t> begins_with) {
  const kube::Resource* resource = resource_of(wanted.object);
  if (!resource) throw std::logic_error("a desired object has a kind that we never create");
  const std::string_view name = spec::ObjectView(wanted.object).object("metadata").string("name");
  Step step{.resource = resource,
            .ns = service_.key.ns,
            .name = std::string(name),
            .owner_uid = service_.uid,
            .wanted_digest = comparable_digest(wanted.object, arena_),
            .component = wanted.component};
  const auto it = existing_.find(place_of(*resource, name));
  if (it == existing_.end()) {
    written_.insert(place_of(*resource, name));
    return create(wanted, std::move(step), begins_with);
  }
  const Child& child = *it->second;
  desired_.push_back(&child);
  if (auto conflict = conflict_with(child)) {
    conflict->component = wanted.component;
    conflicts_.push_back(std::move(*conflict));
    return;
  }
  written_.insert(place_of(*resource, name));
  if (wanted.create_only) return;
  update(wanted, child, std::move(step));
}

std::optional<Conflict> Planner::conflict_with(const Child& child) const {
  Conflict conflict{.resource = child.resource, .name = child.name};
  const std::string what = kind_and_name(*child.resource, child.name);
  const auto passes = [&](Passing passing) {
    conflict.reason = passing.reason;
    conflict.text = fmt::format("{} {}", what, passing.text);
    return conflict;
  };
  if (child.being_deleted) return passes(being_deleted());
  if (is_ours(child)) return std::nullopt;
  if (child.owner == service_.key) return passes(owner_deleted());
  conflict.text = fmt::format("{} is owned by InferenceService {}, not by this one", what, child.owner.name);
  return conflict;
}

void Planner::create(const workload::WantedObject& wanted, Step step,
                     std::optional<std::int64_t> begins_with) {
  step.kind = wanted.create_only ? Step::Kind::kPost : Step::Kind::kCreate;
  if (begins_with.value_or(1) > 1 && leaves_replicas(wanted.object)) {
    const spec::Value object = with_replicas(wanted.object, *begins_with, arena_);
    step.wanted_digest = comparable_digest(object, arena_);
    step.body = spec::to_json(object);
  } else {
    step.body = spec::to_json(wanted.object);
  }
  step.why = "absent";
  writes_.push_back(std::move(step));
}

void Planner::update(const workload::WantedObject& wanted, const Child& child, Step step) {
  step.uid = child.uid;
  step.resource_version = child.resource_version;
  const bool not_shared = child.kserve_manages || (child.replicas_ours && !child.replicas_others);
  const bool holds = child.replicas && not_shared && leaves_replicas(wanted.object);
  spec::Value object;
  if (holds) {
    object = with_replicas(wanted.object, *child.replicas, arena_);
    step.wanted_digest = comparable_digest(object, arena_);
    step.held_replicas = child.replicas;
  }
  if (!child.kserve_manages && is_unchanged(child, step.wanted_digest)) return;
  if (!holds) object = spec::clone(wanted.object, arena_);
  if (is_unchanged_older(child, object, step)) return;

  if (child.kserve_manages) {
    Step adopt = step;
    adopt.kind = Step::Kind::kAdopt;
    adopt.why = "created by KServe";
    adopt.wanted_digest.clear();
    adoptions_.push_back(std::move(adopt));
  }
  spec::set_member(*spec::find(object, "metadata"), "uid", spec::make_string(child.uid, arena_), arena_);
  step.kind = Step::Kind::kApply;
  step.body = spec::to_json(object);
  step.why = child.kserve_manages ? "created by KServe" : "differs";
  writes_.push_back(std::move(step));
}

bool Planner::is_unchanged(const Child& child, const std::string& wanted_digest) const {
  if (child.applied_digest.empty()) return false;
  if (child.applied_digest == wanted_digest) return true;
  const AppliedMemory::Entry* last = memory_.find(child.uid);
  return last && last->wanted_digest == wanted_digest && last->reply_digest == child.applied_digest;
}

/// It still has the form of the older KServe that created it: a new one would restart its Pods. Sets the older form
/// in the step for an object that is not yet ours.
bool Planner::is_unchanged_older(const Child& child, const spec::Value& object, Step& step) const {
  auto older = as_of_older_release(object, arena_);
  if (!older) return false;
  std::string digest = comparable_digest(*older, arena_);
  if (!child.kserve_manages) return is_unchanged(child, digest);
  spec::set_member(*spec::find(*older, "metadata"), "uid", spec::make_string(child.uid, arena_), arena_);
  step.older_body = spec::to_json(*older);
  step.older_digest = std::move(digest);
  return false;
}

/// The desired object that takes its place, if there is one.
void Planner::note_replacement(Step& deletion) const {
  for (const kube::Resource* resource : kOwnedKinds) {
    const Replacement* replacement = replacement_of(*deletion.resource, *resource);
    if (!replacement || !written_.contains(place_of(*resource, deletion.name))) continue;
    deletion.replaced_by = resource;
    deletion.replacement = replacement;
    return;
  }
}

void Planner::remove_unwanted(Unwanted unwanted, const std::vector<workload::RetainedObject>& retained) {
  if (unwanted == Unwanted::kKeep) return;
  for (const auto& [place, child] : existing_) {
    const bool written_by_us = !child->applied_digest.empty() || child->kserve_manages;
    if (!is_ours(*child) || child->being_deleted || !written_by_us) continue;
    const std::ptrdiff_t rank = rank_of(*child->resource);
    if (rank == std::ssize(kOwnedKinds) || (unwanted == Unwanted::kKeepRoutes && rank < kRoutes)) continue;
    if (std::ranges::find(desired_, child) != desired_.end() || is_named(retained, *child)) continue;
    deletions_.push_back({.kind = Step::Kind::kDelete,
                          .resource = child->resource,
                          .ns = child->ns,
                          .name = child->name,
                          .uid = child->uid,
                          .resource_version = child->resource_version,
                          .owner_uid = service_.uid,
                          .why = "not desired"});
    note_replacement(deletions_.back());
  }
  std::ranges::sort(deletions_, {}, [](const Step& step) {
    return std::pair(rank_of(*step.resource), std::string_view(step.name));
  });
}

Plan Planner::take() {
  Plan plan{.steps = std::move(adoptions_), .conflicts = std::move(conflicts_)};
  std::ranges::move(writes_, std::back_inserter(plan.steps));
  std::ranges::move(deletions_, std::back_inserter(plan.steps));
  return plan;
}

std::string_view verb_of(Step::Kind kind) {
  switch (kind) {
    case Step::Kind::kAdopt:
      return "adopt";
    case Step::Kind::kCreate:
    case Step::Kind::kPost:
      return "create";
    case Step::Kind::kApply:
      return "apply";
    case Step::Kind::kDelete:
      return "delete";
  }
  return "";
}

Plan plan_of(const ServiceRecord& service, const std::vector<workload::WantedObject>& wanted,
             const std::vector<const Child*>& children, const AppliedMemory& memory, spec::Arena& arena,
             Unwanted unwanted, const std::vector<workload::RetainedObject>& retained, Begin begin) {
  if (service.being_deleted) return {};
  Planner planner(service, children, memory, arena);
  for (const workload::WantedObject& object : wanted) {
    const spec::ObjectView view(object.object);
    std::optional<std::int64_t> begins_with;
    if (begin == Begin::kWithMinimum && view.string("kind") == kube::kDeployments.kind)
      begins_with = least_replicas(wanted, view.object("metadata").string("name"));
    planner.want(object, begins_with);
  }
  planner.remove_unwanted(unwanted, retained);
  return planner.take();
}

}  // namespace

Plan make_plan(const ServiceRecord& service, const workload::Wanted& wanted,
               const std::vector<const Child*>& children, const AppliedMemory& memory, spec::Arena& arena,
               Begin begin) {
  const auto retained = wanted.stopped ? std::vector<workload::RetainedObject>() : wanted.retained;
  return plan_of(service, wanted.objects, children, memory, arena, unwanted_of(wanted), retained, begin);
}

Plan make_plan(const ServiceRecord& service, const std::vector<workload::WantedObject>& wanted,
               const std::vector<const Child*>& children, const AppliedMemory& memory, spec::Arena& arena,
               Unwanted unwanted) {
  return plan_of(service, wanted, children, memory, arena, unwanted, {}, Begin::kWithOne);
}

Unwanted unwanted_of(const workload::Wanted& wanted) {
  if (wanted.stopped) return Unwanted::kDelete;
  if (!wanted.needs.empty()) return Unwanted::kKeep;
  Unwanted out = Unwanted::kDelete;
  for (const workload::Problem& problem : wanted.problems) {
    if (problem.kind != workload::Problem::Kind::kFatal) continue;
    out = std::max(out, problem.component == workload::kIngress ? Unwanted::kKeepRoutes : Unwanted::kKeep);
  }
  return out;
}

Passing being_deleted() {
  return {.reason = "BeingDeleted", .text = "is being deleted; it will be created again after that"};
}

Passing owner_deleted() {
  return {
      .reason = "OwnerDeleted",
      .text =
          "is owned by a deleted InferenceService of this name; it will be created again once the garbage "
          "collector has deleted it"};
}

std::string describe(const ServiceKey& service, const Plan& plan) {
  std::string out;
  for (const Step& step : plan.steps) {
    out += fmt::format("{}: {} {} ({})\n", service.to_string(), verb_of(step.kind),
                       kind_and_name(*step.resource, step.name), step.why);
  }
  for (const Conflict& conflict : plan.conflicts) {
    out += fmt::format("{}: leave {}: {}\n", service.to_string(),
                       kind_and_name(*conflict.resource, conflict.name), conflict.text);
  }
  return out;
}

std::string comparable_digest(const spec::Value& object, spec::Arena& arena) {
  spec::Value copy = spec::clone(object, arena);
  if (!copy.IsObject()) return spec::digest(copy);
  copy.RemoveMember("apiVersion");
  copy.RemoveMember("kind");
  spec::Value* metadata = spec::find(copy, "metadata");
  if (metadata && metadata->IsObject()) {
    for (const std::string_view member : kIdentity) metadata->RemoveMember(spec::make_literal(member));
    if (metadata->ObjectEmpty()) copy.RemoveMember("metadata");
  }
  return spec::digest(copy);
}

const kube::Resource* resource_of(const spec::Value& object) {
  const spec::ObjectView view(object);
  const auto it = std::ranges::find_if(kOwnedKinds, [&](const kube::Resource* r) {
    return r->kind == view.string("kind") && r->api_version() == view.string("apiVersion");
  });
  return it != kOwnedKinds.end() ? *it : nullptr;
}

}  // namespace modelgate::reconciler
