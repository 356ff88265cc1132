// SPDX-License-Identifier: Apache-2.0
#pragma once

// What is counted of admission requests, a set for each thread, summed when metrics are collected. Written by
// webhook/admission_handler.cc, read by webhook/metrics.cc.

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <mutex>
#include <vector>

#include "http/counters.h"

namespace modelgate::webhook {

inline constexpr std::size_t kMaxPaths = 8;

// Upper bounds in microseconds. controller-runtime's begin at 5 ms, which is where we are long done.
inline constexpr std::array<std::uint32_t, 18> kLatencyBounds{
    25,     50,     100,    200,     400,     800,     1'500,     3'000,     5'000,
    10'000, 25'000, 50'000, 100'000, 250'000, 500'000, 1'000'000, 2'500'000, 10'000'000};

inline constexpr std::array<int, 6> kCountedCodes{200, 400, 405, 415, 429, 500};

template <class Number>
struct BasicPathCounts {
  std::array<Number, kCountedCodes.size()> codes{};
  std::array<Number, kLatencyBounds.size() + 1> latencies{};  // not cumulative; the last is above all bounds
  Number latency_sum_ns{};
  Number in_flight{};
  Number denied{};
  Number strict_would_deny{};  // admitted in Compatible
  Number lookups{};            // rounds of asking a FactSource
};

template <class Number>
struct BasicAdmissionCounts {
  std::array<BasicPathCounts<Number>, kMaxPaths> paths{};
  Number not_found{};  // 404: no such path
};

class PathCounters : public BasicPathCounts<http::Counter> {
 public:
  void count_code(int code);
  void count_latency(std::chrono::nanoseconds latency);
};

struct AdmissionCounters {
  std::array<PathCounters, kMaxPaths> paths;
  http::Counter not_found;
};

using AdmissionCounts = BasicAdmissionCounts<std::uint64_t>;

class AdmissionMetrics {
 public:
  // A set for one more thread. It lives as long as this.
  AdmissionCounters& add_thread();
  AdmissionCounts sum() const;

 private:
  mutable std::mutex mutex_;  // for the list; not for what is counted
  std::vector<std::unique_ptr<AdmissionCounters>> threads_;
};

}  // namespace modelgate::webhook
