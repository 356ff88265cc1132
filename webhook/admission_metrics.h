// SPDX-License-Identifier: Apache-2.0
//
// Counters of admission requests: a set for each thread, added up when metrics are collected. Written by
// admission_handler.cc, read by metrics.cc.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "http/counters.h"
#include "process/histogram.h"

namespace modelgate::webhook {

inline constexpr std::size_t kMaxPaths = 8;

/// In seconds. controller-runtime's first bound is 5 ms, which is more than almost all of our requests take.
inline constexpr std::array<double, 18> kLatencyBounds{25e-6,  50e-6, 100e-6, 200e-6, 400e-6, 800e-6,
                                                       1.5e-3, 3e-3,  5e-3,   10e-3,  25e-3,  50e-3,
                                                       0.1,    0.25,  0.5,    1,      2.5,    10};

inline constexpr std::array<int, 6> kCountedCodes{200, 400, 405, 415, 429, 500};

template <class Number>
struct BasicPathCounts {
  std::array<Number, kCountedCodes.size()> codes{};
  process::Histogram<kLatencyBounds, Number> latencies;
  Number in_flight{};
  Number denied{};
  Number strict_would_deny{};  // admitted in Compatible
  Number lookups{};            // rounds of lookups in a FactSource
};

template <class Number>
struct BasicAdmissionCounts {
  std::array<BasicPathCounts<Number>, kMaxPaths> paths{};
  Number not_found{};  // 404: unknown path
};

class PathCounters : public BasicPathCounts<http::Counter> {
 public:
  void count_code(int code);
};

struct AdmissionCounters {
  std::array<PathCounters, kMaxPaths> paths;
  http::Counter not_found;
};

using AdmissionCounts = BasicAdmissionCounts<std::uint64_t>;

class AdmissionMetrics {
 public:
  /// A set for one more thread; lives as long as this.
  AdmissionCounters& add_thread();
  AdmissionCounts sum() const;

 private:
  mutable std::mutex mutex_;  // for the list, not for the counters
  std::vector<std::unique_ptr<AdmissionCounters>> threads_;
};

}  // namespace modelgate::webhook
