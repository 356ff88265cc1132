// SPDX-License-Identifier: Apache-2.0
//
// Metrics of the API server's client, with client-go's names where they exist: rest_client_requests_total,
// rest_client_request_retries_total, leader_election_master_status. Rate limit, connections and watches have
// our own names. Used by webhook/metrics.cc and reconciler/metrics/metrics.cc.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "kube/catalog_watch.h"
#include "kube/client/client.h"
#include "process/metric_families.h"

namespace modelgate::kube {

/// `host` is the API server's host and port.
void add_client_metrics(const ClientCounts& counts, const std::string& host,
                        process::MetricFamilies& families);

/// modelgate_watch_*, by resource.
void add_watch_metrics(std::span<const CatalogKindState> kinds, process::MetricFamilies& families);

/// `lease` is the name of the Lease.
void add_leader_metric(const std::string& lease, bool is_leader, process::MetricFamilies& families);

}  // namespace modelgate::kube
