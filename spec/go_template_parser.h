// SPDX-License-Identifier: Apache-2.0
//
// From a template's text to its tree. Names of fields, functions and variables, and the number of arguments,
// are checked here. Called by go_template.cc.
#pragma once

#include <expected>
#include <span>
#include <string_view>

#include "spec/go_template_tree.h"

namespace modelgate::spec {

/// A field of the root.
struct TemplateField {
  std::string_view name;
  bool is_map = false;
};

struct TemplateDialect {
  std::span<const TemplateField> fields;
  /// KServe parses a container as one JSON text, in which a double quote is `\"`: a text in double quotes is
  /// an error.
  bool in_json = false;
};

/// Levels of blocks, parentheses and pipelines. Templates have two or three.
inline constexpr std::size_t kMaxTemplateDepth = 32;
/// Tokens of one template. A long one has a few dozen; each takes about 200 bytes.
inline constexpr std::size_t kMaxTemplateTokens = 4096;

std::expected<TemplateTree, TemplateError> parse_template_tree(std::string_view text,
                                                               const TemplateDialect& dialect);

}  // namespace modelgate::spec
