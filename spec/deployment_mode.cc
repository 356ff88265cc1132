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

std::string knative_not_served(const InferenceServiceView& service, const InferenceServiceView& stored) {
  const auto knative = [](std::string_view text) { return known_deployment_mode(text) == kKnativeMode; };
  const std::string standard = fmt::format("{}: {}", kDeploymentModeAnnotation, kStandardMode);
  constexpr std::string_view kUnserved =
      "nothing serves this service: Modelgate does not support the mode Knative";
  if (knative(stored.status().deployment_mode())) {
    return fmt::format("{}, which its status has; delete it, and create it again with the annotation {}",
                       kUnserved, standard);
  }
  if (knative(service.deployment_mode()))
    return fmt::format("{}; create it with the annotation {}", kUnserved, standard);
  return fmt::format(
      "{}, which is the default (deploy.defaultDeploymentMode in the ConfigMap {}); add the annotation {}",
      kUnserved, kConfigMapName, standard);
}

}  // namespace modelgate::spec
