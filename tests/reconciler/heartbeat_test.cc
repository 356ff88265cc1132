// SPDX-License-Identifier: Apache-2.0
#include "reconciler/heartbeat.h"

#include <gtest/gtest.h>

namespace modelgate::reconciler {
namespace {

using namespace std::chrono_literals;

TEST(Heartbeat, AilsOnceItWasSilentForTooLong) {
  const Heartbeat::Time began{};
  Heartbeat heart(began);
  EXPECT_EQ(heart.ailing(began), "");
  EXPECT_EQ(heart.ailing(began + kLongestSilence), "");
  EXPECT_NE(heart.ailing(began + kLongestSilence + 1s), "");
  heart.beat(began + kLongestSilence);
  EXPECT_EQ(heart.ailing(began + 2 * kLongestSilence), "");
  EXPECT_NE(heart.ailing(began + 2 * kLongestSilence + 1s), "");
}

}  // namespace
}  // namespace modelgate::reconciler
