// SPDX-License-Identifier: Apache-2.0
//
// What the API server requires of the fields of a container (field_rules.h): probes, variables, mounts,
// resources, the security context. Names, ports and duplicates have rules of their own (containers.h).
#pragma once

#include <span>

#include "validation/field_rules.h"

namespace modelgate::validation {

std::span<const TypeRules> container_field_rules();

/// `fsGroup`, `runAsUser` and the like: IDs of Linux, of 31 bits.
inline constexpr std::int64_t kMaxId = 2147483647;

}  // namespace modelgate::validation
