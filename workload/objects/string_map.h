// SPDX-License-Identifier: Apache-2.0
//
// Labels and annotations while an object is built.
#pragma once

#include <map>
#include <string>
#include <string_view>

#include "spec/json.h"
#include "spec/view.h"

namespace modelgate::workload {

using StringMap = std::map<std::string, std::string, std::less<>>;

inline StringMap to_map(const spec::StringMapView& view) {
  StringMap out;
  view.for_each(
      [&](std::string_view key, std::string_view value) { out.insert_or_assign(std::string(key), value); });
  return out;
}

/// Adds the entries of another map; they replace those of the same key.
inline void overlay(StringMap& map, const StringMap& other) {
  for (const auto& [key, value] : other) map.insert_or_assign(key, value);
}

/// Empty if there is no such key.
inline std::string_view value_of(const StringMap& map, std::string_view key) {
  const auto it = map.find(key);
  return it == map.end() ? std::string_view{} : std::string_view(it->second);
}

inline spec::Value to_value(const StringMap& map, spec::Arena& arena) {
  spec::Value out(rapidjson::kObjectType);
  for (const auto& [key, value] : map) {
    out.AddMember(spec::make_string(key, arena), spec::make_string(value, arena), arena);
  }
  return out;
}

}  // namespace modelgate::workload
