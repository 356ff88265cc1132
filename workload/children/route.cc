// SPDX-License-Identifier: Apache-2.0
//
// Which kind of route leads to a service in Standard mode: Gateway API's HTTPRoute where the configuration
// says so; Istio's VirtualService where the installation asks for it and the cluster has the kind; else an
// Ingress.
#include <fmt/format.h>

#include "workload/children/host.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {
namespace {

std::string_view why_not_split(const ServiceBuild& build) {
  if (is_cluster_local(build)) return "the service is reached within the cluster only, by a Service";
  if (build.configuration.ingress.disable_ingress_creation)
    return "no route is made (disableIngressCreation in the configuration)";
  return "an Ingress cannot split traffic; Gateway API's routes can (enableGatewayApi in the configuration), "
         "and "
         "Istio's (istioRoutes)";
}

void tell_of_unsplit_canaries(ServiceBuild& build) {
  if (splits_traffic(build)) return;
  const auto canaries = build.service.spec().canary();
  for (std::size_t i = 0; i < canaries.size(); ++i) {
    if (canaries[i].traffic_percent().value_or(0) == 0) continue;
    build.notice(kIngress, kTrafficNotSplit, (spec::FieldPath{} / "spec" / "canary")[i] / "trafficPercent",
                 fmt::format("has no effect: {}", why_not_split(build)));
  }
}

}  // namespace

void add_routes(ServiceBuild& build) {
  tell_of_unsplit_canaries(build);
  if (is_cluster_local(build) || build.configuration.ingress.disable_ingress_creation) return;
  if (build.configuration.ingress.enable_gateway_api) return add_http_routes(build);
  if (routes_by_istio(build)) return add_virtual_service(build);
  add_ingress(build);
}

}  // namespace modelgate::workload
