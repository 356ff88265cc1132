// SPDX-License-Identifier: Apache-2.0
//
// The part of Go's text/template that runtimes and the configuration of KServe use. Called by
// workload/children/template.cc and validation/templates.cc.
//
//   --model_name={{.Name}}
//   {{index .Annotations `served-name`}}
//   {{or .Labels.tier "small"}}   {{if eq .Namespace "test"}}--debug{{else}}--quiet{{end}}
//   {{with .Annotations.owner}}--owner={{.}}{{end}}   {{- /* comment */ -}}
//   {{$n := .Name | printf "%.20s"}}{{$n}}
//
// Supported are fields, variables, integers, texts in double quotes and backquotes, pipelines, parentheses,
// if, with, else, comments, trim markers, and the functions of kFunctions (go_template_parser.cc). Everything
// else is an error: loops and templates within templates, so that the work is linear in the text.
//
//   const auto tree = GoTemplate::parse(text, dialect);
//   std::size_t budget = kMaxExpandedBytes;
//   const auto expanded = tree->expand(data, {.as_html = true}, budget);
#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "spec/go_template_parser.h"
#include "spec/go_template_tree.h"

namespace modelgate::spec {

/// All texts that the templates of one service produce or compare. An object with more cannot be stored:
/// etcd's limit is 1.5 MiB.
inline constexpr std::size_t kMaxExpandedBytes = 1024 * 1024;

/// The root's fields.
using TemplateData = std::vector<std::pair<std::string_view, TemplateValue>>;

struct ExpandOptions {
  /// A missing label or annotation is an error where its value is written. Otherwise it is "<no value>", or
  /// empty `as_html`. The function index has an empty text for a missing key in any case, as in Go.
  bool strict = true;
  /// Like Go's html/template, which KServe uses for containers: HTML characters in values are escaped.
  bool as_html = false;
};

class GoTemplate {
 public:
  /// `text` must outlive the template. An error names the action and the position, and shows nothing of the
  /// text around it, which may be a secret.
  static std::expected<GoTemplate, std::string> parse(std::string_view text, const TemplateDialect& dialect);

  /// Subtracts what it produces from `budget`; an error if that is not enough.
  std::expected<std::string, std::string> expand(const TemplateData& data, const ExpandOptions& options,
                                                 std::size_t& budget) const;

 private:
  GoTemplate(std::string_view text, TemplateTree tree) : text_(text), tree_(std::move(tree)) {}

  std::string_view text_;
  TemplateTree tree_;
};

}  // namespace modelgate::spec
