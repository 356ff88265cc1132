// SPDX-License-Identifier: Apache-2.0
//
// Predictors and runtimes that spread over several nodes: those with a workerSpec.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// KServe checks `model` and the containers of workers, and no custom predictor.
void check_multi_node(const Service& s, Report& report);
/// The form of the annotation gpu-resource-types.
void check_gpu_resource_types(const Service& s, Report& report);

// A disabled runtime is skipped, except by the last.
/// A workerSpec cannot be removed.
void check_worker_spec_stays(const RuntimeObject& r, Report& report);
void check_runtime_multi_node(const RuntimeObject& r, Report& report);
void check_runtime_gpu_resource_types(const RuntimeObject& r, Report& report);

}  // namespace modelgate::validation
