// SPDX-License-Identifier: Apache-2.0
//
// Which kind of route leads to a service in Standard mode: Gateway API's HTTPRoute where the configuration
// says so, else an Ingress.
#include <fmt/format.h>

#include <algorithm>

#include "workload/host.h"
#include "workload/service_build.h"

namespace modelgate::workload {
namespace {

/// An Ingress leads to one Service, so a share of requests cannot reach a canary by it.
void tell_of_unsplit_canaries(ServiceBuild& build) {
  const auto canaries = build.service.spec().canary();
  for (std::size_t i = 0; i < canaries.size(); ++i) {
    if (canaries[i].traffic_percent().value_or(0) == 0) continue;
    build.notice(
        kIngress, "TrafficNotSplit", (spec::FieldPath{} / "spec" / "canary")[i] / "trafficPercent",
        "has no effect: an Ingress cannot split traffic; Gateway API's routes can (enableGatewayApi in the "
        "configuration)");
  }
}

}  // namespace

void add_routes(ServiceBuild& build) {
  if (is_cluster_local(build) || build.configuration.ingress.disable_ingress_creation) return;
  if (build.configuration.ingress.enable_gateway_api) return add_http_routes(build);
  tell_of_unsplit_canaries(build);
  add_ingress(build);
}

}  // namespace modelgate::workload
