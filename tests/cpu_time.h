// SPDX-License-Identifier: Apache-2.0
//
// CPU time of the test process, to bound work: unlike wall-clock time it hardly depends on what else the
// machine does.
#pragma once

#include <chrono>
#include <ctime>

namespace modelgate {

/// Of all threads, since the process started.
inline std::chrono::nanoseconds cpu_time() {
  timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace modelgate
