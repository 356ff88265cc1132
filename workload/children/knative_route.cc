// SPDX-License-Identifier: Apache-2.0
#include "workload/children/knative_route.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <vector>

#include "spec/names.h"
#include "workload/children/host.h"
#include "workload/children/virtual_service_parts.h"
#include "workload/objects/object_builder.h"
#include "workload/objects/ports.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kVisibility = "networking.knative.dev/visibility";
constexpr std::string_view kClusterLocal = "cluster-local";

/// A regular expression for the host with any port. KServe's has no short forms of hosts in the cluster, because of an
/// error: Strict matches what resolvers accept.
std::string host_expression(const ServiceBuild& build, std::string_view host) {
  constexpr std::string_view kSuffix = ".svc.cluster.local";
  constexpr std::string_view kPort = R"((?::\d{1,5})?$)";
  if (!build.strict() || !host.ends_with(kSuffix)) return fmt::format("^{}{}", quoted_host(host), kPort);
  host.remove_suffix(kSuffix.size());
  return fmt::format(R"((?i)^{}(\.svc(\.cluster\.local)?)?{})", quoted_host(host), kPort);
}

std::string replaced_once(std::string_view text, std::string_view what) {
  std::string out(text);
  if (const auto at = out.find(what); at != std::string::npos) out.erase(at, what.size());
  return out;
}

/// The host in each of the additional domains. KServe looks for Knative's domain; the host is "NAME.NAMESPACE.DOMAIN".
std::vector<std::string> more_hosts(const ServiceBuild& build, const std::string& host) {
  std::vector<std::string> out;
  const std::string prefix = fmt::format("{}.{}.", build.name, build.namespace_);
  if (!host.starts_with(prefix)) return out;
  for (const std::string& domain : build.configuration.ingress.additional_ingress_domains) {
    std::string other = prefix + domain;
    if (spec::check_dns1123_subdomain(other) || other == host || std::ranges::find(out, other) != out.end())
      continue;
    out.push_back(std::move(other));
  }
  return out;
}

class KnativeRoute {
 public:
  explicit KnativeRoute(ServiceBuild& build)
      : build_(build),
        arena_(build.arena),
        ingress_(build.configuration.ingress),
        own_host_(cluster_host(build.name, build.namespace_)),
        host_(knative_service_host(build, build.context.ready.entrance_host)),
        internal_(value_of(build.labels, kVisibility) == kClusterLocal || host_ == own_host_),
        parts_(build) {
    if (!internal_) more_hosts_ = more_hosts(build, host_);
  }

  void add_virtual_service() {
    const auto spec = build_.service.spec();
    const ReadyComponents& ready = build_.context.ready;
    const bool all_ready = ready.predictor && (!spec.transformer() || ready.transformer) &&
                           (!spec.explainer() || ready.explainer);
    if (!all_ready || host_.empty()) return build_.retain(kVirtualServiceKind, build_.name);
    const auto path = path_of(build_);
    if (!path) {
      return build_.fatal(kIngress, "InvalidHost", spec::FieldPath{} / "metadata" / "name", path.error());
    }
    const std::string explainer = cluster_host(build_.explainer(), build_.namespace_);
    const std::string entrance =
        cluster_host(spec.transformer() ? build_.transformer() : build_.predictor(), build_.namespace_);
    if (spec.explainer()) add_rule(matches(kExplainPath), explainer);
    add_rule(matches({}), entrance);
    if (!path->empty()) add_path(*path, entrance, explainer);
    add_object(!path->empty());
  }

  void add_alias() {
    Value object = build_.object("v1", "Service", build_.name, {}, {});
    object.AddMember("spec",
                     ObjectBuilder(arena_)
                         .text("type", "ExternalName")
                         .text("sessionAffinity", "None")
                         .text("externalName", ingress_.local_gateway_service)
                         .take(),
                     arena_);
    build_.add(std::move(object));
  }

 private:
  Value match(const std::string& host, Value uri, const std::vector<std::string>& gateways) {
    return parts_.match(host_expression(build_, host), std::move(uri), gateways);
  }

  std::vector<std::string> local_gateways() const { return {ingress_.local_gateway, std::string(kMesh)}; }

  Value matches(std::string_view path) {
    const auto uri = [&] { return path.empty() ? Value() : parts_.string_match("regex", path); };
    Value out(rapidjson::kArrayType);
    out.PushBack(match(own_host_, uri(), local_gateways()), arena_);
    if (internal_) return out;
    out.PushBack(match(host_, uri(), {ingress_.ingress_gateway}), arena_);
    for (const std::string& host : more_hosts_)
      out.PushBack(match(host, uri(), {ingress_.ingress_gateway}), arena_);
    return out;
  }

  void add_path(const std::string& path, const std::string& entrance, const std::string& explainer) {
    const std::string& domain = ingress_.ingress_domain;
    const std::vector<std::string> gateway = {ingress_.ingress_gateway};
    if (build_.service.spec().explainer()) {
      const std::string regex = fmt::format("{}{}", path, kExplainUnderPath);
      Value list(rapidjson::kArrayType);
      list.PushBack(match(domain, parts_.string_match("regex", regex), gateway), arena_);
      add_rule(std::move(list), explainer, parts_.rewrite_to_explain(regex));
    }
    add_rule(parts_.path_matches(host_expression(build_, domain), path, gateway), entrance,
             ObjectBuilder(arena_).text("uri", "/").take());
  }

  void add_rule(Value matches, const std::string& host, Value rewrite = {}) {
    Value route(rapidjson::kArrayType);
    route.PushBack(parts_.destination(ingress_.knative_local_gateway_service, kServicePort, 100), arena_);
    parts_.add_rule(std::move(matches), std::move(route), {.rewrite = std::move(rewrite), .host = host});
  }

  void add_object(bool has_path) {
    std::vector<std::string> hosts = {own_host_};
    std::vector<std::string> gateways = local_gateways();
    const auto add_host = [&](const std::string& host) {
      if (std::ranges::find(hosts, host) == hosts.end()) hosts.push_back(host);
    };
    if (!internal_) {
      add_host(host_);
      gateways.push_back(ingress_.ingress_gateway);
    }
    if (has_path) add_host(ingress_.ingress_domain);
    for (const std::string& host : more_hosts_) add_host(host);
    parts_.add_object(build_.labels, hosts, gateways);
  }

  ServiceBuild& build_;
  spec::Arena& arena_;
  const spec::IngressConfiguration& ingress_;
  const std::string own_host_;
  const std::string host_;
  const bool internal_;  // the service is not reached from outside the cluster
  VirtualServiceParts parts_;
  std::vector<std::string> more_hosts_;
};

}  // namespace

std::string_view entrance_kind(const spec::InferenceServiceView& service) {
  return service.spec().transformer() ? kTransformer : kPredictor;
}

std::string knative_service_host(const ServiceBuild& build, std::string_view entrance_host) {
  if (entrance_host.empty()) return {};
  const std::string_view kind = entrance_kind(build.service);
  const std::string component = kind == kTransformer ? build.transformer() : build.predictor();
  // The first label of the host, in Knative's default template.
  if (build.strict() && entrance_host.starts_with(fmt::format("{}.", component)))
    return fmt::format("{}{}", build.name, entrance_host.substr(component.size()));
  if (entrance_host.contains("-default"))
    return replaced_once(entrance_host, fmt::format("-{}-default", kind));
  return replaced_once(entrance_host, fmt::format("-{}", kind));
}

bool has_virtual_host(const ServiceBuild& build) {
  if (build.configuration.ingress.disable_istio_virtual_host) return false;
  return build.context.has_istio || !build.strict();
}

void add_knative_route(ServiceBuild& build) {
  const spec::IngressConfiguration& ingress = build.configuration.ingress;
  if (!has_virtual_host(build)) return;
  if (ingress.local_gateway_service.empty()) {
    return build.fatal(
        kIngress, "NoLocalGateway", spec::FieldPath{} / "metadata" / "name",
        fmt::format("has no route: in the ConfigMap {}, under ingress, set localGatewayService, or "
                    "disableIstioVirtualHost to true if Istio is not used",
                    spec::kConfigMapName));
  }
  KnativeRoute route(build);
  route.add_virtual_service();
  route.add_alias();
}

}  // namespace modelgate::workload
