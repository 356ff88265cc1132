// SPDX-License-Identifier: Apache-2.0
//
// Tolerations for accelerators: nodes with GPUs usually have a taint named after them. Each Pod of a service
// (predictor, canaries, workers, transformer, explainer) gets a toleration `{key: <resource>, operator:
// Exists, effect: NoSchedule}` for each accelerator in its effective resources: the service's, else its
// runtime's, unless a toleration with that key exists. The setting `gpuTolerations` says which resources are
// accelerators, and so does the annotation serving.kserve.io/gpu-resource-types.
//
// A service's list of tolerations replaces its runtime's, as in KServe. Where the service has no list, the
// runtime's tolerations are copied into the new one, and recorded like the rest.
#pragma once

#include "defaulting/pass.h"

namespace modelgate::defaulting {

void add_accelerator_tolerations(Pass& pass);

}  // namespace modelgate::defaulting
