// SPDX-License-Identifier: Apache-2.0
//
// Targets of autoscaling metrics. Called by autoscaler.cc and scaled_object.cc.
#pragma once

#include <string>
#include <string_view>

#include "spec/json.h"

namespace modelgate::workload {

/// Percent of the CPU request; Kubernetes' and KServe's default.
inline constexpr int kDefaultCpuUtilization = 80;

/// A target's quantity as text; `otherwise` where it is absent or not a quantity.
std::string quantity_text(const spec::Value* quantity, std::string_view otherwise);

}  // namespace modelgate::workload
