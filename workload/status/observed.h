// SPDX-License-Identifier: Apache-2.0
//
// The objects of a service as the API server has them: input of the status. Filled by the reconciler from its
// cache.
#pragma once

#include <functional>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "spec/json.h"

namespace modelgate::workload {

/// Whole, or trimmed by observable(), in any order. They must be at least as new as our last writes to them:
/// the rollout state of a Deployment decides how traffic is shifted. Does not own the values.
struct Observed {
  std::vector<const spec::Value*> deployments;
  std::vector<const spec::Value*> pods;
  std::vector<const spec::Value*> http_routes;
  std::vector<const spec::Value*> virtual_services = {};
  /// Of serving.knative.dev. Those that the InferenceService owns.
  std::vector<const spec::Value*> knative_services = {};

  // What is unknown counts as present and ready.
  /// Those that the InferenceService owns.
  std::optional<std::vector<const spec::Value*>> services = std::nullopt;
  std::optional<std::vector<const spec::Value*>> ingresses = std::nullopt;
  /// Unknown where no controller creates them.
  std::optional<std::vector<const spec::Value*>> endpoint_slices = std::nullopt;
  /// The names of the cluster's IngressClasses; nullptr if they are unknown.
  const std::set<std::string, std::less<>>* ingress_classes = nullptr;
};

}  // namespace modelgate::workload
