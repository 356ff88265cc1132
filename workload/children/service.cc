// SPDX-License-Identifier: Apache-2.0
#include "workload/children/service.h"

#include <algorithm>
#include <set>

#include "workload/objects/annotations.h"
#include "workload/objects/object_builder.h"
#include "workload/objects/ports.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kGenerationLabel = "isvc.generation";
constexpr std::string_view kRoleLabel = "multinode/role";

/// The `appProtocol` of gRPC.
constexpr std::string_view kH2c = "kubernetes.io/h2c";

bool speaks_grpc(std::string_view port_name) {
  return port_name.contains("grpc") || port_name.contains("h2c");
}

/// The container that receives requests: a collocated transformer, else the first.
spec::ContainerView entrance(const Value& pod_spec) {
  const auto containers = spec::PodSpecView(pod_spec).containers();
  for (const spec::ContainerView& c : containers) {
    if (c.name() == container::kTransformer) return c;
  }
  return containers.empty() ? spec::ContainerView{} : containers[0];
}

Value service_port(std::string_view name, std::string_view protocol, std::int64_t port, std::int64_t target,
                   spec::Arena& arena) {
  ObjectBuilder out(arena);
  out.text_if_any("name", name).text("protocol", protocol).number("port", port).number("targetPort", target);
  if (speaks_grpc(name)) out.text("appProtocol", kH2c);
  return out.take();
}

/// The container's first port is the Service's port 80; the others have the same number.
Value build_ports(ServiceBuild& build, const Component& component) {
  spec::Arena& arena = build.arena;
  const bool has_agent = component.scaling.has_agent;
  Value out(rapidjson::kArrayType);
  const auto ports = entrance(component.pod_spec).ports();
  if (ports.empty()) {
    const int target = has_agent ? kAgentPort : kModelServerPort;
    out.PushBack(service_port(component.name, "TCP", kServicePort, target, arena), arena);
    return out;
  }
  std::set<std::pair<std::int64_t, std::string_view>> taken;
  for (std::size_t i = 0; i < ports.size(); ++i) {
    const std::int64_t target = ports[i].container_port().value_or(kModelServerPort);
    const std::int64_t port = i == 0 ? kServicePort : target;
    if (!taken.emplace(port, ports[i].protocol()).second) {
      build.notice(
          component.kind, "DuplicatePort", component.path,
          "its Service maps port 80 to the container's first port, so the container's own port 80 is not "
          "reachable through it");
      continue;
    }
    out.PushBack(service_port(ports[i].name(), ports[i].protocol(), port,
                              i == 0 && has_agent ? kAgentPort : target, arena),
                 arena);
  }
  return out;
}

/// Selects the Pods of one generation of a multi-node predictor, also before they are ready: they find each
/// other by this Service.
void add_headless(ServiceBuild& build, const Component& component, std::string_view role, std::string name,
                  std::string app) {
  spec::Arena& arena = build.arena;
  StringMap labels = component.labels;
  labels[std::string(kRoleLabel)] = role;
  Value object =
      build.object("v1", "Service", name, labels, build.exposed_annotations(component.annotations));
  object.AddMember(
      "spec",
      ObjectBuilder(arena)
          .value("selector",
                 ObjectBuilder(arena).text("app", app).text(kGenerationLabel, build.generation()).take())
          .text("clusterIP", "None")
          .flag("publishNotReadyAddresses", true)
          .take(),
      arena);
  build.add(std::move(object));
}

/// Retains the Services of earlier generations, whose Pods still serve during a rollout.
void retain_earlier(ServiceBuild& build, const Component& component) {
  // More changes than a user makes while nodes with accelerators start.
  constexpr std::int64_t kMaxRetained = 10;
  if (build.versions.rolled_out) return;
  const std::int64_t now = build.service.metadata().integer("generation").value_or(0);
  for (std::int64_t g = std::max<std::int64_t>(now - kMaxRetained, 1); g < now; ++g) {
    build.retain("Service", head_service_name(component.name, std::to_string(g)));
    build.retain("Service", workers_service_name(component.name, std::to_string(g)));
  }
}

}  // namespace

void add_services(ServiceBuild& build, const Component& component) {
  spec::Arena& arena = build.arena;
  Value ports = build_ports(build, component);
  if (build.context.problems_only) return;
  ObjectBuilder spec(arena);
  spec.value("selector", ObjectBuilder(arena).text("app", app_label(component.name)).take())
      .value("ports", std::move(ports));
  if (build.configuration.service.service_cluster_ip_none) spec.text("clusterIP", "None");
  Value object = build.object("v1", "Service", component.name, component.labels,
                              build.exposed_annotations(component.annotations));
  object.AddMember("spec", spec.take(), arena);
  build.add(std::move(object));
  if (!component.workers) return;
  const std::string generation = build.generation();
  add_headless(build, component, "head", head_service_name(component.name, generation),
               app_label(component.name));
  add_headless(build, component, "worker", workers_service_name(component.name, generation),
               worker_app_label(component.name));
  retain_earlier(build, component);
}

ServicePorts service_ports(const Wanted& wanted, std::string_view name) {
  ServicePorts out;
  for (const WantedObject& o : wanted.objects) {
    const spec::ObjectView object(o.object);
    if (object.string("kind") != "Service" || object.object("metadata").string("name") != name) continue;
    for (const spec::ObjectView& port : object.object("spec").list("ports")) {
      ServicePort& first = port.string("appProtocol") == kH2c ? out.grpc : out.rest;
      if (first.port == 0) first.port = port.integer("port").value_or(0);
      if (first.target == 0) first.target = port.integer("targetPort").value_or(0);
    }
  }
  return out;
}

}  // namespace modelgate::workload
