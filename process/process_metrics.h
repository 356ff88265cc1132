// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the kernel says of this process (Linux's /proc) as the customary metrics process_*, and which build it
// is. Used by webhook/metrics.cc and reconciler/metrics/metrics.cc.

#include <cstdint>
#include <string_view>

#include "process/metric_families.h"

namespace modelgate::process {

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

// process_* and modelgate_build_info{program,version}.
void add_process_metrics(std::string_view program, MetricFamilies& families);

}  // namespace modelgate::process
