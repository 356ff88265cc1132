// SPDX-License-Identifier: Apache-2.0
//
// Environment variables that a container must not set, because they make a server load foreign code.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

void check_blocked_env(const Service& s, Report& report);
/// In canaries, which KServe skips.
void check_blocked_env_everywhere(const Service& s, Report& report);
void check_runtime_blocked_env(const RuntimeObject& r, Report& report);
/// In disabled runtimes and in init containers, which KServe skips.
void check_runtime_blocked_env_everywhere(const RuntimeObject& r, Report& report);

}  // namespace modelgate::validation
