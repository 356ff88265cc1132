// SPDX-License-Identifier: Apache-2.0
//
// The health of the InferenceServices in the cluster.
#pragma once

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/report.h"

namespace modelgate::cli {

void check_services(const ClusterSnapshot& snapshot, Findings& out);

}  // namespace modelgate::cli
