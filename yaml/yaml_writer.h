// SPDX-License-Identifier: Apache-2.0
//
// A JSON value as YAML, as `kubectl -o yaml` prints it, with two exceptions that make a diff readable:
// members retain their order, and long lines are not folded.
//
//   fmt::print("{}", to_yaml(value));
//
// A list has the indentation of its key. Text of several lines is a literal block. A string that would be
// read as something else (`yes`, `1.10`, `2024-01-01`) is in double quotes, a string that YAML does not allow
// without quotes is in single quotes.
//
// yaml/yaml.h reads the output back as the same value. Used by cli/.
#pragma once

#include <string>
#include <string_view>

#include "spec/json_value.h"

namespace modelgate::yaml {

/// Ends with a line feed.
std::string to_yaml(const spec::Value& value);

/// One string as a YAML scalar on one line: `text`, `'a: b'`, `"yes"`, `"a\nb"`.
std::string yaml_scalar(std::string_view text);

}  // namespace modelgate::yaml
