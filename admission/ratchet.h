// SPDX-License-Identifier: Apache-2.0
//
// Ratcheting: a rule that came later than an object does not block the object's owner.
//
// It is a difference of errors, not of fields. When a new object has errors, the old one is defaulted and
// validated in the same way; an error that both have, by the same rule at the same place with the same
// value, was there before and becomes a warning. Places are compared by merge key, so that a container that
// moved in its list is still the same one. Rules about a change (validation::Ratchet::kTransition) never
// ratchet.
//
// The idea is Kubernetes' CRD validation ratcheting (KEP-4008), with errors in place of schema fields.
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

/// `type` is that of both objects.
Ratcheted ratchet(const spec::FieldErrors& errors, const spec::Value& object,
                  const spec::FieldErrors& old_errors, const spec::Value& old_object,
                  const spec::schema::Type& type);

}  // namespace modelgate::admission
