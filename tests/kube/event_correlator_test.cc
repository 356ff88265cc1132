// SPDX-License-Identifier: Apache-2.0
#include "kube/event_correlator.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/hostile_text.h"

namespace modelgate::kube {
namespace {

using namespace std::chrono_literals;

constexpr EventCorrelator::Time kStart{1h};

EventText text(std::string message, std::string object = "ConfigMap/a/b/1", std::string reason = "Bad") {
  return {.object = std::move(object),
          .type = "Warning",
          .reason = std::move(reason),
          .message = std::move(message)};
}

TEST(EventCorrelatorTest, CountsARepeatedEvent) {
  EventCorrelator correlator;
  const auto first = correlator.take(text("x"), kStart, "t1");
  const auto second = correlator.take(text("x"), kStart + 1s, "t2");
  ASSERT_TRUE(first && second);
  EXPECT_EQ(first->count, 1);
  EXPECT_EQ(second->count, 2);
  EXPECT_EQ(second->key, first->key);
  EXPECT_EQ(second->first_seen, "t1");
}

struct ApartCase {
  const char* name;
  EventText other;
};

std::ostream& operator<<(std::ostream& out, const ApartCase& c) {
  return out << c.name;
}

class SeparateTest : public testing::TestWithParam<ApartCase> {};

TEST_P(SeparateTest, IsASeparateEvent) {
  EventCorrelator correlator;
  const auto first = correlator.take(text("x"), kStart, "t1");
  const auto other = correlator.take(GetParam().other, kStart, "t2");
  ASSERT_TRUE(first && other);
  EXPECT_EQ(other->count, 1);
  EXPECT_NE(other->key, first->key);
}

const ApartCase kApart[] = {
    {"Message", text("y")},
    {"Object", text("x", "ConfigMap/a/c/2")},
    {"Reason", text("x", "ConfigMap/a/b/1", "Worse")},
    {"Type", {.object = "ConfigMap/a/b/1", .type = "Normal", .reason = "Bad", .message = "x"}},
};

INSTANTIATE_TEST_SUITE_P(Table, SeparateTest, testing::ValuesIn(kApart),
                         [](const auto& row) { return row.param.name; });

TEST(EventCorrelatorTest, CombinesManyDifferentOnes) {
  EventCorrelator correlator;
  std::string last_key;
  for (std::size_t i = 0; i < kDistinctEvents; ++i) {
    const auto write = correlator.take(text(fmt::format("m{}", i)), kStart, "t");
    ASSERT_TRUE(write);
    EXPECT_EQ(write->message, fmt::format("m{}", i));
    last_key = write->key;
  }
  const auto eleventh = correlator.take(text("m10"), kStart, "t");
  const auto twelfth = correlator.take(text("m11"), kStart, "t");
  ASSERT_TRUE(eleventh && twelfth);
  EXPECT_EQ(eleventh->message, "(combined from similar events): m10");
  EXPECT_EQ(eleventh->count, 1);
  EXPECT_EQ(twelfth->count, 2);
  EXPECT_EQ(twelfth->key, eleventh->key);
  // A known message keeps its own Event.
  EXPECT_EQ(correlator.take(text("m9"), kStart, "t")->key, last_key);
}

struct TogetherCase {
  const char* name;
  std::chrono::seconds later;
  bool combined;
};

class TogetherTest : public testing::TestWithParam<TogetherCase> {};

TEST_P(TogetherTest, EndsAfterTenMinutesWithout) {
  EventCorrelator correlator;
  for (std::size_t i = 0; i < kDistinctEvents; ++i) {
    correlator.take(text(fmt::format("m{}", i)), kStart, "t");
  }
  const auto write = correlator.take(text("new"), kStart + GetParam().later, "t");
  ASSERT_TRUE(write);
  EXPECT_EQ(write->message != "new", GetParam().combined);
}

INSTANTIATE_TEST_SUITE_P(Table, TogetherTest,
                         testing::Values(TogetherCase{"Within", 600s, true},
                                         TogetherCase{"After", 601s, false}),
                         [](const auto& row) { return row.param.name; });

TEST(EventCorrelatorTest, AnObjectHasABudget) {
  EventCorrelator correlator;
  int written = 0;
  for (int i = 0; i < 100; ++i) written += correlator.take(text("x"), kStart, "t").has_value();
  EXPECT_EQ(written, 25);
  EXPECT_FALSE(correlator.take(text("x"), kStart + kRefill - 1s, "t"));
  const auto after = correlator.take(text("x"), kStart + kRefill, "t");
  ASSERT_TRUE(after);
  EXPECT_EQ(after->count, 102) << "those that were not written count too";
  EXPECT_FALSE(correlator.take(text("x"), kStart + kRefill, "t"));
  EXPECT_TRUE(correlator.take(text("x", "ConfigMap/a/other/2"), kStart, "t")) << "another object has its own";
}

TEST(EventCorrelatorTest, TheBudgetIsNeverMoreThanABurst) {
  EventCorrelator correlator;
  correlator.take(text("x"), kStart, "t");
  int written = 0;
  for (int i = 0; i < 100; ++i) written += correlator.take(text("x"), kStart + 24h * 30, "t").has_value();
  EXPECT_EQ(written, 25);
}

struct CutCase {
  const char* name;
  std::string message;
  std::size_t bytes;
};

std::ostream& operator<<(std::ostream& out, const CutCase& c) {
  return out << c.name;
}

class CutTest : public testing::TestWithParam<CutCase> {};

TEST_P(CutTest, CutsMessages) {
  EventCorrelator correlator;
  EXPECT_EQ(correlator.take(text(GetParam().message), kStart, "t")->message.size(), GetParam().bytes);
}

std::string umlauts(std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) out += "\u00e4";
  return out;
}

const CutCase kCuts[] = {
    {"Within", std::string(1024, 'x'), 1024},
    {"Beyond", std::string(1025, 'x'), 1024},
    {"NotWithinACharacter", umlauts(513), 1023},  // 510 of two bytes each, and the ellipsis
};

INSTANTIATE_TEST_SUITE_P(Table, CutTest, testing::ValuesIn(kCuts),
                         [](const auto& row) { return row.param.name; });

TEST(EventCorrelatorTest, RemovesTheLeastRecentlyUsed) {
  EventCorrelator correlator;
  const auto object = [](std::size_t i) { return fmt::format("Pod/a/{}/1", i); };
  correlator.take(text("x", object(0)), kStart, "t");
  correlator.take(text("x", object(1)), kStart, "t");
  for (std::size_t i = 2; i < kRememberedEvents; ++i) correlator.take(text("x", object(i)), kStart, "t");
  EXPECT_EQ(correlator.take(text("x", object(0)), kStart, "t")->count, 2);
  correlator.take(text("x", object(kRememberedEvents)), kStart, "t");  // takes the place of 1
  EXPECT_EQ(correlator.take(text("x", object(0)), kStart, "t")->count, 3);
  EXPECT_EQ(correlator.take(text("x", object(1)), kStart, "t")->count, 1);
}

TEST(EventCorrelatorTest, ShowsNoHostileText) {
  for (const std::string& hostile : hostile_texts()) {
    EventCorrelator correlator;
    EXPECT_EQ(raw_character(correlator.take(text(hostile), kStart, "t")->message), "");
  }
}

}  // namespace
}  // namespace modelgate::kube
