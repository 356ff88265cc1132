// SPDX-License-Identifier: Apache-2.0
//
// JSON values in memory: find, set, copy and compare. Small additions to RapidJSON, with copies into an
// arena.
//
//   const Value* replicas = find(document, "replicas");
//   set_member(document, "replicas", Value(2), arena);
//
// Values live in the arena that they were created in and are invalid after it. An Arena belongs to one thread
// at a time. spec/json.h reads JSON text, spec/json_text.h writes it.
#pragma once

#include <string_view>
#include <vector>

#include "spec/rapidjson.h"

namespace modelgate::spec {

/// `v` must be a string.
inline std::string_view text_of(const Value& v) {
  return {v.GetString(), v.GetStringLength()};
}

/// A string value that owns its characters in the arena.
inline Value make_string(std::string_view s, Arena& arena) {
  return Value(s.data(), static_cast<rapidjson::SizeType>(s.size()), arena);
}

/// A string value that refers to characters that outlive it: literals.
inline Value make_literal(std::string_view s) {
  return Value(rapidjson::StringRef(s.data(), static_cast<rapidjson::SizeType>(s.size())));
}

/// A deep copy. It refers to no part of `v`, except for texts that `v` itself only refers to (literals, and
/// what was read with ParseOptions::deferred).
Value clone(const Value& v, Arena& arena);

/// The member, or nullptr if `v` is not an object or has no such member.
const Value* find(const Value& v, std::string_view key);
Value* find(Value& v, std::string_view key);
inline const Value* find(const Value* v, std::string_view key) {
  return v ? find(*v, key) : nullptr;
}

/// Sets a member of an object. An existing member retains its position.
void set_member(Value& object, std::string_view key, Value value, Arena& arena);

/// The members of an object, ordered by name.
std::vector<const Value::Member*> sorted_members(const Value& object);

/// Same meaning: members in any order, 1 equal to 1.0. n log n in the number of members.
bool equal(const Value& a, const Value& b);
/// The same for values that may be absent (nullptr).
bool equal(const Value* a, const Value* b);

}  // namespace modelgate::spec
