// SPDX-License-Identifier: Apache-2.0
//
// Writes over time, and which of them are allowed.
#include "reconciler/apply/write_breaker.h"

#include <gtest/gtest.h>

namespace modelgate::reconciler {
namespace {

using namespace std::chrono_literals;

const SteadyTime kStart{1000h};

class Breaker : public testing::Test {
 protected:
  /// Of `tries` writes at that time, records those that are allowed and returns their number.
  int write(const std::string& object, SteadyTime now, int tries) {
    int allowed = 0;
    for (int i = 0; i < tries; ++i) {
      if (!breaker_.allows(object, now)) continue;
      breaker_.note(object, now);
      ++allowed;
    }
    return allowed;
  }

  WriteBreaker breaker_{3, 5s};
};

TEST_F(Breaker, AllowsABurstAndThenOneInEachInterval) {
  EXPECT_EQ(write("a", kStart, 10), 3);
  EXPECT_EQ(write("a", kStart + 4999ms, 10), 0);
  EXPECT_EQ(write("a", kStart + 5s, 10), 1);
  EXPECT_EQ(write("a", kStart + 9999ms, 10), 0);
  EXPECT_EQ(write("a", kStart + 20s, 10), 3) << "never more than a burst";
}

TEST_F(Breaker, AllowsASteadyStream) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(write("a", kStart + i * 5s, 1), 1);
}

TEST_F(Breaker, CountsEachObjectSeparately) {
  EXPECT_EQ(write("a", kStart, 10), 3);
  EXPECT_EQ(write("b", kStart, 10), 3);
}

TEST_F(Breaker, ReportsHowLongToWait) {
  EXPECT_EQ(breaker_.wait("a", kStart), 0s);
  write("a", kStart, 3);
  EXPECT_EQ(breaker_.wait("a", kStart), 5s);
  EXPECT_EQ(breaker_.wait("a", kStart + 3s), 2s);
  EXPECT_EQ(breaker_.wait("a", kStart + 5s), 0s);
  EXPECT_EQ(breaker_.wait("a", kStart + 1h), 0s);
}

TEST_F(Breaker, CountsWritesThatItDidNotAllow) {
  for (int i = 0; i < 6; ++i) breaker_.note("a", kStart);
  EXPECT_FALSE(breaker_.allows("a", kStart + 19s));
  EXPECT_TRUE(breaker_.allows("a", kStart + 20s));
}

TEST_F(Breaker, ForgetsObjectsWithoutWrites) {
  for (int i = 0; i < 1000; ++i) breaker_.note(std::to_string(i), kStart);
  EXPECT_EQ(breaker_.size(), 1000U);
  breaker_.note("busy", kStart + 2s);
  breaker_.note("busy", kStart + 5s);
  EXPECT_EQ(breaker_.size(), 1U);
}

}  // namespace
}  // namespace modelgate::reconciler
