// SPDX-License-Identifier: Apache-2.0
//
// `spec.tracing`: the collector's URL, the sampler and its argument.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

void check_tracing(const Service& s, Report& report);
/// The range of the port, and the ratio of samplers that take one.
void check_tracing_values(const Service& s, Report& report);

}  // namespace modelgate::validation
