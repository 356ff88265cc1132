// SPDX-License-Identifier: Apache-2.0
//
// The text of the webhook's /metrics. Used by program.cc.
//
// Names are controller-runtime's if it has one, so that dashboards for KServe work:
// controller_runtime_webhook_requests_total, _latency_seconds, _requests_in_flight, and
// certwatcher_read_certificate_total and _errors_total; others begin with modelgate_. Metrics of both programs are in
// process/process_metrics.h and kube/client_metrics.h.
//
// The threads' counters are added up without stopping the threads.
#pragma once

#include <optional>
#include <string>

#include "http/server.h"
#include "webhook/admission_metrics.h"
#include "webhook/cluster.h"
#include "webhook/status.h"

namespace modelgate::webhook {

/// `server`: null until it serves. `cluster`: nothing outside of a cluster.
std::string metrics_text(const http::Server* server, const AdmissionMetrics& admission, const Status& status,
                         const std::optional<ClusterCounts>& cluster);

}  // namespace modelgate::webhook
