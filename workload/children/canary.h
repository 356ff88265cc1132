// SPDX-License-Identifier: Apache-2.0
//
// Canaries in Standard mode: each is the stable predictor with the canary's fields merged over it. Called by
// build_wanted.cc and versions.cc.
#pragma once

#include <cstdint>

#include "spec/inference_service.h"

namespace modelgate::workload {

/// The canary's predictor. It does not inherit workers and settings of the autoscaler.
spec::Value canary_predictor(const spec::CanaryView& canary, const spec::PredictorView& stable,
                             spec::Arena& arena);

/// The canary's own `minReplicas`, else its share of the stable predictor's, rounded up.
std::int64_t canary_replicas(const spec::CanaryView& canary, const spec::PredictorView& stable);

}  // namespace modelgate::workload
