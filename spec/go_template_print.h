// SPDX-License-Identifier: Apache-2.0
//
// The functions print, println and printf of templates, and the escapes of HTML. Called by go_template.cc.
#pragma once

#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "spec/go_template_tree.h"

namespace modelgate::spec {

/// As Go's fmt.Sprint shows it; a missing value is "<nil>".
std::string shown_value(const TemplateValue& value);

/// Go's fmt.Sprint: a blank between two values of which none is a text.
std::string print_values(std::span<const TemplateValue> values);
/// Go's fmt.Sprintln: a blank between values, and a line break.
std::string print_line(std::span<const TemplateValue> values);

/// Go's fmt.Sprintf with the verbs %s, %v, %q, %d, %x, %X, %t and %%, the flags '-' and '0', a width and a
/// precision. What Go would mark as wrong in its output is an error. The result has at most `most` bytes and
/// those of one value.
std::expected<std::string, std::string> print_format(std::string_view format,
                                                     std::span<const TemplateValue> values, std::size_t most);

/// As html/template escapes a value in a text.
std::string escape_html(std::string_view text);

}  // namespace modelgate::spec
