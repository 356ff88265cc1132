// SPDX-License-Identifier: Apache-2.0
//
// The checks of `modelgate doctor`, as a table: each is a function of the cluster snapshot. To add one: write
// the function in the file of its subject, add a row to checks.cc and a section to docs/troubleshooting.md. A
// test in tests/cli compares the table with that page.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/report.h"

namespace modelgate::cli {

struct Check {
  enum class When : std::uint8_t { kAlways, kInstalled, kPreflight };

  std::string_view id;
  std::string_view healthy;  // reported if the check found nothing
  When when;
  void (*run)(const ClusterSnapshot& snapshot, Findings& out);
};

std::span<const Check> doctor_checks();

/// Runs the checks that apply: those for a preflight if before_installation(), else those of an installation.
Findings diagnose(const ClusterSnapshot& snapshot);

}  // namespace modelgate::cli
