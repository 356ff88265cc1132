// SPDX-License-Identifier: Apache-2.0
#include "kube/client_metrics.h"

namespace modelgate::kube {

using process::MetricFamilies;
using process::MetricType;

void add_client_metrics(const ClientCounts& counts, const std::string& host, MetricFamilies& families) {
  auto& requests = families.begin("rest_client_requests_total",
                                  "Calls to the API server. The code <error> counts calls without an answer.",
                                  MetricType::Counter);
  for (const auto& [call, count] : counts.requests) {
    const std::string code = call.second == 0 ? "<error>" : std::to_string(call.second);
    process::add(requests, {{"code", code}, {"host", host}, {"method", call.first}}, count);
  }
  families.counter("rest_client_request_retries_total", "Retried calls to the API server.", counts.retries);
  families.counter("modelgate_client_rate_limited_seconds_total",
                   "Time that calls waited for the client's rate limit.",
                   static_cast<double>(counts.rate_limited_microseconds) / 1e6);
  families.counter("modelgate_client_connections_total", "Connections opened to the API server.",
                   counts.connections_opened);
}

void add_watch_metrics(std::span<const CatalogKindState> kinds, MetricFamilies& families) {
  const auto each_kind = [&](std::string_view name, std::string_view help, MetricType type, auto value_of) {
    auto& family = families.begin(name, help, type);
    for (const CatalogKindState& kind : kinds) {
      process::add(family, {{"resource", std::string(kind.plural)}}, value_of(kind));
    }
  };
  each_kind("modelgate_watch_connected", "1 while the resource is listed or watched.", MetricType::Gauge,
            [](const auto& kind) { return kind.connected; });
  each_kind("modelgate_watch_lists_total", "Lists started.", MetricType::Counter,
            [](const auto& kind) { return kind.counts.lists; });
  each_kind("modelgate_watch_starts_total", "Watches started.", MetricType::Counter,
            [](const auto& kind) { return kind.counts.watches; });
  each_kind("modelgate_watch_events_total", "Watch events received.", MetricType::Counter,
            [](const auto& kind) { return kind.counts.events; });
  each_kind("modelgate_watch_failures_total", "Failed lists and watches.", MetricType::Counter,
            [](const auto& kind) { return kind.counts.failures; });
}

void add_leader_metric(const std::string& lease, bool is_leader, MetricFamilies& families) {
  auto& family = families.begin("leader_election_master_status", "1 on the replica that holds the lease.",
                                MetricType::Gauge);
  process::add(family, {{"name", lease}}, is_leader);
}

}  // namespace modelgate::kube
