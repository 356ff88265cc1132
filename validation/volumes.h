// SPDX-License-Identifier: Apache-2.0
//
// Volumes and their mounts.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

void check_volumes(const Workloads& w, Report& report);
/// Valid paths, and none twice.
void check_mounts(const Workloads& w, Report& report);

/// Services only: a runtime's mount may use a volume of the service.
void check_mounts_have_volumes(const Service& s, Report& report);

}  // namespace modelgate::validation
