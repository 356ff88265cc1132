// SPDX-License-Identifier: Apache-2.0
#include "workload/children/tracing.h"

#include <fmt/format.h>

#include <string>

#include "spec/tracing.h"
#include "workload/children/pod_parts.h"
#include "workload/children/runtime_server.h"
#include "workload/objects/env.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kNodeName = "OTEL_RESOURCE_ATTRIBUTES_NODE_NAME";
constexpr std::string_view kPodName = "OTEL_RESOURCE_ATTRIBUTES_POD_NAME";

std::string resource_attributes(const ServiceBuild& build, const TracedContainer& traced) {
  std::string out = fmt::format(
      "k8s.namespace.name={},k8s.node.name=$({}),k8s.pod.name=$({}),isvc.name={},isvc.component={}",
      build.namespace_, kNodeName, kPodName, build.name, traced.component);
  if (!traced.variant.empty()) out += fmt::format(",isvc.predictor.variant={}", traced.variant);
  return out;
}

/// Servers that do not read OpenTelemetry's variables.
void add_for_server(const TracedContainer& traced, std::string_view endpoint, Value& container,
                    spec::Arena& arena) {
  if (traced.server_type == kMlServer) {
    add_env(container, {.name = "MLSERVER_TRACING_SERVER", .value = std::string(endpoint)}, SameName::kRetain,
            arena);
  } else if (traced.server_type == kVllm) {
    default_arg(container, "--otlp-traces-endpoint", endpoint, arena);
    default_arg(container, "--collect-detailed-traces", "all", arena);
  }
}

}  // namespace

void add_tracing(const ServiceBuild& build, const TracedContainer& traced, Value* container) {
  const spec::TracingView tracing = spec::tracing_of(build.service);
  if (!tracing || !container) return;
  const auto add = [&](EnvVar variable) { add_env(*container, variable, SameName::kRetain, build.arena); };
  add({.name = "OTEL_SERVICE_NAME", .value = fmt::format("{}-{}", build.name, traced.component)});
  for (const spec::TracingField& field : spec::kTracingFields)
    add({.name = std::string(field.variable), .value = std::string(tracing.value_of(field))});
  add({.name = std::string(kNodeName), .from_field = "spec.nodeName"});
  add({.name = std::string(kPodName), .from_field = "metadata.name"});
  add({.name = "OTEL_RESOURCE_ATTRIBUTES", .value = resource_attributes(build, traced)});
  add_for_server(traced, tracing.exporter_endpoint(), *container, build.arena);
}

}  // namespace modelgate::workload
