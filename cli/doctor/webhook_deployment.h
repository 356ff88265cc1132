// SPDX-License-Identifier: Apache-2.0
//
// Whether the webhook runs: its namespace, Deployment, Pods, and whether its Service has endpoints.
#pragma once

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/report.h"

namespace modelgate::cli {

void check_namespace(const ClusterSnapshot& snapshot, Findings& out);
void check_deployment(const ClusterSnapshot& snapshot, Findings& out);
void check_disruption_budget(const ClusterSnapshot& snapshot, Findings& out);
void check_endpoints(const ClusterSnapshot& snapshot, Findings& out);

}  // namespace modelgate::cli
