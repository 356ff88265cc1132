// SPDX-License-Identifier: Apache-2.0
//
// The shape of a denial: field errors as the Status that kubectl prints one line an error of.
#pragma once

#include <string>

#include "admission/review.h"
#include "spec/field.h"

namespace modelgate::admission {

/// 422 Invalid: one line an error in the message, one cause an error in the details. kubectl prints the
/// causes; other clients the message.
Response deny(const Review& review, const spec::FieldErrors& errors);

/// A denial that is about the request and not about a field: 400 BadRequest.
Response deny_request(std::string message);

}  // namespace modelgate::admission
