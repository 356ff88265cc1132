// SPDX-License-Identifier: Apache-2.0
#include "process/metric_families.h"

#include <gtest/gtest.h>

#include <array>

#include "tests/hostile_text.h"

namespace modelgate::process {
namespace {

TEST(MetricFamilies, ShowNoHostileText) {
  for (const std::string& hostile : hostile_texts()) {
    MetricFamilies families;
    add_value(families.begin("a_total", "help", MetricType::Counter), {{"name", hostile}}, 1);
    constexpr std::array<double, 1> kBounds = {1};
    constexpr std::array<std::uint64_t, 2> kCounts = {1, 1};
    add_histogram(families.begin("b", "help", MetricType::Histogram), {{"name", hostile}}, kBounds, kCounts,
                  2);
    const std::string text = families.text();
    EXPECT_TRUE(text.contains("[31mb")) << text;
    EXPECT_EQ(raw_character(text, true), "") << text;
  }
}

}  // namespace
}  // namespace modelgate::process
