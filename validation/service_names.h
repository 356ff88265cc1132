// SPDX-License-Identifier: Apache-2.0
//
// Names: of the service, of what is named after it, and its labels and annotations.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// KServe's form of it.
void check_service_name(const Service& s, Report& report);
/// What is named after the service is not too long.
void check_derived_names(const Service& s, Report& report);
/// The form of a predictor's own name.
void check_predictor_names(const Service& s, Report& report);
/// Labels and annotations, the components' included.
void check_metadata_maps(const Service& s, Report& report);
/// Only together with the model.
void check_predictor_name_change(const Service& s, Report& report);

}  // namespace modelgate::validation
