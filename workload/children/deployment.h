// SPDX-License-Identifier: Apache-2.0
//
// Deployments: one for each component, and one for the workers of a multi-node predictor. Called by
// build_wanted.cc.
#pragma once

#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// Adds the component's Deployments. Moves its PodSpecs into them.
void add_deployments(ServiceBuild& build, Component& component);

}  // namespace modelgate::workload
