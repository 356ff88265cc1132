// SPDX-License-Identifier: Apache-2.0
#include "admission/confirmation.h"

#include <algorithm>
#include <array>
#include <utility>

#include "admission/catalog_with_facts.h"

namespace modelgate::admission {
namespace {

/// Rules that deny an unsupported value because the catalog lacks an object, and the kind of that object.
constexpr std::array<std::pair<std::string_view, std::string_view>, 3> kAbsenceRules = {{
    {"model-format", "ServingRuntime"},
    {"model-format", "ClusterServingRuntime"},
    {"storage-uri", "ClusterStorageContainer"},
}};

std::string_view namespace_of(std::string_view kind, std::string_view ns) {
  return kind == "ServingRuntime" ? ns : std::string_view();
}

bool rests_on(const spec::FieldError& error, std::string_view rule) {
  return error.type == spec::ErrorType::kNotSupported && error.rule == rule;
}

}  // namespace

void need_confirmation(const spec::FieldErrors& errors, std::string_view ns, bool ratchets,
                       const Facts& facts, Needs& needs) {
  const auto rests_on_any = [](const auto& e) {
    return std::ranges::any_of(kAbsenceRules, [&](const auto& row) { return rests_on(e, row.first); });
  };
  // Any error may be among those that were dropped.
  const bool all = errors.dropped() > 0 && (ratchets || std::ranges::all_of(errors, rests_on_any));
  for (const auto& [rule, kind] : kAbsenceRules) {
    const bool needed = std::ranges::any_of(errors, [&](const auto& e) { return rests_on(e, rule); });
    if (needed || all) need_list(kind, namespace_of(kind, ns), facts, needs);
  }
}

bool is_unconfirmed(const spec::FieldError& error, std::string_view ns, const Facts& facts) {
  return std::ranges::any_of(kAbsenceRules, [&](const auto& row) {
    return rests_on(error, row.first) && is_unknown_list(row.second, namespace_of(row.second, ns), facts);
  });
}

}  // namespace modelgate::admission
