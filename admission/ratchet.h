// SPDX-License-Identifier: Apache-2.0
//
// Ratcheting: a rule that is newer than an object does not block updates of the object.
//
// It compares errors, not fields. When the new object has errors, the old object is defaulted and validated
// in the same way. An error of the same rule at the same path with the same value is pre-existing and becomes
// a warning. List elements are compared by merge key, so the order of a list does not matter. Rules about a
// change (validation::Ratchet::kTransition) never ratchet.
//
// The idea is Kubernetes' CRD validation ratcheting (KEP-4008), applied to errors instead of schema fields.
#pragma once

#include <string>
#include <vector>

#include "spec/field.h"
#include "spec/schema.h"

namespace modelgate::admission {

struct Ratcheted {
  spec::FieldErrors errors;                  // new with this change
  std::vector<spec::FieldWarning> warnings;  // pre-existing errors
};

/// `type` is the type of both objects.
Ratcheted ratchet(const spec::FieldErrors& errors, const spec::Value& object,
                  const spec::FieldErrors& old_errors, const spec::Value& old_object,
                  const spec::schema::Type& type);

}  // namespace modelgate::admission
