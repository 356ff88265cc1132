// SPDX-License-Identifier: Apache-2.0
#include "webhook/metrics.h"

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include <sstream>
#include <utility>
#include <vector>

#include "webhook/paths.h"
#include "webhook/process_stats.h"

namespace modelgate::webhook {
namespace {

using prometheus::ClientMetric;
using prometheus::MetricFamily;
using prometheus::MetricType;
using Labels = std::vector<ClientMetric::Label>;

// Families as they are filled, in the order in which they are written.
class Families {
 public:
  MetricFamily& begin(std::string_view name, std::string_view help, MetricType type) {
    MetricFamily family;
    family.name = name;
    family.help = help;
    family.type = type;
    return families_.emplace_back(std::move(family));
  }

  void counter(std::string_view name, std::string_view help, double value) {
    add(begin(name, help, MetricType::Counter), {}, value);
  }
  void gauge(std::string_view name, std::string_view help, double value) {
    add(begin(name, help, MetricType::Gauge), {}, value);
  }

  static void add(MetricFamily& family, Labels labels, double value) {
    ClientMetric metric;
    metric.label = std::move(labels);
    (family.type == MetricType::Counter ? metric.counter.value : metric.gauge.value) = value;
    family.metric.push_back(std::move(metric));
  }

  const std::vector<MetricFamily>& get() const { return families_; }

 private:
  std::vector<MetricFamily> families_;
};

Labels webhook_label(std::size_t path) {
  return {{"webhook", std::string(admission_paths()[path].path)}};
}

ClientMetric histogram(const BasicPathCounts<std::uint64_t>& counts) {
  ClientMetric metric;
  std::uint64_t total = 0;
  for (std::size_t i = 0; i < kLatencyBounds.size(); ++i) {
    total += counts.latencies[i];
    metric.histogram.bucket.push_back({.cumulative_count = total, .upper_bound = kLatencyBounds[i] / 1e6});
  }
  metric.histogram.sample_count = total + counts.latencies.back();
  metric.histogram.sample_sum = static_cast<double>(counts.latency_sum_ns) / 1e9;
  return metric;
}

void add_webhooks(const AdmissionCounts& counts, Families& families) {
  const std::size_t paths = admission_paths().size();
  auto& requests = families.begin("controller_runtime_webhook_requests_total",
                                  "Admission requests by HTTP status code.", MetricType::Counter);
  for (std::size_t path = 0; path < paths; ++path) {
    for (std::size_t i = 0; i < kCountedCodes.size(); ++i) {
      if (counts.paths[path].codes[i] == 0 && kCountedCodes[i] != 200 && kCountedCodes[i] != 500) continue;
      Labels labels = webhook_label(path);
      labels.push_back({"code", std::to_string(kCountedCodes[i])});
      Families::add(requests, std::move(labels), static_cast<double>(counts.paths[path].codes[i]));
    }
  }
  auto& latency = families.begin("controller_runtime_webhook_latency_seconds",
                                 "Time from a request read to its answer made.", MetricType::Histogram);
  for (std::size_t path = 0; path < paths; ++path) {
    latency.metric.push_back(histogram(counts.paths[path]));
    latency.metric.back().label = webhook_label(path);
  }
  const auto each_path = [&](std::string_view name, std::string_view help, MetricType type,
                             std::uint64_t BasicPathCounts<std::uint64_t>::* member) {
    auto& family = families.begin(name, help, type);
    for (std::size_t path = 0; path < paths; ++path) {
      Families::add(family, webhook_label(path), static_cast<double>(counts.paths[path].*member));
    }
  };
  each_path("controller_runtime_webhook_requests_in_flight", "Admission requests being answered.",
            MetricType::Gauge, &BasicPathCounts<std::uint64_t>::in_flight);
  each_path("modelgate_webhook_denied_total", "Objects denied.", MetricType::Counter,
            &BasicPathCounts<std::uint64_t>::denied);
  each_path("modelgate_webhook_strict_would_deny_total",
            "Objects admitted that validation Strict would have denied.", MetricType::Counter,
            &BasicPathCounts<std::uint64_t>::strict_would_deny);
  each_path("modelgate_webhook_lookups_total", "Rounds of live reads that admission asked for.",
            MetricType::Counter, &BasicPathCounts<std::uint64_t>::lookups);
  families.counter("modelgate_webhook_not_found_total", "Requests for a path that there is not.",
                   static_cast<double>(counts.not_found));
}

void add_connections(const Server& server, Families& families) {
  const ServerCounts counts = server.counts();
  const auto number = [](std::uint64_t value) { return static_cast<double>(value); };
  families.gauge("modelgate_connections", "Connections open.", number(server.open_connections()));
  families.counter("modelgate_connections_total", "Connections accepted.", number(counts.connections));
  families.counter("modelgate_accept_errors_total", "Connections that accept(2) failed to give us.",
                   number(counts.accept_errors));
  families.counter("modelgate_handshake_errors_total", "TLS handshakes that failed.",
                   number(counts.handshake_failures));
  struct Row {
    const char* label;
    std::uint64_t value;
  };
  const auto rows = [&](std::string_view name, std::string_view help, const char* label,
                        std::initializer_list<Row> values) {
    auto& family = families.begin(name, help, MetricType::Counter);
    for (const Row& row : values) Families::add(family, {{label, row.label}}, number(row.value));
  };
  rows("modelgate_connections_rejected_total", "Connections over the limit: told so with 429, or closed.",
       "how", {{"answered", counts.turned_away}, {"closed", counts.closed_at_accept}});
  rows("modelgate_timeouts_total", "Deadlines that a client let pass.", "phase",
       {{"handshake", counts.timeouts_handshake},
        {"header", counts.timeouts_header},
        {"body", counts.timeouts_body},
        {"write", counts.timeouts_write},
        {"idle", counts.timeouts_idle}});
  rows("modelgate_http_errors_total", "Requests answered below admission.", "code",
       {{"400", counts.bad_requests},
        {"413", counts.bodies_too_large},
        {"431", counts.headers_too_large},
        {"500", counts.handler_errors}});
  rows("modelgate_requests_shed_total",
       "Requests refused with 429, or dropped since their client had given up.", "cause",
       {{"large-bodies", counts.bodies_refused},
        {"in-flight", counts.requests_refused},
        {"client-timeout", counts.given_up}});
}

void add_status(const Status& status, Families& families) {
  const auto number = [](const auto& value) { return static_cast<double>(value.load()); };
  families.counter("certwatcher_read_certificate_total", "Certificates read.",
                   number(status.certificate_reads));
  families.counter("certwatcher_read_certificate_errors_total", "Certificates read and refused.",
                   number(status.certificate_errors));
  families.gauge("modelgate_certificate_not_after_seconds", "When the certificate in use expires.",
                 number(status.certificate_not_after));
  families.gauge("modelgate_catalog_generation", "Counts up with every change of the catalog.",
                 number(status.catalog_generation));
  families.counter("modelgate_catalog_reloads_total", "Catalogs taken into use.",
                   number(status.catalog_reloads));
  families.counter("modelgate_catalog_errors_total", "Times that manifests were refused.",
                   number(status.catalog_errors));
}

void add_watches(const ClusterCounts& counts, Families& families) {
  const auto each_kind = [&](std::string_view name, std::string_view help, MetricType type, auto value_of) {
    auto& family = families.begin(name, help, type);
    for (const kube::CatalogKindState& kind : counts.kinds) {
      Families::add(family, {{"resource", std::string(kind.plural)}}, static_cast<double>(value_of(kind)));
    }
  };
  families.gauge("modelgate_cluster_connected", "1 while every watch of the catalog is up.",
                 counts.connected);
  each_kind("modelgate_watch_connected", "1 while it is listed or watched.", MetricType::Gauge,
            [](const auto& kind) { return kind.connected; });
  each_kind("modelgate_watch_lists_total", "Times that it was listed anew.", MetricType::Counter,
            [](const auto& kind) { return kind.counts.lists; });
  each_kind("modelgate_watch_starts_total", "Watches begun.", MetricType::Counter,
            [](const auto& kind) { return kind.counts.watches; });
  each_kind("modelgate_watch_events_total", "Changes that a watch told.", MetricType::Counter,
            [](const auto& kind) { return kind.counts.events; });
  each_kind("modelgate_watch_failures_total", "Lists and watches that failed.", MetricType::Counter,
            [](const auto& kind) { return kind.counts.failures; });
}

void add_cluster(const ClusterCounts& counts, Families& families) {
  const auto number = [](const auto& value) { return static_cast<double>(value); };
  add_watches(counts, families);
  families.counter("modelgate_configuration_refused_total", "Configurations that did not parse.",
                   number(counts.configurations_refused));
  auto& requests = families.begin("rest_client_requests_total",
                                  "Calls to the API server; the code <error> is for those without an answer.",
                                  MetricType::Counter);
  for (const auto& [call, count] : counts.client.requests) {
    const std::string code = call.second == 0 ? "<error>" : std::to_string(call.second);
    Families::add(requests, {{"code", code}, {"host", counts.host}, {"method", call.first}}, number(count));
  }
  families.counter("rest_client_request_retries_total", "Calls to the API server sent again.",
                   number(counts.client.retries));
  families.counter("modelgate_client_rate_limited_seconds_total", "Time that calls waited for our own rate.",
                   number(counts.client.rate_limited_microseconds) / 1e6);
  families.counter("modelgate_client_connections_total", "Connections made to the API server.",
                   number(counts.client.connections_opened));
  auto& facts = families.begin("modelgate_facts_total", "Live reads for admission, by what they found.",
                               MetricType::Counter);
  Families::add(facts, {{"result", "present"}}, number(counts.facts.present));
  Families::add(facts, {{"result", "absent"}}, number(counts.facts.absent));
  Families::add(facts, {{"result", "unknown"}}, number(counts.facts.unknown));
  families.gauge("modelgate_leader", "1 on the replica that holds the lease.", counts.leader);
  const ClusterCertificateCounts& certificates = counts.certificates;
  families.counter("modelgate_leaf_certificates_total", "Certificates that this replica made for itself.",
                   number(certificates.leaves));
  families.counter("modelgate_certificate_errors_total",
                   "Failures to read or write the Secret, to sign, or to write caBundle.",
                   number(certificates.errors));
  families.counter("modelgate_ca_rotations_total", "Changes to the CAs by this replica.",
                   number(certificates.rotations));
  families.counter("modelgate_ca_bundle_writes_total", "Times that this replica wrote caBundle.",
                   number(certificates.bundle_writes));
  families.gauge("modelgate_ca_not_after_seconds", "When the CA that signs expires; 0 where it is not known.",
                 number(certificates.ca_not_after));
}

void add_process(Families& families) {
  const ProcessStats stats = process_stats();
  families.counter("process_cpu_seconds_total", "User and system CPU time.", stats.cpu_seconds);
  families.gauge("process_start_time_seconds", "Start, since the epoch.", stats.start_time_seconds);
  families.gauge("process_resident_memory_bytes", "Resident memory.",
                 static_cast<double>(stats.resident_bytes));
  families.gauge("process_virtual_memory_bytes", "Virtual memory.", static_cast<double>(stats.virtual_bytes));
  families.gauge("process_open_fds", "Open file descriptors.", static_cast<double>(stats.open_files));
  families.gauge("process_max_fds", "File descriptors that may be open.",
                 static_cast<double>(stats.max_files));
}

}  // namespace

std::string metrics_text(const Server* server, const AdmissionMetrics& admission, const Status& status,
                         const std::optional<ClusterCounts>& cluster) {
  Families families;
  add_webhooks(admission.sum(), families);
  if (server) add_connections(*server, families);
  add_status(status, families);
  if (cluster) add_cluster(*cluster, families);
  add_process(families);
  std::ostringstream text;
  prometheus::TextSerializer().Serialize(text, families.get());
  return std::move(text).str();
}

}  // namespace modelgate::webhook
