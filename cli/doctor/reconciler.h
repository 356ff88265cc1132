// SPDX-License-Identifier: Apache-2.0
//
// Which controller reconciles InferenceServices: our reconciler or KServe's, and never both.
#pragma once

#include <string>

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/report.h"

namespace modelgate::cli {

void check_reconciler(const ClusterSnapshot& snapshot, Findings& out);
void check_reconciler_permissions(const ClusterSnapshot& snapshot, Findings& out);
void check_controllers(const ClusterSnapshot& snapshot, Findings& out);

/// "kubectl logs ..." of every replica of the reconciler.
std::string reconciler_logs(const ClusterSnapshot& snapshot);

}  // namespace modelgate::cli
