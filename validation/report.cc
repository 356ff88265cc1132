// SPDX-License-Identifier: Apache-2.0
#include "validation/report.h"

#include <algorithm>

namespace modelgate::validation {
namespace {

bool same(const spec::FieldPath& a, const spec::FieldPath& b) {
  return std::ranges::equal(a.segments(), b.segments(),
                            [](const spec::FieldPath::Segment& x, const spec::FieldPath::Segment& y) {
                              return x.name == y.name && x.index == y.index && x.key == y.key;
                            });
}

}  // namespace

void Report::begin(const RuleInfo& rule) {
  rule_ = rule;
  findings_.errors.begin_rule(rule.name, rule.origin == Origin::kStrict);
}

void Report::required(const spec::FieldPath& path, std::string detail) {
  const std::size_t before = findings_.errors.size();
  findings_.errors.required(path, std::move(detail));
  drop_if_told_before(before);
}

void Report::invalid(const spec::FieldPath& path, std::string_view value, std::string detail) {
  const std::size_t before = findings_.errors.size();
  findings_.errors.invalid(path, value, std::move(detail));
  drop_if_told_before(before);
}

void Report::invalid(const spec::FieldPath& path, std::int64_t value, std::string detail) {
  const std::size_t before = findings_.errors.size();
  findings_.errors.invalid(path, value, std::move(detail));
  drop_if_told_before(before);
}

void Report::invalid(const spec::FieldPath& path, const spec::Value& value, std::string detail) {
  const std::size_t before = findings_.errors.size();
  findings_.errors.invalid(path, value, std::move(detail));
  drop_if_told_before(before);
}

void Report::not_supported(const spec::FieldPath& path, std::string_view value,
                           std::span<const std::string_view> allowed) {
  const std::size_t before = findings_.errors.size();
  findings_.errors.not_supported(path, value, allowed);
  drop_if_told_before(before);
}

void Report::forbidden(const spec::FieldPath& path, std::string detail) {
  const std::size_t before = findings_.errors.size();
  findings_.errors.forbidden(path, std::move(detail));
  drop_if_told_before(before);
}

void Report::duplicate(const spec::FieldPath& path, std::string_view value) {
  const std::size_t before = findings_.errors.size();
  findings_.errors.duplicate(path, value);
  drop_if_told_before(before);
}

void Report::add(spec::ErrorType type, const spec::FieldPath& path, std::string value, std::string detail) {
  const std::size_t before = findings_.errors.size();
  findings_.errors.add(spec::FieldError{type, path, std::move(value), std::move(detail), rule_.name,
                                        rule_.origin == Origin::kStrict});
  drop_if_told_before(before);
}

void Report::warn(const spec::FieldPath& path, std::string_view text) {
  if (findings_.warnings.size() >= spec::FieldErrors::kMaxErrors) return;
  findings_.warnings.push_back(path.to_string() + ": " + std::string(text));
}

void Report::missing_runtime(MissingRuntime missing) {
  if (findings_.missing_runtimes.size() >= spec::FieldErrors::kMaxErrors) return;
  findings_.missing_runtimes.push_back(std::move(missing));
}

bool Report::full() const {
  return std::max(findings_.errors.size(), findings_.warnings.size()) >= spec::FieldErrors::kMaxErrors;
}

bool Report::has_error_at(const spec::FieldPath& path) const {
  return std::ranges::any_of(findings_.errors, [&](const spec::FieldError& e) { return same(e.path, path); });
}

void Report::drop_if_told_before(std::size_t size_before) {
  auto& list = findings_.errors.list();
  if (rule_.origin == Origin::kKServe || list.size() == size_before) return;
  const spec::FieldError& last = list.back();
  const bool told = std::any_of(list.begin(), list.end() - 1, [&](const spec::FieldError& e) {
    return !e.strict_only && e.type == last.type && same(e.path, last.path);
  });
  if (told) list.pop_back();
}

}  // namespace modelgate::validation
