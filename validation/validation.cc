// SPDX-License-Identifier: Apache-2.0
#include "validation/validation.h"

#include "validation/runtime_rules.h"
#include "validation/service_rules.h"

namespace modelgate::validation {
namespace {

/// KServe's rules first: if there are more errors than FieldErrors holds, it holds those that deny in each
/// mode; and Report drops what a strict rule repeats.
template <typename Object>
Findings run(const Object& object, std::span<const Rule<Object>> rules, spec::ErrorFilter* filter) {
  Findings findings;
  findings.errors.set_filter(filter);
  Report report(findings);
  for (const Origin origin : {Origin::kKServe, Origin::kStrict}) {
    for (const Rule<Object>& rule : rules) {
      if (rule.info.origin != origin) continue;
      report.begin(rule.info);
      rule.check(object, report);
    }
  }
  return findings;
}

template <typename Object>
std::vector<RuleInfo> infos(std::span<const Rule<Object>> rules) {
  std::vector<RuleInfo> out;
  for (const Rule<Object>& rule : rules) out.push_back(rule.info);
  return out;
}

}  // namespace

Findings validate_inference_service(const Subject& subject) {
  if (subject.old && subject.isvc.metadata().deletion_timestamp()) return {};
  return run(Service(subject), service_rules(), subject.filter);
}

Findings validate_serving_runtime(const RuntimeSubject& subject) {
  return run(RuntimeObject(subject), runtime_rules(), subject.filter);
}

std::vector<RuleInfo> inference_service_rules() {
  return infos(service_rules());
}
std::vector<RuleInfo> serving_runtime_rules() {
  return infos(runtime_rules());
}

Ratchet ratchet_of(std::string_view rule_name) {
  for (const Rule<Service>& rule : service_rules()) {
    if (rule.info.name == rule_name) return rule.info.ratchet;
  }
  for (const Rule<RuntimeObject>& rule : runtime_rules()) {
    if (rule.info.name == rule_name) return rule.info.ratchet;
  }
  return Ratchet::kRatchets;
}

}  // namespace modelgate::validation
