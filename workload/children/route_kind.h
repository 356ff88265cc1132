// SPDX-License-Identifier: Apache-2.0
//
// Which kind of route a service has in Standard mode. Called by the routes, versions.cc and the status.
#pragma once

#include "workload/children/service_build.h"

namespace modelgate::workload {

enum class RouteKind { kNone, kIngress, kHttpRoute, kVirtualService };

/// None for a service that is reached within the cluster only, or where the configuration disables routes.
/// HTTPRoute where the configuration enables Gateway API; VirtualService where the installation enables Istio's
/// routes and the cluster has the kind; else Ingress.
RouteKind route_kind(const ServiceBuild& build);

/// Whether routes of that kind can send shares of the traffic to several Services.
bool splits_traffic(RouteKind kind);

/// Reached from within the cluster only: by label, or because the domain is the cluster's.
bool is_cluster_local(const ServiceBuild& build);

}  // namespace modelgate::workload
