// SPDX-License-Identifier: Apache-2.0
//
// Whether a component is ready, from its Deployments (two for a multi-node predictor) and Pods: the state of
// its condition. Called by component_status.cc and ready_components.cc.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "spec/json.h"
#include "workload/status/conditions.h"
#include "workload/status/pod_trouble.h"

namespace modelgate::workload {

/// As KServe reads Deployments: failed progress outweighs available Pods (unless `serving_counts`), and
/// replicas that cannot be created outweigh both. `troubles` give the reason if the component is not ready.
ConditionState state_of(const std::vector<const spec::Value*>& deployments,
                        const std::vector<PodTrouble>& troubles, bool serving_counts);

/// Why Pods cannot be created: a quota, or a webhook that denies them. nullopt if they can.
std::optional<std::string> why_no_pods(const std::vector<const spec::Value*>& deployments);

/// Whether one of the Deployments has an available Pod.
bool has_available_pods(const std::vector<const spec::Value*>& deployments);

}  // namespace modelgate::workload
