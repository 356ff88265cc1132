// SPDX-License-Identifier: Apache-2.0

// The next step of the CAs, and the Secret's data, as tables. ca_rotation_test.cc tests that clients can
// always verify.

#include "certs/ca_set.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <functional>
#include <string>

namespace modelgate::certs {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

const TimePoint kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 23) + 12h;
const RotationOptions kOptions;  // 365 days, 30 days, 10 minutes, an hour

Authority ca_made_at(TimePoint time) {
  return *Authority::make({.lifetime = kOptions.ca_lifetime, .now = time});
}

Certificate certificate_of(const Authority& authority) {
  return read_certificates(authority.certificate_pem())->front();
}

// `made`: the age of the current CA.
CaSet set_made(std::chrono::seconds made) {
  return {.current = ca_made_at(kNow - made), .next = std::nullopt, .former = {}};
}

CaSet with_next(std::chrono::seconds made, std::optional<TimePoint> published) {
  CaSet set = set_made(250 * 24h);
  set.next = NextCa{.authority = ca_made_at(kNow - made), .published = published};
  return set;
}

CaSet with_former(std::chrono::seconds retired, std::size_t count = 1) {
  CaSet set = set_made(24h);
  for (std::size_t i = 0; i < count; ++i) {
    set.former.push_back({certificate_of(ca_made_at(kNow - 300 * 24h)), kNow - retired});
  }
  return set;
}

CaSet with_endless_former() {
  CaSet set = with_former(24h);
  set.former.front().certificate.not_after = TimePoint::max();
  return set;
}

CaSet full_with_next() {
  CaSet set = with_former(24h, kMaxFormerCas);
  set.next = NextCa{.authority = ca_made_at(kNow - 24h), .published = kNow - 24h};
  return set;
}

CaSet next_is_current() {
  CaSet set = set_made(24h);
  set.next = NextCa{.authority = *set.current, .published = std::nullopt};
  return set;
}

CaSet expired_with_next(std::chrono::seconds next_made) {
  CaSet set = set_made(366 * 24h);
  set.next = NextCa{.authority = ca_made_at(kNow - next_made), .published = std::nullopt};
  return set;
}

// ---- one step

struct StepCase {
  const char* name;
  std::function<CaSet()> set;
  Seen seen;
  Change change;
};

class NextStep : public testing::TestWithParam<StepCase> {};

TEST_P(NextStep, Is) {
  const CaSet set = GetParam().set();
  const auto step = next_step(set, kNow, kOptions, GetParam().seen);
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(name_of(step->change), name_of(GetParam().change));
  EXPECT_EQ(step->why.empty(), step->change == Change::kNone);
  // After any step: the set can be written and read, and the signing CA is valid and in the bundle.
  const auto again = decode(encode(step->set));
  ASSERT_TRUE(again.has_value()) << again.error().text;
  EXPECT_EQ(encode(*again), encode(step->set));
  ASSERT_TRUE(step->set.current.has_value());
  EXPECT_TRUE(bundle_pem(step->set).contains(step->set.current->certificate_pem()));
  EXPECT_TRUE(step->set.current->check_dates(kNow).has_value());
}

const Seen kHeldLong{.next_in_bundle = 10min};
const Seen kHeldShort{.next_in_bundle = 10min - 1s};

INSTANTIATE_TEST_SUITE_P(
    Certs, NextStep,
    testing::Values(
        StepCase{"NoCa", [] { return CaSet{}; }, {}, Change::kMadeFirst},
        StepCase{"Young", [] { return set_made(0s); }, {}, Change::kNone},
        StepCase{"JustBeforeTwoThirds", [] { return set_made(365 * 16h - 2s); }, {}, Change::kNone},
        StepCase{"AtTwoThirds", [] { return set_made(365 * 16h); }, {}, Change::kMadeNext},
        StepCase{"Requested", [] { return set_made(1h); }, Seen{.rotate = true}, Change::kMadeNext},
        StepCase{"RequestedDuringARotation", [] { return with_next(1h, kNow); }, Seen{.rotate = true},
                 Change::kNone},

        StepCase{"NextThatIsNotInTheBundle", [] { return with_next(24h, std::nullopt); }, {}, Change::kNone},
        StepCase{"NextIsInTheBundle", [] { return with_next(1min, std::nullopt); },
                 Seen{.next_in_bundle = 0s}, Change::kPublished},
        StepCase{"NextHeldTooShort", [] { return with_next(9min, kNow - 9min); }, kHeldShort, Change::kNone},
        StepCase{"NextHeldLongEnough", [] { return with_next(10min, kNow - 10min); }, kHeldLong,
                 Change::kPromoted},
        StepCase{"NextHeldLongButTakenOut", [] { return with_next(48h, kNow - 48h); }, {}, Change::kNone},
        // A new leader has observed it only briefly; another replica, whose clock may differ, wrote the time.
        StepCase{"PublishedByAnotherWithinSkew", [] { return with_next(3h, kNow - 70min + 1s); },
                 Seen{.next_in_bundle = 1s}, Change::kNone},
        StepCase{"PublishedByAnotherBeyondSkew", [] { return with_next(3h, kNow - 70min); },
                 Seen{.next_in_bundle = 1s}, Change::kPromoted},
        // The clock went back, or the other's is ahead: our own measurement continues.
        StepCase{"PublishedInTheFuture", [] { return with_next(1min, kNow + 30min); }, kHeldShort,
                 Change::kNone},
        StepCase{"PublishedInTheFutureAndHeld", [] { return with_next(1min, kNow + 30min); }, kHeldLong,
                 Change::kPromoted},
        StepCase{"NextExpired", [] { return with_next(366 * 24h, kNow); }, kHeldLong, Change::kDroppedNext},
        StepCase{"NextNotYetValid", [] { return with_next(-2h, kNow); }, kHeldLong, Change::kDroppedNext},
        StepCase{"NextIsTheCurrentOne", next_is_current, kHeldLong, Change::kDroppedNext},
        StepCase{"NextWaitsForRoom", full_with_next, kHeldLong, Change::kNone},

        StepCase{"Expired", [] { return set_made(365 * 24h); }, {}, Change::kRecovered},
        StepCase{"AboutToExpireWithNext", [] { return with_next(24h, std::nullopt); }, {}, Change::kNone},
        StepCase{"ExpiredWithNext", [] { return expired_with_next(24h); }, {}, Change::kRecovered},
        StepCase{
            "ExpiredWithNextExpired", [] { return expired_with_next(365 * 24h); }, {}, Change::kRecovered},
        // Backdating covers an hour; a CA from a clock further ahead cannot be used.
        StepCase{"FromAClockAnHourAhead", [] { return set_made(-1h); }, {}, Change::kNone},
        StepCase{"FromAClockYearsAhead", [] { return set_made(-48h); }, {}, Change::kRecovered},

        StepCase{"FormerMayHaveLeaves", [] { return with_former(30 * 24h + 1h - 1s); }, {}, Change::kNone},
        StepCase{"FormerHasNoLeaves", [] { return with_former(30 * 24h + 1h); }, {}, Change::kDroppedFormer},
        StepCase{"FormerWithoutAnEnd", with_endless_former, {}, Change::kNone},
        StepCase{"FormerRetiredInTheFuture", [] { return with_former(-400 * 24h); }, {}, Change::kNone}),
    [](const auto& info) { return info.param.name; });

// ---- results of a step

TEST(Step, PromotionKeepsTheFormerCertificateWithoutItsKey) {
  const CaSet set = with_next(1h, kNow - 10min);
  const auto step = next_step(set, kNow, kOptions, kHeldLong);
  ASSERT_TRUE(step.has_value());
  EXPECT_EQ(step->set.current->fingerprint(), set.next->authority.fingerprint());
  EXPECT_FALSE(step->set.next.has_value());
  ASSERT_EQ(step->set.former.size(), 1U);
  EXPECT_EQ(step->set.former.front().certificate.fingerprint, set.current->fingerprint());
  EXPECT_EQ(step->set.former.front().retired, kNow);
  for (const auto& [key, bytes] : encode(step->set))
    EXPECT_FALSE(bytes.contains(set.current->key_pem())) << key;
}

TEST(Step, ThePreviousBundleTrustsLeavesOfThePromotedCa) {
  const CaSet before = with_next(1h, kNow - 10min);
  const auto step = next_step(before, kNow, kOptions, kHeldLong);
  const auto leaf = step->set.current->sign({.dns_names = {"a"}, .now = kNow});
  EXPECT_TRUE(trusts(*read_certificates(bundle_pem(before)), **leaf));
  const auto old_leaf = before.current->sign({.dns_names = {"a"}, .now = kNow});
  EXPECT_TRUE(trusts(*read_certificates(bundle_pem(step->set)), **old_leaf));
}

TEST(Step, RecoveryPrefersNextAndKeepsTrustingTheExpiredOne) {
  const CaSet set = expired_with_next(24h);
  const auto step = next_step(set, kNow, kOptions, {});
  EXPECT_EQ(step->set.current->fingerprint(), set.next->authority.fingerprint());
  ASSERT_EQ(step->set.former.size(), 1U);
  EXPECT_EQ(step->set.former.front().certificate.fingerprint, set.current->fingerprint());
}

TEST(Step, FormerCasAreLimited) {
  CaSet set = with_former(24h, kMaxFormerCas);
  set.current = ca_made_at(kNow - 366 * 24h);
  const auto step = next_step(set, kNow, kOptions, {});
  EXPECT_EQ(step->change, Change::kRecovered);
  ASSERT_EQ(step->set.former.size(), kMaxFormerCas);
  EXPECT_EQ(step->set.former.front().certificate.fingerprint, set.current->fingerprint());
}

TEST(Step, AnEditedSecretKeepsTheSignerTrusted) {
  const Authority before = ca_made_at(kNow - 24h);
  const CaSet edited = set_made(0s);
  Seen seen{.signer = certificate_of(before)};
  auto step = next_step(edited, kNow, kOptions, seen);
  EXPECT_EQ(step->change, Change::kKeptSigner);
  ASSERT_EQ(step->set.former.size(), 1U);
  EXPECT_EQ(step->set.former.front().certificate.fingerprint, before.fingerprint());
  step = next_step(step->set, kNow, kOptions, seen);
  EXPECT_EQ(step->change, Change::kNone);
  seen.signer = certificate_of(ca_made_at(kNow - 365 * 24h));
  EXPECT_EQ(next_step(edited, kNow, kOptions, seen)->change, Change::kNone) << "an expired one is not missed";
}

TEST(Step, RepeatedRequestsEnd) {
  CaSet set = set_made(1h);
  std::vector<Change> changes;
  for (int i = 0; i < 3; ++i) {
    const auto step = next_step(set, kNow, kOptions, {.next_in_bundle = 10min, .rotate = i == 0});
    set = step->set;
    changes.push_back(step->change);
  }
  EXPECT_EQ(changes, (std::vector{Change::kMadeNext, Change::kPublished, Change::kPromoted}));
  EXPECT_EQ(next_step(set, kNow, kOptions, {})->change, Change::kNone);
}

// ---- the Secret's data

SecretData full_data() {
  CaSet set = with_next(1h, kNow);
  set.former = with_former(24h, 2).former;
  return encode(set);
}

struct DataCase {
  const char* name;
  std::function<void(SecretData&)> edit;
  std::string_view named;  // in the error; empty: no error
};

class Decode : public testing::TestWithParam<DataCase> {};

TEST_P(Decode, ReportsErrors) {
  SecretData data = full_data();
  GetParam().edit(data);
  const auto set = decode(data);
  ASSERT_EQ(set.has_value(), GetParam().named.empty()) << (set ? "" : set.error().text);
  if (set) return;
  EXPECT_TRUE(set.error().text.contains(GetParam().named)) << set.error().text;
  EXPECT_FALSE(set.error().text.contains("PRIVATE KEY")) << set.error().text;
}

void remove_next(SecretData& data) {
  for (const char* key : {"next.crt", "next.key", "next.published"}) data.erase(key);
}

INSTANTIATE_TEST_SUITE_P(
    Certs, Decode,
    testing::Values(
        DataCase{"Whole", [](SecretData&) {}, ""},
        DataCase{"Empty", [](SecretData& data) { data.clear(); }, ""},
        DataCase{"WithKeysOfOthers", [](SecretData& data) { data["notes.txt"] = "ours"; }, ""},
        DataCase{"CurrentAlone",
                 [](SecretData& data) {
                   remove_next(data);
                   data.erase("previous.crt");
                   data.erase("previous.retired");
                 },
                 ""},
        DataCase{"EmptyValuesAreAbsent", [](SecretData& data) { data["next.published"] = ""; }, ""},
        DataCase{"KeysOfOthersAlone", [](SecretData& data) { data = {{"tls.crt", data["ca.crt"]}}; },
                 "tls.crt"},
        DataCase{"NoKey", [](SecretData& data) { data.erase("ca.key"); }, "ca.key"},
        DataCase{"NoCertificate", [](SecretData& data) { data.erase("ca.crt"); }, "ca.crt"},
        DataCase{"NeitherCurrent",
                 [](SecretData& data) {
                   data.erase("ca.crt");
                   data.erase("ca.key");
                 },
                 "ca.crt"},
        DataCase{"KeyOfAnother", [](SecretData& data) { data["ca.key"] = data["next.key"]; }, "ca.crt"},
        DataCase{"NotPem", [](SecretData& data) { data["ca.crt"] = "hello"; }, "ca.crt"},
        DataCase{"Truncated", [](SecretData& data) { data["ca.crt"].resize(200); }, "ca.crt"},
        DataCase{"TooLarge", [](SecretData& data) { data["ca.crt"].append(kMaxPemBytes, '\n'); }, "ca.crt"},
        DataCase{"NextWithoutKey", [](SecretData& data) { data.erase("next.key"); }, "next.key"},
        DataCase{"NextTimeNotATime", [](SecretData& data) { data["next.published"] = "yesterday"; },
                 "next.published"},
        DataCase{"NextTimeNotADate",
                 [](SecretData& data) { data["next.published"] = "2026-02-30T00:00:00Z"; }, "next.published"},
        DataCase{"NextTimeBeyondTheClock",
                 [](SecretData& data) { data["next.published"] = "9999-12-31T23:59:59Z"; }, "next.published"},
        DataCase{"NextTimeOfAnotherZone",
                 [](SecretData& data) { data["next.published"] = "2026-11-23T12:00:00+01:00"; },
                 "next.published"},
        DataCase{"FormerWithoutTimes", [](SecretData& data) { data.erase("previous.retired"); }, "previous"},
        DataCase{"FormerTimesAlone", [](SecretData& data) { data.erase("previous.crt"); }, "previous.crt"},
        DataCase{"FormerOneTimeTooFew",
                 [](SecretData& data) { data["previous.retired"] = "2026-11-23T12:00:00Z\n"; }, "previous"}),
    [](const auto& info) { return info.param.name; });

TEST(DecodeSet, ALeafIsNotACa) {
  const Authority ca = ca_made_at(kNow);
  const auto leaf = ca.sign({.dns_names = {"a"}, .now = kNow});
  const auto set = decode({{"ca.crt", (*leaf)->chain_pem()}, {"ca.key", (*leaf)->key_pem()}});
  ASSERT_FALSE(set.has_value());
  EXPECT_EQ(set.error().kind, CertificateError::Kind::kMalformed);
}

TEST(DecodeSet, TimesAreKeptToTheSecond) {
  const auto set = decode(full_data());
  EXPECT_EQ(set->next->published, kNow);
  ASSERT_EQ(set->former.size(), 2U);
  EXPECT_EQ(set->former.back().retired, kNow - 24h);
}

TEST(Encode, UsesOnlyItsOwnKeys) {
  for (const auto& [key, bytes] : full_data()) {
    EXPECT_TRUE(std::ranges::find(secret_keys(), key) != secret_keys().end()) << key;
  }
  EXPECT_EQ(full_data().size(), secret_keys().size());
}

// ---- a replica's decisions

struct HandoverCase {
  const char* name;
  Handover handover;
  bool expected;
};

class MayAdopt : public testing::TestWithParam<HandoverCase> {};

TEST_P(MayAdopt, Decides) {
  EXPECT_EQ(may_adopt(GetParam().handover, kOptions), GetParam().expected);
}

INSTANTIATE_TEST_SUITE_P(
    Certs, MayAdopt,
    testing::Values(
        HandoverCase{"NoLeaf", {.has_valid_leaf = false, .is_registered = true}, true},
        HandoverCase{"NotRegistered", {.has_valid_leaf = true, .is_registered = false}, true},
        HandoverCase{
            "Promoted", {.has_valid_leaf = true, .is_registered = true, .was_published = true}, true},
        HandoverCase{"EditedAndNotInTheBundle",
                     {.has_valid_leaf = true, .is_registered = true, .trusts_our_leaf = true},
                     false},
        HandoverCase{
            "EditedAndShortlyInTheBundle",
            {.has_valid_leaf = true, .is_registered = true, .trusts_our_leaf = true, .in_bundle = 10min - 1s},
            false},
        HandoverCase{
            "EditedAndLongInTheBundle",
            {.has_valid_leaf = true, .is_registered = true, .trusts_our_leaf = true, .in_bundle = 10min},
            true},
        HandoverCase{
            "OursWasTakenOut", {.has_valid_leaf = true, .is_registered = true, .in_bundle = 0s}, true},
        HandoverCase{"NeitherIsInTheBundle", {.has_valid_leaf = true, .is_registered = true}, false}),
    [](const auto& info) { return info.param.name; });

TEST(LeafIsDue, AtTwoThirdsOfItsLifeFromItsIssue) {
  const Authority ca = ca_made_at(kNow);
  const auto leaf = *ca.sign({.dns_names = {"a"}, .lifetime = 30 * 24h, .now = kNow});
  EXPECT_FALSE(leaf_is_due(*leaf, kNow, kNow));
  EXPECT_FALSE(leaf_is_due(*leaf, kNow, kNow + 20 * 24h - 1s));
  EXPECT_TRUE(leaf_is_due(*leaf, kNow, kNow + 20 * 24h));
  EXPECT_TRUE(leaf_is_due(*leaf, kNow, kNow + 400 * 24h)) << "the machine was suspended";
  EXPECT_FALSE(leaf_is_due(*leaf, kNow, kNow - kBackdate));
  EXPECT_TRUE(leaf_is_due(*leaf, kNow, kNow - kBackdate - 1s)) << "the clock went back";
}

TEST(LeafIsDue, AShortLifetimeIsNotDueImmediately) {
  const Authority ca = ca_made_at(kNow);
  const auto leaf = *ca.sign({.dns_names = {"a"}, .lifetime = 9s, .now = kNow});
  EXPECT_FALSE(leaf_is_due(*leaf, kNow, kNow + 5s));
  EXPECT_TRUE(leaf_is_due(*leaf, kNow, kNow + 6s));
}

// ---- options

struct OptionsCase {
  const char* name;
  RotationOptions options;
  bool good;
};

class Options : public testing::TestWithParam<OptionsCase> {};

TEST_P(Options, AreChecked) {
  EXPECT_EQ(check(GetParam().options).empty(), GetParam().good) << check(GetParam().options);
}

INSTANTIATE_TEST_SUITE_P(
    Certs, Options,
    testing::Values(
        OptionsCase{"Default", {}, true},
        OptionsCase{"LeafAThird", {.ca_lifetime = 90s, .leaf_lifetime = 30s, .propagation = 1s}, true},
        OptionsCase{"LeafMore", {.ca_lifetime = 90s, .leaf_lifetime = 31s, .propagation = 1s}, false},
        OptionsCase{"LeafOfNoTime", {.leaf_lifetime = 0s}, false},
        OptionsCase{"NoPropagation", {.propagation = 0s}, true},
        OptionsCase{"NegativePropagation", {.propagation = -1s}, false},
        OptionsCase{
            "PropagationOverAThird", {.ca_lifetime = 90s, .leaf_lifetime = 30s, .propagation = 31s}, false}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::certs
