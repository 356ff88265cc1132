// SPDX-License-Identifier: Apache-2.0
//
// Environment variables that a container may not set, since they make a serving program load foreign code.
#pragma once

#include "validation/rules.h"

namespace modelgate::validation {

bool is_blocked_env(std::string_view name);

/// Reports each blocked variable of one container.
void check_blocked_env_of(const Container& container, Report& report);

}  // namespace modelgate::validation
