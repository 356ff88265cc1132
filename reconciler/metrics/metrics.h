// SPDX-License-Identifier: Apache-2.0
//
// The text behind the reconciler's /metrics. Used by reconciler/main.cc.
//
// controller-runtime's names (controller_runtime_reconcile_total and the like) and client-go's (workqueue_*),
// all for the controller "inferenceservice"; what both programs show (process/process_metrics.h,
// kube/client_metrics.h); and of each service modelgate_inferenceservice_* (service_measures.h), the
// services beyond kMaxLabelled added up under kOtherServices.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "reconciler/metrics/counts.h"

namespace modelgate::reconciler {

/// The labels `namespace` and `name` of the services that have no series of their own. None can be called so.
inline constexpr std::string_view kOtherServices = "(others)";

/// `counts` is nothing where the reconciler's thread did not answer.
std::string metrics_text(const std::optional<Counts>& counts);

}  // namespace modelgate::reconciler
