// SPDX-License-Identifier: Apache-2.0
#include "workload/children/service_build.h"

#include <algorithm>

#include "workload/children/component.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

constexpr std::string_view kOurPrefix = "modelgate.io/";

StringMap without(const StringMap& from, const std::vector<std::string>& forbidden) {
  StringMap out;
  for (const auto& [key, value] : from) {
    if (std::ranges::find(forbidden, key) == forbidden.end()) out.emplace(key, value);
  }
  return out;
}

}  // namespace

ServiceBuild::ServiceBuild(const spec::Value& service_in, const ServiceContext& context_in,
                           spec::Arena& arena_in)
    : context(context_in),
      configuration(context_in.catalog.configuration()),
      arena(arena_in),
      service(service_in),
      name(service.metadata().name()),
      namespace_(service.metadata().namespace_()),
      labels(to_map(service.metadata().labels())),
      annotations(to_map(service.metadata().annotations())) {
  std::erase_if(annotations, [](const auto& entry) { return entry.first.starts_with(kOurPrefix); });
  wanted.stopped = service.is_stopped();
}

std::string_view ServiceBuild::host_owner(std::string_view host) const {
  const auto it = context.taken_hosts.find(host);
  return strict() && it != context.taken_hosts.end() ? std::string_view(it->second) : std::string_view{};
}

std::string ServiceBuild::generation() const {
  return std::to_string(service.metadata().integer("generation").value_or(0));
}

StringMap ServiceBuild::allowed_annotations(const StringMap& from) const {
  return without(from, configuration.inference_service.service_annotation_disallowed_list);
}

StringMap ServiceBuild::exposed_annotations(StringMap from) const {
  if (!strict()) return from;
  const std::vector<std::string>& denied = configuration.modelgate.denied_annotations;
  std::erase_if(from, [&](const auto& entry) { return spec::is_denied_annotation(denied, entry.first); });
  return from;
}

StringMap ServiceBuild::allowed_labels(const StringMap& from) const {
  return without(from, configuration.inference_service.service_label_disallowed_list);
}

spec::Value ServiceBuild::object(std::string_view api_version, std::string_view kind,
                                 std::string_view object_name, const StringMap& object_labels,
                                 const StringMap& object_annotations) {
  ObjectBuilder metadata(arena);
  metadata.text("name", object_name).text("namespace", namespace_);
  if (context.problems_only)
    return ObjectBuilder(arena).text("kind", kind).value("metadata", metadata.take()).take();
  if (!object_labels.empty()) metadata.value("labels", to_value(object_labels, arena));
  if (!object_annotations.empty()) metadata.value("annotations", to_value(object_annotations, arena));
  metadata.value("ownerReferences", owner_references());
  return ObjectBuilder(arena)
      .text("apiVersion", api_version)
      .text("kind", kind)
      .value("metadata", metadata.take())
      .take();
}

spec::Value ServiceBuild::owner_references() {
  spec::Value list(rapidjson::kArrayType);
  list.PushBack(ObjectBuilder(arena)
                    .text("apiVersion", "serving.kserve.io/v1beta1")
                    .text("kind", "InferenceService")
                    .text("name", name)
                    .text_if_any("uid", service.metadata().uid())
                    .flag("controller", true)
                    .flag("blockOwnerDeletion", true)
                    .take(),
                arena);
  return list;
}

void ServiceBuild::add(spec::Value object, bool create_only) {
  wanted.objects.push_back({std::move(object), create_only, adding});
}

void ServiceBuild::retain(std::string_view kind, std::string_view object_name) {
  wanted.retained.push_back({std::string(kind), std::string(object_name)});
}

void ServiceBuild::fatal(std::string_view component, std::string_view reason, spec::FieldPath path,
                         std::string text) {
  failed_ = true;
  wanted.problems.push_back(
      {Problem::Kind::kFatal, component_at(component, path), reason, std::move(path), std::move(text)});
}

void ServiceBuild::fatal_for_now(std::string_view component, std::string_view reason, spec::FieldPath path,
                                 std::string text, std::optional<spec::ObjectKey> about) {
  fatal(component, reason, std::move(path), std::move(text));
  wanted.problems.back().transient = true;
  wanted.problems.back().about = std::move(about);
}

void ServiceBuild::notice(std::string_view component, std::string_view reason, spec::FieldPath path,
                          std::string text, std::optional<spec::ObjectKey> about) {
  wanted.problems.push_back({.kind = Problem::Kind::kNotice,
                             .component = component_at(component, path),
                             .reason = reason,
                             .path = std::move(path),
                             .text = std::move(text),
                             .about = std::move(about)});
}

}  // namespace modelgate::workload
