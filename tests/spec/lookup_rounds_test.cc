// SPDX-License-Identifier: Apache-2.0
#include "spec/lookup_rounds.h"

#include <gtest/gtest.h>

namespace modelgate::spec {
namespace {

using Next = LookupRounds::Next;

const std::vector<ObjectKey> kSecret = {{.kind = "Secret", .namespace_ = "ns", .name = "s"}};

TEST(LookupRounds, EndWhenNothingIsNeeded) {
  LookupRounds rounds;
  EXPECT_EQ(rounds.next({}), Next::kDone);
  EXPECT_EQ(rounds.next(kSecret), Next::kLookUp);
  EXPECT_EQ(rounds.next({}), Next::kDone);
  EXPECT_EQ(rounds.rounds(), 1);
}

TEST(LookupRounds, LookUpThreeTimesThenLeaveUnknownThenGiveUp) {
  LookupRounds rounds;
  for (int i = 0; i < LookupRounds::kMax; ++i) EXPECT_EQ(rounds.next(kSecret), Next::kLookUp);
  EXPECT_EQ(rounds.next(kSecret), Next::kLeaveUnknown);
  EXPECT_EQ(rounds.next(kSecret), Next::kGiveUp);
  EXPECT_EQ(rounds.next({}), Next::kDone);
}

TEST(LookupRounds, LimitTheObjectsOfAllRounds) {
  LookupRounds rounds;
  std::vector<ObjectKey> first(LookupRounds::kMaxObjects - 1, kSecret.front());
  EXPECT_TRUE(rounds.take_excess(first).empty());
  EXPECT_EQ(first.size(), LookupRounds::kMaxObjects - 1);
  std::vector<ObjectKey> second = {{"Secret", "ns", "a"}, {"Secret", "ns", "b"}, {"Secret", "ns", "c"}};
  const std::vector<ObjectKey> excess = rounds.take_excess(second);
  EXPECT_EQ(second, (std::vector<ObjectKey>{{"Secret", "ns", "a"}}));
  EXPECT_EQ(excess, (std::vector<ObjectKey>{{"Secret", "ns", "b"}, {"Secret", "ns", "c"}}));
}

TEST(LookupRounds, UnknownObjectsAreFacts) {
  Facts facts;
  leave_unknown(kSecret, facts);
  ASSERT_NE(facts.find(kSecret.front()), nullptr);
  EXPECT_EQ(facts.find(kSecret.front())->state, Fact::State::kUnknown);
}

}  // namespace
}  // namespace modelgate::spec
