// SPDX-License-Identifier: Apache-2.0
#include "validation/without_effect.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <initializer_list>
#include <string>

#include "spec/spelling.h"
#include "spec/storage_uri.h"
#include "spec/storage_variables.h"

namespace modelgate::validation {
namespace {

using spec::ObjectView;
using spec::StringMapView;

using Words = std::string_view;

// ------------------------------------------------------------------------------ annotations and labels

constexpr Words kKServePrefix = "serving.kserve.io/";
constexpr Words kVisibility = "networking.kserve.io/visibility";
constexpr Words kKnativeVisibility = "networking.knative.dev/visibility";
constexpr Words kClusterLocal = "cluster-local";

enum class When : std::uint8_t { kAlways, kStandard };

struct AnnotationRow {
  Words key;  // with '/' or '-' at the end: all that begin with it
  When when;
  Words text;
};

constexpr Words kKnativeScaling =
    "has no effect in Standard mode: set minReplicas, maxReplicas, scaleMetric and scaleTarget";
constexpr Words kKnativeOnly = "has no effect in Standard mode: it is for Knative";

constexpr auto kAnnotations = std::to_array<AnnotationRow>({
    {"serving.kserve.io/metric", When::kAlways, "has no effect: set scaleMetric of the component"},
    {"serving.kserve.io/metrics", When::kAlways, "has no effect: set scaleMetric of the component"},
    {"serving.kserve.io/targetUtilizationPercentage", When::kAlways,
     "has no effect: set scaleTarget of the component"},
    {"serving.kserve.io/s3-", When::kAlways,
     "has no effect on a service: it belongs on the Secret with the keys, or on a ServiceAccount with an IAM "
     "role"},
    {"serving.kserve.io/enable-tag-routing", When::kStandard, kKnativeOnly},
    {"autoscaling.knative.dev/", When::kStandard, kKnativeScaling},
    {"serving.knative.dev/", When::kStandard, kKnativeOnly},
    {"queue.sidecar.serving.knative.dev/", When::kStandard, kKnativeOnly},
    {"networking.knative.dev/", When::kStandard, kKnativeOnly},
});

/// Annotations of services below serving.kserve.io that a program of KServe or of ours reads, to find
/// misspelled ones.
constexpr auto kKnown = std::to_array<Words>({
    "deploymentMode",
    "autoscalerClass",
    "gpu-resource-types",
    "enable-metric-aggregation",
    "enable-prometheus-scraping",
    "enable-tag-routing",
    "gke-accelerator",
    "stop",
    "disable-auto-update",
    "disable-localmodel",
    "nodegroup",
    "storage-initializer-uid",
    "storageSecretName",
    "server-type",
    "logger-secret-name",
    "logger-secret-path",
    "logger-secret-file",
});

const AnnotationRow* find_row(Words key, bool standard) {
  const auto it = std::ranges::find_if(kAnnotations, [&](const AnnotationRow& row) {
    const bool prefix = row.key.ends_with('/') || row.key.ends_with('-');
    return (prefix ? key.starts_with(row.key) : key == row.key) && (standard || row.when == When::kAlways);
  });
  return it == kAnnotations.end() ? nullptr : &*it;
}

/// Unknown annotations for which a similar name is searched: more than a service has.
constexpr std::size_t kMaxSearches = 64;

void warn_about_annotations(const Service& s, const StringMapView& annotations, const LazyPath& at,
                            Report& report) {
  std::size_t searches = 0;
  annotations.for_each([&](Words key, Words) {
    if (const AnnotationRow* row = find_row(key, s.standard()))
      return report.warn(at.key(key), std::string(row->text));
    if (!key.starts_with(kKServePrefix)) return;
    const Words name = key.substr(kKServePrefix.size());
    if (std::ranges::find(kKnown, name) != kKnown.end() || ++searches > kMaxSearches) return;
    if (const auto near = spec::nearest(name, kKnown))
      report.warn(at.key(key),
                  fmt::format("has no effect: nothing reads it (did you mean {}{}?)", kKServePrefix, *near));
  });
}

void warn_about_labels(const Service& s, Report& report) {
  const StringMapView labels = s.metadata().labels();
  if (!s.standard() || labels.get(kKnativeVisibility) != kClusterLocal || labels.has(kVisibility)) return;
  const LazyPath at = s.metadata_at() / "labels";
  report.warn(at.key(kKnativeVisibility),
              fmt::format("has no effect in Standard mode: set the label {}", kVisibility));
}

// ------------------------------------------------------------------------------------------- components

/// Fields without an error of their own.
void warn_about(const Component& c, std::initializer_list<Words> fields, Words text, Report& report) {
  for (const Words field : fields) {
    if (c.view.has(field) && !report.has_error_at(c.at / field)) report.warn(c.at / field, std::string(text));
  }
}

/// Ingresses have no timeout, and neither has a service without a route.
bool routes_have_timeouts(const Service& s) {
  const spec::IngressConfiguration& ingress = s.configuration().ingress;
  if (s.metadata().labels().get(kVisibility) == kClusterLocal || ingress.disable_ingress_creation)
    return false;
  if (ingress.enable_gateway_api) return !ingress.disable_http_route_timeout;
  return s.configuration().modelgate.istio_routes && !ingress.disable_istio_virtual_host;
}

/// The rule canaries reports autoscaling.
void warn_about_canary(const Component& c, Report& report) {
  warn_about(c, {"deploymentStrategy"}, "has no effect in a canary, which has the configured strategy",
             report);
}

void warn_about_unused_metric(const Service& s, const Component& c, Report& report) {
  if (c.view.auto_scaling().metrics().empty() || s.autoscaler_class().value_or("hpa") != "hpa") return;
  warn_about(c, {"scaleMetric", "scaleTarget"}, "has no effect beside autoScaling.metrics", report);
}

/// KEDA gets stabilization windows only; KServe's HorizontalPodAutoscalers get nothing.
void warn_about_behavior(const Service& s, const Component& c, Report& report) {
  const ObjectView behavior = c.view.auto_scaling().behavior();
  if (!behavior) return;
  const LazyPath scaling = c.at / "autoScaling";
  const LazyPath at = scaling / "behavior";
  const Words autoscaler = s.autoscaler_class().value_or("hpa");
  if (autoscaler == "hpa" && !s.configuration().modelgate.strict())
    return report.warn(at,
                       "has no effect with a HorizontalPodAutoscaler, as in KServe; in Strict mode it has");
  if (autoscaler != "keda") return;
  for (const Words direction : {"scaleUp", "scaleDown"}) {
    const LazyPath rules = at / direction;
    for (const Words field : {"policies", "selectPolicy", "tolerance"}) {
      if (behavior.object(direction).has(field))
        report.warn(rules / field, "has no effect with KEDA, which gets stabilizationWindowSeconds only");
    }
  }
}

/// In Strict mode the autoscaler gets the value.
void warn_about_cpu_value(const Service& s, const Component& c, Report& report) {
  if (s.configuration().modelgate.strict() || s.autoscaler_class().value_or("hpa") != "hpa") return;
  const auto metrics = c.view.auto_scaling().metrics();
  const LazyPath scaling = c.at / "autoScaling";
  const LazyPath list = scaling / "metrics";
  for (std::size_t i = 0; i < metrics.size(); ++i) {
    const auto resource = metrics[i].resource();
    if (resource.name() != "cpu" || resource.target().type() != "AverageValue") continue;
    const LazyPath metric = list[i];
    const LazyPath source = metric / "resource";
    report.warn(source / "target",
                "has no effect for cpu, as in KServe: the target is a utilization of 80 %");
  }
}

void warn_about_scaling(const Service& s, const Component& c, Report& report) {
  const Words autoscaler = s.autoscaler_class().value_or("hpa");
  if (autoscaler == "none" || autoscaler == "external") {
    warn_about(c, {"maxReplicas", "scaleTarget", "scaleMetric", "autoScaling"},
               autoscaler == "none" ? "has no effect: the annotation autoscalerClass is none"
                                    : "has no effect: the annotation autoscalerClass is external",
               report);
  }
  if (autoscaler == "external")
    warn_about(c, {"minReplicas"}, "has no effect: the annotation autoscalerClass is external", report);
  warn_about_unused_metric(s, c, report);
  warn_about_behavior(s, c, report);
  warn_about_cpu_value(s, c, report);
}

void warn_about_component(const Service& s, const Component& c, Report& report) {
  warn_about(c, {"scaleMetricType"}, "has no effect: set the type of a target in autoScaling.metrics",
             report);
  if (const auto batcher = c.view.batcher(); batcher.has("timeout")) {
    const LazyPath at = c.at / "batcher";
    report.warn(at / "timeout",
                "has no effect: nothing reads it; maxLatency limits how long a request waits");
  }
  if (!s.standard()) return;
  if (c.is_predictor() && c.view.container_concurrency().value_or(0) > 0)
    warn_about(c, {"containerConcurrency"}, "has no effect in Standard mode: only Knative limits requests",
               report);
  if (!routes_have_timeouts(s))
    warn_about(c, {"timeout"}, "has no effect: only routes of Gateway API and Istio have a timeout", report);
  if (c.role == Role::kCanary) {
    warn_about_canary(c, report);
  } else {
    warn_about_scaling(s, c, report);
  }
}

// --------------------------------------------------------------------------------------------- storage

bool is_downloaded(Words uri) {
  const spec::StorageScheme* scheme = spec::find_storage_scheme(uri);
  return !scheme || scheme->fetcher == spec::StorageFetcher::kInitializer;
}

/// KServe's storage initializer gets credentials from Secrets only.
void warn_about_variables(const Component& c, Words uri, Report& report) {
  const LazyPath at = c.at / c.implementation.field;
  const LazyPath list = at / "env";
  const auto env = c.model().env();
  for (std::size_t i = 0; i < env.size(); ++i) {
    if (!spec::is_storage_variable(env[i].name(), uri)) continue;
    report.warn(list[i],
                fmt::format("{} reaches only the server, not the download of the model: put it into a "
                            "Secret of the ServiceAccount, or use Strict mode, which passes it on",
                            env[i].name()));
  }
}

void warn_about_storage(const Service& s, const Component& c, Report& report) {
  if (!c.is_predictor() || !c.serves_model()) return;
  const auto uri = storage_uri_of(c);
  if (uri && is_downloaded(*uri) && !s.configuration().modelgate.strict())
    warn_about_variables(c, *uri, report);
  if (uri && !is_downloaded(*uri))
    warn_about(c, {"storageContainerName"}, "has no effect: nothing is downloaded from this storageUri",
               report);
}

}  // namespace

void check_without_effect(const Service& s, Report& report) {
  warn_about_annotations(s, s.metadata().annotations(), s.annotations_at(), report);
  warn_about_labels(s, report);
  for (const Component& c : s.components()) {
    if (report.full()) return;
    warn_about_annotations(s, c.view.annotations(), c.at / "annotations", report);
    warn_about_component(s, c, report);
    warn_about_storage(s, c, report);
  }
}

}  // namespace modelgate::validation
