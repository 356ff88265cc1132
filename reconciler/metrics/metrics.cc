// SPDX-License-Identifier: Apache-2.0
#include "reconciler/metrics/metrics.h"

#include <algorithm>
#include <utility>

#include "kube/client_metrics.h"
#include "process/metric_families.h"
#include "process/process_metrics.h"

namespace modelgate::reconciler {
namespace {

using process::add;
using process::Labels;
using process::MetricFamilies;
using process::MetricType;

constexpr const char* kController = "inferenceservice";
constexpr std::array<const char*, kReconcileResults> kResults{"success", "requeue_after", "requeue", "error"};

Labels of_controller() {
  return {{"controller", kController}};
}

Labels of_queue() {
  return {{"controller", kController}, {"name", kController}};
}

double seconds(std::chrono::duration<double> time) {
  return time.count();
}

void add_histogram(MetricFamilies& families, std::string_view name, std::string_view help, Labels labels,
                   const auto& histogram) {
  process::add_histogram(families.begin(name, help, MetricType::Histogram), std::move(labels), histogram);
}

void add_reconciles(const Counts& counts, MetricFamilies& families) {
  auto& total =
      families.begin("controller_runtime_reconcile_total", "Reconciles by result.", MetricType::Counter);
  for (std::size_t i = 0; i < kReconcileResults; ++i) {
    add(total, {{"controller", kController}, {"result", kResults[i]}}, counts.results[i]);
  }
  const auto one = [&](std::string_view name, std::string_view help, MetricType type, auto value) {
    add(families.begin(name, help, type), of_controller(), value);
  };
  one("controller_runtime_reconcile_errors_total", "Reconciles that failed.", MetricType::Counter,
      counts.results[static_cast<std::size_t>(ReconcileResult::kError)]);
  one("controller_runtime_reconcile_panics_total", "Reconciles that failed with an internal error.",
      MetricType::Counter, counts.bugs);
  one("controller_runtime_max_concurrent_reconciles", "Workers.", MetricType::Gauge, counts.workers);
  one("controller_runtime_active_workers", "Workers that are reconciling a service.", MetricType::Gauge,
      counts.queue.working);
  add_histogram(families, "controller_runtime_reconcile_time_seconds", "Duration of a reconcile.",
                of_controller(), counts.reconcile_seconds);
  families.counter("modelgate_write_storms_total",
                   "Writes held back because their object was written too often.", counts.write_storms);
}

void add_queue(const Counts& counts, MetricFamilies& families) {
  const auto one = [&](std::string_view name, std::string_view help, MetricType type, auto value) {
    add(families.begin(name, help, type), of_queue(), value);
  };
  one("workqueue_depth", "Services in the queue, due or not.", MetricType::Gauge, counts.queue.depth);
  one("workqueue_adds_total", "Services added to the queue.", MetricType::Counter, counts.queue.adds);
  one("workqueue_retries_total", "Services added to the queue after a failure.", MetricType::Counter,
      counts.queue.retries);
  one("workqueue_unfinished_work_seconds", "Duration of the running reconciles, added up.", MetricType::Gauge,
      seconds(counts.queue.unfinished));
  one("workqueue_longest_running_processor_seconds", "Duration of the longest running reconcile.",
      MetricType::Gauge, seconds(counts.queue.longest_running));
  add_histogram(families, "workqueue_queue_duration_seconds",
                "Time that a service was due before its reconcile started.", of_queue(),
                counts.queue_seconds);
  add_histogram(families, "workqueue_work_duration_seconds", "Duration of a reconcile.", of_queue(),
                counts.work_seconds);
}

Labels of_service(const ServiceKey& key) {
  return {{"namespace", key.ns}, {"name", key.name}};
}

Labels of_rest() {
  return {{"namespace", std::string(kOtherServices)}, {"name", std::string(kOtherServices)}};
}

Labels with(Labels labels, const char* name, std::string value) {
  labels.push_back({name, std::move(value)});
  return labels;
}

void add_phases(const ShownServices& services, MetricFamilies& families) {
  auto& family = families.begin("modelgate_inferenceservice_phase", "1 for the present phase of the service.",
                                MetricType::Gauge);
  for (const auto& [key, service] : services.labelled) {
    if (!service.phase.empty()) add(family, with(of_service(key), "phase", service.phase), 1);
  }
  for (const auto& [phase, count] : services.rest.phases) add(family, with(of_rest(), "phase", phase), count);
}

void add_accelerators(const ShownServices& services, MetricFamilies& families) {
  auto& family = families.begin("modelgate_inferenceservice_accelerators",
                                "Extended resources that its replicas request.", MetricType::Gauge);
  for (const auto& [key, service] : services.labelled) {
    for (const auto& [resource, count] : service.accelerators) {
      add(family, with(of_service(key), "resource", resource), count);
    }
  }
  for (const auto& [resource, count] : services.rest.accelerators) {
    add(family, with(of_rest(), "resource", resource), count);
  }
}

/// Times cannot be added up, so there are none for the other services.
void add_times(const ShownServices& services, MetricFamilies& families, std::string_view name,
               std::string_view help, std::optional<double> ServiceMeasures::* time) {
  auto& family = families.begin(name, help, MetricType::Gauge);
  for (const auto& [key, service] : services.labelled) {
    if (service.*time) add(family, of_service(key), *(service.*time));
  }
}

void add_services(const ShownServices& services, MetricFamilies& families) {
  const auto each = [&](std::string_view name, std::string_view help, auto value_of, auto value_of_rest) {
    auto& family = families.begin(name, help, MetricType::Gauge);
    for (const auto& [key, service] : services.labelled) add(family, of_service(key), service.*value_of);
    if (services.rest.services > 0) add(family, of_rest(), services.rest.*value_of_rest);
  };
  using Rest = ShownServices::Rest;
  each("modelgate_inferenceservice_ready", "1 while the service is Ready.", &ServiceMeasures::ready,
       &Rest::ready);
  add_phases(services, families);
  add_times(services, families, "modelgate_inferenceservice_created_to_ready_seconds",
            "Time from its creation until it was first Ready.", &ServiceMeasures::created_to_ready_seconds);
  add_times(services, families, "modelgate_inferenceservice_model_load_seconds",
            "Time from the start of the newest Pod's first container until the Pod was ready.",
            &ServiceMeasures::model_load_seconds);
  each("modelgate_inferenceservice_replicas_wanted", "Desired Pods.", &ServiceMeasures::replicas_wanted,
       &Rest::replicas_wanted);
  each("modelgate_inferenceservice_replicas_ready", "Pods that are ready.", &ServiceMeasures::replicas_ready,
       &Rest::replicas_ready);
  add_accelerators(services, families);
}

void add_cluster(const Counts& counts, MetricFamilies& families) {
  const bool connected = std::ranges::all_of(counts.kinds, &kube::CatalogKindState::connected);
  families.gauge("modelgate_cluster_connected", "1 while every watch is connected.", connected);
  kube::add_watch_metrics(counts.kinds, families);
  families.gauge("modelgate_catalog_generation", "Increases with every change of the catalog.",
                 counts.catalog_generation);
  families.counter("modelgate_configuration_refused_total", "Configurations that could not be parsed.",
                   counts.configurations_refused);
  kube::add_client_metrics(counts.client, counts.host, families);
  kube::add_leader_metric(counts.lease, counts.leader, families);
}

}  // namespace

std::string metrics_text(const std::optional<Counts>& counts) {
  MetricFamilies families;
  if (counts) {
    add_reconciles(*counts, families);
    add_queue(*counts, families);
    add_cluster(*counts, families);
    add_services(counts->services, families);
  }
  process::add_process_metrics("modelgate-reconciler", families);
  return families.text();
}

}  // namespace modelgate::reconciler
