// SPDX-License-Identifier: Apache-2.0
//
// A predictor of several nodes: a head and its workers, which share one model by pipeline and tensor
// parallelism. Called by predictor.cc.
#pragma once

#include "spec/catalog.h"
#include "spec/inference_service.h"
#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// Sets `component.workers`, and completes the head's container. False after a fatal problem was reported.
bool add_workers(ServiceBuild& build, const spec::PredictorView& predictor, const spec::Runtime& runtime,
                 Component& component);

}  // namespace modelgate::workload
