// SPDX-License-Identifier: Apache-2.0
//
// Whether the Deployments of a component (two if it is a multi-node predictor) and its Pods are ready: the state of
// its condition, if requests reach them (service_endpoints.h). Called by component_status.cc and ready_components.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/json.h"
#include "workload/status/conditions.h"
#include "workload/status/observed.h"
#include "workload/status/pod_trouble.h"

namespace modelgate::workload {

/// As KServe reads Deployments: failed progress outweighs available Pods (unless `serving_counts`), and
/// replicas that cannot be created outweigh both. `troubles` give the reason if the component is not ready.
ConditionState state_of(const std::vector<const spec::Value*>& deployments,
                        const std::vector<PodTrouble>& troubles, bool serving_counts);

/// Whether requests to the component reach available Pods.
bool serves(const Observed& observed, std::string_view component);

/// Why Pods cannot be created: a quota, or a webhook that denies them. nullopt if they can.
std::optional<std::string> why_no_pods(const std::vector<const spec::Value*>& deployments);

/// Whether one of the Deployments has an available Pod.
bool has_available_pods(const std::vector<const spec::Value*>& deployments);

}  // namespace modelgate::workload
