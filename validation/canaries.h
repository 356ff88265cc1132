// SPDX-License-Identifier: Apache-2.0
//
// Canaries: `spec.canary`, further versions of the predictor, each with a share of the requests.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// A list, in Standard mode, beside a predictor with a model.
void check_canary_form(const Service& s, Report& report);
/// Names, shares and replicas.
void check_canaries(const Service& s, Report& report);

}  // namespace modelgate::validation
