// SPDX-License-Identifier: Apache-2.0
//
// Where two documents differ, for tests that compare whole objects.
//
//   EXPECT_EQ(first_difference(expected, actual), "") << ...
//   // spec.template.spec.containers[0].image: expected "a", got "b"
#pragma once

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <string_view>

#include "spec/json.h"

namespace modelgate::spec {

/// The path of the first difference with both values, each shortened to 200 characters. Empty if they are equal.
inline std::string first_difference(const Value& expected, const Value& actual,
                                    const std::string& path = "") {
  if (equal(expected, actual)) return {};
  const auto text = [](const Value* value) {
    const std::string json = value ? to_json(*value) : "nothing";
    return json.size() > 200 ? json.substr(0, 200) + "..." : json;
  };
  const auto differ = [&](const std::string& at, const Value* before, const Value* after) {
    return fmt::format("{}: expected {}, got {}", at.empty() ? "(root)" : at, text(before), text(after));
  };
  if (expected.IsObject() && actual.IsObject()) {
    const auto member = [&](std::string_view name) {
      return path.empty() ? std::string(name) : fmt::format("{}.{}", path, name);
    };
    for (const auto& m : expected.GetObject()) {
      const Value* other = find(actual, text_of(m.name));
      if (!other) return differ(member(text_of(m.name)), &m.value, nullptr);
      const std::string found = first_difference(m.value, *other, member(text_of(m.name)));
      if (!found.empty()) return found;
    }
    for (const auto& m : actual.GetObject()) {
      if (!find(expected, text_of(m.name))) return differ(member(text_of(m.name)), nullptr, &m.value);
    }
  }
  if (expected.IsArray() && actual.IsArray()) {
    const unsigned size = std::max(expected.Size(), actual.Size());
    for (unsigned i = 0; i < size; ++i) {
      const std::string at = fmt::format("{}[{}]", path, i);
      if (i >= expected.Size()) return differ(at, nullptr, &actual[i]);
      if (i >= actual.Size()) return differ(at, &expected[i], nullptr);
      const std::string found = first_difference(expected[i], actual[i], at);
      if (!found.empty()) return found;
    }
  }
  return differ(path, &expected, &actual);
}

}  // namespace modelgate::spec
