// SPDX-License-Identifier: Apache-2.0
#include "workload/children/collector.h"

#include <fmt/format.h>

#include "workload/objects/annotations.h"
#include "workload/objects/container_builder.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

using spec::Arena;
using spec::Value;

constexpr std::string_view kDefaultMetricsPort = "8080";

Value list_of(std::initializer_list<std::string_view> texts, Arena& arena) {
  Value out(rapidjson::kArrayType);
  for (const std::string_view t : texts) out.PushBack(spec::make_string(t, arena), arena);
  return out;
}

Value list_of(Value element, Arena& arena) {
  Value out(rapidjson::kArrayType);
  out.PushBack(std::move(element), arena);
  return out;
}

/// The names of the OpenTelemetry metrics that the component scales by.
Value metric_names(const spec::AutoScalingView& scaling, Arena& arena) {
  Value out(rapidjson::kArrayType);
  for (const spec::MetricsSpecView& m : scaling.metrics()) {
    const spec::ObjectView metric = m.podmetric().metric();
    if (m.type() != "PodMetric" || metric.string("backend") != "opentelemetry") continue;
    const Value* names = metric.field("metricNames");
    if (!names || !names->IsArray()) continue;
    for (const Value& n : names->GetArray()) out.PushBack(spec::clone(n, arena), arena);
  }
  return out;
}

Value receivers(std::string_view port, std::string_view interval, Arena& arena) {
  Value target =
      ObjectBuilder(arena).value("targets", list_of({fmt::format("localhost:{}", port)}, arena)).take();
  Value job = ObjectBuilder(arena)
                  .text("job_name", "otel-collector")
                  .text("scrape_interval", interval)
                  .value("static_configs", list_of(std::move(target), arena))
                  .take();
  Value config = ObjectBuilder(arena).value("scrape_configs", list_of(std::move(job), arena)).take();
  return ObjectBuilder(arena)
      .value("prometheus", ObjectBuilder(arena).value("config", std::move(config)).take())
      .take();
}

Value exporters(std::string_view endpoint, Arena& arena) {
  return ObjectBuilder(arena)
      .value("otlp", ObjectBuilder(arena)
                         .text("endpoint", endpoint)
                         .text("compression", "none")
                         .value("tls", ObjectBuilder(arena).flag("insecure", true).take())
                         .take())
      .take();
}

/// Adds the source of each metric as labels, which the scaler's query selects by.
Value processors(Value names, Arena& arena) {
  Value statements = list_of({R"(set(attributes["namespace"], resource.attributes["k8s.namespace.name"]))",
                              R"(set(attributes["deployment"], resource.attributes["k8s.deployment.name"]))",
                              R"(set(attributes["pod"], resource.attributes["k8s.pod.name"]))"},
                             arena);
  Value datapoint =
      ObjectBuilder(arena).text("context", "datapoint").value("statements", std::move(statements)).take();
  Value include =
      ObjectBuilder(arena).text("match_type", "strict").value("metric_names", std::move(names)).take();
  return ObjectBuilder(arena)
      .value("resourcedetection/env", ObjectBuilder(arena)
                                          .value("detectors", list_of({"env"}, arena))
                                          .text("timeout", "2s")
                                          .flag("override", false)
                                          .take())
      .value("transform",
             ObjectBuilder(arena).value("metric_statements", list_of(std::move(datapoint), arena)).take())
      .value("filter/metrics",
             ObjectBuilder(arena)
                 .value("metrics", ObjectBuilder(arena).value("include", std::move(include)).take())
                 .take())
      .take();
}

Value pipelines(Arena& arena) {
  Value metrics =
      ObjectBuilder(arena)
          .value("receivers", list_of({"prometheus"}, arena))
          .value("processors", list_of({"resourcedetection/env", "transform", "filter/metrics"}, arena))
          .value("exporters", list_of({"otlp"}, arena))
          .take();
  return ObjectBuilder(arena)
      .value("pipelines", ObjectBuilder(arena).value("metrics", std::move(metrics)).take())
      .take();
}

/// Without effect in a sidecar. KServe's client sends an empty one; these are the defaults of the CRD.
Value target_allocator(Arena& arena) {
  return ObjectBuilder(arena)
      .text("allocationStrategy", "consistent-hashing")
      .text("filterStrategy", "relabel-config")
      .value("prometheusCR", ObjectBuilder(arena).text("scrapeInterval", "30s").take())
      .take();
}

}  // namespace

void add_collector(ServiceBuild& build, const Component& component) {
  Arena& arena = build.arena;
  Value names = metric_names(component.scaling.auto_scaling, arena);
  if (names.Empty()) return;
  const auto& configured = build.configuration.opentelemetry_collector;
  std::string_view port = value_of(component.annotations, annotation::kContainerMetricsPort);
  if (port.empty()) port = kDefaultMetricsPort;
  Value config = ObjectBuilder(arena)
                     .value("receivers", receivers(port, configured.scrape_interval, arena))
                     .value("exporters", exporters(configured.metric_receiver_endpoint, arena))
                     .value("processors", processors(std::move(names), arena))
                     .value("service", pipelines(arena))
                     .take();
  Value object = build.object("opentelemetry.io/v1beta1", "OpenTelemetryCollector", component.name, {},
                              component.annotations);
  object.AddMember("spec",
                   ObjectBuilder(arena)
                       .text("mode", "sidecar")
                       .value("config", std::move(config))
                       .value("resources", to_value(configured.resource, arena))
                       .value("targetAllocator", target_allocator(arena))
                       .take(),
                   arena);
  build.add(std::move(object));
}

}  // namespace modelgate::workload
