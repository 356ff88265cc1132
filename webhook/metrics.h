// SPDX-License-Identifier: Apache-2.0
#pragma once

// The text behind the webhook's /metrics. Used by webhook/main.cc.
//
// controller-runtime's names where it has one, so that dashboards made for KServe work:
// controller_runtime_webhook_ requests_total, _latency_seconds, _requests_in_flight, and
// certwatcher_read_certificate_total and _errors_total; with what both programs show
// (process/process_metrics.h, kube/client_metrics.h). Ours begin with modelgate_.
//
// Collecting sums the threads' counters; it stops nobody.

#include <optional>
#include <string>

#include "http/server.h"
#include "webhook/admission_metrics.h"
#include "webhook/cluster.h"
#include "webhook/status.h"

namespace modelgate::webhook {

// `server` is null until it serves, `cluster` is nothing outside of one.
std::string metrics_text(const http::Server* server, const AdmissionMetrics& admission, const Status& status,
                         const std::optional<ClusterCounts>& cluster);

}  // namespace modelgate::webhook
