// SPDX-License-Identifier: Apache-2.0
//
// The response of a denial: field errors as a Status, which kubectl prints with one line for each error.
#pragma once

#include <string>

#include "admission/review.h"
#include "spec/field.h"

namespace modelgate::admission {

/// 422 Invalid, with a line in the message and a cause in the details for each error. kubectl prints the
/// causes, other clients the message. The audit annotation `denied-by` lists the rules.
Response deny(const Review& review, const spec::FieldErrors& errors);

/// 400 BadRequest: the request is invalid, not a field.
Response deny_request(std::string message);

}  // namespace modelgate::admission
