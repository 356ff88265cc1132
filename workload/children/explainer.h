// SPDX-License-Identifier: Apache-2.0
//
// The explainer: KServe's ART server, or a container of the service's own. Called by build_wanted.cc.
#pragma once

#include <optional>

#include "workload/children/component.h"
#include "workload/children/service_build.h"

namespace modelgate::workload {

/// nullopt after a fatal problem was reported.
std::optional<Component> build_explainer(ServiceBuild& build);

}  // namespace modelgate::workload
