// SPDX-License-Identifier: Apache-2.0
//
// The routes of a service: HTTPRoutes, a VirtualService, an Ingress, or none (route_kind.h). Called by
// build_wanted.cc.
#pragma once

#include <string_view>

#include "workload/children/service_build.h"

namespace modelgate::workload {

/// Reason of the notice for a canary whose traffic share has no effect.
inline constexpr std::string_view kTrafficNotSplit = "TrafficNotSplit";

/// Reason of the notice for a `pathTemplate` that the route cannot realize.
inline constexpr std::string_view kPathNotRouted = "PathNotRouted";

/// Adds the routes. Reports canaries whose share has no effect because the route cannot split traffic.
void add_routes(ServiceBuild& build);

}  // namespace modelgate::workload
