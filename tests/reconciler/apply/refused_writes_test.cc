// SPDX-License-Identifier: Apache-2.0
//
// Refused writes over time: when each is repeated, and how many in a second.
#include "reconciler/apply/refused_writes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace modelgate::reconciler {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;

const SteadyTime kStart{1000h};

class Refused : public testing::Test {
 protected:
  SteadyTime refuse(const std::string& object, SteadyTime now, std::string_view digest = "digest") {
    return writes_.refused(object, "uid", digest,
                           {.component = "predictor", .reason = "Denied", .text = "no"}, now);
  }
  bool is_held(const std::string& object, SteadyTime now, std::string_view digest = "digest") {
    return writes_.held(object, "uid", digest, now).has_value();
  }

  RefusedWrites writes_;
};

TEST_F(Refused, AreRepeatedAfterPausesOfAtMostHalfAMinute) {
  std::vector<std::chrono::seconds> pauses;
  SteadyTime now = kStart;
  for (int i = 0; i < 100; ++i) {
    const SteadyTime again_at = refuse("a", now);
    EXPECT_TRUE(is_held("a", again_at - 1ns - (again_at - now - kRefusalHolds)));
    EXPECT_FALSE(is_held("a", again_at));
    pauses.push_back(std::chrono::duration_cast<std::chrono::seconds>(again_at - now));
    now = again_at;
  }
  EXPECT_THAT(std::vector(pauses.begin(), pauses.begin() + 5), ElementsAre(5s, 10s, 20s, 30s, 30s));
  EXPECT_EQ(*std::ranges::max_element(pauses), kLongestRefusalPause);
}

TEST_F(Refused, ReportTheirProblemMeanwhile) {
  const SteadyTime again_at = refuse("a", kStart);
  const auto held = writes_.held("a", "uid", "digest", kStart + 1s);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->problem.reason, "Denied");
  EXPECT_EQ(held->again_at, again_at);
  EXPECT_EQ(again_at, kStart + 5s);
}

TEST_F(Refused, AreNotCountedWhileTheyAreHeld) {
  SteadyTime again_at = refuse("a", kStart);
  for (int i = 0; i < 100; ++i) EXPECT_TRUE(is_held("a", kStart + i * 49ms));
  again_at = refuse("a", again_at);
  EXPECT_EQ(again_at, kStart + 15s);
}

TEST_F(Refused, AreRepeatedByAnEventOnceTheyAreNotHeld) {
  refuse("a", kStart);
  refuse("a", kStart + 5s);
  refuse("a", kStart + 15s);
  const SteadyTime again_at = refuse("a", kStart + 35s);
  EXPECT_EQ(again_at, kStart + 65s);
  EXPECT_TRUE(is_held("a", kStart + 35s + 4999ms));
  EXPECT_FALSE(is_held("a", kStart + 40s));
}

TEST_F(Refused, HoldNoOtherWrite) {
  refuse("a", kStart);
  EXPECT_TRUE(is_held("a", kStart));
  EXPECT_FALSE(is_held("b", kStart));
  EXPECT_FALSE(is_held("a", kStart, "another digest"));
  EXPECT_FALSE(writes_.held("a", "another uid", "digest", kStart));
  EXPECT_EQ(refuse("a", kStart + 1s, "another digest"), kStart + 6s) << "the first refusal of that write";
}

TEST_F(Refused, StartAgainAfterASuccess) {
  refuse("a", refuse("a", kStart));
  writes_.forget("a");
  EXPECT_FALSE(is_held("a", kStart + 5s));
  EXPECT_EQ(refuse("a", kStart + 60s), kStart + 65s);
}

/// A thousand objects, refused within a second, with an event for each of them every second.
TEST_F(Refused, AreRepeatedAtMostFortyTimesASecond) {
  constexpr std::size_t kObjects = 1000;
  constexpr std::size_t kSeconds = 300;
  std::vector<SteadyTime> last(kObjects);
  std::set<std::pair<SteadyTime, std::size_t>> due;
  std::vector<int> repeated(kSeconds);
  std::chrono::nanoseconds longest{};
  const auto refuse_at = [&](std::size_t i, SteadyTime now) {
    last[i] = now;
    due.emplace(refuse(std::to_string(i), now), i);
  };
  for (std::size_t i = 0; i < kObjects; ++i) refuse_at(i, kStart + std::chrono::milliseconds(i));
  const auto reconcile = [&](std::size_t i, std::size_t ms) {
    const SteadyTime now = kStart + std::chrono::milliseconds(ms);
    if (is_held(std::to_string(i), now)) return;
    ++repeated[ms / 1000];
    longest = std::max<std::chrono::nanoseconds>(longest, now - last[i]);
    refuse_at(i, now);
  };
  for (std::size_t ms = 1000; ms < kSeconds * 1000; ++ms) {
    while (due.begin()->first <= kStart + std::chrono::milliseconds(ms)) {
      const std::size_t i = due.begin()->second;
      due.erase(due.begin());
      reconcile(i, ms);
    }
    reconcile(ms % kObjects, ms);  // an event
  }
  EXPECT_LE(*std::ranges::max_element(repeated), kRefusedPerSecond);
  EXPECT_GE(*std::min_element(repeated.begin() + 30, repeated.end()), 25) << "the rate is used";
  EXPECT_LE(longest, kLongestRefusalPause + 1s);
}

TEST_F(Refused, WaitLongerIfThereAreMore) {
  constexpr int kObjects = 12'000;
  SteadyTime last = kStart;
  for (int i = 0; i < kObjects; ++i) last = std::max(last, refuse(std::to_string(i), kStart));
  EXPECT_GE(last, kStart + std::chrono::seconds(kObjects / kRefusedPerSecond));
  EXPECT_LE(last, kStart + std::chrono::seconds(kObjects / kRefusedPerSecond + 6));
}

TEST_F(Refused, AreForgottenIfTheyAreNotRepeated) {
  for (int i = 0; i < 1000; ++i) refuse(std::to_string(i), kStart);
  EXPECT_EQ(writes_.size(), 1000U);
  refuse("a", kStart + 10min);
  EXPECT_EQ(writes_.size(), 1U);
}

}  // namespace
}  // namespace modelgate::reconciler
