// SPDX-License-Identifier: Apache-2.0
//
// The types of serving.kserve.io as in KServe v0.21, and the two legacy spellings that our CRD admits:
// `spec.canary` as an object, and `spec.canaryTrafficPercent`.
#pragma once

#include "spec/schema.h"

namespace modelgate::spec::schema {

extern const Type kInferenceService;
extern const Type kServingRuntime;  // and ClusterServingRuntime
extern const Type kClusterStorageContainer;

}  // namespace modelgate::spec::schema
