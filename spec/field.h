// SPDX-License-Identifier: Apache-2.0
//
// Field paths and field errors: what is wrong with an object is data, and this is its form.
//
//   FieldPath predictor = FieldPath{} / "spec" / "predictor";
//   errors.invalid(predictor / "minReplicas", value, "must be at least 0");
//   errors.not_supported(predictor / "logger" / "mode", mode, kLoggerModes);
//
// gives, for a person,
//
//   spec.predictor.minReplicas: Invalid value: -1: must be at least 0
//   spec.predictor.logger.mode: Unsupported value: "al": supported values: "all", "request", "response" (did
//   you mean "all"?)
//
// The types and the shape of the text are those of Kubernetes' apimachinery (util/validation/field), so that
// clients that read the causes of a Status find what they know.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/json.h"

namespace modelgate::spec {

/// Where something is in a document. A value type, cheap to copy and to extend. The names in it are not
/// owned: they are literals, or lie in the arena of the document that the path is about.
class FieldPath {
 public:
  struct Segment {
    std::string_view name;    // a member's name; empty for an element
    std::int32_t index = -1;  // an element's index; -1 for a member
    bool key = false;         // a member of a map, printed in brackets: labels[app]
  };

  FieldPath() = default;

  FieldPath operator/(std::string_view member) const& { return FieldPath(*this).add({member, -1, false}); }
  FieldPath operator/(std::string_view member) && { return std::move(add({member, -1, false})); }
  /// An element of a list.
  FieldPath operator[](std::size_t index) const& {
    return FieldPath(*this).add({{}, static_cast<std::int32_t>(index), false});
  }
  /// A key of a map: labels, annotations, resources.
  FieldPath key(std::string_view k) const { return FieldPath(*this).add({k, -1, true}); }

  std::span<const Segment> segments() const { return {segments_.data(), segments_.size()}; }
  bool empty() const { return segments_.empty(); }
  FieldPath parent() const;

  /// spec.predictor.containers[0].env[1].name
  std::string to_string() const;
  /// /spec/predictor/containers/0/env/1/name (RFC 6901)
  std::string to_pointer() const;

  /// The value at this path, or nullptr.
  const Value* find_in(const Value& root) const;
  Value* find_in(Value& root) const;

 private:
  FieldPath& add(Segment s) {
    segments_.push_back(s);
    return *this;
  }
  // Twelve reach the deepest field of a probe in a container without an allocation.
  boost::container::small_vector<Segment, 12> segments_;
};

/// Kubernetes' error types; the names of the causes' reasons are in reason_of().
enum class ErrorType : std::uint8_t {
  kRequired,
  kInvalid,
  kTypeInvalid,
  kNotSupported,
  kForbidden,
  kDuplicate,
  kTooLong,
  kTooMany,
  kNotFound,
  kUnknownField,
};

/// "FieldValueInvalid" and so on: `details.causes[].reason` of a Status.
std::string_view reason_of(ErrorType type);
/// "Invalid value" and so on: how a person reads it.
std::string_view phrase_of(ErrorType type);

struct FieldError {
  ErrorType type = ErrorType::kInvalid;
  FieldPath path;
  std::string value;         // as printed, quoted where it is a string; empty where none is shown
  std::string detail;        // what is allowed, starting in lower case
  std::string_view rule;     // the name of the rule that found it, from the rule table; a literal
  bool strict_only = false;  // KServe has no such rule: a warning in Compatible mode, and it ratchets

  /// The cause's message: `Invalid value: -1: must be at least 0`.
  std::string message() const;
  /// With the path in front.
  std::string to_string() const { return path.to_string() + ": " + message(); }
};

/// The errors of one object, all of them. Who fills it names the rule first (`begin_rule`).
///
/// Bounded: behind kMaxErrors further ones are counted, not kept, so that an object made of nothing but
/// faults costs no more than a large one without.
class FieldErrors {
 public:
  /// More lines than anybody reads; a denial stays below 64 KiB with it.
  static constexpr std::size_t kMaxErrors = 128;

  /// Errors added from here on carry this name. `rule` must be a literal.
  void begin_rule(std::string_view rule, bool strict_only) {
    rule_ = rule;
    strict_only_ = strict_only;
  }

  void required(FieldPath path, std::string detail);
  void invalid(FieldPath path, std::string_view value, std::string detail);
  void invalid(FieldPath path, std::int64_t value, std::string detail);
  void invalid(FieldPath path, const Value& value, std::string detail);
  void type_invalid(FieldPath path, const Value& value, std::string detail);
  /// Without showing the value, which may be a secret.
  void type_invalid(FieldPath path, std::string detail) {
    add(ErrorType::kTypeInvalid, std::move(path), {}, std::move(detail));
  }
  /// With the allowed values and, for a near miss, the nearest.
  void not_supported(FieldPath path, std::string_view value, std::span<const std::string_view> allowed);
  void forbidden(FieldPath path, std::string detail);
  void duplicate(FieldPath path, std::string_view value);
  void too_long(FieldPath path, std::string_view value, std::size_t max_bytes);
  void too_many(FieldPath path, std::size_t count, std::size_t max);
  void not_found(FieldPath path, std::string_view value, std::string detail = {});
  /// A field that the type does not have, with the nearest that it does.
  void unknown_field(FieldPath path, std::span<const std::string_view> known);
  void add(FieldError error);

  bool empty() const { return errors_.empty(); }
  std::size_t size() const { return errors_.size(); }
  /// How many were found but not kept.
  std::size_t dropped() const { return dropped_; }
  const std::vector<FieldError>& list() const { return errors_; }
  std::vector<FieldError>& list() { return errors_; }
  auto begin() const { return errors_.begin(); }
  auto end() const { return errors_.end(); }

 private:
  void add(ErrorType type, FieldPath path, std::string value, std::string detail);

  std::vector<FieldError> errors_;
  std::size_t dropped_ = 0;
  std::string_view rule_;
  bool strict_only_ = false;
};

/// A string as an error prints it: quoted, control characters escaped, cut behind 128 bytes.
std::string quoted(std::string_view s);

}  // namespace modelgate::spec
