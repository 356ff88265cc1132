// SPDX-License-Identifier: Apache-2.0
//
// A histogram of durations, for Prometheus: plain numbers, copied to whoever shows them. One thread. Used by
// counts.h and metrics.cc.
//
//   Histogram seconds(kReconcileBounds);
//   seconds.observe(250ms);
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <span>
#include <vector>

namespace modelgate::reconciler {

class Histogram {
 public:
  /// Upper bounds in seconds, ascending; they must outlive it.
  explicit Histogram(std::span<const double> bounds) : bounds_(bounds), counts_(bounds.size() + 1) {}

  void observe(std::chrono::duration<double> time) {
    const auto above = std::ranges::lower_bound(bounds_, time.count());  // a bound belongs to its bucket
    ++counts_[static_cast<std::size_t>(above - bounds_.begin())];
    sum_ += time.count();
  }

  std::span<const double> bounds() const { return bounds_; }
  /// Not cumulative; the last one is for what lies above all bounds.
  std::span<const std::uint64_t> counts() const { return counts_; }
  double sum() const { return sum_; }

 private:
  std::span<const double> bounds_;
  std::vector<std::uint64_t> counts_;
  double sum_ = 0;
};

}  // namespace modelgate::reconciler
