// SPDX-License-Identifier: Apache-2.0
//
// Gateway API's HTTPRoutes: one for each component, and one for the service. Ready canaries get their share of
// the predictor's requests. Called by route.cc.
#pragma once

#include "workload/children/service_build.h"

namespace modelgate::workload {

/// Adds the HTTPRoute of each ready component; existing HTTPRoutes of the others are retained.
void add_http_routes(ServiceBuild& build);

}  // namespace modelgate::workload
