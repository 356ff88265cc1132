// SPDX-License-Identifier: Apache-2.0
#include "validation/report.h"

#include <algorithm>

namespace modelgate::validation {

void Report::begin(const RuleInfo& rule) {
  rule_ = rule;
  findings_.errors.begin_rule(rule.name, rule.origin == Origin::kStrict);
}

void Report::add(spec::FieldError error) {
  // A full list only counts: comparing with it would make many errors expensive.
  if (!findings_.errors.full() && repeats_kserve_rule(error)) return;
  findings_.errors.add(std::move(error));
}

void Report::warn(spec::FieldPath path, std::string text) {
  if (findings_.warnings.size() >= spec::FieldErrors::kMaxErrors) return;
  findings_.warnings.push_back({.rule = rule_.name, .path = std::move(path), .text = std::move(text)});
}

void Report::missing_runtime(MissingRuntime missing) {
  if (findings_.missing_runtimes.size() >= spec::FieldErrors::kMaxErrors) return;
  missing.warning.rule = rule_.name;
  findings_.missing_runtimes.push_back(std::move(missing));
}

bool Report::full() const {
  return findings_.errors.full();
}

bool Report::has_error_at(const spec::FieldPath& path) const {
  return std::ranges::find(findings_.errors, path, &spec::FieldError::path) != findings_.errors.end();
}

bool Report::repeats_kserve_rule(const spec::FieldError& error) const {
  if (rule_.origin == Origin::kKServe) return false;
  return std::ranges::any_of(findings_.errors, [&](const spec::FieldError& e) {
    return !e.strict_only && e.type == error.type && e.path == error.path;
  });
}

}  // namespace modelgate::validation
