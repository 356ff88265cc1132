// SPDX-License-Identifier: Apache-2.0
//
// The hosts that the routes of a service claim. Two services may have the same host: with the default
// domainTemplate, "fraud" in "team-a" and "fraud-team" in "a". One of them has it (ServiceContext), and the
// other gets no route for it. Called by the routes, the reconciler, the status and admission.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/facts.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// Reason of the problem of a service without the host.
inline constexpr std::string_view kHostTaken = "HostTaken";

/// The service's host first, then those of its components and its additional hosts, and its path as
/// "example.com/path". Empty for a service without a route.
std::vector<std::string> claimed_hosts(const spec::Value& service, const ServiceContext& context,
                                       spec::Arena& arena);

/// The first of claimed_hosts().
std::optional<std::string> claimed_host(const ServiceBuild& build);

/// Other services that could have the same host, by `domainTemplate`: each way to divide it into a name and a
/// namespace. At most `limit`; none if the template does not contain both.
std::vector<spec::ObjectKey> services_with_host(const ServiceBuild& build, std::string_view host,
                                                std::size_t limit);

/// Reports the host of another service. False if this service may have it. `object` is the name of the route
/// of that kind, which is not retained.
bool is_taken(ServiceBuild& build, const std::string& host, std::string_view kind, std::string_view object);

}  // namespace modelgate::workload
