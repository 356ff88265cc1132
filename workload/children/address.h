// SPDX-License-Identifier: Apache-2.0
//
// Under which address the Pods of the cluster reach a component: its Service's host, and the port if it is not
// HTTP's own. Called by the transformer, the explainer, the routes and the status.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "workload/children/service_build.h"

namespace modelgate::workload {

enum class ServiceProtocol : std::uint8_t { kRest, kGrpc };

/// The port that clients of the component's Service name; 0 if they need none. A headless Service does not map
/// ports: clients connect to the Pods' own port. In Compatible, only that is observed, as in KServe.
std::int64_t client_port(const ServiceBuild& build, const Wanted& wanted, std::string_view component,
                         ServiceProtocol protocol = ServiceProtocol::kRest);

/// The Service's port for HTTP: the first that is not for gRPC, else port 80.
std::int64_t http_port(const ServiceBuild& build, std::string_view component);

/// "m-predictor.default:9000", for the argument --predictor_host of a transformer or explainer. Without the port
/// in Compatible, as in KServe. `server` is its container, whose arguments may select gRPC.
std::string predictor_address(const ServiceBuild& build, const spec::Value& server);

/// Of a headless Service, in Strict: the predictor was not built, so its port is not known. Pods that have the
/// address must not change.
bool predictor_address_is_unknown(const ServiceBuild& build);

}  // namespace modelgate::workload
