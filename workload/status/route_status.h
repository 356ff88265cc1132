// SPDX-License-Identifier: Apache-2.0
//
// The condition IngressReady, and the URLs under which a service is reached. Called by status.cc.
#pragma once

#include <string>

#include "workload/status/conditions.h"
#include "workload/status/status_input.h"

namespace modelgate::workload {

/// `conditions` holds the conditions of the components: an Ingress is created once they are ready.
ConditionState route_condition(const StatusInput& input, const Conditions& conditions);

/// Whether the observed route exists and is accepted, whatever the state of the components is.
ConditionState observed_route(const StatusInput& input);

/// The state of a service without a route.
ConditionState no_route_wanted();

/// The URL outside the cluster; empty if the host name is invalid.
std::string external_url(const StatusInput& input);

/// The URL within the cluster: of the transformer, else of the predictor.
std::string cluster_url(const StatusInput& input);

}  // namespace modelgate::workload
