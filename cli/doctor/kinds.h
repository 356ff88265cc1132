// SPDX-License-Identifier: Apache-2.0
//
// Third-party kinds that the configuration or a service requires: whether the cluster serves them.
#pragma once

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/report.h"

namespace modelgate::cli {

void check_configured_kinds(const ClusterSnapshot& snapshot, Findings& out);

}  // namespace modelgate::cli
