// SPDX-License-Identifier: Apache-2.0
#include "workload/children/ingress.h"

#include <fmt/format.h>

#include "workload/children/address.h"
#include "workload/children/host.h"
#include "workload/children/route_hosts.h"
#include "workload/objects/object_builder.h"
#include "workload/objects/ports.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/// A path, and the Service that it routes to.
struct Path {
  std::string path;
  std::string_view type;
  std::string service;
};

/// A host, and its paths.
struct Rule {
  std::string host_name;  // input of `domainTemplate`
  std::vector<Path> paths;
};

Path everything(const std::string& service) {
  return {"/", "Prefix", service};
}

Value to_value(const ServiceBuild& build, const Path& path) {
  spec::Arena& arena = build.arena;
  const std::int64_t port = http_port(build, path.service);
  Value backend = ObjectBuilder(arena)
                      .value("service", ObjectBuilder(arena)
                                            .text("name", path.service)
                                            .value("port", ObjectBuilder(arena).number("number", port).take())
                                            .take())
                      .take();
  return ObjectBuilder(arena)
      .text("path", path.path)
      .text("pathType", path.type)
      .value("backend", std::move(backend))
      .take();
}

Value to_value(const ServiceBuild& build, const std::string& host, const std::vector<Path>& list) {
  spec::Arena& arena = build.arena;
  Value paths(rapidjson::kArrayType);
  for (const Path& path : list) paths.PushBack(to_value(build, path), arena);
  return ObjectBuilder(arena)
      .text("host", host)
      .value("http", ObjectBuilder(arena).value("paths", std::move(paths)).take())
      .take();
}

/// KServe's rules in KServe's order. With a transformer, the transformer's host routes to both the explainer
/// and the predictor; the explainer's own host and its requests on the service's host have no rule.
std::vector<Rule> kserves_rules(const ServiceBuild& build) {
  const auto spec = build.service.spec();
  const std::string predictor = build.predictor();
  const std::string transformer = build.transformer();
  const std::string explainer = build.explainer();
  std::vector<Rule> out;
  if (spec.transformer()) {
    if (spec.explainer()) out.push_back({transformer, {everything(explainer)}});
    out.push_back({build.name, {everything(transformer)}});
    out.push_back({transformer, {everything(predictor)}});
  } else if (spec.explainer()) {
    out.push_back({build.name, {everything(predictor)}});
    out.push_back({explainer, {everything(explainer)}});
  } else {
    out.push_back({build.name, {everything(predictor)}});
  }
  out.push_back({predictor, {everything(predictor)}});
  return out;
}

/// Each component's host routes to that component. The service's host routes to the transformer, else the
/// predictor, and explanations of the service's model to the explainer.
std::vector<Rule> rules(const ServiceBuild& build) {
  if (!build.strict()) return kserves_rules(build);
  const auto spec = build.service.spec();
  const std::string predictor = build.predictor();
  Rule service{build.name, {}};
  if (spec.explainer())
    service.paths.push_back({fmt::format("/v1/models/{}:explain", build.name), "Exact", build.explainer()});
  service.paths.push_back(everything(spec.transformer() ? build.transformer() : predictor));
  std::vector<Rule> out = {std::move(service)};
  out.push_back({predictor, {everything(predictor)}});
  if (spec.transformer()) out.push_back({build.transformer(), {everything(build.transformer())}});
  if (spec.explainer()) out.push_back({build.explainer(), {everything(build.explainer())}});
  return out;
}

/// The Ingress is built once the component that it routes to is ready.
bool backend_is_ready(const ServiceBuild& build) {
  const ReadyComponents& ready = build.context.ready;
  const auto spec = build.service.spec();
  if (!ready.predictor) return false;
  if (spec.transformer()) return ready.transformer;
  return !spec.explainer() || ready.explainer;
}

/// The hosts of a rule. KServe's Ingress has none of the additional domains.
std::vector<std::string> hosts_of(ServiceBuild& build, const Rule& rule, const std::string& host) {
  std::vector<std::string> out = {host};
  if (build.strict() && rule.host_name == build.name) {
    for (std::string& other : additional_hosts(build, host)) {
      if (!is_taken(build, other, "Ingress", {})) out.push_back(std::move(other));
    }
  }
  return out;
}

}  // namespace

void add_ingress(ServiceBuild& build) {
  spec::Arena& arena = build.arena;
  Value list(rapidjson::kArrayType);
  for (const Rule& rule : rules(build)) {
    // A component's host is longer than the service's and has all of its problems.
    if (build.context.problems_only && rule.host_name == build.name) continue;
    auto host = host_of(build, rule.host_name);
    if (!host)
      return build.fatal(kIngress, "InvalidHost", spec::FieldPath{} / "metadata" / "name", host.error());
    const bool is_service = rule.host_name == build.name;
    if (is_taken(build, *host, "Ingress", is_service ? build.name : "")) {
      if (is_service) return;
      continue;
    }
    if (build.context.problems_only) continue;
    for (const std::string& h : hosts_of(build, rule, *host))
      list.PushBack(to_value(build, h, rule.paths), arena);
  }
  if (!backend_is_ready(build)) return build.retain("Ingress", build.name);
  if (build.context.problems_only) return;
  ObjectBuilder spec(arena);
  if (const auto& ingress_class = build.configuration.ingress.ingress_class_name)
    spec.text("ingressClassName", *ingress_class);
  spec.value("rules", std::move(list));
  // KServe's Ingress has all annotations.
  StringMap annotations = build.strict()
                              ? build.exposed_annotations(build.allowed_annotations(build.annotations))
                              : build.annotations;
  annotations.erase(std::string(kLastApplied));
  Value object = build.object("networking.k8s.io/v1", "Ingress", build.name, {}, annotations);
  object.AddMember("spec", spec.take(), arena);
  build.add(std::move(object));
}

}  // namespace modelgate::workload
