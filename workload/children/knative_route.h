// SPDX-License-Identifier: Apache-2.0
//
// What leads from the host of a service in Knative mode to its first component: a Service of the service's name, which
// is an alias of Istio's local gateway, and a VirtualService, which rewrites the host to the component's. Neither
// exists if the configuration disables them (disableIstioVirtualHost): then the component's own host is the
// service's. Called by build_wanted.cc.
#pragma once

#include <string>
#include <string_view>

#include "workload/children/service_build.h"

namespace modelgate::workload {

/// The component that requests reach first: the transformer, else the predictor.
std::string_view entrance_kind(const spec::InferenceServiceView& service);

/// The host of the service, from the host of its entrance by Knative ("m-predictor.default.example.com"), without the
/// component in it. Empty for an empty one.
std::string knative_service_host(const ServiceBuild& build, std::string_view entrance_host);

/// The service has a host of its own. In Strict not in a cluster without Istio: nothing would route that host. KServe
/// publishes it all the same.
bool has_virtual_host(const ServiceBuild& build);

void add_knative_route(ServiceBuild& build);

}  // namespace modelgate::workload
