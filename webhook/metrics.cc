// SPDX-License-Identifier: Apache-2.0
#include "webhook/metrics.h"

#include <algorithm>
#include <array>
#include <initializer_list>
#include <utility>

#include "kube/client_metrics.h"
#include "process/metric_families.h"
#include "process/process_metrics.h"
#include "webhook/paths.h"

namespace modelgate::webhook {
namespace {

using process::add;
using process::Labels;
using process::MetricFamilies;
using process::MetricType;

using PathCounts = BasicPathCounts<std::uint64_t>;

struct PathRow {
  const char* name;
  const char* help;
  MetricType type;
  std::uint64_t PathCounts::* value;
};

constexpr std::array kPathRows{
    PathRow{"controller_runtime_webhook_requests_in_flight", "Admission requests being answered.",
            MetricType::Gauge, &PathCounts::in_flight},
    PathRow{"modelgate_webhook_denied_total", "Objects denied.", MetricType::Counter, &PathCounts::denied},
    PathRow{"modelgate_webhook_strict_would_deny_total",
            "Objects admitted that validation Strict would have denied.", MetricType::Counter,
            &PathCounts::strict_would_deny},
    PathRow{"modelgate_webhook_lookups_total", "Rounds of lookups for admission.", MetricType::Counter,
            &PathCounts::lookups},
};

Labels webhook_label(std::size_t path) {
  return {{"webhook", std::string(admission_paths()[path].path)}};
}

void add_codes(const AdmissionCounts& counts, MetricFamilies& families) {
  auto& requests = families.begin("controller_runtime_webhook_requests_total",
                                  "Admission requests by HTTP status code.", MetricType::Counter);
  for (std::size_t path = 0; path < admission_paths().size(); ++path) {
    for (std::size_t i = 0; i < kCountedCodes.size(); ++i) {
      const std::uint64_t count = counts.paths[path].codes[i];
      if (count == 0 && kCountedCodes[i] != 200 && kCountedCodes[i] != 500) continue;
      Labels labels = webhook_label(path);
      labels.push_back({"code", std::to_string(kCountedCodes[i])});
      add(requests, std::move(labels), count);
    }
  }
}

void add_latencies(const AdmissionCounts& counts, MetricFamilies& families) {
  auto& latency = families.begin("controller_runtime_webhook_latency_seconds",
                                 "Time from a complete request to its answer.", MetricType::Histogram);
  for (std::size_t path = 0; path < admission_paths().size(); ++path) {
    process::add_histogram(latency, webhook_label(path), counts.paths[path].latencies);
  }
}

void add_webhooks(const AdmissionCounts& counts, MetricFamilies& families) {
  add_codes(counts, families);
  add_latencies(counts, families);
  for (const PathRow& row : kPathRows) {
    auto& family = families.begin(row.name, row.help, row.type);
    for (std::size_t path = 0; path < admission_paths().size(); ++path) {
      add(family, webhook_label(path), counts.paths[path].*row.value);
    }
  }
  families.counter("modelgate_webhook_not_found_total", "Requests with an unknown path.", counts.not_found);
}

struct CountedRow {
  const char* label;
  std::uint64_t value;
};

/// A counter's family with one label.
void add_rows(MetricFamilies& families, std::string_view name, std::string_view help, const char* label,
              std::initializer_list<CountedRow> rows) {
  auto& family = families.begin(name, help, MetricType::Counter);
  for (const CountedRow& row : rows) add(family, {{label, row.label}}, row.value);
}

void add_connections(const http::Server& server, MetricFamilies& families) {
  const http::ServerCounts counts = server.counts();
  families.gauge("modelgate_connections", "Connections open.", server.open_connections());
  families.counter("modelgate_connections_total", "Connections accepted.", counts.connections);
  families.counter("modelgate_accept_errors_total", "Failures of accept(2).", counts.accept_errors);
  families.counter("modelgate_handshake_errors_total", "TLS handshakes that failed.",
                   counts.handshake_failures);
  add_rows(families, "modelgate_connections_rejected_total",
           "Connections over the limit: answered with 429, or closed.", "how",
           {{"answered", counts.turned_away}, {"closed", counts.closed_at_accept}});
  add_rows(families, "modelgate_timeouts_total", "Connections closed at a deadline.", "phase",
           {{"handshake", counts.timeouts_handshake},
            {"header", counts.timeouts_header},
            {"body", counts.timeouts_body},
            {"write", counts.timeouts_write},
            {"idle", counts.timeouts_idle}});
  add_rows(families, "modelgate_http_errors_total", "Requests that were answered before admission.", "code",
           {{"400", counts.bad_requests},
            {"413", counts.bodies_too_large},
            {"431", counts.headers_too_large},
            {"500", counts.handler_errors}});
  add_rows(families, "modelgate_requests_shed_total",
           "Requests refused with 429, or dropped because their client had timed out.", "cause",
           {{"large-bodies", counts.bodies_refused},
            {"in-flight", counts.requests_refused},
            {"client-timeout", counts.given_up}});
}

void add_status(const Status& status, MetricFamilies& families) {
  families.counter("certwatcher_read_certificate_total", "Certificates read.",
                   status.certificate_reads.load());
  families.counter("certwatcher_read_certificate_errors_total", "Certificates read and refused.",
                   status.certificate_errors.load());
  families.gauge("modelgate_certificate_not_after_seconds",
                 "When the certificate in use expires, in seconds since the epoch.",
                 status.certificate_not_after.load());
  families.gauge("modelgate_catalog_generation", "Increases with every change of the catalog.",
                 status.catalog_generation.load());
  families.counter("modelgate_catalog_reloads_total", "Catalogs that came into use.",
                   status.catalog_reloads.load());
  families.counter("modelgate_catalog_errors_total", "Manifests that were refused.",
                   status.catalog_errors.load());
}

void add_certificates(const ClusterCertificateCounts& counts, MetricFamilies& families) {
  families.counter("modelgate_leaf_certificates_total", "Certificates that this replica signed for itself.",
                   counts.leaves);
  families.counter("modelgate_certificate_errors_total",
                   "Failures to read or write the Secret, to sign, or to write caBundle.", counts.errors);
  families.counter("modelgate_ca_rotations_total", "Changes to the CAs by this replica.", counts.rotations);
  families.counter("modelgate_ca_bundle_writes_total", "Writes of caBundle by this replica.",
                   counts.bundle_writes);
  families.gauge("modelgate_ca_not_after_seconds",
                 "When the current CA expires, in seconds since the epoch; 0 if unknown.",
                 counts.ca_not_after);
}

void add_cluster(const ClusterCounts& counts, MetricFamilies& families) {
  families.gauge("modelgate_cluster_connected", "1 while every watch of the catalog is connected.",
                 counts.connected);
  kube::add_watch_metrics(counts.kinds, families);
  families.counter("modelgate_configuration_refused_total", "Configurations that could not be parsed.",
                   counts.configurations_refused);
  kube::add_client_metrics(counts.client, counts.host, families);
  add_rows(families, "modelgate_facts_total", "Facts looked up for admission, by result.", "result",
           {{"present", counts.facts.present},
            {"absent", counts.facts.absent},
            {"unknown", counts.facts.unknown}});
  kube::add_leader_metric(counts.lease, counts.leader, families);
  add_certificates(counts.certificates, families);
}

}  // namespace

std::string metrics_text(const http::Server* server, const AdmissionMetrics& admission, const Status& status,
                         const std::optional<ClusterCounts>& cluster) {
  MetricFamilies families;
  add_webhooks(admission.sum(), families);
  if (server) add_connections(*server, families);
  add_status(status, families);
  if (cluster) add_cluster(*cluster, families);
  process::add_process_metrics("modelgate-webhook", families);
  return families.text();
}

}  // namespace modelgate::webhook
