// SPDX-License-Identifier: Apache-2.0
//
// Reads JSON documents.
//
// Kubernetes objects stay JSON documents, in an arena, so that unknown fields survive:
//
//   Arena arena;
//   Result<Value, JsonError> document = parse_json(text, arena);
//   if (!document) return bad_request(document.error().message);
//
// Differences from RapidJSON's own reading, for a server on the write path:
//   - depth and number of values are limited, so memory depends on the limits and not on the sender;
//   - a duplicate key is an error (of two, Kubernetes uses the last and RapidJSON finds the first);
//   - UTF-8 is checked, and numbers are parsed by the standard library;
//   - a member that is null is absent: it is not in the document;
//   - `metadata.managedFields` is skipped unless requested: it is often half of an object, and only the
//     reconciler reads it, of the objects that it owns.
//
// Numbers follow Kubernetes' model of untyped JSON (sigs.k8s.io/json): an integer that fits into 64 bits is
// an integer, any other number is a double. A number too large for a double is an error.
//
// Bad input is never an exception.
#pragma once

#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

#include "spec/json_text.h"  // for callers: most of them also write
#include "spec/json_value.h"

namespace modelgate::spec {

template <typename T, typename E>
using Result = std::expected<T, E>;

struct JsonLimits {
  /// Nesting. Kubernetes' own types stay below 25, free-form parts rarely reach 40.
  std::size_t max_depth = 128;
  /// Values and keys together. A request contains two objects of at most 3 MiB (the limit of the API server
  /// for a request body), and a meaningful value has at least ten bytes. A value takes 16 bytes and a member
  /// 32, so this limits a document to about 8 MiB plus its strings.
  std::size_t max_values = 262'144;
};

struct JsonError {
  std::size_t offset = 0;  // in bytes, from the start of the text
  std::string message;     // starts in lower case, without the offset
};

struct ParseOptions {
  JsonLimits limits;
  bool skip_managed_fields = true;
  /// A member of the root (`request`) of which `skip` and `defer` name members. Their syntax and depth are
  /// checked like those of all others.
  std::string_view outer;
  /// Members of `outer` that are not read.
  std::span<const std::string_view> skip;
  /// A member of `outer` (`oldObject`) that is not read now: `deferred` receives its text, which points into
  /// the text of the document. Empty if the member is absent, or neither an object nor a list.
  std::string_view defer;
  std::string_view* deferred = nullptr;
  /// Receives the text of `metadata.managedFields` of the object that is a member of `outer`, which is skipped.
  /// It points into the text of the document, and has the same checks as a deferred member.
  std::string_view* managed_fields = nullptr;
};

/// Reads one JSON document; only white space may follow. Linear in the text, and n log n in the members of an
/// object. The text may be destroyed afterwards, unless `deferred` is set: then strings, also of clones,
/// point into it.
Result<Value, JsonError> parse_json(std::string_view text, Arena& arena, const ParseOptions& options = {});

}  // namespace modelgate::spec
