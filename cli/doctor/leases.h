// SPDX-License-Identifier: Apache-2.0
//
// The Leases of both programs: whether a replica rotates certificates, and whether one reconciles.
#pragma once

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/report.h"

namespace modelgate::cli {

void check_lease(const ClusterSnapshot& snapshot, Findings& out);
void check_reconciler_lease(const ClusterSnapshot& snapshot, Findings& out);

}  // namespace modelgate::cli
