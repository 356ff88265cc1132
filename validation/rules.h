// SPDX-License-Identifier: Apache-2.0
//
// What a rule is. The tables are service_rules.cc and runtime_rules.cc; to add a rule, write its function in
// the file of its subject, declare it in the header beside the table, and give it a row there and one in the
// tests (README.md).
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

/// `Object` is Service or RuntimeObject.
template <typename Object>
struct Rule {
  RuleInfo info;
  void (*check)(const Object&, Report&);
};

/// A rule about containers and Pods, in the table of either kind.
template <void (*check)(const Workloads&, Report&), typename Object>
void on_workloads(const Object& object, Report& report) {
  check(object.workloads(), report);
}

}  // namespace modelgate::validation
