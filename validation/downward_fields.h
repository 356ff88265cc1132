// SPDX-License-Identifier: Apache-2.0
//
// The fields of a Pod, and the resources of a container, that a variable or a file may have as its value.
//
//   check_field_ref(source.object("fieldRef"), FieldUser::kVariable, at / "fieldRef", report);
#pragma once

#include <cstdint>

#include "spec/view.h"
#include "validation/lazy_path.h"
#include "validation/report.h"

namespace modelgate::validation {

enum class FieldUser : std::uint8_t { kVariable, kVolume };

/// An ObjectFieldSelector; an absent one is valid.
void check_field_ref(const spec::ObjectView& ref, FieldUser user, const LazyPath& at, Report& report);
/// A ResourceFieldSelector.
void check_resource_ref(const spec::ObjectView& ref, FieldUser user, const LazyPath& at, Report& report);

}  // namespace modelgate::validation
