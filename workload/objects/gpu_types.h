// SPDX-License-Identifier: Apache-2.0
//
// The resources that count as accelerators where nodes are placed: KServe's four, those of the configuration
// and, where it is asked for, those of the annotation serving.kserve.io/gpu-resource-types.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "spec/configuration.h"

namespace modelgate::workload {

/// `annotation` is a JSON array of strings; one that is not is as good as absent (validation tells).
std::vector<std::string> gpu_types(const spec::Configuration& configuration,
                                   std::string_view annotation = {});

}  // namespace modelgate::workload
