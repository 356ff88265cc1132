// SPDX-License-Identifier: Apache-2.0
#include "admission/structure.h"

#include <utility>

#include "admission/error_identity.h"
#include "admission/ratchet.h"

namespace modelgate::admission {

Structure check_structure(const spec::Value& object, const spec::schema::Type& type,
                          spec::ErrorFilter* type_errors, spec::ErrorFilter* unknown_fields) {
  Structure found;
  found.type_errors.begin_rule(kTypeRule, false);
  found.type_errors.set_filter(type_errors);
  found.unknown_fields.begin_rule("unknown-field", true);
  found.unknown_fields.set_filter(unknown_fields);
  spec::schema::check_structure(object, type, {}, found.type_errors, &found.unknown_fields);
  return found;
}

spec::FieldErrors new_type_errors(const spec::Value& object, const spec::Value& stored,
                                  const spec::schema::Type& type, std::vector<spec::FieldWarning>& warnings) {
  PreexistingErrors before(stored, type);
  check_structure(stored, type, &before);
  NewErrors filter(before, object, type);
  spec::FieldErrors errors = check_structure(object, type, &filter).type_errors;
  for (spec::FieldWarning& w : filter.take_warnings()) warnings.push_back(std::move(w));
  return errors;
}

}  // namespace modelgate::admission
