// SPDX-License-Identifier: Apache-2.0
//
// Where Pods may run: tolerations and node selectors.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

void check_tolerations(const Workloads& w, Report& report);
void check_node_selectors(const Workloads& w, Report& report);

}  // namespace modelgate::validation
