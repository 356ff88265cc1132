// SPDX-License-Identifier: Apache-2.0
#include "workload/children/scaled_object.h"

#include <fmt/format.h>

#include <algorithm>

#include "workload/children/metric_target.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kOpenTelemetry = "opentelemetry";
constexpr std::string_view kPrometheus = "prometheus";

std::string resource_target(const spec::MetricSourceView& resource) {
  const spec::MetricTargetView target = resource.target();
  if (target.type() == "AverageValue") return quantity_text(target.average_value(), "0");
  if (target.type() == "Value") return quantity_text(target.target_value(), "0");
  const auto percent = target.average_utilization();
  if (percent) return std::to_string(*percent);
  return resource.name() == "cpu" ? std::to_string(kDefaultCpuUtilization) : "0";
}

Value resource_trigger(const spec::MetricSourceView& resource, spec::Arena& arena) {
  return ObjectBuilder(arena)
      .text("type", resource.name())
      .value("metadata", ObjectBuilder(arena).text("value", resource_target(resource)).take())
      .text_if_any("metricType", resource.target().type())
      .take();
}

Value external_trigger(const spec::MetricSourceView& external, spec::Arena& arena) {
  const spec::ObjectView metric = external.metric();
  const spec::ObjectView authentication = external.object("authenticationRef");
  const std::string_view backend = metric.string("backend");
  ObjectBuilder metadata(arena);
  metadata.text("serverAddress", metric.string("serverAddress"))
      .text("query", metric.string("query"))
      .text("threshold", quantity_text(external.target().target_value(), "0"));
  if (backend == kPrometheus) metadata.text_if_any("namespace", metric.string("namespace"));
  metadata.text_if_any("authModes", authentication.string("authModes"));
  ObjectBuilder out(arena);
  out.text("type", backend).value("metadata", metadata.take());
  const spec::ObjectView ref = authentication.object("authenticationRef");
  if (!ref.string("name").empty())
    out.value("authenticationRef", ObjectBuilder(arena).text("name", ref.string("name")).take());
  return out.take();
}

/// The query selects the component's own Pods, because one scaler serves the whole cluster.
Value pod_trigger(ServiceBuild& build, const Component& component, const spec::MetricSourceView& source) {
  spec::Arena& arena = build.arena;
  const spec::ObjectView metric = source.metric();
  const std::string_view own_address = metric.string("serverAddress");
  const std::string query = fmt::format("sum({}{{namespace=\"{}\", deployment=\"{}\"}})",
                                        metric.string("query"), build.namespace_, component.name);
  ObjectBuilder metadata(arena);
  metadata.text("metricQuery", query)
      .text("targetValue", quantity_text(source.target().target_value(), "0"))
      .text("scalerAddress",
            own_address.empty()
                ? std::string_view(build.configuration.opentelemetry_collector.metric_scaler_endpoint)
                : own_address)
      .text_if_any("operationOverTime", metric.string("operationOverTime"));
  return ObjectBuilder(arena).text("type", "external").value("metadata", metadata.take()).take();
}

Value triggers(ServiceBuild& build, const Component& component) {
  Value out(rapidjson::kArrayType);
  for (const spec::MetricsSpecView& metric : component.scaling.auto_scaling.metrics()) {
    if (metric.type() == "Resource") {
      out.PushBack(resource_trigger(metric.resource(), build.arena), build.arena);
    } else if (metric.type() == "External") {
      out.PushBack(external_trigger(metric.external(), build.arena), build.arena);
    } else if (metric.type() == "PodMetric" &&
               metric.podmetric().metric().string("backend") == kOpenTelemetry) {
      out.PushBack(pod_trigger(build, component, metric.podmetric()), build.arena);
    }
  }
  return out;
}

/// The service's stabilization windows, else the configured ones; nullopt if there are neither.
std::optional<Value> behavior(ServiceBuild& build, const spec::AutoScalingView& scaling) {
  const auto& configured = build.configuration.autoscaler;
  const auto window = [&](std::string_view direction, const std::optional<std::int32_t>& otherwise) {
    const auto own = scaling.behavior().object(direction).integer("stabilizationWindowSeconds");
    return own ? own : std::optional<std::int64_t>(otherwise);
  };
  const auto down = window("scaleDown", configured.scale_down_stabilization_window_seconds);
  const auto up = window("scaleUp", configured.scale_up_stabilization_window_seconds);
  if (!down && !up) return std::nullopt;
  ObjectBuilder out(build.arena);
  if (down)
    out.value("scaleDown", ObjectBuilder(build.arena).number("stabilizationWindowSeconds", *down).take());
  if (up) out.value("scaleUp", ObjectBuilder(build.arena).number("stabilizationWindowSeconds", *up).take());
  return out.take();
}

}  // namespace

std::optional<Value> scaled_object_spec(ServiceBuild& build, const Component& component) {
  spec::Arena& arena = build.arena;
  Value wanted = triggers(build, component);
  if (wanted.Empty()) return std::nullopt;
  const std::int64_t least = component.scaling.min_replicas.value_or(1);
  ObjectBuilder spec(arena);
  spec.value("scaleTargetRef", ObjectBuilder(arena).text("name", component.name).take())
      .value("triggers", std::move(wanted))
      .number("minReplicaCount", least)
      .number("maxReplicaCount", std::max(component.scaling.max_replicas, least));
  if (auto rules = behavior(build, component.scaling.auto_scaling)) {
    spec.value("advanced", ObjectBuilder(arena)
                               .value("horizontalPodAutoscalerConfig",
                                      ObjectBuilder(arena).value("behavior", std::move(*rules)).take())
                               .take());
  }
  return spec.take();
}

}  // namespace modelgate::workload
