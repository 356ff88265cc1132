// SPDX-License-Identifier: Apache-2.0
#include "kube/lease_record.h"

#include <gtest/gtest.h>

#include <string>

#include "spec/view.h"

namespace modelgate::kube {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr Steady::time_point kStart{1h};

LeaseRecord record(std::string holder, std::chrono::seconds duration = 15s, std::string renewed = "t1") {
  return {.holder = std::move(holder),
          .duration = duration,
          .acquire_time = "t0",
          .renew_time = std::move(renewed),
          .transitions = 3};
}

// ------------------------------------------------------------------------------------------- next_step

struct StepCase {
  const char* name;
  std::optional<LeaseRecord> record;  // seen at kStart
  Steady::duration later;             // how long it has stayed the same
  bool leading;
  LeaseStep expected;
};

std::ostream& operator<<(std::ostream& out, const StepCase& c) {
  return out << c.name;
}

class NextStepTest : public testing::TestWithParam<StepCase> {};

TEST_P(NextStepTest, Decides) {
  const StepCase& c = GetParam();
  const auto seen = sight(std::nullopt, c.record, kStart);
  EXPECT_EQ(next_step(seen, kStart + c.later, "me", c.leading), c.expected);
}

const StepCase kSteps[] = {
    {"NoLeaseIsTakenAtOnce", std::nullopt, 0s, false, LeaseStep::kAcquire},
    {"NoLeaseIsTakenAgainByItsLeader", std::nullopt, 0s, true, LeaseStep::kAcquire},
    {"ReleasedIsTakenAtOnce", record(""), 0s, false, LeaseStep::kAcquire},
    {"ReleasedIsTakenAgainByItsLeader", record(""), 0s, true, LeaseStep::kAcquire},
    {"OursIsRenewed", record("me"), 0s, true, LeaseStep::kRenew},
    {"OursIsRenewedHoweverOld", record("me"), 1h, false, LeaseStep::kRenew},
    {"AnothersIsWaitedFor", record("other"), 0s, false, LeaseStep::kWait},
    {"AnothersJustBeforeItsEnd", record("other"), 15s - 1ns, false, LeaseStep::kWait},
    {"AnothersAtItsEnd", record("other"), 15s, false, LeaseStep::kAcquire},
    {"ItsOwnDurationCounts", record("other", 60s), 59s, false, LeaseStep::kWait},
    {"WithoutADurationItIsFree", record("other", 0s), 0s, false, LeaseStep::kAcquire},
    {"TakenFromUs", record("other"), 0s, true, LeaseStep::kLost},
    {"TakenFromUsAndOver", record("other"), 15s, true, LeaseStep::kLost},
};

INSTANTIATE_TEST_SUITE_P(Table, NextStepTest, testing::ValuesIn(kSteps),
                         [](const auto& row) { return row.param.name; });

// ----------------------------------------------------------------------------------------------- sight

TEST(SightTest, CountsFromWhenTheRecordLastChanged) {
  auto seen = sight(std::nullopt, record("other"), kStart);
  seen = sight(seen, record("other"), kStart + 14s);
  EXPECT_EQ(seen->until(), kStart + 15s);
  seen = sight(seen, record("other", 15s, "t2"), kStart + 14s);
  EXPECT_EQ(seen->until(), kStart + 29s);
}

// The holder's clock may be wrong by years: only a change counts.
TEST(SightTest, IgnoresTheTimesInTheLease) {
  for (const char* renewed : {"1970-01-01T00:00:00.000000Z", "2999-01-01T00:00:00.000000Z", "", "soon"}) {
    const auto seen = sight(std::nullopt, record("other", 15s, renewed), kStart);
    EXPECT_EQ(next_step(seen, kStart + 14s, "me", false), LeaseStep::kWait) << renewed;
    EXPECT_EQ(next_step(seen, kStart + 15s, "me", false), LeaseStep::kAcquire) << renewed;
  }
}

TEST(SightTest, ForgetsADeletedLease) {
  EXPECT_FALSE(sight(LeaseSighting{record("other"), kStart}, std::nullopt, kStart + 1s));
}

// --------------------------------------------------------------------------------------------- records

TEST(LeaseRecordTest, TheFirstHolderIsNotATransition) {
  EXPECT_EQ(
      held_by("me", std::nullopt, 15s, "now"),
      (LeaseRecord{
          .holder = "me", .duration = 15s, .acquire_time = "now", .renew_time = "now", .transitions = 0}));
}

TEST(LeaseRecordTest, ANewHolderIs) {
  EXPECT_EQ(
      held_by("me", record("other"), 15s, "now"),
      (LeaseRecord{
          .holder = "me", .duration = 15s, .acquire_time = "now", .renew_time = "now", .transitions = 4}));
}

TEST(LeaseRecordTest, RenewalKeepsTheAcquireTime) {
  EXPECT_EQ(
      held_by("me", record("me"), 15s, "now"),
      (LeaseRecord{
          .holder = "me", .duration = 15s, .acquire_time = "t0", .renew_time = "now", .transitions = 3}));
}

TEST(LeaseRecordTest, AnyCandidateMayTakeAReleasedLease) {
  const auto seen = sight(std::nullopt, released(record("me"), "now"), kStart);
  EXPECT_EQ(next_step(seen, kStart, "other", false), LeaseStep::kAcquire);
  EXPECT_GT(seen->record.duration, 0s);  // the API rejects 0
}

// ------------------------------------------------------------------------------------------------ JSON

LeaseRecord read_again(const std::string& json) {
  spec::Arena arena;
  const auto value = spec::parse_json(json, arena);
  EXPECT_TRUE(value) << json;
  return value ? read_lease(*value) : LeaseRecord{};
}

TEST(LeaseJsonTest, ANewOneReadsBack) {
  const LeaseRecord written = held_by("me_1", std::nullopt, 15s, "2026-11-23T14:00:00.000001Z");
  const std::string json = lease_json(nullptr, "kserve", "modelgate-webhook", written);
  EXPECT_EQ(read_again(json), written);
  EXPECT_NE(json.find(R"("name":"modelgate-webhook")"), std::string::npos) << json;
  EXPECT_NE(json.find(R"("namespace":"kserve")"), std::string::npos) << json;
}

TEST(LeaseJsonTest, KeepsOtherFieldsOfTheLease) {
  spec::Arena arena;
  const auto read = spec::parse_json(
      R"({"metadata":{"name":"l","resourceVersion":"7","labels":{"a":"b"}},
          "spec":{"holderIdentity":"other","preferredHolder":"x"}})",
      arena);
  ASSERT_TRUE(read);
  const std::string json = lease_json(&*read, "kserve", "l", record("me"));
  EXPECT_EQ(read_again(json), record("me"));
  for (const char* kept : {R"("resourceVersion":"7")", R"("a":"b")", R"("preferredHolder":"x")"}) {
    EXPECT_NE(json.find(kept), std::string::npos) << kept << " in " << json;
  }
}

struct ReadCase {
  const char* name;
  const char* json;
  LeaseRecord expected;
};

std::ostream& operator<<(std::ostream& out, const ReadCase& c) {
  return out << c.name;
}

class ReadLeaseTest : public testing::TestWithParam<ReadCase> {};

TEST_P(ReadLeaseTest, Reads) {
  EXPECT_EQ(read_again(GetParam().json), GetParam().expected);
}

const ReadCase kReads[] = {
    {"Nothing", "{}", {}},
    {"NoSpec", R"({"spec":null})", {}},
    {"OtherTypes", R"({"spec":{"holderIdentity":7,"leaseDurationSeconds":"15","leaseTransitions":{}}})", {}},
    {"ANegativeDuration", R"({"spec":{"leaseDurationSeconds":-1}})", {}},
    {"ADurationThatWouldOverflow",
     R"({"spec":{"leaseDurationSeconds":9223372036854775807}})",
     {.holder = {}, .duration = 24h, .acquire_time = {}, .renew_time = {}, .transitions = 0}},
};

INSTANTIATE_TEST_SUITE_P(Table, ReadLeaseTest, testing::ValuesIn(kReads),
                         [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace modelgate::kube
