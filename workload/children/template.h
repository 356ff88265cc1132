// SPDX-License-Identifier: Apache-2.0
//
// Templates in a runtime's container, and those of host names: what of Go's text/template is used there.
//
//   resolve_template("--model_name={{.Name}}", values)      // "--model_name=m"
//
// Fields are .Name, .Namespace, .Labels.key, .Annotations.key, .StorageUri and .IngressDomain; blanks within
// the braces and the marks `{{-` and `-}}`, which trim the text around them, are understood. Nothing else is.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "spec/json.h"
#include "workload/objects/string_map.h"

namespace modelgate::workload {

struct TemplateValues {
  std::string_view name;
  std::string_view namespace_;
  const StringMap& labels;
  const StringMap& annotations;
  std::optional<std::string_view> storage_uri = std::nullopt;     // absent: the field is not known
  std::optional<std::string_view> ingress_domain = std::nullopt;  // likewise
  /// A label or annotation that is not there is an error; else it gives Go's "<no value>".
  bool strict = true;
  /// As Go's html/template writes it, by which KServe resolves containers: signs of HTML are escaped, and
  /// what is not there is empty.
  bool as_html = false;
};

/// The text, or what is wrong with it: a text in lower case that shows the template and not what surrounds
/// it, which may be a secret.
std::expected<std::string, std::string> resolve_template(std::string_view text, const TemplateValues& values);

/// Resolves every string in a value, in place. The first problem, or nothing.
std::optional<std::string> resolve_templates(spec::Value& value, const TemplateValues& values,
                                             spec::Arena& arena);

}  // namespace modelgate::workload
