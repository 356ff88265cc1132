// SPDX-License-Identifier: Apache-2.0
#include "workload/pods/metrics.h"

#include "workload/objects/annotations.h"
#include "workload/objects/object_builder.h"

namespace modelgate::workload {
namespace {

constexpr std::string_view kServerPort = "8080";
constexpr std::string_view kPath = "/metrics";
constexpr std::string_view kQueueProxyPort = "9091";
constexpr std::string_view kAggregatePort = "9088";
constexpr std::int64_t kAggregatePortNumber = 9088;
constexpr std::string_view kAggregatePortName = "aggr-metric";

/// The annotation's value; if it is absent, the configured value, which is written into the annotation.
std::string_view setting(PodPass& pass, std::string_view name, std::string_view configured) {
  if (const auto value = pass.annotation(name)) return *value;
  if (!configured.empty()) pass.set_annotation(name, configured);
  return configured;
}

void aggregate_in(PodPass& pass, const spec::FieldPath& queue_proxy) {
  pass.set_env(queue_proxy, "KSERVE_CONTAINER_PROMETHEUS_METRICS_PORT",
               pass.annotation(annotation::kContainerMetricsPort).value_or(kServerPort));
  pass.set_env(queue_proxy, "KSERVE_CONTAINER_PROMETHEUS_METRICS_PATH",
               pass.annotation(annotation::kContainerMetricsPath).value_or(kPath));
  pass.set_env(queue_proxy, "AGGREGATE_PROMETHEUS_METRICS_PORT", kAggregatePort);
  for (const spec::ContainerPortView port : pass.container_at(queue_proxy).ports()) {
    if (port.name() == kAggregatePortName) return;
  }
  pass.edit.append(queue_proxy / "ports", ObjectBuilder(pass.arena())
                                              .text("name", kAggregatePortName)
                                              .number("containerPort", kAggregatePortNumber)
                                              .text("protocol", "TCP")
                                              .take());
}

void set_missing(PodPass& pass, std::string_view name, std::string_view value) {
  if (!pass.annotation(name)) pass.set_annotation(name, value);
}

/// Without queue-proxy, the server itself is scraped. By default only if its runtime says where: a target that
/// does not answer is noise.
void scrape_server(PodPass& pass, std::string_view configured) {
  const auto port = pass.annotation(annotation::kContainerMetricsPort);
  if (!pass.annotation(annotation::kPrometheusScraping) && configured == "true" && !port) return;
  if (setting(pass, annotation::kPrometheusScraping, configured) != "true") return;
  set_missing(pass, annotation::kPrometheusScrape, "true");
  set_missing(pass, annotation::kPrometheusPort, port.value_or(kServerPort));
  set_missing(pass, annotation::kPrometheusPath,
              pass.annotation(annotation::kContainerMetricsPath).value_or(kPath));
}

}  // namespace

void aggregate_metrics(PodPass& pass) {
  const spec::MetricsAggregatorConfiguration& configured = pass.configuration.metrics_aggregator;
  const bool aggregate =
      setting(pass, annotation::kMetricAggregation, configured.enable_metric_aggregation) == "true";
  const auto queue_proxy = pass.find_container("containers", container::kQueueProxy);
  if (aggregate && queue_proxy) aggregate_in(pass, *queue_proxy);
  // KServe names queue-proxy's port even if there is none.
  if (pass.strict() && !queue_proxy) return scrape_server(pass, configured.enable_prometheus_scraping);
  if (setting(pass, annotation::kPrometheusScraping, configured.enable_prometheus_scraping) != "true") return;
  pass.set_annotation(annotation::kPrometheusPort, aggregate ? kAggregatePort : kQueueProxyPort);
  pass.set_annotation(annotation::kPrometheusPath, kPath);
}

}  // namespace modelgate::workload
