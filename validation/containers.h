// SPDX-License-Identifier: Apache-2.0
//
// Containers: their names, images, environment and ports.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// Valid, and no two alike in a Pod.
void check_container_names(const Workloads& w, Report& report);
/// Valid names, and one source for each value.
void check_env(const Workloads& w, Report& report);
/// No variable twice.
void check_env_once(const Workloads& w, Report& report);
/// Valid, and none twice.
void check_ports(const Workloads& w, Report& report);

/// Valid, and there where no runtime can provide it.
void check_images(const Service& s, Report& report);
void check_runtime_images(const RuntimeObject& r, Report& report);
/// Valid, and there.
void check_container_images(const Workloads& w, Report& report);

}  // namespace modelgate::validation
