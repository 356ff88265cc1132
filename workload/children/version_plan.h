// SPDX-License-Identifier: Apache-2.0
//
// The requests and Pods that each version of a predictor gets now. Computed by versions.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace modelgate::workload {

/// What one version is to have now.
struct PlannedVersion {
  std::string component;  // "m-v2-predictor": its Deployment and Service
  /// At the least; of the stable version nothing where the service says nothing.
  std::optional<std::int64_t> replicas = std::nullopt;
  /// Of a hundred requests.
  std::int64_t weight = 0;
  /// A Pod of it is available.
  bool serves = false;
};

struct VersionPlan {
  PlannedVersion stable;
  std::vector<PlannedVersion> canaries;  // as the service lists them
  /// Not named any more, and not to go yet.
  std::vector<PlannedVersion> leaving;
  /// All Pods of the stable version are of what the service says now, as far as anybody has looked.
  bool rolled_out = true;
  /// Requests or Pods are not yet as the service says, for it was only now that it said so.
  bool look_again = false;
};

}  // namespace modelgate::workload
