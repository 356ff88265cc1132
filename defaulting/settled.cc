// SPDX-License-Identifier: Apache-2.0
#include "defaulting/settled.h"

#include "defaulting/runtime_selection.h"

namespace modelgate::defaulting {

std::string_view settled_mode(const spec::InferenceServiceView& service,
                              const spec::Configuration& configuration) {
  const std::string_view said = service.deployment_mode();
  return spec::normalized_deployment_mode(
      said.empty() ? std::string_view(configuration.deploy.default_deployment_mode) : said);
}

const spec::Runtime* settled_runtime(const spec::InferenceServiceView& service, std::string_view ns,
                                     const spec::Catalog& catalog) {
  const spec::PredictorView predictor = service.spec().predictor();
  if (!predictor.model() || predictor.model().runtime()) return nullptr;
  return best_runtime({.model = spec::requirement_of(predictor), .namespace_ = ns}, catalog);
}

}  // namespace modelgate::defaulting
