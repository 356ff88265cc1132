// SPDX-License-Identifier: Apache-2.0
//
// Services: one for each component, and two headless ones for a multi-node predictor. Called by build_wanted.cc.
#pragma once

#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// Adds the component's Services. Call before the component's PodSpec is moved into its Deployment.
void add_services(ServiceBuild& build, const Component& component);

}  // namespace modelgate::workload
