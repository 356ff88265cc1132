// SPDX-License-Identifier: Apache-2.0
//
// Whether a Lease of the snapshot is held and fresh.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>

#include "cli/doctor/cluster_snapshot.h"
#include "kube/lease_record.h"

namespace modelgate::cli {

struct LeaseState {
  kube::LeaseRecord record;
  bool fresh = false;                       // held, and renewed within twice its duration
  std::optional<std::chrono::seconds> age;  // since the last renewal, by the API server's clock
};

/// Nothing if there is no such Lease.
std::optional<LeaseState> lease_state(const ClusterSnapshot& snapshot, std::string_view ns,
                                      std::string_view name);

}  // namespace modelgate::cli
