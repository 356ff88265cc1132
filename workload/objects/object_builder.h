// SPDX-License-Identifier: Apache-2.0
//
// Builds small JSON objects, member by member:
//
//   ObjectBuilder(arena).text("name", "x").value("emptyDir", ObjectBuilder(arena).take()).take()
//
// Keys must be literals; texts are copied into the arena.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "spec/json.h"

namespace modelgate::workload {

/// A copy in the arena.
inline spec::Value make_text(std::string_view text, spec::Arena& arena) {
  return text.empty() ? spec::make_literal("") : spec::make_string(text, arena);
}

class ObjectBuilder {
 public:
  explicit ObjectBuilder(spec::Arena& arena) : arena_(arena), object_(rapidjson::kObjectType) {}

  ObjectBuilder& value(std::string_view key, spec::Value v) {
    object_.AddMember(spec::make_literal(key), std::move(v), arena_);
    return *this;
  }
  ObjectBuilder& text(std::string_view key, std::string_view text) {
    return value(key, make_text(text, arena_));
  }
  /// Omitted if the text is empty.
  ObjectBuilder& text_if_any(std::string_view key, std::string_view t) {
    return t.empty() ? *this : text(key, t);
  }
  ObjectBuilder& number(std::string_view key, std::int64_t n) { return value(key, spec::Value(n)); }
  ObjectBuilder& flag(std::string_view key, bool b) { return value(key, spec::Value(b)); }
  /// Omitted if it is false.
  ObjectBuilder& flag_if(std::string_view key, bool b) { return b ? flag(key, true) : *this; }

  spec::Value take() { return std::move(object_); }

 private:
  spec::Arena& arena_;
  spec::Value object_;
};

}  // namespace modelgate::workload
