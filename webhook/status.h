// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the rest of the process tells its probes and metrics: written by webhook/main.cc's loop, read by the
// thread of the probes (http/probes.h, webhook/metrics.h).

#include <atomic>
#include <cstdint>

namespace modelgate::webhook {

struct Status {
  std::atomic<bool> draining = false;
  std::atomic<std::uint64_t> catalog_generation = 0;  // 0: there is no catalog yet
  std::atomic<std::uint64_t> catalog_reloads = 0;
  std::atomic<bool> serving = false;         // the HTTPS listener is there, as far as main knows
  std::atomic<bool> bundle_matched = false;  // once; see webhook/main.cc
  std::atomic<std::uint64_t> catalog_errors = 0;
  std::atomic<std::uint64_t> certificate_reads = 0;
  std::atomic<std::uint64_t> certificate_errors = 0;
  std::atomic<std::int64_t> certificate_not_after = 0;  // seconds since the epoch
};

}  // namespace modelgate::webhook
