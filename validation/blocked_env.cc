// SPDX-License-Identifier: Apache-2.0
#include "validation/blocked_env.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "validation/runtime_rules.h"
#include "validation/service_rules.h"

namespace modelgate::validation {
namespace {

constexpr std::array<std::string_view, 1> kBlocked = {"PYTHONPATH"};

/// KServe looks everywhere but into canaries.
bool looked_at_by_kserve(const Container& c) {
  return c.pod->component->role != Role::kCanary;
}

}  // namespace

bool is_blocked_env(std::string_view name) {
  return std::ranges::find(kBlocked, name) != kBlocked.end();
}

void check_blocked_env_of(const Container& container, Report& report) {
  const auto env = container.view.env();
  for (std::size_t i = 0; i < env.size(); ++i) {
    if (!is_blocked_env(env[i].name())) continue;
    const LazyPath variables = container.at / "env";
    const LazyPath variable = variables[i];
    report.add(
        forbidden(variable / "name",
                  fmt::format("{} must not be set: it makes the server load other code than its image holds",
                              env[i].name())));
  }
}

void check_blocked_env(const Service& s, Report& report) {
  for (const Container& c : s.workloads().containers) {
    if (looked_at_by_kserve(c)) check_blocked_env_of(c, report);
  }
}

void check_blocked_env_everywhere(const Service& s, Report& report) {
  for (const Container& c : s.workloads().containers) {
    if (!looked_at_by_kserve(c)) check_blocked_env_of(c, report);
  }
}

// KServe looks into no init container of a runtime, and not at all into a disabled one.

void check_runtime_blocked_env(const RuntimeObject& r, Report& report) {
  if (r.disabled()) return;
  for (const Container& c : r.workloads().containers) {
    if (c.place == Container::Place::kListed) check_blocked_env_of(c, report);
  }
}

void check_runtime_blocked_env_everywhere(const RuntimeObject& r, Report& report) {
  for (const Container& c : r.workloads().containers) {
    if (r.disabled() || c.place != Container::Place::kListed) check_blocked_env_of(c, report);
  }
}

}  // namespace modelgate::validation
