// SPDX-License-Identifier: Apache-2.0
//
// The meaning of an unquoted YAML word: `yes` is true, `0o17` is 15, `1_000` is 1000, `1.10` is a number and
// `1.1.0` is text. The rules are those of go-yaml v2, which kubectl uses: YAML 1.1 with exceptions (no base
// 60, dates stay text). The reader (yaml/yaml.h) and the writer (yaml/yaml_writer.h) share them, so that the
// writer quotes every string that would be read as something else.
//
//   resolve_scalar("on").kind == YamlScalar::Kind::kBool
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace modelgate::yaml {

struct YamlScalar {
  enum class Kind : std::uint8_t { kNull, kBool, kInt, kUint, kFloat, kString };

  Kind kind = Kind::kString;
  bool boolean = false;
  std::int64_t integer = 0;
  std::uint64_t unsigned_integer = 0;  // kUint: larger than an int64
  double real = 0;                     // may be infinite or NaN, which JSON does not have
};

/// The meaning of a plain scalar without a tag. kString: the text itself.
YamlScalar resolve_scalar(std::string_view text);

/// The shortest text that reads back as this finite double, in the form of Go's encoding/json.
std::string json_number(double value);

/// The text of a number that is the key of a map: shortest in single precision, `1e+06` from a million.
std::string key_of_real(double value);

}  // namespace modelgate::yaml
