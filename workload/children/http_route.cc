// SPDX-License-Identifier: Apache-2.0
#include "workload/children/http_route.h"

#include <fmt/format.h>

#include <algorithm>

#include "workload/children/address.h"
#include "workload/children/host.h"
#include "workload/children/route_hosts.h"
#include "workload/children/service.h"
#include "workload/children/versions.h"
#include "workload/objects/object_builder.h"
#include "workload/objects/ports.h"

namespace modelgate::workload {
namespace {

using spec::Arena;
using spec::Value;

constexpr std::string_view kKind = "HTTPRoute";
constexpr std::string_view kGatewayGroup = "gateway.networking.k8s.io";
constexpr int kDefaultTimeoutSeconds = 60;

constexpr std::string_view kAnyPath = "^/.*$";
constexpr std::string_view kExplainPath = R"(^/v1/models/[\w-]+:explain$)";
constexpr std::string_view kExplainUnderPath = R"((/v1/models/[\w-]+:explain)$)";
constexpr std::string_view kGrpcPath = R"(^/inference\.GRPCInferenceService/.*$)";
constexpr std::string_view kGrpcContent = "^application/grpc.*";

/// A Service, and its percentage of the traffic if there are several.
struct Backend {
  std::string service;
  std::optional<std::int64_t> weight = std::nullopt;
};

class Routes {
 public:
  explicit Routes(ServiceBuild& build) : build_(build), arena_(build.arena) {}

  void run() {
    const auto spec = build_.service.spec();
    const ReadyComponents& ready = build_.context.ready;
    const bool must_change = routes_to_missing_service(build_);
    const bool predicts = ready.predictor || another_version_serves(build_) || must_change;
    predictor_route(predicts);
    if (spec.transformer()) component_route(build_.transformer(), spec.transformer(), ready.transformer);
    if (spec.explainer()) component_route(build_.explainer(), spec.explainer(), ready.explainer);
    const bool all_ready =
        predicts && (!spec.transformer() || ready.transformer) && (!spec.explainer() || ready.explainer);
    if (has_no_host()) return;
    if (all_ready || must_change) return add_service();
    build_.retain(kKind, build_.name);
    build_.retain(kKind, path_route_name(build_));
  }

 private:
  /// Another service has it.
  bool has_no_host() {
    const auto host = host_of(build_, build_.name);
    if (!host || !is_taken(build_, *host, kKind, build_.name)) return false;
    build_.wanted.released.push_back({std::string(kKind), path_route_name(build_)});
    return true;
  }

  /// Built when the component is ready; an existing route is retained while it is not.
  void component_route(const std::string& name, const spec::ComponentView& component, bool ready) {
    if (!ready) return build_.retain(kKind, name);
    add_component(name, name, component, {{name}});
  }

  /// The route's name and host do not change when a canary is promoted, which renames the predictor.
  void predictor_route(bool ready) {
    const std::string route = build_.predictor({});
    if (!ready) return build_.retain(kKind, route);
    add_component(route, build_.predictor(), build_.service.spec().predictor(), predictor_backends());
  }

  std::vector<Backend> predictor_backends() const {
    std::vector<Backend> out;
    for (const RouteShare& share : route_shares(build_)) out.push_back({share.component, share.weight});
    return out;
  }

  void add_component(const std::string& name, std::string_view service, const spec::ComponentView& component,
                     const std::vector<Backend>& backends) {
    const auto host = host_of(build_, name);
    if (!host) return fail(host.error());
    if (is_taken(build_, *host, kKind, name)) return;
    Value rules(rapidjson::kArrayType);
    add_rules(rules, service, component, backends);
    add(name, hostnames({*host}), std::move(rules));
  }

  void add_service() {
    const auto spec = build_.service.spec();
    const auto host = host_of(build_, build_.name);
    if (!host) return fail(host.error());
    const auto path = path_of(build_);
    if (!path) return fail(path.error());
    std::vector<std::string> hosts = {*host};
    for (std::string& other : additional_hosts(build_, *host)) {
      if (!is_taken(build_, other, kKind, {})) hosts.push_back(std::move(other));
    }

    const std::string explainer = build_.explainer();
    const bool transforms = static_cast<bool>(spec.transformer());
    const spec::ComponentView entrance =
        transforms ? spec::ComponentView(spec.transformer()) : spec.predictor();
    const std::string entrance_name = transforms ? build_.transformer() : build_.predictor();
    const std::vector<Backend> backends =
        transforms ? std::vector<Backend>{{entrance_name}} : predictor_backends();

    Value rules(rapidjson::kArrayType);
    if (spec.explainer())
      add_rule(rules, matches(kExplainPath), spec.explainer(), {{explainer}}, http_port(build_, explainer));
    add_rules(rules, entrance_name, entrance, backends);
    if (!path->empty() && !build_.strict()) {
      hosts.push_back(build_.configuration.ingress.ingress_domain);
      add_kserves_path_rules(rules, *path, entrance, backends);
    }
    add(build_.name, hostnames(hosts), std::move(rules));
    if (!path->empty() && build_.strict()) add_path_route(*path, entrance_name, entrance, backends);
  }

  /// As in KServe: the paths are not rewritten, and the rules before these match each path of the domain.
  void add_kserves_path_rules(Value& rules, const std::string& path, const spec::ComponentView& entrance,
                              const std::vector<Backend>& backends) {
    const auto explainer = build_.service.spec().explainer();
    if (explainer) {
      add_rule(rules, matches(fmt::format("{}{}", path, kExplainUnderPath)), explainer,
               {{build_.explainer()}}, kServicePort);
    }
    add_rule(rules, matches(fmt::format("{}/", path)), entrance, backends, kServicePort);
  }

  /// The service's path on the shared domain: a route of its own, because a rule matches for all hosts of its
  /// route. A prefix is removed from the request, so that the server sees the paths that it knows.
  void add_path_route(const std::string& path, std::string_view entrance_name,
                      const spec::ComponentView& entrance, const std::vector<Backend>& backends) {
    const std::string& domain = build_.configuration.ingress.ingress_domain;
    if (is_taken(build_, domain + path, kKind, path_route_name(build_))) return;
    const auto explainer = build_.service.spec().explainer();
    Value rules(rapidjson::kArrayType);
    if (explainer) {
      const std::string explains = fmt::format("/v1/models/{}:explain", build_.name);
      add_rule(rules, prefix_matches(path + explains), explainer, {{build_.explainer()}},
               http_port(build_, build_.explainer()), explains);
    }
    add_rule(rules, prefix_matches(path), entrance, backends, http_port(build_, entrance_name), "/");
    add(path_route_name(build_), hostnames({domain}), std::move(rules));
  }

  /// One rule, or one for gRPC and one for REST if the Service has a port for each.
  void add_rules(Value& rules, std::string_view service, const spec::ComponentView& component,
                 const std::vector<Backend>& backends) {
    const ServicePorts ports = service_ports(build_.wanted, service);
    if (ports.rest.port == 0 || ports.grpc.port == 0)
      return add_rule(rules, matches(kAnyPath), component, backends, kServicePort);
    add_rule(rules, grpc_matches(), component, backends, ports.grpc.port);
    add_rule(rules, matches(kAnyPath), component, backends, ports.rest.port);
  }

  Value path_match(std::string_view expression) {
    return ObjectBuilder(arena_)
        .value("path",
               ObjectBuilder(arena_).text("type", "RegularExpression").text("value", expression).take())
        .take();
  }

  Value matches(std::string_view expression) {
    Value out(rapidjson::kArrayType);
    out.PushBack(path_match(expression), arena_);
    return out;
  }

  Value prefix_matches(std::string_view prefix) {
    Value out(rapidjson::kArrayType);
    out.PushBack(
        ObjectBuilder(arena_)
            .value("path", ObjectBuilder(arena_).text("type", "PathPrefix").text("value", prefix).take())
            .take(),
        arena_);
    return out;
  }

  Value grpc_matches() {
    Value match = path_match(kGrpcPath);
    Value headers(rapidjson::kArrayType);
    headers.PushBack(ObjectBuilder(arena_)
                         .text("type", "RegularExpression")
                         .text("name", "content-type")
                         .text("value", kGrpcContent)
                         .take(),
                     arena_);
    match.AddMember("headers", std::move(headers), arena_);
    Value out(rapidjson::kArrayType);
    out.PushBack(std::move(match), arena_);
    return out;
  }

  /// Headers by which model servers and loggers know the service of a request.
  Value filters() {
    Value headers(rapidjson::kArrayType);
    const auto add = [&](std::string_view name, std::string_view value) {
      headers.PushBack(ObjectBuilder(arena_).text("name", name).text("value", value).take(), arena_);
    };
    add("KServe-Isvc-Name", build_.name);
    add("KServe-Isvc-Namespace", build_.namespace_);
    Value out(rapidjson::kArrayType);
    out.PushBack(
        ObjectBuilder(arena_)
            .text("type", "RequestHeaderModifier")
            .value("requestHeaderModifier", ObjectBuilder(arena_).value("set", std::move(headers)).take())
            .take(),
        arena_);
    return out;
  }

  Value backend_refs(const std::vector<Backend>& backends, std::int64_t port) {
    Value out(rapidjson::kArrayType);
    for (const Backend& b : backends) {
      ObjectBuilder ref(arena_);
      // Group and weight are the API server's defaults; written because they are part of a backend's
      // identity.
      ref.text("group", "")
          .text("kind", "Service")
          .text("name", b.service)
          .text("namespace", build_.namespace_)
          .number("port", port)
          .number("weight", b.weight.value_or(1));
      out.PushBack(ref.take(), arena_);
    }
    return out;
  }

  Value rewrite(std::string_view prefix) {
    Value path =
        ObjectBuilder(arena_).text("type", "ReplacePrefixMatch").text("replacePrefixMatch", prefix).take();
    return ObjectBuilder(arena_)
        .text("type", "URLRewrite")
        .value("urlRewrite", ObjectBuilder(arena_).value("path", std::move(path)).take())
        .take();
  }

  /// What waits for the predictor waits at least for the predictor's timeout. KServe does not do so.
  std::int64_t timeout(const spec::ComponentView& component) const {
    if (const auto own = component.timeout()) return *own;
    const std::int64_t predictors = build_.service.spec().predictor().timeout().value_or(0);
    return build_.strict() ? std::max<std::int64_t>(predictors, kDefaultTimeoutSeconds)
                           : kDefaultTimeoutSeconds;
  }

  /// `replacement`: of the matched prefix; empty: the path is not changed.
  void add_rule(Value& rules, Value matches, const spec::ComponentView& component,
                const std::vector<Backend>& backends, std::int64_t port, std::string_view replacement = {}) {
    ObjectBuilder rule(arena_);
    Value all_filters = filters();
    if (!replacement.empty()) all_filters.PushBack(rewrite(replacement), arena_);
    rule.value("matches", std::move(matches))
        .value("filters", std::move(all_filters))
        .value("backendRefs", backend_refs(backends, port));
    if (!build_.configuration.ingress.disable_http_route_timeout) {
      const std::int64_t seconds = timeout(component);
      rule.value("timeouts", ObjectBuilder(arena_).text("request", fmt::format("{}s", seconds)).take());
    }
    rules.PushBack(rule.take(), arena_);
  }

  Value hostnames(const std::vector<std::string>& hosts) {
    Value out(rapidjson::kArrayType);
    for (const std::string& h : hosts) out.PushBack(spec::make_string(h, arena_), arena_);
    return out;
  }

  Value parent_refs(std::string_view gateway) {
    const std::size_t slash = gateway.find('/');
    Value out(rapidjson::kArrayType);
    out.PushBack(ObjectBuilder(arena_)
                     .text("group", kGatewayGroup)
                     .text("kind", "Gateway")
                     .text("namespace", gateway.substr(0, slash))
                     .text("name", gateway.substr(slash + 1))
                     .take(),
                 arena_);
    return out;
  }

  void add(const std::string& name, Value hostnames, Value rules) {
    const std::string_view gateway = build_.configuration.ingress.kserve_ingress_gateway;
    if (!gateway.contains('/'))
      return fail(fmt::format(
          "kserveIngressGateway in the configuration is \"{}\", must be \"namespace/name\"", gateway));
    Value object =
        build_.object(fmt::format("{}/v1", kGatewayGroup), kKind, name, build_.allowed_labels(build_.labels),
                      build_.exposed_annotations(build_.allowed_annotations(build_.annotations)));
    object.AddMember("spec",
                     ObjectBuilder(arena_)
                         .value("parentRefs", parent_refs(gateway))
                         .value("hostnames", std::move(hostnames))
                         .value("rules", std::move(rules))
                         .take(),
                     arena_);
    build_.add(std::move(object));
  }

  void fail(std::string text) {
    build_.fatal(kIngress, "InvalidHost", spec::FieldPath{} / "metadata" / "name", std::move(text));
  }

  ServiceBuild& build_;
  Arena& arena_;
};

}  // namespace

std::string path_route_name(const ServiceBuild& build) {
  return fmt::format("{}.path", build.name);
}

void add_http_routes(ServiceBuild& build) {
  Routes(build).run();
}

}  // namespace modelgate::workload
