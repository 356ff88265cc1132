// SPDX-License-Identifier: Apache-2.0
#include "workload/status/ready_components.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "workload/objects/child_names.h"
#include "workload/status/component_state.h"
#include "workload/status/deployed_versions.h"
#include "workload/status/observed_component.h"
#include "workload/status/service_endpoints.h"

namespace modelgate::workload {

using spec::Value;

ReadyComponents ready_components(const Value& service, const spec::Configuration& configuration,
                                 const Observed& observed, NameStyle style) {
  const spec::InferenceServiceView view(service);
  const bool serving_counts = configuration.modelgate.strict();
  const auto is_up = [&](std::string_view kind, std::string_view name) {
    const ObservedComponent parts = observed_component(observed, name);
    return state_of(parts.deployments, {}, serving_counts).is_true() &&
           !unreachable(observed, name, is_at_rest(component_view(view, kind), parts));
  };
  ReadyComponents out;
  for (const auto& [kind, name] : components_of(view, style)) {
    bool& up = kind == kPredictor ? out.predictor : kind == kTransformer ? out.transformer : out.explainer;
    up = is_up(kind, name);
  }
  const std::string_view own = view.metadata().name();
  std::vector<std::string> versions = {predictor_name(own, view.spec().predictor().name(), style)};
  for (const spec::CanaryView& canary : view.spec().canary()) {
    const std::string_view variant = canary.predictor().name();
    versions.push_back(predictor_name(own, variant, style));
    if (serves(observed, versions.back())) out.canaries.emplace_back(variant);
  }
  out.versions = deployed_versions(observed, own, std::move(versions));
  return out;
}

}  // namespace modelgate::workload
