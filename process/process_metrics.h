// SPDX-License-Identifier: Apache-2.0
//
// The standard metrics process_*, from Linux's /proc, and the build. Used by webhook/metrics.cc and
// reconciler/metrics/metrics.cc.
#pragma once

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

/// Zeros if /proc cannot be read.
ProcessStats process_stats();

/// process_* and modelgate_build_info{program,version}.
void add_process_metrics(std::string_view program, MetricFamilies& families);

}  // namespace modelgate::process
