// SPDX-License-Identifier: Apache-2.0
//
// The Ingress of a service: a rule for the service's host, and one for each component's. Called by route.cc.
#pragma once

#include "workload/children/service_build.h"

namespace modelgate::workload {

/// Adds the Ingress once the components are ready; an existing Ingress is retained until then.
void add_ingress(ServiceBuild& build);

}  // namespace modelgate::workload
