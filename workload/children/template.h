// SPDX-License-Identifier: Apache-2.0
//
// Templates in a runtime's container and in the configuration's host names: the subset of Go's text/template
// that is used there. Called by predictor.cc and host.cc.
//
//   resolve_template("--model_name={{.Name}}", values)      // "--model_name=m"
//
// Supported are the fields .Name, .Namespace, .Labels.key, .Annotations.key, .StorageUri and .IngressDomain,
// blanks within the braces, and the marks `{{-` and `-}}`, which trim the text around them. Anything else is
// an error.
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
  std::optional<std::string_view> storage_uri = std::nullopt;     // absent: the field is an error
  std::optional<std::string_view> ingress_domain = std::nullopt;  // likewise
  /// A missing label or annotation is an error; otherwise it resolves to Go's "<no value>".
  bool strict = true;
  /// Like Go's html/template, which KServe uses for containers: HTML characters are escaped, and a missing
  /// value is empty.
  bool as_html = false;
};

/// The resolved text, or an error message. It shows the template but not the text around it, which may be a
/// secret.
std::expected<std::string, std::string> resolve_template(std::string_view text, const TemplateValues& values);

/// Resolves each string in a value, in place. The first error message, or nullopt.
std::optional<std::string> resolve_templates(spec::Value& value, const TemplateValues& values,
                                             spec::Arena& arena);

}  // namespace modelgate::workload
