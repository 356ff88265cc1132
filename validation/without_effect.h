// SPDX-License-Identifier: Apache-2.0
//
// The rule without-effect: settings that nothing reads in the mode and with the configuration of the service.
// It only warns.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

void check_without_effect(const Service& s, Report& report);

}  // namespace modelgate::validation
