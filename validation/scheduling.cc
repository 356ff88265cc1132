// SPDX-License-Identifier: Apache-2.0
#include "validation/scheduling.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "spec/names.h"

namespace modelgate::validation {
namespace {

constexpr std::array<std::string_view, 4> kOperators = {"Exists", "Equal", "Lt", "Gt"};
constexpr std::array<std::string_view, 3> kEffects = {"NoSchedule", "PreferNoSchedule", "NoExecute"};

bool is_integer(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return !text.empty() && error == std::errc{} && end == text.data() + text.size();
}

void check_toleration(const spec::TolerationView& t, const LazyPath& at, Report& report) {
  const std::string_view op = t.operator_();
  if (!t.key().empty()) {
    if (const auto problem = spec::check_qualified_name(t.key()))
      report.add(invalid(at / "key", t.key(), std::string(*problem)));
  } else if (op == "Equal") {
    report.add(invalid(at / "operator", op, "must be Exists if there is no key"));
  }
  // An empty operator is Equal.
  if (!op.empty() && std::ranges::find(kOperators, op) == kOperators.end())
    report.add(not_supported(at / "operator", op, kOperators));
  if (op == "Exists" && !t.toleration_value().empty())
    report.add(invalid(at / "value", t.toleration_value(), "must be empty if the operator is Exists"));
  if (op == "Equal") {
    if (const auto problem = spec::check_label_value(t.toleration_value()))
      report.add(invalid(at / "value", t.toleration_value(), std::string(*problem)));
  }
  if ((op == "Lt" || op == "Gt") && !is_integer(t.toleration_value()))
    report.add(invalid(at / "value", t.toleration_value(), "must be an integer for Lt and Gt"));
  if (!t.effect().empty() && std::ranges::find(kEffects, t.effect()) == kEffects.end())
    report.add(not_supported(at / "effect", t.effect(), kEffects));
  if (t.has("tolerationSeconds") && t.effect() != "NoExecute")
    report.add(invalid(at / "effect", t.effect(), "must be NoExecute if tolerationSeconds is set"));
}

}  // namespace

void check_tolerations(const Workloads& w, Report& report) {
  for (const Pod& pod : w.pods) {
    const auto tolerations = pod.view.tolerations();
    const LazyPath at = pod.at / "tolerations";
    for (std::size_t i = 0; i < tolerations.size(); ++i) check_toleration(tolerations[i], at[i], report);
  }
}

void check_node_selectors(const Workloads& w, Report& report) {
  for (const Pod& pod : w.pods) {
    const LazyPath at = pod.at / "nodeSelector";
    pod.view.node_selector().for_each([&](std::string_view key, std::string_view value) {
      if (const auto problem = spec::check_qualified_name(key)) {
        report.add(invalid(at.key(key), key, std::string(*problem)));
      } else if (const auto wrong = spec::check_label_value(value)) {
        report.add(invalid(at.key(key), value, std::string(*wrong)));
      }
    });
  }
}

}  // namespace modelgate::validation
