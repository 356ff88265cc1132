// SPDX-License-Identifier: Apache-2.0
//
// Templates in a runtime's container and in the configuration's host names and paths (spec/go_template.h).
// Called by predictor.cc, multi_node.cc and host.cc.
//
//   resolve_template("--model_name={{.Name}}", values)      // "--model_name=m"
//
// Their fields are .Name, .Namespace, .Labels, .Annotations, and .StorageUri or .IngressDomain.
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "spec/go_template.h"
#include "spec/json.h"
#include "workload/children/service_build.h"
#include "workload/objects/string_map.h"

namespace modelgate::workload {

struct TemplateValues {
  std::string_view name;
  std::string_view namespace_;
  const StringMap& labels;
  const StringMap& annotations;
  std::optional<std::string_view> storage_uri = std::nullopt;     // absent: the field is an error
  std::optional<std::string_view> ingress_domain = std::nullopt;  // likewise
  /// See spec::ExpandOptions.
  bool strict = true;
  /// Like KServe, which resolves a container as one JSON text by html/template.
  bool as_html = false;
};

/// The resolved text, or an error message. It shows the template but not the text around it, which may be a
/// secret. Subtracts from `budget`: see spec::GoTemplate.
std::expected<std::string, std::string> resolve_template(std::string_view text, const TemplateValues& values,
                                                         std::size_t& budget);

/// Resolves each string in a value, in place. The first error, with its path in the value, or nullopt.
std::optional<std::string> resolve_templates(spec::Value& value, const TemplateValues& values,
                                             std::size_t& budget, spec::Arena& arena);

/// In a container of the predictor's Pods. All containers of a service share one budget.
std::optional<std::string> resolve_container(ServiceBuild& build, const spec::PredictorView& predictor,
                                             spec::Value& container);

}  // namespace modelgate::workload
