// SPDX-License-Identifier: Apache-2.0
//
// The versions of a predictor in the cluster, from Deployments, Pods and the route. Called by
// ready_components.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workload/children/service_context.h"
#include "workload/status/observed.h"

namespace modelgate::workload {

/// First the versions whose Deployments are `named` (by the service), in that order; then others whose label
/// makes them predictors of the service. Versions without a Deployment are omitted.
std::vector<DeployedVersion> deployed_versions(const Observed& observed, std::string_view service,
                                               std::vector<std::string> named);

}  // namespace modelgate::workload
