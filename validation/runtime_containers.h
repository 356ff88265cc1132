// SPDX-License-Identifier: Apache-2.0
//
// A runtime's serving container, and its labels and annotations.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// One container is named kserve-container.
void check_serving_container(const RuntimeObject& r, Report& report);
void check_runtime_metadata_maps(const RuntimeObject& r, Report& report);

}  // namespace modelgate::validation
