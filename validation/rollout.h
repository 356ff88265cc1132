// SPDX-License-Identifier: Apache-2.0
//
// Rules about how Deployments replace Pods, and how HorizontalPodAutoscalers change their number: what the API
// server requires of `deploymentStrategy` and `autoScaling.behavior`.
#pragma once

#include "validation/reading.h"
#include "validation/report.h"

namespace modelgate::validation {

void check_deployment_strategy(const Service& s, Report& report);
void check_scaling_behavior(const Service& s, Report& report);

}  // namespace modelgate::validation
