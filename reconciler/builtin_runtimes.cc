// SPDX-License-Identifier: Apache-2.0
#include "reconciler/builtin_runtimes.h"

#include <stdexcept>
#include <utility>
#include <vector>

#include "deploy/builtin.h"
#include "kube/manifests.h"
#include "spec/view.h"
#include "workload/objects/object_builder.h"

namespace modelgate::reconciler {
namespace {

using kube::ApiResult;
using kube::Object;
using kube::SteadyTime;
using kube::Task;
using spec::Value;
using workload::ObjectBuilder;

const kube::Resource& kRuntimes = kube::kClusterServingRuntimes;

/// In the order of deploy/builtin.h.
std::vector<Value> builtin_runtimes(spec::Arena& arena) {
  std::vector<Value> out;
  for (const BuiltinManifest& manifest : builtin_manifests()) {
    auto objects = kube::read_objects(manifest.name, manifest.text, arena);
    if (!objects) throw std::logic_error("built-in manifest: " + objects.error().to_string());
    for (kube::ManifestObject& object : *objects) {
      if (spec::ObjectView(object.value).string("kind") == kRuntimes.kind)
        out.push_back(std::move(object.value));
    }
  }
  return out;
}

std::string name_of(const Value& object) {
  return std::string(spec::ObjectView(object).object("metadata").string("name"));
}

std::map<std::string, std::string> entries_of(const std::optional<Object>& config_map) {
  std::map<std::string, std::string> out;
  const Value* data = config_map ? spec::find(config_map->value(), "data") : nullptr;
  spec::StringMapView(data).for_each(
      [&](std::string_view name, std::string_view how) { out.emplace(name, how); });
  return out;
}

}  // namespace

Task<BuiltinOutcome> BuiltinRuntimes::create(SteadyTime until) {
  BuiltinOutcome outcome;
  const auto failed = [&](const kube::ApiError& error) {
    outcome.complete = false;
    if (outcome.problem.empty()) outcome.problem = error.to_string();
  };
  const auto config_map = co_await read(until);
  if (!config_map) {
    failed(config_map.error());
    co_return outcome;
  }
  Entries entries = entries_of(*config_map);
  bool changed = false;
  spec::Arena arena;
  const std::vector<Value> manifests = builtin_runtimes(arena);
  const kube::CallOptions call{.deadline = until};
  for (const Value& manifest : manifests) {
    const std::string name = name_of(manifest);
    if (entries.contains(name)) continue;
    const std::string body = spec::to_json(manifest);
    const auto created = co_await client_.create(kRuntimes, "", body, call);
    if (!created && !created.error().is_already_exists()) {
      failed(created.error());
      continue;
    }
    outcome.created += created ? 1 : 0;
    entries.emplace(name, created ? "made" : "found");
    changed = true;
  }
  if (!changed) co_return outcome;
  const auto written = co_await write(*config_map, std::move(entries), until);
  if (!written) failed(written.error());
  co_return outcome;
}

Task<ApiResult<std::optional<Object>>> BuiltinRuntimes::read(SteadyTime until) {
  const kube::CallOptions call{.deadline = until};
  auto found = co_await client_.get(kube::kConfigMaps, ns_, std::string(kBuiltinRuntimesConfigMap), call);
  if (found) co_return std::optional(std::move(*found));
  if (found.error().is_not_found()) co_return std::optional<Object>();
  co_return std::unexpected(found.error());
}

Task<ApiResult<void>> BuiltinRuntimes::write(const std::optional<Object>& before, Entries entries,
                                             SteadyTime until) {
  spec::Arena arena;
  Value data(rapidjson::kObjectType);
  for (const auto& [name, how] : entries) spec::set_member(data, name, spec::make_string(how, arena), arena);
  Value metadata =
      ObjectBuilder(arena)
          .text("name", kBuiltinRuntimesConfigMap)
          .text("namespace", ns_)
          .text_if_any("resourceVersion", before ? before->resource_version() : std::string_view())
          .take();
  const std::string body = spec::to_json(ObjectBuilder(arena)
                                             .text("apiVersion", "v1")
                                             .text("kind", "ConfigMap")
                                             .value("metadata", std::move(metadata))
                                             .value("data", std::move(data))
                                             .take());
  const kube::CallOptions call{.deadline = until};
  const std::string name(kBuiltinRuntimesConfigMap);
  ApiResult<Object> written = std::unexpected(kube::ApiError{});
  if (before) {
    written = co_await client_.merge_patch(kube::kConfigMaps, ns_, name, body, call);
  } else {
    written = co_await client_.create(kube::kConfigMaps, ns_, body, call);
  }
  if (!written) co_return std::unexpected(written.error());
  co_return ApiResult<void>{};
}

}  // namespace modelgate::reconciler
