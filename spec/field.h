// SPDX-License-Identifier: Apache-2.0
//
// Field paths, field errors and field warnings: what is wrong with an object, as data.
//
//   FieldPath predictor = FieldPath{} / "spec" / "predictor";
//   errors.add(invalid(predictor / "minReplicas", value, "must be at least 0"));
//   errors.add(not_supported(predictor / "logger" / "mode", mode, kLoggerModes));
//
// are printed as
//
//   spec.predictor.minReplicas: Invalid value: -1: must be at least 0
//   spec.predictor.logger.mode: Unsupported value: "al": supported values: "all", "request", "response" (did
//   you mean "all"?)
//
// Error types and text format are those of Kubernetes' apimachinery (util/validation/field), so that clients
// that read the causes of a Status find the usual reasons.
#pragma once

#include <boost/container/small_vector.hpp>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "spec/facts.h"
#include "spec/json.h"

namespace modelgate::spec {

/// The path of a field in a document. A value type, cheap to copy and to extend. It does not own its names:
/// they are literals or lie in the document's arena.
class FieldPath {
 public:
  struct Segment {
    std::string_view name;    // a member's name; empty for an element
    std::int32_t index = -1;  // an element's index; -1 for a member
    bool key = false;         // a member of a map, printed in brackets: labels[app]
    bool operator==(const Segment&) const = default;
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
  bool operator==(const FieldPath& other) const { return segments_ == other.segments_; }
  /// True for equal paths too.
  bool is_at_or_below(const FieldPath& ancestor) const;

  /// spec.predictor.containers[0].env[1].name; safe to show (spec/text/printable.h)
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

/// "FieldValueInvalid", ...: `details.causes[].reason` of a Status.
std::string_view reason_of(ErrorType type);
/// "Invalid value", ...: the start of the printed message.
std::string_view phrase_of(ErrorType type);

/// Made by the functions below; FieldErrors::add sets rule and strict_only.
struct FieldError {
  ErrorType type = ErrorType::kInvalid;
  FieldPath path{};
  std::string value{};       // as printed, strings quoted; empty where none is shown
  std::string detail{};      // what is allowed, starting in lower case
  std::string_view rule{};   // the rule's name; a literal
  bool strict_only = false;  // KServe has no such rule: a warning in Compatible mode

  /// The cause's message: `Invalid value: -1: must be at least 0`. Safe to show.
  std::string message() const;
  /// `path: message`.
  std::string to_string() const { return path.to_string() + ": " + message(); }
};

FieldError required(FieldPath path, std::string detail);
FieldError invalid(FieldPath path, std::string_view value, std::string detail);
FieldError invalid(FieldPath path, std::int64_t value, std::string detail);
FieldError invalid(FieldPath path, const Value& value, std::string detail);
/// Without the value, which may be long or a secret.
FieldError invalid(FieldPath path, std::string detail);
FieldError type_invalid(FieldPath path, const Value& value, std::string detail);
/// Without the value, which may be a secret.
FieldError type_invalid(FieldPath path, std::string detail);
/// Lists the allowed values, and suggests one that is spelled alike.
FieldError not_supported(FieldPath path, std::string_view value, std::span<const std::string_view> allowed);
FieldError forbidden(FieldPath path, std::string detail);
FieldError duplicate(FieldPath path, std::string_view value);
FieldError too_long(FieldPath path, std::string_view value, std::size_t max_bytes);
FieldError too_many(FieldPath path, std::size_t count, std::size_t max);
FieldError not_found(FieldPath path, std::string_view value, std::string detail = {});
/// A field that the type does not have. Suggests one that is spelled alike.
FieldError unknown_field(FieldPath path, std::span<const std::string_view> known);

/// Sees each error that is added to a list, also those beyond its bound.
class ErrorFilter {
 public:
  virtual ~ErrorFilter() = default;
  /// Whether the list keeps the error. Its rule is set.
  virtual bool keeps(const FieldError& error) = 0;
};

/// The errors of one object. Callers set the rule before they add its errors.
///
/// Bounded: beyond kMaxErrors, errors are counted and dropped, so that an object with an error in each field
/// costs no more than a large valid one.
class FieldErrors {
 public:
  /// More lines than a user reads. Keeps a denial below 64 KiB.
  static constexpr std::size_t kMaxErrors = 128;

  /// Sets the rule of the errors added from here on. `rule` must be a literal.
  void begin_rule(std::string_view rule, bool strict_only) {
    rule_ = rule;
    strict_only_ = strict_only;
  }

  /// An error that has a rule already keeps it.
  void add(FieldError error);

  /// For the errors added from here on; nullptr for none. Must outlive them.
  void set_filter(ErrorFilter* filter) { filter_ = filter; }
  bool filtered() const { return filter_ != nullptr; }

  bool empty() const { return errors_.empty(); }
  std::size_t size() const { return errors_.size(); }
  bool full() const { return errors_.size() >= kMaxErrors; }
  std::size_t dropped() const { return dropped_; }
  const std::vector<FieldError>& list() const { return errors_; }
  std::vector<FieldError>& list() { return errors_; }
  auto begin() const { return errors_.begin(); }
  auto end() const { return errors_.end(); }

 private:
  std::vector<FieldError> errors_;
  std::size_t dropped_ = 0;
  std::string_view rule_;
  bool strict_only_ = false;
  ErrorFilter* filter_ = nullptr;
};

/// A finding that does not deny.
struct FieldWarning {
  std::string_view rule;             // what reports it; a literal
  FieldPath path{};                  // empty where it is not about one field
  std::string text{};                // without the path
  std::optional<ObjectKey> about{};  // the object that is missing, or that could not be read

  /// `path: text`, or the text where there is no path. Safe to show.
  std::string to_string() const;
};

FieldWarning as_warning(const FieldError& error);

/// Errors of rules that KServe does not have deny in Strict mode and warn in Compatible mode: removes those
/// that warn from `errors` and returns them as warnings.
std::vector<FieldWarning> split_by_mode(FieldErrors& errors, bool strict);

/// A string as an error prints it: quoted, safe to show, cut after 128 bytes.
std::string quote(std::string_view s);

}  // namespace modelgate::spec
