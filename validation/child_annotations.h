// SPDX-License-Identifier: Apache-2.0
//
// The rule child-annotations: annotations that are copied to the objects of a service, and with which the API
// server rejects an Ingress, a Service or a Pod.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

void check_child_annotations(const Service& s, Report& report);
/// Those of a runtime's `spec.annotations`.
void check_runtime_child_annotations(const RuntimeObject& r, Report& report);

}  // namespace modelgate::validation
