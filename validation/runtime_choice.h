// SPDX-License-Identifier: Apache-2.0
//
// The model's format, and the runtime that the service names. An error rests on what the catalog has. What
// the catalog lacks may exist since a moment ago, so that it is a warning. A format that differs from a known
// one by a typing error is an error.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

void check_model_format(const Service& s, Report& report);
void check_named_runtime(const Service& s, Report& report);

}  // namespace modelgate::validation
