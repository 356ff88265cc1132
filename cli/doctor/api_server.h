// SPDX-License-Identifier: Apache-2.0
//
// The API server: whether it answers, its version and clock, whether Modelgate is installed, and permissions.
#pragma once

#include <string_view>
#include <vector>

#include "cli/doctor/cluster_snapshot.h"
#include "cli/doctor/report.h"

namespace modelgate::cli {

void check_api_server(const ClusterSnapshot& snapshot, Findings& out);
void check_clock(const ClusterSnapshot& snapshot, Findings& out);
void check_installation(const ClusterSnapshot& snapshot, Findings& out);
void check_permissions(const ClusterSnapshot& snapshot, Findings& out);
void check_own_permissions(const ClusterSnapshot& snapshot, Findings& out);

/// Reports the permissions that the ServiceAccount of `program` ("the webhook") lacks, and how many could not
/// be checked.
void report_permissions(const ClusterSnapshot& snapshot, std::string_view program, std::string_view account,
                        const std::vector<PermissionAnswer>& answers, Findings& out);

}  // namespace modelgate::cli
