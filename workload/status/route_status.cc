// SPDX-License-Identifier: Apache-2.0
#include "workload/status/route_status.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "workload/children/host.h"
#include "workload/children/route_kind.h"
#include "workload/children/service.h"
#include "workload/objects/ports.h"
#include "workload/status/observed_component.h"

namespace modelgate::workload {
namespace {

/// A parent of the HTTPRoute that does not accept it, or no parent at all.
std::optional<ConditionState> refusal(const spec::ObjectView& route, std::string_view name) {
  const auto parents = route.object("status").list("parents");
  if (parents.empty())
    return ConditionState{"False", "HTTPRouteNotReady",
                          fmt::format("no gateway has accepted the HTTPRoute {} yet", name)};
  for (const spec::ObjectView& parent : parents) {
    for (const spec::ObjectView& c : parent.list("conditions")) {
      if (c.string("status") != "False") continue;
      return ConditionState{"False", std::string(c.string("reason")),
                            fmt::format("HTTPRoute {}: {}", name, c.string("message"))};
    }
  }
  return std::nullopt;
}

ConditionState http_route_state(const StatusInput& input) {
  auto names = components_of(input.service, input.build.context.name_style);
  names.front().second =
      input.build.predictor({});  // the route's name, which does not change with the version
  names.emplace_back("service", input.build.name);
  for (const auto& [kind, name] : names) {
    const auto route = std::ranges::find_if(input.observed.http_routes, [&](const spec::Value* r) {
      return spec::ObjectView(r).object("metadata").string("name") == name;
    });
    if (route == input.observed.http_routes.end()) {
      return {"False", "HTTPRouteNotCreated",
              fmt::format("the HTTPRoute {} of the {} does not exist yet", name, kind)};
    }
    if (auto refused = refusal(spec::ObjectView(*route), name)) return std::move(*refused);
  }
  return {"True", "HTTPRoutesAccepted", "the gateway accepted all HTTPRoutes"};
}

ConditionState waits_for(std::string_view component) {
  return {"False", fmt::format("{}NotReady", component),
          fmt::format("the Ingress is created when the {} is ready", component)};
}

}  // namespace

ConditionState no_route_wanted() {
  return {"True", "NoRouteWanted", "the service is reached within the cluster only"};
}

ConditionState route_condition(const StatusInput& input, const Conditions& conditions) {
  if (const Problem* p = input.wanted.fatal(kIngress)) return {"False", std::string(p->reason), p->text};
  const RouteKind kind = route_kind(input.build);
  if (kind == RouteKind::kNone) return no_route_wanted();
  if (kind == RouteKind::kHttpRoute) return http_route_state(input);
  const auto spec = input.service.spec();
  const bool transforms = static_cast<bool>(spec.transformer());
  if (!conditions.get("PredictorReady").is_true()) return waits_for("Predictor");
  if (transforms && !conditions.get("TransformerReady").is_true()) return waits_for("Transformer");
  if (!transforms && spec.explainer() && !conditions.get("ExplainerReady").is_true())
    return waits_for("Explainer");
  if (kind == RouteKind::kVirtualService)
    return {"True", "VirtualServiceCreated", "the VirtualService routes traffic to the service"};
  return {"True", "IngressCreated", "the Ingress routes traffic to the service"};
}

std::string external_url(const StatusInput& input) {
  const auto host = host_of(input.build, input.build.name);
  return host ? fmt::format("{}://{}", input.build.configuration.ingress.url_scheme, *host) : std::string();
}

std::string cluster_url(const StatusInput& input) {
  const ServiceBuild& build = input.build;
  const std::string entrance = input.service.spec().transformer() ? build.transformer() : build.predictor();
  std::string url = fmt::format("http://{}", cluster_host(entrance, build.namespace_));
  if (build.configuration.service.service_cluster_ip_none) {
    // A headless Service does not map ports: clients connect to the Pods' own port.
    const std::int64_t target = service_ports(input.wanted, entrance).rest.target;
    url += fmt::format(":{}", target > 0 ? target : kModelServerPort);
  }
  return url;
}

}  // namespace modelgate::workload
