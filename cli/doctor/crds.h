// SPDX-License-Identifier: Apache-2.0
//
// Whether the CRDs exist, are established and serve the versions that we read; ours or KServe's.
#pragma once

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/report.h"

namespace modelgate::cli {

void check_crds(const ClusterSnapshot& snapshot, Findings& out);

}  // namespace modelgate::cli
