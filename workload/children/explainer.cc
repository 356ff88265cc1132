// SPDX-License-Identifier: Apache-2.0
#include "workload/children/explainer.h"

#include <fmt/format.h>

#include "spec/schema.h"
#include "spec/schema_core.h"
#include "workload/children/address.h"
#include "workload/children/pod_parts.h"
#include "workload/children/storage_uris.h"
#include "workload/children/tracing.h"
#include "workload/objects/annotations.h"
#include "workload/objects/ports.h"

namespace modelgate::workload {
namespace {

using spec::Value;

/// Arguments of both kinds of explainers.
struct ExplainerArgs {
  std::string predictor_host;
  std::optional<std::int64_t> concurrency;
};

/// KServe's ART server.
Value art_container(ServiceBuild& build, const spec::ArtExplainerView& art, const ExplainerArgs& args) {
  spec::Arena& arena = build.arena;
  Value out = fields_of(art.value(), spec::schema::kContainer, arena);
  const Value own = spec::clone(list_at(out, "args", arena), arena);
  const bool has_host = has_arg(out, "--predictor_host");
  const bool has_workers = has_arg(out, "--workers");
  spec::set_member(out, "args", Value(rapidjson::kArrayType), arena);
  const auto add = [&](std::string_view name, std::string_view value) {
    add_arg(out, name, arena);
    add_arg(out, value, arena);
  };
  add("--model_name", build.name);
  add("--http_port", std::to_string(kModelServerPort));
  if (!has_host) add("--predictor_host", args.predictor_host);
  if (!has_workers && args.concurrency) add("--workers", std::to_string(*args.concurrency));
  if (!art.storage_uri().empty()) add("--storage_uri", kModelPath);
  add("--adversary_type", art.type());
  for (const auto& [key, value] : to_map(art.config())) add(fmt::format("--{}", key), value);
  // Twice, as in KServe: otherwise a move from KServe would change the Pod template.
  for (int i = 0; i < 2; ++i) {
    for (const Value& a : own.GetArray()) add_arg(out, spec::text_of(a), arena);
  }
  if (spec::ContainerView(out).image().empty()) {
    const auto& configured = build.configuration.explainers;
    const std::string_view version = art.runtime_version().value_or(configured.art_default_image_version);
    spec::set_member(out, "image",
                     spec::make_string(fmt::format("{}:{}", configured.art_image, version), arena), arena);
  }
  spec::set_member(out, "name", spec::make_literal(container::kModelServer), arena);
  return out;
}

void complete_custom(ServiceBuild& build, Value& server, const ExplainerArgs& args) {
  default_arg(server, "--model_name", build.name, build.arena);
  default_arg(server, "--predictor_host", args.predictor_host, build.arena);
  add_arg(server, "--http_port", build.arena);
  add_arg(server, std::to_string(kModelServerPort), build.arena);
  if (args.concurrency) default_arg(server, "--workers", std::to_string(*args.concurrency), build.arena);
}

std::optional<std::string_view> storage_uri_of(const spec::ExplainerView& explainer) {
  if (const auto art = explainer.art()) {
    return art.storage_uri().empty() ? std::nullopt : std::optional(art.storage_uri());
  }
  const auto env = explainer.containers()[0].find_env(spec::kStorageUriEnv);
  return env ? std::optional(env.env_value()) : std::nullopt;
}

}  // namespace

std::optional<Component> build_explainer(ServiceBuild& build) {
  const spec::ExplainerView explainer = build.service.spec().explainer();
  const spec::FieldPath path = spec::FieldPath{} / "spec" / "explainer";
  const spec::ArtExplainerView art = explainer.art();
  if (!art && explainer.containers().empty()) {
    build.fatal(kExplainer, "InvalidExplainerSpec", path / "containers", "must have at least one container");
    return std::nullopt;
  }
  if (predictor_address_is_unknown(build)) return std::nullopt;
  StringMap annotations = build.allowed_annotations(build.annotations);
  if (const auto uri = storage_uri_of(explainer)) annotations[std::string(annotation::kSourceUri)] = *uri;
  annotate_logger(explainer.logger(), annotations);
  overlay(annotations, build.allowed_annotations(to_map(explainer.annotations())));

  StringMap labels = build.labels;
  overlay(labels, to_map(explainer.labels()));
  labels[std::string(label::kInferenceService)] = build.name;
  labels[std::string(label::kComponent)] = kExplainer;

  Value pod = fields_of(explainer.value(), spec::schema::kPodSpec, build.arena);
  const Value* own = art ? art.value() : explainer.containers()[0].value();
  const ExplainerArgs args{predictor_address(build, *own), explainer.container_concurrency()};
  if (art) {
    Value server = art_container(build, art, args);
    Value& containers = list_at(pod, "containers", build.arena);
    if (containers.Empty()) {
      containers.PushBack(std::move(server), build.arena);
    } else {
      containers[0] = std::move(server);
    }
  } else {
    complete_custom(build, (*spec::find(pod, "containers"))[0], args);
  }
  add_tracing(build, {kExplainer}, &list_at(pod, "containers", build.arena)[0]);
  Component out{.kind = kExplainer,
                .path = path,
                .name = build.explainer(),
                .labels = std::move(labels),
                .annotations = std::move(annotations),
                .pod_spec = std::move(pod),
                .scaling = scaling_of(explainer)};
  if (!add_storage_uris(build, explainer, out)) return std::nullopt;
  return out;
}

}  // namespace modelgate::workload
