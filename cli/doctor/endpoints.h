// SPDX-License-Identifier: Apache-2.0
//
// The endpoints of a Service.
#pragma once

#include <cstddef>
#include <string_view>

#include "cli/doctor/cluster_snapshot.h"

namespace modelgate::cli {

struct EndpointCount {
  std::size_t ready = 0;
  std::size_t not_ready = 0;
};
EndpointCount endpoints_of(const ClusterSnapshot& snapshot, std::string_view ns, std::string_view service);

}  // namespace modelgate::cli
