// SPDX-License-Identifier: Apache-2.0
//
// Timestamps of objects, and the API server's clock.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "cli/doctor/cluster_snapshot.h"

namespace modelgate::cli {

/// An RFC 3339 time of a Kubernetes object, with or without a fraction. The fraction is dropped.
std::optional<std::chrono::sys_seconds> read_time(std::string_view text);

/// The API server's clock.
std::chrono::sys_seconds now_of(const ClusterSnapshot& snapshot);

}  // namespace modelgate::cli
