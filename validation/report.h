// SPDX-License-Identifier: Apache-2.0
//
// What a rule reports to. It knows the rule that is running, so that each error carries its name and origin,
// and it drops what a strict rule says once more about a place where one of KServe's rules has said the same.
#pragma once

#include <string>
#include <string_view>

#include "spec/field.h"
#include "validation/validation.h"

namespace modelgate::validation {

class Report {
 public:
  explicit Report(Findings& findings) : findings_(findings) {}

  /// Everything from here on is of this rule.
  void begin(const RuleInfo& rule);

  // As in FieldErrors. A path may be given as an At.
  void required(const spec::FieldPath& path, std::string detail);
  void invalid(const spec::FieldPath& path, std::string_view value, std::string detail);
  void invalid(const spec::FieldPath& path, std::int64_t value, std::string detail);
  void invalid(const spec::FieldPath& path, const spec::Value& value, std::string detail);
  void not_supported(const spec::FieldPath& path, std::string_view value,
                     std::span<const std::string_view> allowed);
  void forbidden(const spec::FieldPath& path, std::string detail);
  void duplicate(const spec::FieldPath& path, std::string_view value);
  /// With a text of its own; `value` as it is printed, quotes included.
  void add(spec::ErrorType type, const spec::FieldPath& path, std::string value, std::string detail);

  /// `path: text`.
  void warn(const spec::FieldPath& path, std::string_view text);
  void missing_runtime(MissingRuntime missing);

  /// As much as is kept has been told: what is dear to find need not be looked for.
  bool full() const;
  /// Whether any rule has said something about this place.
  bool has_error_at(const spec::FieldPath& path) const;

 private:
  void drop_if_told_before(std::size_t size_before);

  Findings& findings_;
  RuleInfo rule_;
};

}  // namespace modelgate::validation
