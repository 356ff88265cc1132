// SPDX-License-Identifier: Apache-2.0
//
// Tables of what the API server requires of the fields of Kubernetes' types, and the walk that applies them
// to an object. The rows are in volume_sources.cc, container_fields.cc, affinity.cc and pod_fields.cc.
//
//   constexpr std::array kNFS = {row::present("server"), row::form("path", check_absolute_path, kNeeded)};
//   constexpr TypeRules kRows[] = {{.type = &spec::schema::kNFSVolumeSource, .fields = kNFS}};
//   static const FieldTable kTable({kRows});
//   check_fields({.value = volume, .type = spec::schema::kVolume, .at = at}, kTable, report);
//
// The rules are those of Kubernetes 1.36 (pkg/apis/core/validation). A field that the API server defaults is
// not required.
#pragma once

#include <array>
#include <cstdint>
#include <initializer_list>
#include <limits>
#include <span>
#include <string_view>
#include <vector>

#include "spec/names.h"
#include "spec/schema.h"
#include "spec/view.h"
#include "validation/lazy_path.h"
#include "validation/report.h"

namespace modelgate::validation {

/// How an object is read.
struct Reading {
  /// A runtime or a service may add fields to it: what is missing is no error.
  bool partial = false;
  /// Strings may be Go templates, which are resolved later: these are not checked.
  bool templates = false;
};

/// Names of members, as bits: it may say that it has a name that it has not, never the opposite. It makes the
/// usual case cheap, in which an object has few of the many fields that the rules are about.
class NameFilter {
 public:
  constexpr NameFilter() = default;
  constexpr NameFilter(std::initializer_list<std::string_view> names) {
    for (const std::string_view name : names) bits_ |= bit(name);
  }
  /// The members of an object.
  explicit NameFilter(const spec::Value& object) {
    for (const auto& m : object.GetObject()) bits_ |= bit(spec::text_of(m.name));
  }
  constexpr bool may_have(std::string_view name) const { return (bits_ & bit(name)) != 0; }
  constexpr bool overlaps(NameFilter other) const { return (bits_ & other.bits_) != 0; }
  constexpr bool empty() const { return bits_ == 0; }

 private:
  static constexpr std::uint64_t bit(std::string_view name) {
    if (name.empty()) return 1;
    const auto at = [&](std::size_t i) { return static_cast<unsigned char>(name[i]); };
    return std::uint64_t{1} << ((name.size() * 5 + at(0) * 3 + at(name.size() / 2)) % 64);
  }

  std::uint64_t bits_ = 0;
};

/// A requirement of one field. A string that is empty counts as absent, but where the API server has a default
/// only for an absent field.
struct FieldRule {
  std::string_view field;
  bool required = false;
  bool empty_is_invalid = false;
  /// Of a string, or of each string in a list.
  spec::NameProblem (*form)(std::string_view) = nullptr;
  std::span<const std::string_view> choices{};
  /// Of an integer, or of each integer in a list.
  std::int64_t least = std::numeric_limits<std::int64_t>::min();
  std::int64_t most = std::numeric_limits<std::int64_t>::max();
  /// A number from 1 to 65535, or the name of a port.
  bool port = false;
};

enum class Needed : std::uint8_t { kNo, kYes };
inline constexpr Needed kNeeded = Needed::kYes;

namespace row {
constexpr FieldRule present(std::string_view field) {
  return {.field = field, .required = true};
}
constexpr FieldRule form(std::string_view field, spec::NameProblem (*check)(std::string_view),
                         Needed needed = Needed::kNo) {
  return {.field = field, .required = needed == kNeeded, .form = check};
}
constexpr FieldRule choice(std::string_view field, std::span<const std::string_view> choices,
                           Needed needed = Needed::kNo) {
  return {.field = field, .required = needed == kNeeded, .choices = choices};
}
/// Of a field that must not be an empty string.
constexpr FieldRule not_empty(FieldRule rule) {
  rule.empty_is_invalid = true;
  return rule;
}
constexpr FieldRule range(std::string_view field, std::int64_t least, std::int64_t most,
                          Needed needed = Needed::kNo) {
  return {.field = field, .required = needed == kNeeded, .least = least, .most = most};
}
constexpr FieldRule at_least(std::string_view field, std::int64_t least) {
  return {.field = field, .least = least};
}
constexpr FieldRule port(std::string_view field) {
  return {.field = field, .required = true, .port = true};
}
}  // namespace row

/// Members of which only one may be set.
struct OneOf {
  std::span<const std::string_view> members{};
  bool required = false;
};

/// The requirements of a type.
struct TypeRules {
  const spec::schema::Type* type = nullptr;
  std::span<const FieldRule> fields{};
  OneOf one_of{};
  /// What a table cannot express.
  void (*check)(const spec::ObjectView& object, const LazyPath& at, Reading reading,
                Report& report) = nullptr;
  /// `check` concerns only objects that have one of these; empty: all objects.
  NameFilter about{};
};

/// The rows of several tables by their type. Built once, since each object of a document is looked up.
class FieldTable {
 public:
  explicit FieldTable(std::initializer_list<std::span<const TypeRules>> tables);
  /// nullptr if the type has no rows.
  const TypeRules* find(const spec::schema::Type& type) const;

 private:
  std::vector<const TypeRules*> rows_;  // sorted by type
};

struct FieldSubject {
  const spec::Value& value;
  const spec::schema::Type& type;
  const LazyPath& at;
  Reading reading{};
  /// Members of the value that are not checked.
  std::span<const std::string_view> skip{};
};

/// Checks an object of that type and all objects in it. A list without keys is never merged, so that its
/// elements are complete.
void check_fields(const FieldSubject& subject, const FieldTable& table, Report& report);

/// Members of `object` that are set.
std::size_t count_members(const spec::ObjectView& object, std::span<const std::string_view> members);

/// Reports more than one member of `one_of`, and none if one is required and the object is complete.
void check_one_of(const spec::ObjectView& object, const OneOf& one_of, const LazyPath& at, Reading reading,
                  Report& report);

}  // namespace modelgate::validation
