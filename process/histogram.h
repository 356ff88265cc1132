// SPDX-License-Identifier: Apache-2.0
//
// A histogram of durations, for Prometheus. Used by webhook/admission_metrics.h, with counters that another
// thread reads, and by reconciler/metrics/counts.h.
//
//   Histogram<kBounds> times;
//   times.observe(250ms);
//   add_histogram(family, labels, times);  // process/metric_families.h
#pragma once

#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>

namespace modelgate::process {

/// `kBounds`: an array of upper bounds in seconds, ascending. `Number`: std::uint64_t, or a counter with
/// add() and get() such as http::Counter.
template <const auto& kBounds, class Number = std::uint64_t>
struct Histogram {
  std::array<Number, kBounds.size() + 1> counts{};  // not cumulative; the last one: above all bounds
  Number sum_nanoseconds{};

  void observe(std::chrono::nanoseconds time) {
    const double seconds = std::chrono::duration<double>(time).count();
    const auto bound =
        std::ranges::lower_bound(kBounds, seconds);  // a bound is part of its bucket, as in `le`
    increase(counts[static_cast<std::size_t>(bound - kBounds.begin())], 1);
    increase(sum_nanoseconds, static_cast<std::uint64_t>(time.count()));
  }

  /// Adds the counts of another one, such as another thread's.
  template <class Other>
  void add(const Histogram<kBounds, Other>& other) {
    for (std::size_t i = 0; i < counts.size(); ++i) increase(counts[i], value_of(other.counts[i]));
    increase(sum_nanoseconds, value_of(other.sum_nanoseconds));
  }

 private:
  static void increase(auto& number, std::uint64_t by) {
    if constexpr (requires { number.add(by); }) {
      number.add(by);
    } else {
      number += by;
    }
  }
  static std::uint64_t value_of(const auto& number) {
    if constexpr (requires { number.get(); }) {
      return number.get();
    } else {
      return number;
    }
  }
};

}  // namespace modelgate::process
