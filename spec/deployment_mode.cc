// SPDX-License-Identifier: Apache-2.0
#include "spec/deployment_mode.h"

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

}  // namespace modelgate::spec
