// SPDX-License-Identifier: Apache-2.0
//
// What the API server requires of affinities, topology spread constraints and label selectors
// (field_rules.h).
#pragma once

#include <span>

#include "validation/field_rules.h"

namespace modelgate::validation {

std::span<const TypeRules> affinity_rules();

}  // namespace modelgate::validation
