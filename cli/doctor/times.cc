// SPDX-License-Identifier: Apache-2.0
#include "cli/doctor/times.h"

namespace modelgate::cli {

std::chrono::sys_seconds now_of(const ClusterSnapshot& snapshot) {
  return std::chrono::floor<std::chrono::seconds>(snapshot.now) +
         snapshot.clock_ahead.value_or(std::chrono::seconds(0));
}

}  // namespace modelgate::cli
