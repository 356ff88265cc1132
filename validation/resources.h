// SPDX-License-Identifier: Apache-2.0
//
// Requests and limits: valid quantities, valid resource names, no limit below its request.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// They parse.
void check_quantities(const Workloads& w, Report& report);
void check_resource_names(const Workloads& w, Report& report);
void check_limits(const Workloads& w, Report& report);

/// A model's container is merged with its runtime's: a limit in one is compared with the request in the
/// other.
void check_limits_against_runtime(const Service& s, Report& report);

}  // namespace modelgate::validation
