// SPDX-License-Identifier: Apache-2.0
#include "validation/scaling.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstdint>

#include "spec/quantity.h"

namespace modelgate::validation {
namespace {

using spec::MetricSourceView;
using spec::MetricsSpecView;
using spec::MetricTargetView;
using spec::Quantity;

constexpr std::array<std::string_view, 4> kAutoscalerClasses = {"hpa", "external", "keda", "none"};
constexpr std::string_view kKnativeHpaClass = "hpa.autoscaling.knative.dev";
constexpr std::array<std::string_view, 2> kHpaMetrics = {"cpu", "memory"};
constexpr std::array<std::string_view, 2> kKnativeMetrics = {"concurrency", "rps"};
constexpr std::array<std::string_view, 4> kAllMetrics = {"cpu", "memory", "concurrency", "rps"};
constexpr std::array<std::string_view, 1> kHpaSources = {"Resource"};
constexpr std::array<std::string_view, 3> kKedaSources = {"Resource", "External", "PodMetric"};
constexpr std::array<std::string_view, 3> kTargetTypes = {"Utilization", "AverageValue", "Value"};

enum class Autoscaler : std::uint8_t { kNone, kHpa, kKeda, kKnative };

/// The set of checks that KServe applies.
Autoscaler checked_autoscaler(const Service& s) {
  if (s.annotated_mode() == spec::kStandardMode) {
    const std::string_view c = s.autoscaler_class().value_or(std::string_view{});
    if (c == "hpa") return Autoscaler::kHpa;
    return c == "keda" ? Autoscaler::kKeda : Autoscaler::kNone;
  }
  const auto knative = s.metadata().annotations().get(spec::kKnativeAutoscalerClassAnnotation);
  return knative == kKnativeHpaClass ? Autoscaler::kHpa : Autoscaler::kKnative;
}

bool one_of(std::string_view word, std::span<const std::string_view> known) {
  return std::ranges::find(known, word) != known.end();
}

/// Calls `f(metric, at)` for each entry of autoScaling.metrics.
template <typename F>
void for_each_metric(const Component& c, F&& f) {
  const auto metrics = c.view.auto_scaling().metrics();
  if (metrics.empty()) return;
  const LazyPath scaling = c.at / "autoScaling";
  const LazyPath list = scaling / "metrics";
  for (std::size_t i = 0; i < metrics.size(); ++i) f(metrics[i], list[i]);
}

void check_percentage(std::int64_t value, const LazyPath& at, Report& report) {
  if (value < 1 || value > 100) report.add(invalid(at, value, "must be a percentage from 1 to 100"));
}

/// The field that the target's type requires.
void check_target(const MetricTargetView& target, const LazyPath& at, Report& report) {
  if (target.type() == "Utilization") {
    const auto utilization = target.average_utilization();
    if (utilization) {
      check_percentage(*utilization, at / "averageUtilization", report);
    } else {
      report.add(required(at / "averageUtilization", "the target's type is Utilization"));
    }
  }
  if (target.type() == "AverageValue" && !target.average_value())
    report.add(required(at / "averageValue", "the target's type is AverageValue"));
  if (target.type() == "Value" && !target.target_value())
    report.add(required(at / "value", "the target's type is Value"));
}

// HorizontalPodAutoscaler

void check_hpa_target(std::int64_t target, std::string_view metric, const LazyPath& at, Report& report) {
  // KServe's quirk: the upper bound holds for memory too, where the target is in MiB.
  if (target > 100 || (metric == "cpu" && target < 1)) {
    report.add(invalid(at, target, "must be from 1 to 100"));
  } else if (metric == "memory" && target < 1) {
    report.add(invalid(at, target, "must be at least 1 (MiB)"));
  }
}

void check_hpa(const Component& c, Report& report) {
  const std::string_view metric = c.view.scale_metric().value_or("cpu");
  if (!one_of(metric, kHpaMetrics)) report.add(not_supported(c.at / "scaleMetric", metric, kHpaMetrics));
  if (const auto target = c.view.scale_target())
    check_hpa_target(*target, metric, c.at / "scaleTarget", report);
  for_each_metric(c, [&](const MetricsSpecView& m, const LazyPath& at) {
    if (m.type() != "Resource") {
      report.add(not_supported(at / "type", m.type(), kHpaSources));
      return;
    }
    if (!m.resource()) report.add(required(at / "resource", "the metric's type is Resource"));
  });
}

// KEDA

void check_keda_memory(const MetricTargetView& target, const LazyPath& at, Report& report) {
  constexpr std::array<std::string_view, 2> kTypes = {"AverageValue", "Utilization"};
  if (!one_of(target.type(), kTypes)) {
    report.add(not_supported(at / "type", target.type(), kTypes));
    return;
  }
  if (target.type() != "AverageValue") return;
  const spec::Value* written = target.average_value();
  if (!written) return;  // check_target() reports it
  const auto quantity = Quantity::parse(*written);
  if (quantity && *quantity < Quantity::of(1 << 20, Quantity::Format::BinarySI))
    report.add(invalid(at / "averageValue", *written, "must be at least 1Mi"));
}

void check_keda_resource(const MetricSourceView& source, const LazyPath& at, Report& report) {
  const MetricTargetView target = source.target();
  const LazyPath target_at = at / "target";
  if (source.name() == "cpu") {
    constexpr std::array<std::string_view, 1> kTypes = {"Utilization"};
    if (target.type() != kTypes[0]) report.add(not_supported(target_at / "type", target.type(), kTypes));
  } else if (source.name() == "memory") {
    check_keda_memory(target, target_at, report);
  } else {
    report.add(not_supported(at / "name", source.name(), kHpaMetrics));
  }
  check_target(target, target_at, report);
}

void check_keda_query(const MetricSourceView& source, const LazyPath& at, Report& report) {
  if (source.metric().string("query").empty()) {
    const LazyPath metric = at / "metric";
    report.add(required(metric / "query", "must not be empty"));
  }
  const LazyPath target = at / "target";
  if (!source.target().target_value()) report.add(required(target / "value", "the threshold to scale at"));
  if (source.target().type() != "Value") check_target(source.target(), target, report);
}

void check_keda_metric(const MetricsSpecView& m, const LazyPath& at, Report& report) {
  struct Source {
    std::string_view type;
    std::string_view field;
  };
  constexpr std::array<Source, 3> kSources = {
      {{"Resource", "resource"}, {"External", "external"}, {"PodMetric", "podmetric"}}};
  const auto it = std::ranges::find(kSources, m.type(), &Source::type);
  if (it == kSources.end()) {
    report.add(not_supported(at / "type", m.type(), kKedaSources));
    return;
  }
  const auto source = m.object<MetricSourceView>(it->field);
  const LazyPath source_at = at / it->field;
  if (!source) {
    report.add(required(source_at, fmt::format("the metric's type is {}", it->type)));
    return;
  }
  if (it->type == "Resource") {
    check_keda_resource(source, source_at, report);
    return;
  }
  check_keda_query(source, source_at, report);
}

void check_keda(const Component& c, Report& report) {
  if (c.view.scale_metric())
    report.add(forbidden(c.at / "scaleMetric", "KEDA does not use it: set autoScaling.metrics"));
  for_each_metric(c, [&](const MetricsSpecView& m, const LazyPath& at) { check_keda_metric(m, at, report); });
}

// Knative

void check_knative(const Component& c, Report& report) {
  if (c.view.deployment_strategy())
    report.add(forbidden(c.at / "deploymentStrategy",
                         fmt::format("is for the deployment mode {} only", spec::kStandardMode)));
  const std::string_view metric = c.view.scale_metric().value_or("concurrency");
  if (!one_of(metric, kKnativeMetrics))
    report.add(not_supported(c.at / "scaleMetric", metric, kKnativeMetrics));
  const auto target = c.view.scale_target();
  if (target && metric == "rps" && *target < 1)
    report.add(invalid(c.at / "scaleTarget", *target, "must be at least 1 (request per second)"));
}

// What KServe does not check.

void check_average_value(const MetricTargetView& target, const LazyPath& at, Report& report) {
  const spec::Value* written = target.average_value();
  if (!written) return report.add(required(at / "averageValue", "the target's type is AverageValue"));
  const auto quantity = Quantity::parse(*written);
  if (quantity && quantity->sign() <= 0)
    report.add(invalid(at / "averageValue", *written, "must be greater than 0"));
}

/// Reports metrics whose HorizontalPodAutoscaler the API server would deny.
void check_hpa_metric_closely(const MetricsSpecView& m, const LazyPath& at, Report& report) {
  if (m.type() != "Resource") {
    spec::FieldError error = not_supported(at / "type", m.type(), kHpaSources);
    if (one_of(m.type(), kKedaSources))
      error.detail =
          fmt::format("needs the annotation {}: keda; a HorizontalPodAutoscaler supports Resource only",
                      spec::kAutoscalerClassAnnotation);
    report.add(std::move(error));
    return;
  }
  const LazyPath source = at / "resource";
  if (!m.resource()) {
    report.add(required(source, "the metric's type is Resource"));
    return;
  }
  if (!one_of(m.resource().name(), kHpaMetrics))
    report.add(not_supported(source / "name", m.resource().name(), kHpaMetrics));
  const LazyPath target_at = source / "target";
  const MetricTargetView target = m.resource().target();
  constexpr std::array<std::string_view, 2> kTypes = {"Utilization", "AverageValue"};
  if (!one_of(target.type(), kTypes)) {
    report.add(not_supported(target_at / "type", target.type(), kTypes));
    return;
  }
  if (target.type() == "AverageValue") check_average_value(target, target_at, report);
  if (target.type() != "Utilization") return;
  const auto utilization = target.average_utilization();
  if (!utilization) {
    report.add(required(target_at / "averageUtilization", "the target's type is Utilization"));
  } else if (*utilization < 1) {
    report.add(invalid(target_at / "averageUtilization", *utilization, "must be a percentage of at least 1"));
  }
}

/// True if a HorizontalPodAutoscaler is created for the service.
bool has_hpa(const Service& s) {
  return s.standard() && s.autoscaler_class().value_or("hpa") == "hpa";
}

void check_metric_type(const Component& c, Report& report) {
  const auto type = c.view.scale_metric_type();
  if (type && !one_of(*type, kTargetTypes))
    report.add(not_supported(c.at / "scaleMetricType", *type, kTargetTypes));
}

void check_target_quantities(const MetricSourceView& source, const LazyPath& at, Report& report) {
  const LazyPath target = at / "target";
  for (const std::string_view field : {"value", "averageValue"}) {
    const spec::Value* written = source.target().field(field);
    if (!written) continue;
    const auto quantity = Quantity::parse(*written);
    if (!quantity) report.add(invalid(target / field, *written, quantity.error()));
  }
}

void warn_about_zero_replicas(const Service& s, const Component& c, Report& report) {
  if (c.role == Role::kCanary || !has_hpa(s) || c.view.min_replicas() != 0) return;
  report.warn(
      c.at / "minReplicas",
      "0 has no effect: a HorizontalPodAutoscaler keeps at least 1 replica; scaling to zero needs KEDA or "
      "Knative");
}

}  // namespace

void check_autoscaler_class(const Service& s, Report& report) {
  const auto c = s.autoscaler_class();
  if (c && !one_of(*c, kAutoscalerClasses))
    report.add(
        not_supported(s.annotations_at().key(spec::kAutoscalerClassAnnotation), *c, kAutoscalerClasses));
}

void check_replicas(const Service& s, Report& report) {
  for (const Component& c : s.components()) {
    const std::int64_t least = c.view.min_replicas().value_or(1);
    const std::int64_t most = c.view.max_replicas().value_or(0);
    if (least < 0) report.add(invalid(c.at / "minReplicas", least, "must be at least 0"));
    if (most < 0) report.add(invalid(c.at / "maxReplicas", most, "must be at least 0"));
    if (most > 0 && least > most)
      report.add(invalid(c.at / "minReplicas", least, fmt::format("must be at most maxReplicas, {}", most)));
  }
}

void check_container_concurrency(const Service& s, Report& report) {
  for (const Component& c : s.components()) {
    const auto concurrency = c.view.container_concurrency();
    if (concurrency && *concurrency < 0)
      report.add(invalid(c.at / "containerConcurrency", *concurrency, "must be at least 0 (no limit)"));
  }
}

void check_scaling_metrics(const Service& s, Report& report) {
  const Autoscaler autoscaler = checked_autoscaler(s);
  if (autoscaler == Autoscaler::kNone) return;
  for (const Component& c : s.components()) {
    if (c.role == Role::kCanary) continue;
    if (autoscaler == Autoscaler::kHpa) check_hpa(c, report);
    if (autoscaler == Autoscaler::kKeda) check_keda(c, report);
    if (autoscaler == Autoscaler::kKnative) check_knative(c, report);
  }
}

void check_metric_quantities(const Service& s, Report& report) {
  for (const Component& c : s.components()) {
    for_each_metric(c, [&](const MetricsSpecView& m, const LazyPath& at) {
      for (const std::string_view field : {"resource", "external", "podmetric"}) {
        const auto source = m.object<MetricSourceView>(field);
        if (source) check_target_quantities(source, at / field, report);
      }
    });
  }
}

void check_scaling_metrics_closely(const Service& s, Report& report) {
  const bool hpa = has_hpa(s);
  for (const Component& c : s.components()) {
    const auto metric = c.view.scale_metric();
    if (metric && !one_of(*metric, kAllMetrics))
      report.add(not_supported(c.at / "scaleMetric", *metric, kAllMetrics));
    check_metric_type(c, report);
    if (c.role == Role::kCanary) continue;
    const auto target = c.view.scale_target();
    if (target && *target < 1) report.add(invalid(c.at / "scaleTarget", *target, "must be at least 1"));
    warn_about_zero_replicas(s, c, report);
    if (hpa) {
      for_each_metric(
          c, [&](const MetricsSpecView& m, const LazyPath& at) { check_hpa_metric_closely(m, at, report); });
    }
  }
}

void check_canary_traffic_percent(const Service& s, Report& report) {
  for (const Component& c : s.components()) {
    const auto percent = c.view.canary_traffic_percent();
    if (!percent) continue;
    const LazyPath at = c.at / "canaryTrafficPercent";
    if (*percent < 0 || *percent > 100) {
      report.add(invalid(at, *percent, "must be from 0 to 100"));
    } else if (s.standard() && s.isvc().spec().canary().empty()) {
      report.warn(at, "has no effect in Standard mode without a version under spec.canary");
    }
  }
}

}  // namespace modelgate::validation
