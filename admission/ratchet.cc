// SPDX-License-Identifier: Apache-2.0
#include "admission/ratchet.h"

#include <set>
#include <tuple>

#include "admission/realization.h"
#include "validation/validation.h"

namespace modelgate::admission {
namespace {

using Identity = std::tuple<std::string_view, std::string, std::string>;

Identity identity_of(const spec::FieldError& e, const spec::Value& root, const spec::schema::Type& type) {
  // Errors of the builder have the path of a component and no value; their texts distinguish them.
  const std::string& distinction = e.rule == kRealizableRule ? e.detail : e.value;
  return {e.rule, spec::schema::keyed_path(e.path, root, type), distinction};
}

}  // namespace

Ratcheted ratchet(const spec::FieldErrors& errors, const spec::Value& object,
                  const spec::FieldErrors& old_errors, const spec::Value& old_object,
                  const spec::schema::Type& type) {
  std::multiset<Identity> before;
  for (const spec::FieldError& e : old_errors) before.insert(identity_of(e, old_object, type));

  Ratcheted out;
  for (const spec::FieldError& e : errors) {
    const bool ratchets = validation::ratchet_of(e.rule) == validation::Ratchet::kRatchets;
    // Each earlier error matches one error: a second variable of the same name is new.
    const auto it = ratchets ? before.find(identity_of(e, object, type)) : before.end();
    if (it != before.end()) {
      before.erase(it);
      spec::FieldWarning& warning = out.warnings.emplace_back(as_warning(e));
      warning.text += " (pre-existing)";
    } else {
      out.errors.add(e);
    }
  }
  return out;
}

}  // namespace modelgate::admission
