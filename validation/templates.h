// SPDX-License-Identifier: Apache-2.0
//
// The templates in a runtime's container: what of Go's text/template is understood there.
//
//   {{.Name}} {{.Namespace}} {{.Labels.team}} {{.Annotations.modelFormat}} {{.StorageUri}}
//
// Blanks inside the braces and the trimming marks `{{-` and `-}}` are allowed. Nothing else is: no functions,
// no pipelines, no conditions.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace modelgate::validation {

/// What is wrong with the templates in a text; nothing where there are none.
std::optional<std::string> check_template(std::string_view text);

}  // namespace modelgate::validation
