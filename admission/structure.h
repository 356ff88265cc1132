// SPDX-License-Identifier: Apache-2.0
//
// The first check of an object: its JSON types. An object with type errors cannot be read or changed safely,
// so it is denied at once, except where the stored object has the same errors. Used by admission.cc.
//
//   Structure structure = check_structure(object, type);
//   if (!structure.type_errors.empty()) return deny(review, structure.type_errors);
#pragma once

#include <vector>

#include "spec/field.h"
#include "spec/json.h"
#include "spec/schema.h"

namespace modelgate::admission {

struct Structure {
  spec::FieldErrors type_errors;
  /// They are reported with the errors of the rules.
  spec::FieldErrors unknown_fields;
};

/// The filters see the errors; see spec::ErrorFilter.
Structure check_structure(const spec::Value& object, const spec::schema::Type& type,
                          spec::ErrorFilter* type_errors = nullptr,
                          spec::ErrorFilter* unknown_fields = nullptr);

/// The type errors that the stored object does not have. The others become warnings: an object that was
/// stored under another CRD can still be updated.
spec::FieldErrors new_type_errors(const spec::Value& object, const spec::Value& stored,
                                  const spec::schema::Type& type, std::vector<spec::FieldWarning>& warnings);

}  // namespace modelgate::admission
