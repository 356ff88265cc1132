// SPDX-License-Identifier: Apache-2.0
//
// Errors that rest on the absence of an object. The catalog may lack one that was created a moment ago, so
// such an error denies only after a live list confirmed it. Used by admission.cc.
//
//   need_confirmation(errors, ns, update, facts, needs);
//   // in the next round:
//   if (is_unconfirmed(error, ns, facts)) warnings.push_back(as_warning(error));
#pragma once

#include <string_view>

#include "admission/facts.h"
#include "spec/field.h"

namespace modelgate::admission {

/// Adds the lists that must confirm the errors, unless their facts exist. `ratchets`: some errors may turn out
/// to be pre-existing, so that those count that were dropped from the list.
void need_confirmation(const spec::FieldErrors& errors, std::string_view ns, bool ratchets,
                       const Facts& facts, Needs& needs);

/// True for an error whose list could not be read.
bool is_unconfirmed(const spec::FieldError& error, std::string_view ns, const Facts& facts);

}  // namespace modelgate::admission
