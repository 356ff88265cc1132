// SPDX-License-Identifier: Apache-2.0
//
// Our webhook configurations, and those of others that match the same objects.
#pragma once

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/report.h"

namespace modelgate::cli {

void check_registration(const ClusterSnapshot& snapshot, Findings& out);
void check_registration_settings(const ClusterSnapshot& snapshot, Findings& out);
void check_other_webhooks(const ClusterSnapshot& snapshot, Findings& out);

}  // namespace modelgate::cli
