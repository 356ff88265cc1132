// SPDX-License-Identifier: Apache-2.0
//
// Gateway API's HTTPRoutes: one for each component, and one for the service. Ready canaries get their share of
// the predictor's requests. Called by route.cc.
#pragma once

#include <string>

#include "workload/children/service_build.h"

namespace modelgate::workload {

/// Adds the HTTPRoute of each ready component; existing HTTPRoutes of the others are retained.
void add_http_routes(ServiceBuild& build);

/// The HTTPRoute for the path of `pathTemplate`. No service has a name with a dot, so that it is not another
/// service's route.
std::string path_route_name(const ServiceBuild& build);

}  // namespace modelgate::workload
