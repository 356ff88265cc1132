// SPDX-License-Identifier: Apache-2.0
#pragma once

// The text behind /metrics: Prometheus' format 0.0.4, written by prometheus-cpp's core. Used by
// webhook/probes.cc.
//
// controller-runtime's names where it has one, so that dashboards made for KServe work:
// controller_runtime_webhook_ requests_total, _latency_seconds, _requests_in_flight,
// certwatcher_read_certificate_total and _errors_total, process_*, and client-go's
// rest_client_requests_total. Ours begin with modelgate_.
//
// Collecting sums the threads' counters; it stops nobody.

#include <optional>
#include <string>

#include "webhook/admission_metrics.h"
#include "webhook/cluster.h"
#include "webhook/server.h"
#include "webhook/status.h"

namespace modelgate::webhook {

inline constexpr std::string_view kMetricsContentType = "text/plain; version=0.0.4; charset=utf-8";

// `server` is null until it serves, `cluster` is nothing outside of one.
std::string metrics_text(const Server* server, const AdmissionMetrics& admission, const Status& status,
                         const std::optional<ClusterCounts>& cluster);

}  // namespace modelgate::webhook
