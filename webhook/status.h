// SPDX-License-Identifier: Apache-2.0
//
// The state for probes and metrics: written by program.cc's loop, read by the probes' threads (http/probes.h,
// metrics.h).
#pragma once

#include <atomic>
#include <cstdint>

namespace modelgate::webhook {

struct Status {
  std::atomic<bool> draining = false;
  std::atomic<std::uint64_t> catalog_generation = 0;  // 0: no catalog yet
  std::atomic<std::uint64_t> catalog_reloads = 0;
  std::atomic<bool> serving = false;         // the HTTPS listener was started
  std::atomic<bool> bundle_matched = false;  // at least once; see program.cc
  std::atomic<std::uint64_t> catalog_errors = 0;
  std::atomic<std::uint64_t> certificate_reads = 0;
  std::atomic<std::uint64_t> certificate_errors = 0;
  std::atomic<std::int64_t> certificate_not_after = 0;  // seconds since the epoch
};

}  // namespace modelgate::webhook
