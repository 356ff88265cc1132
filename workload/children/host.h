// SPDX-License-Identifier: Apache-2.0
//
// Host names and paths under which a service is reached from outside, by the templates of the configuration.
// Who calls: the routes, and the status.
#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "workload/children/service_build.h"

namespace modelgate::workload {

/// The host of the service or of one of its components ("m", "m-predictor"), by `domainTemplate`; or what is
/// wrong with it.
std::expected<std::string, std::string> host_of(const ServiceBuild& build, std::string_view name);

/// The service's host in the additional domains, in their order, without those that are no host names.
std::vector<std::string> additional_hosts(const ServiceBuild& build, std::string_view host);

/// By `pathTemplate`, without a slash at its end; empty where there is none.
std::expected<std::string, std::string> path_of(const ServiceBuild& build);

}  // namespace modelgate::workload
