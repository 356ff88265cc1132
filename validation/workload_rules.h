// SPDX-License-Identifier: Apache-2.0
//
// The rules about containers and Pods, the same for services and runtimes. What the API server would refuse
// in the Deployment, hours after the service was stored, is told here.
#pragma once

#include "validation/rules.h"

namespace modelgate::validation {

// resources.cc
void check_quantities(const Workloads&, Report&);  // they parse
void check_resource_names(const Workloads&, Report&);
void check_limits(const Workloads&, Report&);  // no limit below its request

// containers.cc
void check_container_names(const Workloads&, Report&);  // their form, and no two alike in a Pod
void check_env(const Workloads&, Report&);              // names, and one source each
void check_env_once(const Workloads&, Report&);
void check_ports(const Workloads&, Report&);

// volumes.cc
void check_volumes(const Workloads&, Report&);
void check_mounts(const Workloads&, Report&);  // paths, and none twice

// scheduling.cc
void check_tolerations(const Workloads&, Report&);
void check_node_selectors(const Workloads&, Report&);

}  // namespace modelgate::validation
