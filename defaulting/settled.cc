// SPDX-License-Identifier: Apache-2.0
#include "defaulting/settled.h"

#include <algorithm>
#include <array>

#include "defaulting/runtime_selection.h"

namespace modelgate::defaulting {
namespace {

std::string_view known_mode(std::string_view mode) {
  constexpr std::array kModes = {spec::kStandardMode, spec::kKnativeMode, spec::kModelMeshMode};
  const auto* it = std::ranges::find(kModes, spec::normalized_deployment_mode(mode));
  return it == kModes.end() ? std::string_view() : *it;
}

}  // namespace

std::string_view settled_mode(const spec::InferenceServiceView& service,
                              const spec::Configuration& configuration) {
  for (const std::string_view said : {service.status().deployment_mode(), service.deployment_mode()}) {
    if (const std::string_view mode = known_mode(said); !mode.empty()) return mode;
  }
  return known_mode(configuration.deploy.default_deployment_mode);
}

const spec::Runtime* settled_runtime(const spec::InferenceServiceView& service, std::string_view ns,
                                     const spec::Catalog& catalog) {
  const spec::PredictorView predictor = service.spec().predictor();
  if (!predictor.model() || predictor.model().runtime()) return nullptr;
  return best_runtime({.model = spec::requirement_of(predictor), .namespace_ = ns}, catalog);
}

}  // namespace modelgate::defaulting
