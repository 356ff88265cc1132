// SPDX-License-Identifier: Apache-2.0
#include "reconciler/assessment/host_claims.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace modelgate::reconciler {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

const ServiceKey kOld = {"team-a", "fraud"};
const ServiceKey kNew = {"a", "fraud-team"};
const ServiceKey kThird = {"b", "x"};

HostClaim claim(const ServiceKey& key, std::string created, std::vector<std::string> hosts,
                bool has_routes = false) {
  return {.key = key, .created = std::move(created), .hosts = std::move(hosts), .has_routes = has_routes};
}

TEST(HostClaims, TheOldestHasTheHost) {
  for (const bool old_first : {true, false}) {
    HostClaims claims;
    const HostClaim first = claim(kOld, "2026-01-01T00:00:00Z", {"h", "other"});
    const HostClaim second = claim(kNew, "2026-01-02T00:00:00Z", {"h", "third"});
    claims.set(old_first ? first : second);
    const auto changed = claims.set(old_first ? second : first);
    if (old_first) EXPECT_THAT(changed, IsEmpty());
    if (!old_first) EXPECT_THAT(changed, ElementsAre(kNew)) << "it loses the host";
    EXPECT_THAT(claims.taken(kOld), IsEmpty());
    EXPECT_THAT(claims.taken(kNew), ElementsAre(Pair("h", "team-a/fraud")));
  }
}

TEST(HostClaims, OfTheSameSecondTheFirstByNameHasIt) {
  HostClaims claims;
  claims.set(claim(kOld, "2026-01-01T00:00:00Z", {"h"}));
  claims.set(claim(kNew, "2026-01-01T00:00:00Z", {"h"}));
  EXPECT_THAT(claims.taken(kOld), ElementsAre(Pair("h", "a/fraud-team")));
}

TEST(HostClaims, TheOneWithARouteKeepsIt) {
  HostClaims claims;
  claims.set(claim(kNew, "2026-01-02T00:00:00Z", {"h"}, true));
  EXPECT_THAT(claims.set(claim(kOld, "2026-01-01T00:00:00Z", {"h"})), IsEmpty());
  EXPECT_THAT(claims.taken(kOld), ElementsAre(Pair("h", "a/fraud-team")));
  EXPECT_THAT(claims.taken(kNew), IsEmpty());
  // A route for another host does not count.
  EXPECT_THAT(claims.set(claim(kOld, "2026-01-01T00:00:00Z", {"h"}, true)), IsEmpty());
  EXPECT_THAT(claims.taken(kOld), ElementsAre(Pair("h", "a/fraud-team")));
}

TEST(HostClaims, ThoseFromBeforeAreByAge) {
  HostClaims claims;
  claims.set(claim(kNew, "2026-01-02T00:00:00Z", {"h"}, true));
  EXPECT_THAT(claims.set(claim(kOld, "2026-01-01T00:00:00Z", {"h"}, true)), ElementsAre(kNew));
  EXPECT_THAT(claims.taken(kNew), ElementsAre(Pair("h", "team-a/fraud")));
}

TEST(HostClaims, TheNextOneTakesOver) {
  HostClaims claims;
  claims.set(claim(kOld, "2026-01-01T00:00:00Z", {"h"}, true));
  claims.set(claim(kNew, "2026-01-02T00:00:00Z", {"h"}));
  claims.set(claim(kThird, "2026-01-03T00:00:00Z", {"h"}));
  EXPECT_THAT(claims.set(claim(kOld, "2026-01-01T00:00:00Z", {})), ElementsAre(kNew)) << "deleted or stopped";
  EXPECT_THAT(claims.taken(kNew), IsEmpty());
  EXPECT_THAT(claims.taken(kThird), ElementsAre(Pair("h", "a/fraud-team")));
  // It gets its route, and keeps the host.
  claims.set(claim(kNew, "2026-01-02T00:00:00Z", {"h"}, true));
  EXPECT_THAT(claims.set(claim(kOld, "2026-01-01T00:00:00Z", {"h"})), IsEmpty());
  EXPECT_THAT(claims.taken(kOld), ElementsAre(Pair("h", "a/fraud-team")));
}

TEST(HostClaims, AnUnchangedClaimChangesNothing) {
  HostClaims claims;
  claims.set(claim(kOld, "2026-01-01T00:00:00Z", {"h", "i"}, true));
  claims.set(claim(kNew, "2026-01-02T00:00:00Z", {"h"}));
  EXPECT_THAT(claims.set(claim(kOld, "2026-01-01T00:00:00Z", {"h", "i"}, true)), IsEmpty());
  EXPECT_THAT(claims.set(claim(kNew, "2026-01-02T00:00:00Z", {"h"})), IsEmpty());
  EXPECT_THAT(claims.set(claim(kNew, "2026-01-02T00:00:00Z", {"k"})), IsEmpty());
  EXPECT_THAT(claims.taken(kNew), IsEmpty());
  EXPECT_EQ(claims.services(), 2U);
  claims.set(claim(kNew, "2026-01-02T00:00:00Z", {}));
  EXPECT_EQ(claims.services(), 1U);
}

/// With a domainTemplate without the name, all services claim one host.
TEST(HostClaims, ManyWithOneHostTakeLittleTime) {
  HostClaims claims;
  std::size_t changed = 0;
  for (int i = 0; i < 20'000; ++i) {
    const ServiceKey key{"ns", fmt::format("s{:05}", i)};
    changed += claims.set(claim(key, "2026-01-01T00:00:00Z", {"h"}, i == 0)).size();
  }
  EXPECT_EQ(changed, 0U);
  for (int i = 0; i < 20'000; ++i)
    changed += claims.set(claim({"ns", fmt::format("s{:05}", i)}, {}, {})).size();
  EXPECT_EQ(changed, 19'999U) << "one for each that goes";
}

}  // namespace
}  // namespace modelgate::reconciler
