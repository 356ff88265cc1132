// SPDX-License-Identifier: Apache-2.0
//
// The versions of a predictor that the cluster has, from Deployments, Pods and the route. Who calls:
// ready_components.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workload/children/service_context.h"
#include "workload/status/observed.h"

namespace modelgate::workload {

/// Those whose Deployments are `named` (by the service), in that order, then others that are predictors of
/// the service by their label. Versions without a Deployment are left out.
std::vector<DeployedVersion> deployed_versions(const Observed& observed, std::string_view service,
                                               std::vector<std::string> named);

}  // namespace modelgate::workload
