// SPDX-License-Identifier: Apache-2.0
//
// The versions of a predictor that the cluster has, from Deployments, Pods and the route. Who calls:
// status.cc, for ready_components().
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "workload/status/status.h"

namespace modelgate::workload {

/// Those whose Deployments are `named` (by the service), in that order, then others that are predictors of
/// the service by their label. Versions without a Deployment are left out.
std::vector<DeployedVersion> deployed_versions(const Observed& observed, std::string_view service,
                                               std::vector<std::string> named);

}  // namespace modelgate::workload
