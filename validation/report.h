// SPDX-License-Identifier: Apache-2.0
//
// Collects what the rules find. It knows the rule that runs, so that each error carries the rule's name and
// origin, and it drops an error of a strict rule where a rule of KServe reported the same type at the same
// path.
//
//   if (percent > 100) report.add(invalid(at / "trafficPercent", percent, "must be from 0 to 100"));
#pragma once

#include <string>
#include <string_view>

#include "spec/field.h"
#include "validation/validation.h"

namespace modelgate::validation {

// Rules pass a LazyPath as the path.
using spec::duplicate;
using spec::forbidden;
using spec::invalid;
using spec::not_supported;
using spec::required;

class Report {
 public:
  explicit Report(Findings& findings) : findings_(findings) {}

  /// Sets the rule that the following errors and warnings belong to.
  void begin(const RuleInfo& rule);

  void add(spec::FieldError error);
  void warn(spec::FieldPath path, std::string text);
  void missing_runtime(MissingRuntime missing);

  /// Further errors are dropped: rules may skip expensive searches.
  bool full() const;
  /// Whether any rule has reported an error at this path.
  bool has_error_at(const spec::FieldPath& path) const;

 private:
  bool repeats_kserve_rule(const spec::FieldError& error) const;

  Findings& findings_;
  RuleInfo rule_;
};

}  // namespace modelgate::validation
