// SPDX-License-Identifier: Apache-2.0
//
// The deployment mode: a known one, and the same as long as the service exists.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

void check_deployment_mode_change(const Service& s, Report& report);
void check_deployment_mode_known(const Service& s, Report& report);

}  // namespace modelgate::validation
