// SPDX-License-Identifier: Apache-2.0
//
// The transformer: a container that changes requests before the predictor and responses after it. Called by
// build_wanted.cc.
#pragma once

#include <optional>

#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// nullopt after a fatal problem was reported.
std::optional<Component> build_transformer(ServiceBuild& build);

}  // namespace modelgate::workload
