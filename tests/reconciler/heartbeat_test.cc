// SPDX-License-Identifier: Apache-2.0
#include "reconciler/heartbeat.h"

#include <gtest/gtest.h>

namespace modelgate::reconciler {
namespace {

using namespace std::chrono_literals;

TEST(Heartbeat, ReportsAThreadThatHasNotRespondedForTooLong) {
  const Heartbeat::Time began{};
  Heartbeat heart(began);
  EXPECT_EQ(heart.problem(began), "");
  EXPECT_EQ(heart.problem(began + kLongestSilence), "");
  EXPECT_NE(heart.problem(began + kLongestSilence + 1s), "");
  heart.beat(began + kLongestSilence);
  EXPECT_EQ(heart.problem(began + 2 * kLongestSilence), "");
  EXPECT_NE(heart.problem(began + 2 * kLongestSilence + 1s), "");
}

}  // namespace
}  // namespace modelgate::reconciler
