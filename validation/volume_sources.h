// SPDX-License-Identifier: Apache-2.0
//
// What the API server requires of the sources of volumes (field_rules.h).
#pragma once

#include <span>

#include "validation/field_rules.h"

namespace modelgate::validation {

std::span<const TypeRules> volume_source_rules();

/// The fields of a Volume that name its source: all but its name.
std::span<const std::string_view> volume_sources();

}  // namespace modelgate::validation
