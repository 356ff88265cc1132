// SPDX-License-Identifier: Apache-2.0
#include "certs/self_made.h"

#include <gtest/gtest.h>

#include <chrono>

namespace modelgate::certs {
namespace {

using namespace std::chrono_literals;

const TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 12h;

SelfMadeOptions options() {
  SelfMadeOptions result;
  result.leaf.dns_names = {"localhost"};
  result.leaf.lifetime = 23h;  // and an hour of backdating: 24 in all
  return result;
}

TEST(SelfMadeSource, RenewsItsLeafAfterTwoThirdsOfItsLife) {
  auto source = make_self_made_source(options(), kNow);
  ASSERT_TRUE(source.has_value());
  const auto first = (*source)->current();
  const std::string bundle = (*source)->ca_bundle_pem();

  EXPECT_EQ((*source)->poll(kNow + 15h - 1s), Poll::kUnchanged);
  EXPECT_EQ((*source)->current(), first);
  EXPECT_EQ((*source)->poll(kNow + 15h), Poll::kReplaced);
  EXPECT_NE((*source)->current(), first);
  EXPECT_EQ((*source)->poll(kNow + 15h + 1s), Poll::kUnchanged);

  EXPECT_EQ((*source)->ca_bundle_pem(), bundle);
  EXPECT_EQ((*source)->counts().reads, 2U);
  EXPECT_EQ((*source)->counts().errors, 0U);
}

TEST(SelfMadeSource, FailureKeepsTheLastLeafAndIsNotRepeatedAtEveryPoll) {
  SelfMadeOptions short_lived = options();
  short_lived.ca.lifetime = 2h;
  auto source = make_self_made_source(short_lived, kNow);
  ASSERT_TRUE(source.has_value());
  const auto first = (*source)->current();
  EXPECT_FALSE((*source)->poll(kNow + 3h).has_value());
  EXPECT_EQ((*source)->poll(kNow + 3h + 1s), Poll::kUnchanged);
  EXPECT_EQ((*source)->current(), first);
  EXPECT_EQ((*source)->counts().errors, 1U);
}

TEST(SelfMadeSource, RefusesToStartWithoutAName) {
  const auto source = make_self_made_source({}, kNow);
  ASSERT_FALSE(source.has_value());
  EXPECT_EQ(source.error().kind, CertificateError::Kind::kBadName);
}

}  // namespace
}  // namespace modelgate::certs
