// SPDX-License-Identifier: Apache-2.0
//
// Sequences of calls, one per row, in simulated time.
#include "reconciler/queue/work_queue.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>
#include <set>
#include <string>
#include <vector>

namespace modelgate::reconciler {
namespace {

using namespace std::chrono_literals;

constexpr SteadyTime kStart{1h};

ServiceKey key(std::string_view name) {
  return {"ns", std::string(name)};
}

/// At the time `at` after the start: adds `name` (due after `delay`), or takes and expects `name` ("-": nothing),
/// or calls done().
struct Step {
  enum class Kind { kAdd, kTake, kDone, kFail, kForget };
  Kind kind;
  std::chrono::milliseconds at;
  const char* name;
  Priority priority = Priority::kChange;
  std::chrono::milliseconds delay{0};  // of kFail: expected
};

constexpr Step add(std::chrono::milliseconds at, const char* name, Priority priority = Priority::kChange,
                   std::chrono::milliseconds delay = 0ms) {
  return {Step::Kind::kAdd, at, name, priority, delay};
}
constexpr Step take(std::chrono::milliseconds at, const char* name) {
  return {Step::Kind::kTake, at, name};
}
constexpr Step done(std::chrono::milliseconds at, const char* name) {
  return {Step::Kind::kDone, at, name};
}
constexpr Step fail(std::chrono::milliseconds at, const char* name, std::chrono::milliseconds delay) {
  return {Step::Kind::kFail, at, name, Priority::kChange, delay};
}
constexpr Step forget(std::chrono::milliseconds at, const char* name) {
  return {Step::Kind::kForget, at, name};
}

constexpr Priority kLow = Priority::kResync, kMid = Priority::kChange, kHigh = Priority::kNewSpec;

struct Story {
  const char* name;
  std::vector<Step> steps;
};

std::ostream& operator<<(std::ostream& out, const Story& s) {
  return out << s.name;
}

class StoryTest : public testing::TestWithParam<Story> {};

TEST_P(StoryTest, HasTheseResults) {
  WorkQueue queue;
  int number = 0;
  for (const Step& s : GetParam().steps) {
    SCOPED_TRACE(fmt::format("step {}: {}", ++number, s.name));
    const SteadyTime now = kStart + s.at;
    switch (s.kind) {
      case Step::Kind::kAdd:
        queue.add_at(key(s.name), s.priority, now + s.delay, now);
        break;
      case Step::Kind::kTake: {
        const auto taken = queue.take(now);
        EXPECT_EQ(taken ? taken->name : "-", s.name);
        break;
      }
      case Step::Kind::kDone:
        queue.done(key(s.name), now);
        break;
      case Step::Kind::kFail:
        EXPECT_EQ(queue.add_after_failure(key(s.name), now), s.delay);
        break;
      case Step::Kind::kForget:
        queue.forget(key(s.name));
        break;
    }
  }
}

const Story kStories[] = {
    {"EmptyGivesNothing", {take(0ms, "-")}},
    {"FirstComeFirstServed",
     {add(0ms, "a"), add(0ms, "b"), add(1ms, "c"), take(1ms, "a"), take(1ms, "b"), take(1ms, "c"),
      take(1ms, "-")}},
    {"HigherFirst",
     {add(0ms, "a", kLow), add(1ms, "b", kMid), add(2ms, "c", kHigh), take(2ms, "c"), take(2ms, "b"),
      take(2ms, "a")}},
    {"OnceOnly",
     {add(0ms, "a"), add(0ms, "a"), take(0ms, "a"), take(0ms, "-"), done(0ms, "a"), take(0ms, "-")}},
    {"RaisedWhileThere",
     {add(0ms, "a", kLow), add(0ms, "b", kMid), add(1ms, "a", kHigh), take(1ms, "a"), take(1ms, "b")}},
    {"NotLoweredWhileThere",
     {add(0ms, "a", kHigh), add(0ms, "b", kMid), add(1ms, "a", kLow), take(1ms, "a"), take(1ms, "b")}},
    {"RaisedKeepsItsPlace",
     {add(0ms, "a", kLow), add(1ms, "b", kHigh), add(2ms, "a", kHigh), take(2ms, "a"), take(2ms, "b")}},
    {"NotBeforeItsTime", {add(0ms, "a", kMid, 10ms), take(9ms, "-"), take(10ms, "a")}},
    {"TimeGoesBeforePriority",
     {add(0ms, "a", kHigh, 10ms), add(0ms, "b", kLow), take(9ms, "b"), take(9ms, "-")}},
    {"EarlierTimeCounts",
     {add(0ms, "a", kMid, 10ms), add(1ms, "a"), take(1ms, "a"), done(1ms, "a"), take(20ms, "-")}},
    {"LaterTimeDoesNot",
     {add(0ms, "a"), add(0ms, "a", kMid, 10ms), take(0ms, "a"), done(1ms, "a"), take(20ms, "-")}},
    {"HigherPriorityAndEarlierTime",
     {add(0ms, "a", kHigh, 10ms), add(0ms, "b", kMid), add(1ms, "a", kLow), take(1ms, "a"), take(1ms, "b")}},
    {"NeverTwoWorkers",
     {add(0ms, "a"), take(0ms, "a"), add(1ms, "a"), take(1ms, "-"), done(2ms, "a"), take(2ms, "a"),
      done(3ms, "a"), take(3ms, "-")}},
    {"OnceMoreHoweverOften",
     {add(0ms, "a"), take(0ms, "a"), add(1ms, "a"), add(1ms, "a"), add(1ms, "a"), done(2ms, "a"),
      take(2ms, "a"), done(2ms, "a"), take(9ms, "-")}},
    {"OnceMoreWithTheHighest",
     {add(0ms, "a", kLow), take(0ms, "a"), add(1ms, "a", kHigh), add(1ms, "a", kLow), add(1ms, "b", kMid),
      done(2ms, "a"), take(2ms, "a"), take(2ms, "b")}},
    {"OnceMoreRaised",
     {add(0ms, "a"), take(0ms, "a"), add(1ms, "a", kLow), add(1ms, "b", kMid), add(1ms, "a", kHigh),
      done(2ms, "a"), take(2ms, "a"), take(2ms, "b")}},
    {"OnceMoreNotBeforeItsTime",
     {add(0ms, "a"), take(0ms, "a"), add(1ms, "a", kMid, 10ms), done(2ms, "a"), take(10ms, "-"),
      take(11ms, "a")}},
    {"OnceMoreAtTheEarliest",
     {add(0ms, "a"), take(0ms, "a"), add(1ms, "a", kMid, 10ms), add(1ms, "a"), done(2ms, "a"),
      take(2ms, "a")}},
    {"BackoffDoubles",
     {add(0ms, "a"), take(0ms, "a"), fail(0ms, "a", 100ms), done(0ms, "a"), take(99ms, "-"), take(100ms, "a"),
      fail(100ms, "a", 200ms), done(100ms, "a"), take(299ms, "-"), take(300ms, "a"),
      fail(300ms, "a", 400ms)}},
    {"ForgetStartsAnew",
     {add(0ms, "a"), take(0ms, "a"), fail(0ms, "a", 100ms), done(0ms, "a"), take(100ms, "a"),
      forget(100ms, "a"), done(100ms, "a"), add(200ms, "a"), take(200ms, "a"), fail(200ms, "a", 100ms)}},
    {"ChangeEndsTheWait",
     {add(0ms, "a"), take(0ms, "a"), fail(0ms, "a", 100ms), done(0ms, "a"), add(1ms, "a", kHigh),
      take(1ms, "a"), fail(1ms, "a", 200ms), done(1ms, "a"), take(200ms, "-"), take(201ms, "a")}},
    {"FailuresAreEachKeysOwn",
     {add(0ms, "a"), take(0ms, "a"), fail(0ms, "a", 100ms), done(0ms, "a"), add(0ms, "b"), take(0ms, "b"),
      fail(0ms, "b", 100ms)}},
    {"FailureOfAnUnknownKey", {fail(0ms, "a", 100ms), take(99ms, "-"), take(100ms, "a")}},
    {"RetryKeepsItsPriority",
     {add(0ms, "a", kHigh), take(0ms, "a"), fail(0ms, "a", 100ms), done(0ms, "a"), add(50ms, "b", kMid),
      take(100ms, "a"), take(100ms, "b")}},
    {"DoneOfAStranger", {done(0ms, "a"), add(0ms, "a"), done(0ms, "a"), take(0ms, "a")}},
};

INSTANTIATE_TEST_SUITE_P(Table, StoryTest, testing::ValuesIn(kStories),
                         [](const auto& row) { return row.param.name; });

TEST(WorkQueueTest, BackoffIsLimited) {
  WorkQueue queue;
  std::chrono::milliseconds last{0};
  SteadyTime now = kStart;
  for (int i = 0; i < 100; ++i) {
    const auto delay = queue.add_after_failure(key("a"), now);
    EXPECT_GE(delay, last);
    EXPECT_LE(delay, kLongestDelay);
    last = delay;
    now += delay;
    ASSERT_TRUE(queue.take(now));
    queue.done(key("a"), now);
  }
  EXPECT_EQ(last, kLongestDelay);
}

TEST(WorkQueueTest, KnowsWhenItIsNextDue) {
  WorkQueue queue;
  EXPECT_FALSE(queue.next_due());
  queue.add_at(key("a"), kMid, kStart + 10ms, kStart);
  EXPECT_EQ(queue.next_due(), kStart + 10ms);
  queue.add_at(key("b"), kLow, kStart + 5ms, kStart);
  EXPECT_EQ(queue.next_due(), kStart + 5ms);
  ASSERT_TRUE(queue.take(kStart + 5ms));
  EXPECT_EQ(queue.next_due(), kStart + 10ms);
  ASSERT_TRUE(queue.take(kStart + 10ms));
  EXPECT_FALSE(queue.next_due());
  // A key with a worker is due when its worker is done.
  queue.add(key("a"), kMid, kStart + 11ms);
  EXPECT_FALSE(queue.next_due());
  queue.done(key("a"), kStart + 12ms);
  EXPECT_EQ(queue.next_due(), kStart + 12ms);
}

TEST(WorkQueueTest, Counts) {
  WorkQueue queue;
  queue.add(key("a"), kMid, kStart);
  queue.add(key("a"), kMid, kStart);
  queue.add(key("b"), kMid, kStart);
  queue.add_at(key("c"), kMid, kStart + 1h, kStart);
  QueueCounts counts = queue.counts(kStart);
  EXPECT_EQ(counts.adds, 3U);
  EXPECT_EQ(counts.depth, 3U);
  EXPECT_EQ(counts.working, 0U);

  ASSERT_TRUE(queue.take(kStart + 1s));
  EXPECT_EQ(queue.last_wait(), 1s);
  ASSERT_TRUE(queue.take(kStart + 3s));
  counts = queue.counts(kStart + 4s);
  EXPECT_EQ(counts.depth, 1U);
  EXPECT_EQ(counts.working, 2U);
  EXPECT_EQ(counts.longest_running, 3s);
  EXPECT_EQ(counts.unfinished, 4s);

  queue.add_after_failure(key("a"), kStart + 4s);
  queue.add(key("a"), kHigh, kStart + 4s);
  counts = queue.counts(kStart + 4s);
  EXPECT_EQ(counts.adds, 4U);
  EXPECT_EQ(counts.retries, 1U);
  EXPECT_EQ(counts.depth, 1U);
  queue.done(key("a"), kStart + 5s);
  queue.done(key("b"), kStart + 5s);
  counts = queue.counts(kStart + 6s);
  EXPECT_EQ(counts.depth, 2U);
  EXPECT_EQ(counts.working, 0U);
  EXPECT_EQ(counts.longest_running, 0s);
}

/// A hundred services of a resync are due when users start to change `higher` services, one for each take().
int takes_until_resynced(int resynced, Priority higher) {
  WorkQueue queue;
  SteadyTime now = kStart;
  for (int i = 0; i < resynced; ++i) queue.add(key(fmt::format("old-{}", i)), Priority::kResync, now);
  int left = resynced, takes = 0;
  while (left > 0 && takes < 100'000) {
    now += 1ms;
    queue.add(key(fmt::format("new-{}", takes)), higher, now);
    const ServiceKey taken = *queue.take(now);
    ++takes;
    if (taken.name.starts_with("old-")) --left;
    queue.done(taken, now);
  }
  return takes;
}

TEST(WorkQueueTest, AResyncEndsDespiteContinuousChanges) {
  EXPECT_LE(takes_until_resynced(100, Priority::kNewSpec), 100 * (kPassedOver + 1));
  EXPECT_LE(takes_until_resynced(100, Priority::kChange), 100 * (kPassedOver + 1));
}

TEST(WorkQueueTest, AChangedServiceWaitsForAtMostOneOfAResync) {
  WorkQueue queue;
  SteadyTime now = kStart;
  for (int i = 0; i < 1000; ++i) queue.add(key(fmt::format("old-{}", i)), Priority::kResync, now);
  for (int i = 0; i < 100; ++i) {
    now += 1ms;
    const ServiceKey written = key(fmt::format("new-{}", i));
    queue.add(written, Priority::kNewSpec, now);
    int takes = 0;
    for (ServiceKey taken; taken != written && takes < 10; ++takes) {
      taken = *queue.take(now);
      queue.done(taken, now);
    }
    EXPECT_LE(takes, 2);
  }
}

/// A long random run: each key has at most one worker, and no added key is lost.
TEST(WorkQueueTest, LosesAndDuplicatesNothingInRandomUse) {
  unsigned state = 20261123;
  const auto random = [&state](unsigned below) {
    state = state * 1664525U + 1013904223U;
    return (state >> 8U) % below;
  };
  WorkQueue queue;
  SteadyTime now = kStart;
  std::set<ServiceKey> working, owed;  // owed: added since it was last taken
  for (int i = 0; i < 20'000; ++i) {
    now += std::chrono::milliseconds(random(3));
    const ServiceKey k = key(std::to_string(random(20)));
    switch (random(4)) {
      case 0:
        queue.add_at(k, static_cast<Priority>(random(3)), now + std::chrono::milliseconds(random(20)), now);
        owed.insert(k);
        break;
      case 1:
        if (const auto taken = queue.take(now)) {
          EXPECT_TRUE(working.insert(*taken).second) << taken->name;
          EXPECT_TRUE(owed.erase(*taken) == 1) << taken->name;
        }
        break;
      case 2:
        if (working.erase(k) == 1) {
          if (random(4) == 0) {
            queue.add_after_failure(k, now);
            owed.insert(k);
          } else {
            queue.forget(k);
          }
          queue.done(k, now);
        }
        break;
      default:
        EXPECT_EQ(queue.counts(now).working, working.size());
    }
  }
  for (const ServiceKey& k : working) queue.done(k, now);
  while (const auto due = queue.next_due()) {
    now = std::max(now, *due);
    const auto taken = queue.take(now);
    ASSERT_TRUE(taken);
    EXPECT_EQ(owed.erase(*taken), 1U) << taken->name;
    queue.done(*taken, now);
  }
  EXPECT_TRUE(owed.empty());
}

}  // namespace
}  // namespace modelgate::reconciler
