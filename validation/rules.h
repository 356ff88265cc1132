// SPDX-License-Identifier: Apache-2.0
//
// What a rule is: a function, declared in the header of its subject, and a row in service_rules.cc or
// runtime_rules.cc. README.md says how to add one.
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

/// Makes a rule about containers and Pods a rule of either table.
template <void (*check)(const Workloads&, Report&), typename Object>
void on_workloads(const Object& object, Report& report) {
  check(object.workloads(), report);
}

}  // namespace modelgate::validation
