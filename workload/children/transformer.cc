// SPDX-License-Identifier: Apache-2.0
#include "workload/children/transformer.h"

#include "spec/schema.h"
#include "spec/schema_core.h"
#include "workload/children/address.h"
#include "workload/children/pod_parts.h"
#include "workload/children/server_port.h"
#include "workload/children/storage_uris.h"
#include "workload/children/tracing.h"
#include "workload/objects/annotations.h"
#include "workload/objects/env.h"
#include "workload/objects/ports.h"

namespace modelgate::workload {

using spec::Value;

std::optional<Component> build_transformer(ServiceBuild& build) {
  const spec::TransformerView transformer = build.service.spec().transformer();
  const spec::FieldPath path = spec::FieldPath{} / "spec" / "transformer";
  const auto containers = transformer.containers();
  if (containers.empty()) {
    build.fatal(kTransformer, "InvalidTransformerSpec", path / "containers",
                "must have at least one container");
    return std::nullopt;
  }
  if (predictor_address_is_unknown(build)) return std::nullopt;
  StringMap annotations = build.allowed_annotations(build.annotations);
  if (const auto uri = containers[0].find_env(spec::kStorageUriEnv))
    annotations[std::string(annotation::kSourceUri)] = uri.env_value();
  annotate_logger(transformer.logger(), annotations);
  annotate_batcher(transformer.batcher(), annotations);
  overlay(annotations, build.allowed_annotations(to_map(transformer.annotations())));

  StringMap labels = build.labels;
  overlay(labels, to_map(transformer.labels()));
  labels[std::string(label::kInferenceService)] = build.name;
  labels[std::string(label::kComponent)] = kTransformer;

  Value pod = fields_of(transformer.value(), spec::schema::kPodSpec, build.arena);
  Value& server = (*spec::find(pod, "containers"))[0];
  default_arg(server, "--model_name", build.name, build.arena);
  default_arg(server, "--predictor_host", predictor_address(build, server), build.arena);
  default_arg(server, "--http_port", std::to_string(kModelServerPort), build.arena);
  follow_http_port(build, kTransformer, path / "containers", server);
  if (const auto concurrency = transformer.container_concurrency())
    default_arg(server, "--workers", std::to_string(*concurrency), build.arena);
  add_env(server, {.name = std::string(kServiceNameEnv), .value = build.name}, SameName::kReplace,
          build.arena);
  add_tracing(build, {kTransformer}, &server);

  Component out{.kind = kTransformer,
                .path = path,
                .name = build.transformer(),
                .labels = std::move(labels),
                .annotations = std::move(annotations),
                .pod_spec = std::move(pod),
                .scaling = scaling_of(transformer)};
  if (!add_storage_uris(build, transformer, out)) return std::nullopt;
  return out;
}

}  // namespace modelgate::workload
