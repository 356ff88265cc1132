// SPDX-License-Identifier: Apache-2.0
//
// JSON documents: the one way in and the one way out.
//
// Kubernetes objects stay JSON documents here, in an arena, so that fields nobody of us knows survive:
//
//   Arena arena;
//   Result<Value, JsonError> doc = parse_json(text, arena);
//   if (!doc) return bad_request(doc.error().message);
//   std::string text_again = to_json(*doc);
//
// Reading differs from RapidJSON's own in what a server on the write path needs:
//   - depth and number of values are bounded, so memory follows the limits and not the sender;
//   - a duplicate key is an error (of two, Kubernetes takes the last and RapidJSON finds the first);
//   - UTF-8 is checked, numbers are read from their text by the standard library;
//   - an explicit null member is absent: it is not in the document;
//   - `metadata.managedFields` is skipped, unless asked for: it is often half of an object, and only the
//     reconciler reads it, of what it has made.
//
// Numbers follow Kubernetes' own model of untyped JSON (sigs.k8s.io/json): an integer that fits into 64 bits
// is one, everything else is a double. A number too large for a double is an error.
//
// Nothing here throws for bad input. Values live in the arena that they were read into and die with it; an
// Arena belongs to one thread at a time.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "spec/rapidjson.h"

namespace modelgate::spec {

template <typename T, typename E>
using Result = std::expected<T, E>;

struct JsonLimits {
  /// Nesting. Kubernetes' own types stay below 25; free-form parts rarely reach 40.
  std::size_t max_depth = 128;
  /// Values and keys together. A request holds two objects of at most 3 MiB (the API server's own limit
  /// for a request body), and below ten bytes a value there is nothing that Kubernetes means. A value takes
  /// 16 bytes and a member 32, so this bounds a document at about 8 MiB beside its strings.
  std::size_t max_values = 262'144;
};

struct JsonError {
  std::size_t offset = 0;  // in bytes, from the start of the text
  std::string message;     // starts in lower case, without the offset
};

struct ParseOptions {
  JsonLimits limits;
  bool skip_managed_fields = true;
  /// A member of the root (`request`) some of whose own members are not wanted now. Both kinds are checked
  /// for syntax and depth like everything else.
  std::string_view outer;
  /// Members of `outer` that nobody asks for.
  std::span<const std::string_view> skip;
  /// A member of `outer` (`oldObject`) whose text `deferred` receives, to be read by a later parse_json when
  /// somebody asks. Points into the text; empty where the member is absent, or no object or list.
  std::string_view defer;
  std::string_view* deferred = nullptr;
};

/// Reads one JSON document; nothing but white space may follow. Linear in the text, but for n log n in the
/// members of an object. The text may go afterwards, unless deferred: strings, of clones too, lie in it.
Result<Value, JsonError> parse_json(std::string_view text, Arena& arena, const ParseOptions& options = {});

/// Compact JSON text. A double that is a whole number is written as Kubernetes writes it, without a fraction.
std::string to_json(const Value& value);
void append_json(const Value& value, std::string& out);
/// A string, quoted and escaped.
void append_json(std::string_view text, std::string& out);

/// Indented by two blanks, for people.
std::string to_pretty_json(const Value& value);

/// Compact JSON with the members of each object sorted by key: the same text for the same meaning.
std::string to_canonical_json(const Value& value);

/// 64 bits of FNV-1a over the canonical form, as 16 hexadecimal digits. Tells values apart that were not made
/// to collide; it protects nothing.
std::string digest(const Value& value);

/// Same meaning: members in any order, 1 equal to 1.0. n log n in the number of members.
bool equal(const Value& a, const Value& b);
/// The same for values that may be absent (nullptr).
bool equal(const Value* a, const Value* b);

// Small conveniences over RapidJSON, with copies into the arena.

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

/// A deep copy. Nothing of it refers to `v`, but for texts that `v` itself only refers to (literals, and what
/// was read with `deferred`).
Value clone(const Value& v, Arena& arena);

/// The member, or nullptr where `v` is no object or has no such member.
const Value* find(const Value& v, std::string_view key);
Value* find(Value& v, std::string_view key);
inline const Value* find(const Value* v, std::string_view key) {
  return v ? find(*v, key) : nullptr;
}

/// Sets a member of an object, in place where it is there already (the order of members is kept).
void set_member(Value& object, std::string_view key, Value value, Arena& arena);

}  // namespace modelgate::spec
