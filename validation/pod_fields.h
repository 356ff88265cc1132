// SPDX-License-Identifier: Apache-2.0
//
// The rule pod-fields: what the API server requires of all fields of Pods that have no rule of their own.
// Its tables are here and in container_fields.cc, volume_sources.cc and affinity.cc; pod_consistency.cc has
// what concerns several parts of a Pod.
#pragma once

#include "validation/field_rules.h"
#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

void check_pod_fields(const Workloads& workloads, Report& report);

}  // namespace modelgate::validation
