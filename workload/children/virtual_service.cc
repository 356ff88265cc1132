// SPDX-License-Identifier: Apache-2.0
//
// Hosts, gateways and matches are those that KServe writes in Knative mode; the destinations are the
// components' own Services, with weights.
#include "workload/children/virtual_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "workload/children/address.h"
#include "workload/children/host.h"
#include "workload/children/route_hosts.h"
#include "workload/children/service.h"
#include "workload/children/versions.h"
#include "workload/children/virtual_service_parts.h"
#include "workload/objects/object_builder.h"
#include "workload/objects/ports.h"

namespace modelgate::workload {
namespace {

using spec::Arena;
using spec::Value;

/// A regular expression for the host with any port. For a host in the cluster, also with the suffixes that
/// resolvers add.
std::string host_expression(std::string_view host, bool in_cluster) {
  const std::string_view more = in_cluster ? R"((\.svc(\.cluster\.local)?)?)" : "";
  return fmt::format("(?i)^{}{}{}", quoted_host(host), more, R"((:\d{1,5})?$)");
}

struct Destination {
  std::string service;
  std::int64_t weight = 100;
};

class VirtualServiceBuild {
 public:
  explicit VirtualServiceBuild(ServiceBuild& build)
      : build_(build), arena_(build.arena), ingress_(build.configuration.ingress), parts_(build) {}

  void run() {
    const auto spec = build_.service.spec();
    const ReadyComponents& ready = build_.context.ready;
    const bool all_ready = (ready.predictor || another_version_serves(build_)) &&
                           (!spec.transformer() || ready.transformer) &&
                           (!spec.explainer() || ready.explainer);
    const auto host = host_of(build_, build_.name);
    if (host && is_taken(build_, *host, kVirtualServiceKind, build_.name)) return;
    if (!all_ready && !routes_to_missing_service(build_))
      return build_.retain(kVirtualServiceKind, build_.name);
    if (!host) return fail(host.error());
    const std::vector<Destination> predictor = predictor_destinations();
    const std::vector<Destination> explainer = {{build_.explainer()}};
    const std::vector<Destination> entrance =
        spec.transformer() ? std::vector<Destination>{{build_.transformer()}} : predictor;
    std::vector<std::string> hosts = {*host};
    for (std::string& other : additional_hosts(build_, *host)) {
      if (!is_taken(build_, other, kVirtualServiceKind, {})) hosts.push_back(std::move(other));
    }
    if (spec.explainer()) add_rule(matches(build_.name, hosts, kExplainPath), explainer, spec.explainer());
    const spec::ComponentView first =
        spec.transformer() ? spec::ComponentView(spec.transformer()) : spec.predictor();
    add_rule(matches(build_.name, hosts, {}), entrance, first);
    if (!add_path(hosts, entrance, explainer, first)) return;
    if (!add_component(build_.predictor(), predictor, spec.predictor(), hosts)) return;
    if (spec.transformer() && !add_component(build_.transformer(), entrance, spec.transformer(), hosts))
      return;
    if (spec.explainer() && !add_component(build_.explainer(), explainer, spec.explainer(), hosts)) return;
    add(hosts);
  }

 private:
  void fail(std::string text) {
    build_.fatal(kIngress, "InvalidHost", spec::FieldPath{} / "metadata" / "name", std::move(text));
  }

  std::vector<Destination> predictor_destinations() const {
    std::vector<Destination> out;
    for (const RouteShare& share : route_shares(build_))
      out.push_back({share.component, share.weight.value_or(100)});
    return out;
  }

  /// Routes the external host of a component. Within the cluster, clients use its Service.
  bool add_component(const std::string& name, const std::vector<Destination>& to,
                     const spec::ComponentView& component, std::vector<std::string>& hosts) {
    const auto host = host_of(build_, name);
    if (!host) {
      fail(host.error());
      return false;
    }
    if (is_taken(build_, *host, kVirtualServiceKind, {})) return true;
    hosts.push_back(*host);
    Value list(rapidjson::kArrayType);
    list.PushBack(match_external(*host, Value()), arena_);
    add_rule(std::move(list), to, component);
    return true;
  }

  bool add_path(std::vector<std::string>& hosts, const std::vector<Destination>& entrance,
                const std::vector<Destination>& explainer, const spec::ComponentView& first) {
    const auto path = path_of(build_);
    if (!path) {
      fail(path.error());
      return false;
    }
    if (path->empty()) return true;
    const std::string& domain = ingress_.ingress_domain;
    if (is_taken(build_, domain + *path, kVirtualServiceKind, {})) return true;
    if (build_.service.spec().explainer()) {
      const std::string expression = fmt::format("{}{}", *path, kExplainUnderPath);
      Value list(rapidjson::kArrayType);
      list.PushBack(match_external(domain, parts_.string_match("regex", expression)), arena_);
      add_rule(std::move(list), explainer, build_.service.spec().explainer(),
               parts_.rewrite_to_explain(expression));
    }
    add_rule(parts_.path_matches(host_expression(domain, false), *path, {ingress_.ingress_gateway}), entrance,
             first, ObjectBuilder(arena_).text("uri", "/").take());
    hosts.push_back(domain);
    return true;
  }

  Value match_external(std::string_view host, Value uri) {
    return parts_.match(host_expression(host, false), std::move(uri), {ingress_.ingress_gateway});
  }

  std::vector<std::string> internal_gateways() const {
    std::vector<std::string> out;
    if (!ingress_.local_gateway.empty()) out.push_back(ingress_.local_gateway);
    out.emplace_back(kMesh);
    return out;
  }

  /// The service's host in the cluster, and all of its external hosts.
  Value matches(std::string_view name, const std::vector<std::string>& hosts, std::string_view path) {
    const auto uri = [&] { return path.empty() ? Value() : parts_.string_match("regex", path); };
    Value out(rapidjson::kArrayType);
    out.PushBack(
        parts_.match(host_expression(short_host(name, build_.namespace_), true), uri(), internal_gateways()),
        arena_);
    for (const std::string& host : hosts) out.PushBack(match_external(host, uri()), arena_);
    return out;
  }

  /// One rule, or one for gRPC and one for REST if the Service has a port for each. No gRPC by a path: its
  /// clients cannot add one.
  void add_rule(Value matches, const std::vector<Destination>& to, const spec::ComponentView& component,
                Value rewrite = {}) {
    const ServicePorts ports = service_ports(build_.wanted, to.front().service);
    if (ports.rest.port > 0 && ports.grpc.port > 0 && !rewrite.IsObject())
      push_rule(of_grpc(matches), to, component, ports.grpc.port);
    push_rule(std::move(matches), to, component, http_port(build_, to.front().service), std::move(rewrite));
  }

  Value of_grpc(const Value& matches) {
    Value out = spec::clone(matches, arena_);
    for (Value& match : out.GetArray()) {
      Value headers = ObjectBuilder(arena_)
                          .value("content-type", parts_.string_match("prefix", "application/grpc"))
                          .take();
      match.AddMember("headers", std::move(headers), arena_);
    }
    return out;
  }

  void push_rule(Value matches, const std::vector<Destination>& to, const spec::ComponentView& component,
                 std::int64_t port, Value rewrite = {}) {
    Value routes(rapidjson::kArrayType);
    for (const Destination& d : to)
      routes.PushBack(parts_.destination(cluster_host(d.service, build_.namespace_), port, d.weight), arena_);
    parts_.add_rule(std::move(matches), std::move(routes),
                    {.rewrite = std::move(rewrite), .timeout_seconds = component.timeout()});
  }

  void add(const std::vector<std::string>& external) {
    std::vector<std::string> hosts = {cluster_host(build_.name, build_.namespace_)};
    for (const std::string& h : external) {
      if (std::ranges::find(hosts, h) == hosts.end()) hosts.push_back(h);
    }
    std::vector<std::string> gateways = internal_gateways();
    gateways.push_back(ingress_.ingress_gateway);
    parts_.add_object(build_.allowed_labels(build_.labels), hosts, gateways);
  }

  ServiceBuild& build_;
  Arena& arena_;
  const spec::IngressConfiguration& ingress_;
  VirtualServiceParts parts_;
};

}  // namespace

void add_virtual_service(ServiceBuild& build) {
  VirtualServiceBuild(build).run();
}

}  // namespace modelgate::workload
