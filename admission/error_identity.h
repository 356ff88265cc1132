// SPDX-License-Identifier: Apache-2.0
//
// What makes two errors of two versions of an object the same error: rule, place and value. Used by
// ratchet.h.
//
//   ErrorIdentities identities(object, type);
//   const ErrorIdentity id = identities.of(error);
//
// The place is the path of the field with elements identified by their merge key, so that it stays the same
// when the order of a list changes. An element without a key has two places: by its index, and by its content.
//
// Identities are digests: 64 bits of FNV-1a, so that as many errors as an object can have take little memory.
// They do not protect against deliberate collisions.
//
// Linear in the number of errors and the size of the object: what the paths of consecutive errors have in
// common is resolved and hashed once.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "spec/field.h"
#include "spec/json.h"
#include "spec/schema.h"

namespace modelgate::admission {

/// The rule of structure.h, whose errors do not show values that contain others.
inline constexpr std::string_view kTypeRule = "json-type";

struct ErrorIdentity {
  std::uint64_t by_index = 0;
  std::uint64_t by_content = 0;
  bool operator==(const ErrorIdentity&) const = default;
};

class ErrorIdentities {
 public:
  /// Both must outlive this, and the object must not change.
  ErrorIdentities(const spec::Value& object, const spec::schema::Type& type);

  ErrorIdentity of(const spec::FieldError& error);

 private:
  /// A prefix of the last path, resolved.
  struct Place {
    spec::FieldPath::Segment segment;
    const spec::Value* value = nullptr;
    const spec::schema::Type* type = nullptr;
    ErrorIdentity digest;
    /// The members by name, if a large object was searched.
    std::vector<const spec::Value::Member*> sorted = {};
  };

  Place& resolve(const spec::FieldPath& path);
  Place below(Place& parent, const spec::FieldPath::Segment& segment);

  std::vector<Place> places_;  // the root first
};

}  // namespace modelgate::admission
