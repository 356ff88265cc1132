// SPDX-License-Identifier: Apache-2.0
//
// The resources that count as accelerators of multi-node predictors: KServe's four, the configured ones, and
// those of the annotation serving.kserve.io/gpu-resource-types. Called by children/multi_node.cc.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/configuration.h"

namespace modelgate::workload {

/// `annotation` is a JSON array of strings. A malformed one is ignored here; validation reports it.
std::vector<std::string> gpu_types(const spec::Configuration& configuration,
                                   std::string_view annotation = {});

}  // namespace modelgate::workload
