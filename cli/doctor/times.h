// SPDX-License-Identifier: Apache-2.0
//
// The API server's clock.
#pragma once

#include <chrono>

#include "cli/doctor/cluster_snapshot.h"

namespace modelgate::cli {

/// The API server's clock.
std::chrono::sys_seconds now_of(const ClusterSnapshot& snapshot);

}  // namespace modelgate::cli
