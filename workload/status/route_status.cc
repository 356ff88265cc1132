// SPDX-License-Identifier: Apache-2.0
#include "workload/status/route_status.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "workload/children/address.h"
#include "workload/children/host.h"
#include "workload/children/http_route.h"
#include "workload/children/route_kind.h"
#include "workload/status/observed_component.h"

namespace modelgate::workload {
namespace {

/// The route is in use only in part: the gateway dropped rules that it does not support.
constexpr std::string_view kPartiallyInvalid = "PartiallyInvalid";

/// The parent is the configured gateway. One without a reference counts. In Compatible all do, as in KServe.
bool is_configured(const StatusInput& input, const spec::ObjectView& parent) {
  const spec::ObjectView ref = parent.object("parentRef");
  if (!ref || !input.strict()) return true;
  const std::string_view gateway = input.build.configuration.ingress.kserve_ingress_gateway;
  const std::string_view ns = ref.has("namespace") ? ref.string("namespace") : input.build.namespace_;
  return gateway == fmt::format("{}/{}", ns, ref.string("name"));
}

bool is_bad(const StatusInput& input, const spec::ObjectView& condition) {
  if (condition.string("type") != kPartiallyInvalid) return condition.string("status") == "False";
  return input.strict() && condition.string("status") == "True";
}

/// Why no gateway uses the HTTPRoute; nullopt if one does.
std::optional<ConditionState> refusal(const StatusInput& input, const spec::ObjectView& route,
                                      std::string_view name) {
  bool accepted = false;
  for (const spec::ObjectView& parent : route.object("status").list("parents")) {
    if (!is_configured(input, parent)) continue;
    for (const spec::ObjectView& c : parent.list("conditions")) {
      if (is_bad(input, c)) {
        return ConditionState{"False", std::string(c.string("reason")),
                              fmt::format("HTTPRoute {}: {}", name, c.string("message"))};
      }
      accepted = accepted || (c.string("type") == "Accepted" && c.string("status") == "True");
    }
  }
  if (accepted) return std::nullopt;
  return ConditionState{"False", "HTTPRouteNotReady",
                        fmt::format("the gateway {} has not accepted the HTTPRoute {} yet",
                                    input.build.configuration.ingress.kserve_ingress_gateway, name)};
}

const spec::Value* find_named(const std::vector<const spec::Value*>& objects, std::string_view name) {
  const auto it = std::ranges::find_if(objects, [&](const spec::Value* o) {
    return spec::ObjectView(o).object("metadata").string("name") == name;
  });
  return it == objects.end() ? nullptr : *it;
}

ConditionState http_route_state(const StatusInput& input) {
  auto names = components_of(input.service, input.build.context.name_style);
  names.front().second =
      input.build.predictor({});  // the route's name, which does not change with the version
  names.emplace_back("service", input.build.name);
  const std::string path_route = path_route_name(input.build);
  if (input.strict() && !input.build.configuration.ingress.path_template.empty())
    names.emplace_back("service's path", path_route);
  for (const auto& [kind, name] : names) {
    // Its host is another service's.
    if (std::ranges::find(input.wanted.released, name, &RetainedObject::name) != input.wanted.released.end())
      continue;
    const spec::Value* route = find_named(input.observed.http_routes, name);
    if (!route) {
      return {"False", "HTTPRouteNotCreated",
              fmt::format("the HTTPRoute {} of the {} does not exist yet", name, kind)};
    }
    if (auto refused = refusal(input, spec::ObjectView(*route), name)) return std::move(*refused);
  }
  return {"True", "HTTPRoutesAccepted", "the gateway accepted all HTTPRoutes"};
}

ConditionState virtual_service_state(const StatusInput& input) {
  const std::string& name = input.build.name;
  const spec::Value* found = find_named(input.observed.virtual_services, name);
  if (!found)
    return {"False", "VirtualServiceNotCreated",
            fmt::format("the VirtualService {} does not exist yet", name)};
  for (const spec::ObjectView& c : spec::ObjectView(found).object("status").list("conditions")) {
    if (c.string("status") != "False") continue;
    return {"False", std::string(c.string("reason").empty() ? "VirtualServiceNotReady" : c.string("reason")),
            fmt::format("VirtualService {}: {}", name, c.string("message"))};
  }
  return {"True", "VirtualServiceCreated", "the VirtualService routes traffic to the service"};
}

/// The configured IngressClass does not exist, so that no controller is known to use the Ingress.
bool lacks_class(const StatusInput& input) {
  const auto& wanted = input.build.configuration.ingress.ingress_class_name;
  const auto* classes = input.observed.ingress_classes;
  return wanted && classes && !classes->contains(*wanted);
}

std::string class_text(const StatusInput& input) {
  const auto& existing = *input.observed.ingress_classes;
  return fmt::format(
      "the IngressClass {} does not exist (existing: {}); in inferenceservice-config, under ingress, set "
      "ingressClassName to one that exists, or enableGatewayApi to true, or disableIngressCreation to true if "
      "another system routes the requests",
      *input.build.configuration.ingress.ingress_class_name,
      existing.empty() ? "none" : fmt::format("{}", fmt::join(existing, ", ")));
}

/// A controller has published an address: it uses the Ingress, whatever its class is.
bool has_address(const spec::Value& ingress) {
  const spec::ObjectView status = spec::ObjectView(ingress).object("status");
  return !status.object("loadBalancer").list("ingress").empty();
}

ConditionState ingress_state(const StatusInput& input) {
  const std::string& name = input.build.name;
  const spec::Value* found = input.observed.ingresses ? find_named(*input.observed.ingresses, name) : nullptr;
  const bool no_class = lacks_class(input) && !(found && has_address(*found));
  if (no_class && input.strict()) return {"False", "IngressClassNotFound", class_text(input)};
  if (input.observed.ingresses && !found)
    return {"False", "IngressNotCreated", fmt::format("the Ingress {} does not exist yet", name)};
  // KServe does not know the classes.
  if (no_class) return {"True", "IngressCreated", class_text(input)};
  return {"True", "IngressCreated", "the Ingress routes traffic to the service"};
}

ConditionState waits_for(std::string_view component) {
  return {"False", fmt::format("{}NotReady", component),
          fmt::format("the Ingress is created when the {} is ready", component)};
}

}  // namespace

ConditionState no_route_wanted() {
  return {"True", "NoRouteWanted", "the service is reached within the cluster only"};
}

ConditionState observed_route(const StatusInput& input) {
  switch (route_kind(input.build)) {
    case RouteKind::kNone:
      return no_route_wanted();
    case RouteKind::kHttpRoute:
      return http_route_state(input);
    case RouteKind::kVirtualService:
      return virtual_service_state(input);
    case RouteKind::kIngress:
      return ingress_state(input);
  }
  std::unreachable();
}

ConditionState route_condition(const StatusInput& input, const Conditions& conditions) {
  if (const Problem* p = input.wanted.fatal(kIngress)) return {"False", std::string(p->reason), p->text};
  ConditionState state = observed_route(input);
  const RouteKind kind = route_kind(input.build);
  if (kind == RouteKind::kNone || kind == RouteKind::kHttpRoute || state.reason == "IngressClassNotFound")
    return state;
  const auto spec = input.service.spec();
  const bool transforms = static_cast<bool>(spec.transformer());
  if (!conditions.get("PredictorReady").is_true()) return waits_for("Predictor");
  if (transforms && !conditions.get("TransformerReady").is_true()) return waits_for("Transformer");
  if (!transforms && spec.explainer() && !conditions.get("ExplainerReady").is_true())
    return waits_for("Explainer");
  return state;
}

std::string external_url(const StatusInput& input) {
  const auto& ingress = input.build.configuration.ingress;
  if (input.strict() && is_cluster_local(input.build)) return cluster_url(input);
  // KServe's URL of a service in Standard mode never has the path.
  if (input.strict() && splits_traffic(route_kind(input.build))) {
    const auto path = path_of(input.build);
    const bool has_path = path && !path->empty();
    if (has_path && input.build.host_owner(ingress.ingress_domain + *path).empty())
      return fmt::format("{}://{}{}", ingress.url_scheme, ingress.ingress_domain, *path);
  }
  const auto host = host_of(input.build, input.build.name);
  return host ? fmt::format("{}://{}", ingress.url_scheme, *host) : std::string();
}

std::string cluster_url(const StatusInput& input) {
  const ServiceBuild& build = input.build;
  const std::string entrance = input.service.spec().transformer() ? build.transformer() : build.predictor();
  std::string url = fmt::format("http://{}", cluster_host(entrance, build.namespace_));
  if (const std::int64_t port = client_port(build, input.wanted, entrance); port > 0)
    url += fmt::format(":{}", port);
  return url;
}

}  // namespace modelgate::workload
