// SPDX-License-Identifier: Apache-2.0
#include "validation/blocked_env.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

namespace modelgate::validation {
namespace {

constexpr std::array<std::string_view, 1> kBlocked = {"PYTHONPATH"};

bool is_checked_by_kserve(const Container& c) {
  return c.pod->component->role != Role::kCanary;
}

bool is_checked_by_kserve(const RuntimeObject& r, const Container& c) {
  return !r.disabled() && c.place == Container::Place::kListed;
}

void check_container(const Container& container, Report& report) {
  const auto env = container.view.env();
  for (std::size_t i = 0; i < env.size(); ++i) {
    if (std::ranges::find(kBlocked, env[i].name()) == kBlocked.end()) continue;
    const LazyPath variables = container.at / "env";
    const LazyPath variable = variables[i];
    report.add(
        forbidden(variable / "name",
                  fmt::format("{} must not be set: it makes the server load code from outside its image",
                              env[i].name())));
  }
}

}  // namespace

void check_blocked_env(const Service& s, Report& report) {
  for (const Container& c : s.workloads().containers) {
    if (is_checked_by_kserve(c)) check_container(c, report);
  }
}

void check_blocked_env_everywhere(const Service& s, Report& report) {
  for (const Container& c : s.workloads().containers) {
    if (!is_checked_by_kserve(c)) check_container(c, report);
  }
}

void check_runtime_blocked_env(const RuntimeObject& r, Report& report) {
  for (const Container& c : r.workloads().containers) {
    if (is_checked_by_kserve(r, c)) check_container(c, report);
  }
}

void check_runtime_blocked_env_everywhere(const RuntimeObject& r, Report& report) {
  for (const Container& c : r.workloads().containers) {
    if (!is_checked_by_kserve(r, c)) check_container(c, report);
  }
}

}  // namespace modelgate::validation
