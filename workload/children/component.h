// SPDX-License-Identifier: Apache-2.0
//
// One component of a service, or one version of its predictor: everything that its objects are built from.
// Built by predictor.h, transformer.h and explainer.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "spec/inference_service.h"
#include "workload/objects/child_names.h"
#include "workload/objects/string_map.h"

namespace modelgate::workload {

/// How a component scales. A canary does not scale: only its `min_replicas` is set.
struct Scaling {
  std::optional<std::int64_t> min_replicas = std::nullopt;
  std::int64_t max_replicas = 0;
  std::optional<std::int64_t> scale_target = std::nullopt;
  std::string_view scale_metric = {};
  spec::AutoScalingView auto_scaling = {};
  spec::ObjectView deployment_strategy = {};
  /// It has a logger or batcher: requests go to the agent's port.
  bool has_agent = false;
};

/// The workers of a multi-node predictor.
struct Workers {
  std::string name;
  StringMap labels;
  StringMap annotations;
  spec::Value pod_spec;
  std::int64_t replicas = 0;
  std::optional<StringMap> pod_annotations = std::nullopt;
};

/// One component, or one version of the predictor: everything that its objects are built from.
struct Component {
  std::string_view kind;  // kPredictor, kTransformer, kExplainer
  spec::FieldPath path;
  std::string name;
  StringMap labels;
  StringMap annotations;
  spec::Value pod_spec;
  Scaling scaling;
  std::optional<Workers> workers = std::nullopt;
  /// Annotations of the Pod template, if they differ from the component's.
  std::optional<StringMap> pod_annotations = std::nullopt;
};

Scaling scaling_of(const spec::ComponentView& component);

/// The component that a problem at `path` belongs to: a canary's problems are not the stable predictor's.
std::string_view component_at(std::string_view component, const spec::FieldPath& path);

/// The reason of a component whose specification cannot be realized; KServe has one for predictors.
inline std::string_view invalid_spec(std::string_view component) {
  return component == kPredictor ? "InvalidPredictorSpec" : "InvalidComponentSpec";
}

}  // namespace modelgate::workload
