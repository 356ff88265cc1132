// SPDX-License-Identifier: Apache-2.0
//
// The canaries in the status: the condition CanaryPredictorReady and the list `canaryStatuses`. Called by
// status.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "workload/status/conditions.h"
#include "workload/status/model_state.h"
#include "workload/status/status_input.h"

namespace modelgate::workload {

struct CanaryStatus {
  std::string name;
  bool ready = false;
  std::int64_t traffic_percent = 0;
  ModelState model;
};

/// In the order of the service. Sets CanaryPredictorReady if the service has canaries, or if one that it no
/// longer names still serves.
std::vector<CanaryStatus> canary_statuses(const StatusInput& input, Conditions& conditions);

/// Of a stopped service. `stopped` is the state of its conditions.
std::vector<CanaryStatus> stopped_canaries(const StatusInput& input, const ConditionState& stopped,
                                           Conditions& conditions);

spec::Value to_value(const std::vector<CanaryStatus>& canaries, spec::Arena& arena);

}  // namespace modelgate::workload
