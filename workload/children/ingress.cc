// SPDX-License-Identifier: Apache-2.0
#include "workload/children/ingress.h"

#include "workload/children/host.h"
#include "workload/objects/object_builder.h"
#include "workload/objects/ports.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kLastApplied = "kubectl.kubernetes.io/last-applied-configuration";

/// A host, and the Service that it routes to.
struct Rule {
  std::string host_name;  // input of `domainTemplate`
  std::string service;
};

Value to_value(const std::string& host, const std::string& service, spec::Arena& arena) {
  Value backend =
      ObjectBuilder(arena)
          .value("service", ObjectBuilder(arena)
                                .text("name", service)
                                .value("port", ObjectBuilder(arena).number("number", kServicePort).take())
                                .take())
          .take();
  Value paths(rapidjson::kArrayType);
  paths.PushBack(ObjectBuilder(arena)
                     .text("path", "/")
                     .text("pathType", "Prefix")
                     .value("backend", std::move(backend))
                     .take(),
                 arena);
  return ObjectBuilder(arena)
      .text("host", host)
      .value("http", ObjectBuilder(arena).value("paths", std::move(paths)).take())
      .take();
}

/// KServe's rules in KServe's order. Its oddity is intended: with a transformer, the transformer's host
/// routes to both the explainer and the predictor.
std::vector<Rule> rules(const ServiceBuild& build) {
  const auto spec = build.service.spec();
  const std::string predictor = build.predictor();
  const std::string transformer = build.transformer();
  const std::string explainer = build.explainer();
  std::vector<Rule> out;
  if (spec.transformer()) {
    if (spec.explainer()) out.push_back({transformer, explainer});
    out.push_back({build.name, transformer});
    out.push_back({transformer, predictor});
  } else if (spec.explainer()) {
    out.push_back({build.name, predictor});
    out.push_back({explainer, explainer});
  } else {
    out.push_back({build.name, predictor});
  }
  out.push_back({predictor, predictor});
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
    if (build.context.problems_only) continue;
    list.PushBack(to_value(*host, rule.service, arena), arena);
  }
  if (!backend_is_ready(build)) return build.retain("Ingress", build.name);
  if (build.context.problems_only) return;
  ObjectBuilder spec(arena);
  if (const auto& ingress_class = build.configuration.ingress.ingress_class_name)
    spec.text("ingressClassName", *ingress_class);
  spec.value("rules", std::move(list));
  StringMap annotations = build.annotations;
  annotations.erase(std::string(kLastApplied));
  Value object = build.object("networking.k8s.io/v1", "Ingress", build.name, {}, annotations);
  object.AddMember("spec", spec.take(), arena);
  build.add(std::move(object));
}

}  // namespace modelgate::workload
