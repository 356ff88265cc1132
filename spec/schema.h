// SPDX-License-Identifier: Apache-2.0
//
// The structure of the objects that we read: their fields, the types of these, and the keys of the elements
// of a list. Used by admission, for every request and before anything else reads the object, and by
// validation and the ratchet, to find the type of a field. The tables of types are in schema_core.h
// (Kubernetes) and schema_serving.h (KServe).
//
//   FieldErrors type_errors, unknown_fields;
//   schema::check_structure(object, schema::kInferenceService, {}, type_errors, &unknown_fields);
//   // spec.predictor.minReplicas: Invalid value: "1": must be a whole number ..., not a string
//   // spec.predictor.modle: Unknown field: there is no such field here; did you mean "model"?
//
// The typed views read an object without type errors completely. Only types are checked here; allowed values,
// required fields and their combinations are checked by validation/.
//
// Accepted is what Kubernetes decodes: null is absent, but not as an element of a list; a whole number may be
// written as 1.0 or 1e3; a quantity may be a number. Nothing is stricter than our CRDs. The tables are those
// of Kubernetes 1.36 and KServe v0.21.
//
// The tables are built at compile time; any thread may read them.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "spec/field.h"
#include "spec/json.h"

namespace modelgate::spec::schema {

enum class Kind : std::uint8_t {
  kAny,                // not checked
  kString,             //
  kBoolean,            //
  kInteger,            // between `least` and `most`
  kNumber,             //
  kQuantity,           // a string or a number; Options::quantities also parses it
  kQuantityOrInteger,  // KServe's metric targets: fractions only in strings
  kIntOrString,        // an integer of 32 bits, or a string
  kObject,             // of `fields`, and those of `inlined`
  kList,               // of `element`
  kListOrElement,      // the same; a single element is a legacy spelling
  kMap,                // from strings to `element`
};

struct Type;

struct Field {
  std::string_view name;
  const Type* type = nullptr;
};

/// The longest field name, and the size of the index by length.
inline constexpr std::size_t kMaxFieldName = 48;

struct Type {
  Kind kind = Kind::kAny;
  std::string_view name{};  // "Container"; empty for lists and maps

  // kObject. The fields are sorted by length, then by name; starts[n] is the first of length n.
  std::span<const Field> fields{};
  std::array<std::uint8_t, kMaxFieldName + 2> starts{};
  /// A type whose fields are fields of this type too, as with an inline struct in Go. Its own fields have
  /// precedence.
  const Type* inlined = nullptr;

  // kList, kListOrElement, kMap.
  const Type* element = nullptr;
  /// The keys of the elements of a list, "predictor.name" for one of a part; empty if only their index
  /// distinguishes them.
  std::array<std::string_view, 2> keys{};
  /// The key of a strategic merge; empty if the list is replaced as a whole.
  std::string_view patch_key{};
  bool retain_keys = false;  // a merged element retains only the fields in the patch (volumes)

  // kInteger.
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();

  /// A string that may be a secret: an error does not show the value.
  bool secret = false;
};

struct Options {
  /// Also report quantities that do not parse, as errors of type Invalid.
  bool quantities = false;
};

/// Reports every value of a wrong type and, if `unknown_fields` is given, every field that its type does not
/// have, with the nearest known name. One pass; allocates only for errors. The paths refer to names in
/// `document`. The caller begins the rule of both lists.
void check_structure(const Value& document, const Type& type, const Options& options,
                     FieldErrors& type_errors, FieldErrors* unknown_fields = nullptr);

/// The field of an object type, or nullptr.
const Field* find_field(const Type& type, std::string_view name);

/// The type at `path` below `root`; nullptr if it is not known.
const Type* find_type(const Type& root, const FieldPath& path);

/// The type one step below `type`; nullptr if it is not known.
const Type* step_into(const Type& type, const FieldPath::Segment& segment);

/// What identifies an element in two versions of a list, whose order may differ: "name=kserve-container".
/// Empty if the element lacks its keys, if they are longer than any valid one, or if the list has none.
std::string element_key(const Value& element, const Type& list);

/// Removes each value of a wrong type, with the list that has it as an element, so that the rest can be read.
/// The order of members may change.
void remove_type_errors(Value& document, const Type& type);

// For the tables.

template <std::size_t N>
consteval std::array<Field, N> sorted(std::array<Field, N> fields) {
  std::ranges::sort(fields, [](const Field& a, const Field& b) {
    return a.name.size() != b.name.size() ? a.name.size() < b.name.size() : a.name < b.name;
  });
  return fields;
}

template <std::size_t N>
consteval Type object(std::string_view name, const std::array<Field, N>& fields,
                      const Type* inlined = nullptr) {
  Type type{.kind = Kind::kObject, .name = name, .fields = fields};
  type.inlined = inlined;
  std::size_t at = 0;
  for (std::size_t length = 0; length < type.starts.size(); ++length) {
    while (at < N && fields[at].name.size() < length) ++at;
    type.starts[length] = static_cast<std::uint8_t>(at);
  }
  // Unsorted tables, duplicate names and names longer than the index do not compile.
  for (std::size_t i = 0; i < N; ++i) {
    if (fields[i].name.size() > kMaxFieldName) throw "a name is too long";
    if (i == 0) continue;
    const Field& before = fields[i - 1];
    const bool longer = before.name.size() < fields[i].name.size();
    if (!longer && (before.name.size() > fields[i].name.size() || before.name >= fields[i].name))
      throw "not sorted";
  }
  return type;
}

consteval Type list(const Type& element, std::array<std::string_view, 2> keys = {},
                    std::string_view patch_key = {}, bool retain_keys = false) {
  Type type{.kind = Kind::kList};
  type.element = &element;
  type.keys = keys;
  type.patch_key = patch_key;
  type.retain_keys = retain_keys;
  return type;
}

consteval Type map(const Type& element) {
  Type type{.kind = Kind::kMap};
  type.element = &element;
  return type;
}

consteval Type integer(std::int64_t least, std::int64_t most) {
  Type type{.kind = Kind::kInteger};
  type.least = least;
  type.most = most;
  return type;
}

inline constexpr Type kAny{};
inline constexpr Type kString{.kind = Kind::kString};
inline constexpr Type kSecretString = [] {
  Type type{.kind = Kind::kString};
  type.secret = true;
  return type;
}();
inline constexpr Type kBoolean{.kind = Kind::kBoolean};
inline constexpr Type kInt32 =
    integer(std::numeric_limits<std::int32_t>::min(), std::numeric_limits<std::int32_t>::max());
inline constexpr Type kInt64 =
    integer(std::numeric_limits<std::int64_t>::min(), std::numeric_limits<std::int64_t>::max());
inline constexpr Type kUint16 = integer(0, std::numeric_limits<std::uint16_t>::max());
inline constexpr Type kNumber{.kind = Kind::kNumber};
inline constexpr Type kQuantity{.kind = Kind::kQuantity};
inline constexpr Type kQuantityOrInteger{.kind = Kind::kQuantityOrInteger};
inline constexpr Type kIntOrString{.kind = Kind::kIntOrString};
inline constexpr Type kStringList = list(kString);
inline constexpr Type kStringMap = map(kString);
inline constexpr Type kSecretStringMap = map(kSecretString);
inline constexpr Type kQuantityMap = map(kQuantity);

}  // namespace modelgate::spec::schema
