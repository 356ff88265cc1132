// SPDX-License-Identifier: Apache-2.0
#include "process/histogram.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "process/metric_families.h"

namespace modelgate::process {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::array kBounds{0.001, 0.01, 1.0};

/// In place of http::Counter.
class Counter {
 public:
  void add(std::uint64_t by) { value_ += by; }
  std::uint64_t get() const { return value_; }

 private:
  std::uint64_t value_ = 0;
};

TEST(Histogram, ABoundIsPartOfItsBucket) {
  Histogram<kBounds> times;
  for (const auto time : {0ns, 1'000'000ns, 1'000'001ns, 1'000'000'000ns, 1'000'000'001ns})
    times.observe(time);
  EXPECT_THAT(times.counts, ElementsAre(2, 1, 1, 1));
  EXPECT_EQ(times.sum_nanoseconds, 2'002'000'002U);
}

TEST(Histogram, AddsTheCountersOfThreads) {
  Histogram<kBounds, Counter> one, two;
  one.observe(1ms);
  two.observe(2ms);
  two.observe(1min);
  Histogram<kBounds> sum;
  sum.add(one);
  sum.add(two);
  EXPECT_THAT(sum.counts, ElementsAre(1, 1, 0, 1));
  EXPECT_EQ(sum.sum_nanoseconds, 60'003'000'000U);
}

TEST(Histogram, IsWrittenWithCumulativeBuckets) {
  Histogram<kBounds> times;
  times.observe(1ms);
  times.observe(2ms);
  times.observe(1min);
  MetricFamilies families;
  add_histogram(families.begin("times", "Times.", MetricType::Histogram), {{"of", "test"}}, times);
  const std::string text = families.text();
  EXPECT_THAT(text, HasSubstr("times_bucket{of=\"test\",le=\"0.001\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("times_bucket{of=\"test\",le=\"0.01\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("times_bucket{of=\"test\",le=\"+Inf\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("times_sum{of=\"test\"} 60.003\n"));
}

}  // namespace
}  // namespace modelgate::process
