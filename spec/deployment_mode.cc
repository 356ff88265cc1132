// SPDX-License-Identifier: Apache-2.0
#include "spec/deployment_mode.h"

#include <fmt/format.h>

#include <algorithm>

namespace modelgate::spec {

std::string_view known_deployment_mode(std::string_view text) {
  const auto* it = std::ranges::find(kDeploymentModes, normalized_deployment_mode(text));
  return it == kDeploymentModes.end() ? std::string_view{} : *it;
}

std::string_view effective_deployment_mode(const InferenceServiceView& service,
                                           const InferenceServiceView& stored,
                                           const Configuration& configuration) {
  for (const std::string_view text : {stored.status().deployment_mode(), service.deployment_mode(),
                                      std::string_view(configuration.deploy.default_deployment_mode)}) {
    if (const std::string_view mode = known_deployment_mode(text); !mode.empty()) return mode;
  }
  return kStandardMode;
}

std::string needs_knative(const InferenceServiceView& service, const InferenceServiceView& stored) {
  const auto knative = [](std::string_view text) { return known_deployment_mode(text) == kKnativeMode; };
  const std::string standard = fmt::format("{}: {}", kDeploymentModeAnnotation, kStandardMode);
  constexpr std::string_view kNeed = "in the mode Knative, which needs Knative Serving in the cluster";
  if (knative(stored.status().deployment_mode())) {
    return fmt::format("{}; without it, delete the service, and create it again with the annotation {}",
                       kNeed, standard);
  }
  if (knative(service.deployment_mode()))
    return fmt::format("{}; without it, create it with the annotation {}", kNeed, standard);
  return fmt::format(
      "{}, which is the default (deploy.defaultDeploymentMode in the ConfigMap {}); without it, add the annotation {}",
      kNeed, kConfigMapName, standard);
}

}  // namespace modelgate::spec
