// SPDX-License-Identifier: Apache-2.0
#include "workload/children/autoscaler.h"

#include <fmt/format.h>

#include <algorithm>

#include "workload/children/metric_target.h"
#include "workload/children/scaled_object.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

using spec::Value;

Value resource_metric(std::string_view resource, Value target, spec::Arena& arena) {
  return ObjectBuilder(arena)
      .text("type", "Resource")
      .value("resource",
             ObjectBuilder(arena).text("name", resource).value("target", std::move(target)).take())
      .take();
}

Value utilization(std::int64_t percent, spec::Arena& arena) {
  return ObjectBuilder(arena).text("type", "Utilization").number("averageUtilization", percent).take();
}

Value average_value(std::string quantity, spec::Arena& arena) {
  return ObjectBuilder(arena).text("type", "AverageValue").text("averageValue", quantity).take();
}

/// The metrics in `autoScaling.metrics` that an HPA supports; the others are for KEDA.
/// KServe ignores an average value of cpu and scales at its default utilization.
void add_listed_metrics(ServiceBuild& build, const spec::AutoScalingView& scaling, Value& out) {
  spec::Arena& arena = build.arena;
  for (const spec::MetricsSpecView& metric : scaling.metrics()) {
    const spec::MetricSourceView resource = metric.resource();
    const spec::MetricTargetView target = resource.target();
    const bool by_value = target.type() == "AverageValue" && target.average_value();
    if (resource.name() == "cpu" && by_value && build.strict()) {
      Value value = average_value(quantity_text(target.average_value(), "0"), arena);
      out.PushBack(resource_metric("cpu", std::move(value), arena), arena);
    } else if (resource.name() == "cpu") {
      const std::int64_t percent = target.average_utilization().value_or(kDefaultCpuUtilization);
      out.PushBack(resource_metric("cpu", utilization(percent, arena), arena), arena);
    } else if (resource.name() == "memory" && by_value) {
      Value value = average_value(quantity_text(target.average_value(), "0"), arena);
      out.PushBack(resource_metric("memory", std::move(value), arena), arena);
    } else if (resource.name() == "memory" && target.average_utilization()) {
      out.PushBack(resource_metric("memory", utilization(*target.average_utilization(), arena), arena),
                   arena);
    }
  }
}

Value pods_metric(std::string_view name, std::int64_t target, spec::Arena& arena) {
  return ObjectBuilder(arena)
      .text("type", "Pods")
      .value("pods", ObjectBuilder(arena)
                         .value("metric", ObjectBuilder(arena).text("name", name).take())
                         .value("target", average_value(std::to_string(target), arena))
                         .take())
      .take();
}

/// `scaleMetric` and `scaleTarget`.
void add_scale_metric(ServiceBuild& build, const Component& component, Value& out) {
  const Scaling& scaling = component.scaling;
  const std::string_view metric = scaling.scale_metric.empty() ? "cpu" : scaling.scale_metric;
  if (metric == "cpu") {
    const std::int64_t percent = scaling.scale_target.value_or(kDefaultCpuUtilization);
    out.PushBack(resource_metric("cpu", utilization(percent, build.arena), build.arena), build.arena);
    return;
  }
  if (!scaling.scale_target) {
    build.notice(component.kind, "NoScaleTarget", component.path / "scaleTarget",
                 fmt::format("is required to scale by {}; scaling by cpu instead", metric));
    return;
  }
  if (metric == "memory") {
    out.PushBack(resource_metric("memory", utilization(*scaling.scale_target, build.arena), build.arena),
                 build.arena);
    return;
  }
  const auto& names = build.configuration.modelgate.pod_metrics;
  const std::string_view name =
      metric == "rps" ? std::string_view(names.rps) : std::string_view(names.concurrency);
  out.PushBack(pods_metric(name, *scaling.scale_target, build.arena), build.arena);
}

Value metrics(ServiceBuild& build, const Component& component) {
  Value out(rapidjson::kArrayType);
  const spec::AutoScalingView& scaling = component.scaling.auto_scaling;
  // KServe ignores scaleMetric beside an autoScaling that has only a behavior.
  if (scaling && !(build.strict() && scaling.metrics().empty())) {
    add_listed_metrics(build, scaling, out);
  } else {
    add_scale_metric(build, component, out);
  }
  // The API server's default.
  if (out.Empty()) {
    out.PushBack(resource_metric("cpu", utilization(kDefaultCpuUtilization, build.arena), build.arena),
                 build.arena);
  }
  return out;
}

Value policy(std::string_view type, std::int64_t value, spec::Arena& arena) {
  return ObjectBuilder(arena).text("type", type).number("value", value).number("periodSeconds", 15).take();
}

/// The API server's default for a direction. Without a stabilization window for scaling down, the
/// controller's applies.
Value default_rules(bool up, spec::Arena& arena) {
  Value policies(rapidjson::kArrayType);
  if (up) policies.PushBack(policy("Pods", 4, arena), arena);
  policies.PushBack(policy("Percent", 100, arena), arena);
  ObjectBuilder rules(arena);
  if (up) rules.number("stabilizationWindowSeconds", 0);
  return rules.text("selectPolicy", "Max").value("policies", std::move(policies)).take();
}

/// The configured stabilization window of a direction. KServe gives it to KEDA's autoscalers only.
std::optional<std::int32_t> configured_window(const ServiceBuild& build, std::string_view direction) {
  if (!build.strict()) return std::nullopt;
  const auto& configured = build.configuration.autoscaler;
  return direction == "scaleUp" ? configured.scale_up_stabilization_window_seconds
                                : configured.scale_down_stabilization_window_seconds;
}

/// KServe ignores the service's behavior and sends an empty one, into which the API server writes its
/// defaults. These are written out here: values that the API server writes into an empty object of ours
/// cannot be distinguished from ours (kube/client/managed_fields.h), and would look like a difference.
Value behavior(ServiceBuild& build, const spec::ObjectView& own) {
  spec::Arena& arena = build.arena;
  Value out = own && build.strict() ? spec::clone(*own.value(), arena) : Value(rapidjson::kObjectType);
  const bool all = out.ObjectEmpty();
  for (const std::string_view direction : {"scaleUp", "scaleDown"}) {
    const Value* rules = spec::find(out, direction);
    const auto window = configured_window(build, direction);
    if (all || (!rules && window) || (rules && rules->IsObject() && rules->ObjectEmpty()))
      spec::set_member(out, direction, default_rules(direction == "scaleUp", arena), arena);
    Value* wanted = spec::find(out, direction);
    const bool has_window = own && own.object(direction).has("stabilizationWindowSeconds");
    if (window && wanted && !has_window)
      spec::set_member(*wanted, "stabilizationWindowSeconds", Value(*window), arena);
  }
  return out;
}

void add_hpa(ServiceBuild& build, const Component& component) {
  spec::Arena& arena = build.arena;
  Value measured = metrics(build, component);
  if (build.context.problems_only) return;
  const std::int64_t least = std::max<std::int64_t>(component.scaling.min_replicas.value_or(1), 1);
  const std::int64_t most = std::max(component.scaling.max_replicas, least);
  ObjectBuilder spec(arena);
  spec.value("scaleTargetRef", ObjectBuilder(arena)
                                   .text("apiVersion", "apps/v1")
                                   .text("kind", "Deployment")
                                   .text("name", component.name)
                                   .take())
      .number("minReplicas", least)
      .number("maxReplicas", most)
      .value("metrics", std::move(measured));
  spec.value("behavior", behavior(build, component.scaling.auto_scaling.behavior()));
  Value object = build.object("autoscaling/v2", "HorizontalPodAutoscaler", component.name, component.labels,
                              component.annotations);
  object.AddMember("spec", spec.take(), arena);
  build.add(std::move(object));
}

void add_scaled_object(ServiceBuild& build, const Component& component) {
  auto spec = scaled_object_spec(build, component);
  if (!spec) {
    build.fatal(component.kind, "ReconcileFailed", component.path / "autoScaling" / "metrics",
                "must have a metric for KEDA");
    return;
  }
  Value object = build.object("keda.sh/v1alpha1", "ScaledObject", component.name, component.labels,
                              component.annotations);
  object.AddMember("spec", std::move(*spec), build.arena);
  build.add(std::move(object));
}

}  // namespace

std::string_view autoscaler_class(ServiceBuild& build, const Component& component) {
  const std::string_view named = value_of(component.annotations, spec::kAutoscalerClassAnnotation);
  if (named.empty()) return kAutoscalerHpa;
  if (named == kAutoscalerKeda && build.strict() && !scaled_object_spec(build, component))
    return kAutoscalerNone;
  return named;
}

void add_autoscaler(ServiceBuild& build, const Component& component) {
  const std::string_view wanted = autoscaler_class(build, component);
  if (wanted == kAutoscalerHpa) return add_hpa(build, component);
  if (wanted == kAutoscalerKeda) return add_scaled_object(build, component);
  if (wanted == kAutoscalerNone || wanted == kAutoscalerExternal) return;
  build.fatal(component.kind, "ReconcileFailed",
              (spec::FieldPath{} / "metadata" / "annotations").key(spec::kAutoscalerClassAnnotation),
              fmt::format("is \"{}\", must be one of \"hpa\", \"keda\", \"external\", \"none\"", wanted));
}

}  // namespace modelgate::workload
