// SPDX-License-Identifier: Apache-2.0
#include "workload/children/route.h"

#include <fmt/format.h>

#include "workload/children/http_route.h"
#include "workload/children/ingress.h"
#include "workload/children/route_kind.h"
#include "workload/children/virtual_service.h"

namespace modelgate::workload {
namespace {

std::string_view why_not_split(const ServiceBuild& build) {
  if (is_cluster_local(build)) return "the service is reachable only within the cluster, by its Service";
  if (build.configuration.ingress.disable_ingress_creation)
    return "routes are disabled (disableIngressCreation in the configuration)";
  return "an Ingress cannot split traffic; Gateway API's routes can (enableGatewayApi in the configuration), and "
         "Istio's (istioRoutes)";
}

void report_unsplit_canaries(ServiceBuild& build) {
  const auto canaries = build.service.spec().canary();
  for (std::size_t i = 0; i < canaries.size(); ++i) {
    if (canaries[i].traffic_percent().value_or(0) == 0) continue;
    build.notice(kIngress, kTrafficNotSplit, (spec::FieldPath{} / "spec" / "canary")[i] / "trafficPercent",
                 fmt::format("has no effect: {}", why_not_split(build)));
  }
}

/// An Ingress cannot rewrite paths: what it can is up to its controller.
void report_unrouted_path(ServiceBuild& build) {
  if (build.configuration.ingress.path_template.empty()) return;
  build.notice(
      kIngress, kPathNotRouted, spec::FieldPath{} / "metadata" / "name",
      "has no path: pathTemplate in the configuration has no effect with an Ingress; Gateway API's routes "
      "can rewrite paths (enableGatewayApi in the configuration), and Istio's (istioRoutes)");
}

}  // namespace

void add_routes(ServiceBuild& build) {
  const RouteKind kind = route_kind(build);
  if (!splits_traffic(kind)) report_unsplit_canaries(build);
  switch (kind) {
    case RouteKind::kNone:
      return;
    case RouteKind::kIngress:
      report_unrouted_path(build);
      return add_ingress(build);
    case RouteKind::kHttpRoute:
      return add_http_routes(build);
    case RouteKind::kVirtualService:
      return add_virtual_service(build);
  }
}

}  // namespace modelgate::workload
