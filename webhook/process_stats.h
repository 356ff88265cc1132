// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the kernel says of this process, for the metrics process_*. Linux's /proc. Used by webhook/metrics.cc
// and the benchmark.

#include <cstdint>

namespace modelgate::webhook {

struct ProcessStats {
  double cpu_seconds = 0;         // user and system
  double start_time_seconds = 0;  // since the epoch
  std::uint64_t resident_bytes = 0;
  std::uint64_t virtual_bytes = 0;
  std::uint64_t open_files = 0;
  std::uint64_t max_files = 0;
};

// Zeros where /proc cannot be read.
ProcessStats process_stats();

}  // namespace modelgate::webhook
