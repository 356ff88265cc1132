// SPDX-License-Identifier: Apache-2.0
//
// A JSON value as YAML, the way `kubectl -o yaml` prints it, but for two things that make a diff readable:
// the members keep their order, and long lines are not folded.
//
//   fmt::print("{}", to_yaml(value));
//
// A list stands at the indentation of its key; text of several lines is a literal block; a string that would
// read as something else (`yes`, `1.10`, `2024-01-01`) is in double quotes, one that YAML's syntax does not
// allow bare is in single quotes.
//
// What it writes, yaml/yaml.h reads back as the same value. Used by cli/.
#pragma once

#include <string>
#include <string_view>

#include "spec/json.h"

namespace modelgate::yaml {

/// Ends with a line feed.
std::string to_yaml(const spec::Value& value);

/// One string as a YAML scalar on one line: `text`, `'a: b'`, `"yes"`, `"a\nb"`.
std::string yaml_scalar(std::string_view text);

}  // namespace modelgate::yaml
