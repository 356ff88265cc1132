// SPDX-License-Identifier: Apache-2.0
//
// What the API server requires of parts of a Pod that belong together: claims, devices, host ports, init
// containers. A part of the rule pod-fields (pod_fields.h).
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// Checks that concern only what is there, and the others where the Pod is complete.
void check_consistency(const Workloads& workloads, Report& report);

}  // namespace modelgate::validation
