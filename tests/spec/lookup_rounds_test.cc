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

TEST(LookupRounds, UnknownObjectsAreFacts) {
  Facts facts;
  leave_unknown(kSecret, facts);
  ASSERT_NE(facts.find(kSecret.front()), nullptr);
  EXPECT_EQ(facts.find(kSecret.front())->state, Fact::State::kUnknown);
}

}  // namespace
}  // namespace modelgate::spec
