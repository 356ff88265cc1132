// SPDX-License-Identifier: Apache-2.0
#include "reconciler/cache/child.h"

#include <algorithm>
#include <array>
#include <utility>

#include "kube/client/knative_kinds.h"
#include "kube/client/managed_fields.h"
#include "spec/view.h"
#include "workload/status/observable.h"

namespace modelgate::reconciler {
namespace {

using spec::ObjectView;
using spec::Value;

/// The kinds of children of which workload/status/status.h observes more than the name.
constexpr std::array<const kube::Resource*, 4> kObserved{&kube::kDeployments, &kube::kHttpRoutes,
                                                         &kube::kVirtualServices, &kube::kKnativeServices};

/// A service has several slices; these members say nothing about its endpoints.
constexpr std::array<std::string_view, 5> kNotOfSlices{"name", "namespace", "uid", "generation",
                                                       "creationTimestamp"};

ObjectView metadata_of(const Value& object) {
  return ObjectView(object).object("metadata");
}

std::string text(const ObjectView& object, std::string_view name) {
  return std::string(object.string(name));
}

bool is_group(std::string_view api_version, std::string_view group) {
  return api_version.starts_with(group) && api_version.substr(group.size()).starts_with('/');
}

/// The owner reference of the InferenceService that controls it; absent if none does.
ObjectView controller_of(const Value& object) {
  for (const ObjectView owner : metadata_of(object).list<ObjectView>("ownerReferences")) {
    if (owner.boolean("controller") == true && owner.string("kind") == kube::kInferenceServices.kind &&
        is_group(owner.string("apiVersion"), kube::kInferenceServices.group))
      return owner;
  }
  return {};
}

std::string observed_text(const Value& object, std::string_view kind) {
  spec::Arena arena;
  Value seen = workload::observable(object, arena, kind);
  if (Value* metadata = spec::find(seen, "metadata"); metadata && metadata->IsObject()) {
    metadata->RemoveMember("resourceVersion");
    if (kind == kube::kEndpointSlices.kind) {
      for (const std::string_view member : kNotOfSlices) metadata->RemoveMember(spec::make_literal(member));
    }
  }
  return spec::to_json(seen);
}

/// Of an Ingress only an address that its controller published; hence usually nothing.
bool has_address(const ObjectView& ingress) {
  return !ingress.object("status").object("loadBalancer").list("ingress").empty();
}

bool is_observed(const kube::Resource& resource, const Value& object) {
  if (resource.kind == kube::kIngresses.kind) return has_address(ObjectView(object));
  return std::ranges::any_of(kObserved, [&](const kube::Resource* r) {
    return r->kind == resource.kind && r->group == resource.group;
  });
}

/// Without these members of the root and of metadata.
Value without(const Value& object, std::string_view root, std::initializer_list<std::string_view> metadata,
              spec::Arena& arena) {
  Value out(rapidjson::kObjectType);
  for (const auto& m : object.GetObject()) {
    const std::string_view name = spec::text_of(m.name);
    if (name == root) continue;
    Value value(rapidjson::kObjectType);
    if (name == "metadata" && m.value.IsObject()) {
      for (const auto& inner : m.value.GetObject()) {
        if (std::ranges::find(metadata, spec::text_of(inner.name)) == metadata.end())
          value.AddMember(spec::clone(inner.name, arena), spec::clone(inner.value, arena), arena);
      }
    } else {
      value = spec::clone(m.value, arena);
    }
    out.AddMember(spec::clone(m.name, arena), std::move(value), arena);
  }
  return out;
}

}  // namespace

std::optional<Child> child_of(const kube::Resource& resource, const Value& object) {
  const ObjectView owner = controller_of(object);
  if (!owner || owner.string("name").empty()) return std::nullopt;
  const ObjectView metadata = metadata_of(object);
  Child out{.resource = &resource,
            .ns = text(metadata, "namespace"),
            .name = text(metadata, "name"),
            .uid = text(metadata, "uid"),
            .resource_version = text(metadata, "resourceVersion"),
            .owner = {text(metadata, "namespace"), text(owner, "name")},
            .owner_uid = text(owner, "uid"),
            .being_deleted = metadata.has("deletionTimestamp")};
  spec::Arena arena;
  const Value applied = kube::applied_fields(object, kFieldManager, arena);
  if (applied.MemberCount() > 0) out.applied_digest = spec::digest(applied);
  out.kserve_manages = kube::manages(object, kKserveFieldManager);
  out.replicas = ObjectView(object).object("spec").integer("replicas");
  if (out.replicas) {
    constexpr std::array<std::string_view, 2> kReplicas{"spec", "replicas"};
    const kube::FieldManagers managers = kube::managers_of(object, kReplicas, kFieldManager);
    out.replicas_ours = managers.given;
    out.replicas_others = managers.others;
  }
  if (is_observed(resource, object)) out.observed = observed_text(object, resource.kind);
  return out;
}

std::optional<LabelledRecord> labelled_of(const kube::Resource& resource, const Value& object) {
  const ObjectView metadata = metadata_of(object);
  const std::string_view service = metadata.object("labels").string(kServiceLabel);
  if (service.empty()) return std::nullopt;
  return LabelledRecord{.ns = text(metadata, "namespace"),
                        .name = text(metadata, "name"),
                        .uid = text(metadata, "uid"),
                        .resource_version = text(metadata, "resourceVersion"),
                        .owner = {text(metadata, "namespace"), std::string(service)},
                        .observed = observed_text(object, resource.kind)};
}

ServiceRecord service_of(const Value& object) {
  const ObjectView metadata = metadata_of(object);
  ServiceRecord out{.key = {text(metadata, "namespace"), text(metadata, "name")},
                    .uid = text(metadata, "uid"),
                    .resource_version = text(metadata, "resourceVersion"),
                    .generation = metadata.integer("generation").value_or(0),
                    .being_deleted = metadata.has("deletionTimestamp")};
  if (metadata.has("managedFields")) {
    spec::Arena arena;
    out.text = spec::to_json(without(object, {}, {"managedFields"}, arena));
  } else {
    out.text = spec::to_json(object);
  }
  return out;
}

std::string service_digest(const Value& object) {
  spec::Arena arena;
  return spec::digest(without(object, "status", {"managedFields", "resourceVersion"}, arena));
}

}  // namespace modelgate::reconciler
