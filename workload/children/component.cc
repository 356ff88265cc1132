// SPDX-License-Identifier: Apache-2.0
#include "workload/children/component.h"

namespace modelgate::workload {

std::string_view component_at(std::string_view component, const spec::FieldPath& path) {
  const auto segments = path.segments();
  return segments.size() > 1 && segments[1].name == kCanary ? kCanary : component;
}

Scaling scaling_of(const spec::ComponentView& component) {
  return {.min_replicas = component.min_replicas(),
          .max_replicas = component.max_replicas().value_or(0),
          .scale_target = component.scale_target(),
          .scale_metric = component.scale_metric().value_or(std::string_view{}),
          .auto_scaling = component.auto_scaling(),
          .deployment_strategy = component.deployment_strategy(),
          .has_agent = component.logger() || component.batcher()};
}

}  // namespace modelgate::workload
