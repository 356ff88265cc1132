// SPDX-License-Identifier: Apache-2.0
//
// The predictor, stable or canary: a runtime's container merged with the service's, or the service's own
// containers. Called by build_wanted.cc.
#pragma once

#include <optional>

#include "spec/inference_service.h"
#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// `path` is where the predictor is in the service. nullopt after a fatal problem was reported. Sets
/// `wanted.runtime` for the first predictor, which is the stable one.
std::optional<Component> build_predictor(ServiceBuild& build, const spec::PredictorView& predictor,
                                         const spec::FieldPath& path);

/// True for a predictor without a model of its own: TrainedModels provide its models.
bool serves_many_models(const spec::PredictorView& predictor);

}  // namespace modelgate::workload
