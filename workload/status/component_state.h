// SPDX-License-Identifier: Apache-2.0
//
// Whether a component is up, from its Deployments (two for a multi-node predictor) and Pods: the value,
// reason and message of its condition. Who calls: status.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "spec/json.h"
#include "workload/status/pod_trouble.h"

namespace modelgate::workload {

/// A condition's value, with why.
struct State {
  std::string_view status = "Unknown";  // "True", "False", "Unknown"
  std::string reason;
  std::string message;
  bool is_true() const { return status == "True"; }
};

/// As KServe reads Deployments: progress that failed outweighs Pods that are available (but not where
/// `serving_counts`), and replicas that cannot be made outweigh all. `troubles` give the reason where it is
/// not up.
State state_of(const std::vector<const spec::Value*>& deployments, const std::vector<PodTrouble>& troubles,
               bool serving_counts);

/// Why Pods cannot be made: a quota, or a webhook that denies them. Nothing where they can.
std::optional<std::string> why_no_pods(const std::vector<const spec::Value*>& deployments);

/// Pods that are available, of all its Deployments.
bool has_available_pods(const std::vector<const spec::Value*>& deployments);

}  // namespace modelgate::workload
