// SPDX-License-Identifier: Apache-2.0
//
// The requests and Pods that each version of a predictor gets now. Computed by versions.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace modelgate::workload {

/// The desired traffic and Pods of one version.
struct PlannedVersion {
  std::string component;  // "m-v2-predictor": its Deployment and Service
  /// Minimum; nullopt for a stable version whose service does not set it.
  std::optional<std::int64_t> replicas = std::nullopt;
  /// Percent of the traffic.
  std::int64_t weight = 0;
  /// It has an available Pod.
  bool serves = false;
};

struct VersionPlan {
  PlannedVersion stable;
  std::vector<PlannedVersion> canaries;  // in the order of the service
  /// No longer named by the service, and not to be deleted yet.
  std::vector<PlannedVersion> retiring;
  /// All Pods of the stable version have the current template. True if the state is unknown.
  bool rolled_out = true;
  /// See Wanted.
  bool waits_for_status = false;
};

}  // namespace modelgate::workload
