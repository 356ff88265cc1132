// SPDX-License-Identifier: Apache-2.0
//
// The templates in a runtime's container: the supported part of Go's text/template.
//
//   {{.Name}} {{.Namespace}} {{.Labels.team}} {{.Annotations.modelFormat}} {{.StorageUri}}
//
// Blanks inside the braces and the trim markers `{{-` and `-}}` are allowed. Functions, pipelines and
// conditions are not.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// What is wrong with the templates in a text, if anything.
std::optional<std::string> check_template(std::string_view text);

/// In the fields of `model`.
void check_model_templates(const Service& s, Report& report);
/// In the containers whose templates are resolved.
void check_runtime_templates(const RuntimeObject& r, Report& report);

}  // namespace modelgate::validation
