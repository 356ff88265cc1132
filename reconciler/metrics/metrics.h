// SPDX-License-Identifier: Apache-2.0
//
// The text of the reconciler's /metrics. Used by program.cc.
//
// Metrics of controller-runtime (controller_runtime_reconcile_total and others) and client-go (workqueue_*), all for
// the controller "inferenceservice"; those of both programs (process/process_metrics.h, kube/client_metrics.h); and
// modelgate_inferenceservice_* for each service (service_measures.h). Services beyond kMaxLabelled are added up
// under kOtherServices.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reconciler/metrics/counts.h"

namespace modelgate::reconciler {

/// The labels `namespace` and `name` of services without their own series. Not a valid name of a service.
inline constexpr std::string_view kOtherServices = "(others)";

/// `counts`: nothing if the reconciler's thread did not answer.
std::string metrics_text(const std::optional<Counts>& counts);

}  // namespace modelgate::reconciler
