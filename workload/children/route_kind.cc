// SPDX-License-Identifier: Apache-2.0
#include "workload/children/route_kind.h"

namespace modelgate::workload {
namespace {

constexpr std::string_view kVisibility = "networking.kserve.io/visibility";
constexpr std::string_view kClusterLocal = "cluster-local";
constexpr std::string_view kClusterLocalDomain = "svc.cluster.local";

}  // namespace

RouteKind route_kind(const ServiceBuild& build) {
  const spec::IngressConfiguration& ingress = build.configuration.ingress;
  if (is_cluster_local(build) || ingress.disable_ingress_creation) return RouteKind::kNone;
  if (ingress.enable_gateway_api) return RouteKind::kHttpRoute;
  const bool istio = build.context.virtual_services && !ingress.disable_istio_virtual_host &&
                     !ingress.ingress_gateway.empty();
  return istio ? RouteKind::kVirtualService : RouteKind::kIngress;
}

bool splits_traffic(RouteKind kind) {
  return kind == RouteKind::kHttpRoute || kind == RouteKind::kVirtualService;
}

bool is_cluster_local(const ServiceBuild& build) {
  return value_of(build.labels, kVisibility) == kClusterLocal ||
         build.configuration.ingress.ingress_domain == kClusterLocalDomain;
}

}  // namespace modelgate::workload
