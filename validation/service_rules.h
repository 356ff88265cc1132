// SPDX-License-Identifier: Apache-2.0
//
// The table of rules about InferenceServices. Each rule is declared in the header of its subject.
#pragma once

#include <span>

#include "validation/rules.h"

namespace modelgate::validation {

std::span<const Rule<Service>> service_rules();

}  // namespace modelgate::validation
