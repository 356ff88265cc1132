// SPDX-License-Identifier: Apache-2.0
//
// Annotations that could configure the cluster's ingress controller or load balancer
// (spec/denied_annotations.h).
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// Of the service and of its components.
void check_denied_annotations(const Service& s, Report& report);
/// Of a runtime: its Services get them.
void check_denied_runtime_annotations(const RuntimeObject& r, Report& report);

}  // namespace modelgate::validation
