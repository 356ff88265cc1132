// SPDX-License-Identifier: Apache-2.0
//
// Istio's VirtualService instead of an Ingress, where the installation enables it: one for the service and its
// components, on the configured gateways and within the mesh. Called by route.cc.
#pragma once

#include "workload/children/service_build.h"

namespace modelgate::workload {

/// Adds the VirtualService once all components are ready; an existing one is retained until then.
void add_virtual_service(ServiceBuild& build);

}  // namespace modelgate::workload
