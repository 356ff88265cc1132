// SPDX-License-Identifier: Apache-2.0
//
// Host names and paths under which a service is reached from outside the cluster, by the templates of the
// configuration. Called by the routes and the status.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "workload/children/service_build.h"

namespace modelgate::workload {

/// The host of the service or of one of its components ("m", "m-predictor"), by `domainTemplate`; or why it
/// is not a valid host.
std::expected<std::string, std::string> host_of(const ServiceBuild& build, std::string_view name);

/// The service's host in each of the additional domains, in their order, without invalid host names.
std::vector<std::string> additional_hosts(const ServiceBuild& build, std::string_view host);

/// By `pathTemplate`, without a trailing slash; empty if none is configured.
std::expected<std::string, std::string> path_of(const ServiceBuild& build);

}  // namespace modelgate::workload
