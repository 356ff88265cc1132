// SPDX-License-Identifier: Apache-2.0
//
// What a runtime serves: model formats with priorities, and protocols.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// Entries of one format have one priority, where KServe compares them.
void check_priorities_agree(const RuntimeObject& r, Report& report);
/// The same where KServe does not.
void check_priorities_agree_always(const RuntimeObject& r, Report& report);
/// No other runtime has the same format, version and priority.
void check_priorities_differ(const RuntimeObject& r, Report& report);
/// Named, with a priority from 1, and none twice.
void check_formats(const RuntimeObject& r, Report& report);
void check_protocol_versions(const RuntimeObject& r, Report& report);

}  // namespace modelgate::validation
