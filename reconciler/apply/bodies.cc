// SPDX-License-Identifier: Apache-2.0
#include "reconciler/apply/bodies.h"

#include <array>
#include <string_view>

#include "kube/client/managed_fields.h"
#include "reconciler/cache/child.h"
#include "spec/view.h"

namespace modelgate::reconciler {

std::string with_version(const std::string& body, const std::string& version) {
  spec::Arena arena;
  auto object = spec::parse_json(body, arena);
  spec::Value* metadata = object ? spec::find(*object, "metadata") : nullptr;
  if (!metadata) return body;
  spec::set_member(*metadata, "resourceVersion", spec::make_string(version, arena), arena);
  return spec::to_json(*object);
}

std::optional<std::string> without_address(const std::string& body) {
  spec::Arena arena;
  auto object = spec::parse_json(body, arena);
  spec::Value* spec = object ? spec::find(*object, "spec") : nullptr;
  if (!spec || !spec->IsObject() || !spec->RemoveMember("clusterIP")) return std::nullopt;
  return spec::to_json(*object);
}

namespace {

/// Written by Knative's webhook, which denies their removal: KServe, which sends them back, owns them, and we do not.
constexpr std::array<std::string_view, 2> kOfWebhook{"f:serving.knative.dev/creator",
                                                     "f:serving.knative.dev/lastModifier"};

void disown_annotations_of_webhook(spec::Value& managed_fields) {
  for (spec::Value& entry : managed_fields.GetArray()) {
    if (spec::ObjectView(entry).string("manager") != kFieldManager) continue;
    spec::Value* at = &entry;
    for (const std::string_view member : {"fieldsV1", "f:metadata", "f:annotations"}) {
      at = at && at->IsObject() ? spec::find(*at, member) : nullptr;
    }
    if (!at || !at->IsObject()) continue;
    for (const std::string_view name : kOfWebhook) at->RemoveMember(spec::make_literal(name));
  }
}

}  // namespace

std::string adoption_patch(const kube::Object& live) {
  spec::Arena arena;
  spec::Value metadata(rapidjson::kObjectType);
  spec::set_member(metadata, "uid", spec::make_string(live.uid(), arena), arena);
  spec::set_member(metadata, "resourceVersion", spec::make_string(live.resource_version(), arena), arena);
  spec::Value managed = kube::with_renamed_manager(live.value(), kKserveFieldManager, kFieldManager, arena);
  disown_annotations_of_webhook(managed);
  spec::set_member(metadata, "managedFields", std::move(managed), arena);
  spec::Value patch(rapidjson::kObjectType);
  spec::set_member(patch, "metadata", std::move(metadata), arena);
  return spec::to_json(patch);
}

std::string body_to_restore(const kube::Object& was) {
  constexpr std::array<std::string_view, 5> kMetadata{"name", "namespace", "labels", "annotations",
                                                      "ownerReferences"};
  spec::Arena arena;
  const spec::ObjectView from(was.value());
  spec::Value metadata(rapidjson::kObjectType);
  for (const std::string_view member : kMetadata) {
    if (const spec::Value* v = from.object("metadata").field(member))
      spec::set_member(metadata, member, spec::clone(*v, arena), arena);
  }
  spec::Value out(rapidjson::kObjectType);
  for (const std::string_view member : {"apiVersion", "kind", "spec"}) {
    if (const spec::Value* v = from.field(member))
      spec::set_member(out, member, spec::clone(*v, arena), arena);
  }
  spec::set_member(out, "metadata", std::move(metadata), arena);
  return spec::to_json(out);
}

}  // namespace modelgate::reconciler
