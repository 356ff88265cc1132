// SPDX-License-Identifier: Apache-2.0
//
// KEDA's ScaledObject: one trigger for each metric. Called by autoscaler.cc.
#pragma once

#include <optional>

#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// The ScaledObject's spec; nullopt where the component has no trigger.
std::optional<spec::Value> scaled_object_spec(ServiceBuild& build, const Component& component);

}  // namespace modelgate::workload
