// SPDX-License-Identifier: Apache-2.0
//
// The templates in a runtime's container, and in those of a service that are merged with it: names and form
// (spec/go_template.h). Whether the service has the labels and annotations is found when it is built.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// What is wrong with the templates in a text, if anything.
std::optional<std::string> check_template(std::string_view text);

/// In the fields of `model`, and in the transformer and worker containers that are merged with the runtime's.
void check_model_templates(const Service& s, Report& report);
/// In the containers whose templates are resolved.
void check_runtime_templates(const RuntimeObject& r, Report& report);

}  // namespace modelgate::validation
