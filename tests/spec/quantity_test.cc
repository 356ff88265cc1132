// SPDX-License-Identifier: Apache-2.0
#include "spec/quantity.h"

#include <gtest/gtest.h>

#include <compare>
#include <limits>
#include <random>
#include <string>

#include "spec/json.h"
#include "tests/spec/quantity_cases.h"

namespace modelgate::spec {
namespace {

Quantity read(std::string_view text) {
  const auto q = Quantity::parse(text);
  if (!q) ADD_FAILURE() << '"' << text << "\" " << q.error();
  return q.value_or(Quantity());
}

TEST(QuantityTest, AcceptsWhatKubernetesAccepts) {
  for (const ReadQuantity& row : kAcceptedByKubernetes) {
    SCOPED_TRACE(row.text);
    const Quantity q = read(row.text);
    EXPECT_EQ(q.format(), row.format);
    EXPECT_EQ(q.canonical(), row.canonical);
    EXPECT_EQ(q.stored(row.text), row.stored);
    EXPECT_EQ(read(q.canonical()), q);
  }
}

TEST(QuantityTest, RejectsWhatKubernetesRejects) {
  for (const char* text : kRejectedByKubernetes)
    EXPECT_FALSE(Quantity::parse(std::string_view(text))) << text;
  EXPECT_FALSE(Quantity::parse(std::string_view()));
  EXPECT_FALSE(Quantity::parse(std::string_view("1\0G", 3)));
}

// quantity.h, "Differences from Kubernetes".
TEST(QuantityTest, PrintsLargeDecimalsWithTheirExponent) {
  EXPECT_EQ(read("999E").canonical(), "999E");
  EXPECT_EQ(read("1000E").canonical(), "1e21");
  EXPECT_EQ(read("1000E"), read("1e21"));
  EXPECT_EQ(read("1" + std::string(38, '0')).canonical(), "100e36");
}

struct Limit {
  const char* name;
  std::string within;
  std::string beyond;
};

class QuantityLimitTest : public testing::TestWithParam<Limit> {};

TEST_P(QuantityLimitTest, AcceptsTheLimitAndRejectsMore) {
  EXPECT_TRUE(Quantity::parse(GetParam().within)) << GetParam().within;
  EXPECT_FALSE(Quantity::parse(GetParam().beyond)) << GetParam().beyond;
}

INSTANTIATE_TEST_SUITE_P(All, QuantityLimitTest,
                         testing::Values(Limit{"length", std::string(1024, '0'), std::string(1025, '0')},
                                         Limit{"digits", std::string(38, '9'), std::string(39, '9')},
                                         Limit{"digits_to_the_nano",
                                               "12345678901234567890123456789.123456789",
                                               "123456789012345678901234567890.123456789"},
                                         Limit{"exponent", "1e1000000", "1e1000001"},
                                         Limit{"exponent_and_digits", "10e999999", "10e1000000"},
                                         Limit{"negative_exponent", "1e-2147483648", "1e-2147483649"},
                                         Limit{"zero_with_an_exponent", "0e2147483647", "0e2147483648"}),
                         [](const auto& info) { return std::string(info.param.name); });

struct Comparison {
  const char* name;
  const char* a;
  std::strong_ordering order;
  const char* b;
};

class QuantityComparisonTest : public testing::TestWithParam<Comparison> {};

TEST_P(QuantityComparisonTest, OrdersByValue) {
  const auto& [name, a, order, b] = GetParam();
  EXPECT_EQ(read(a) <=> read(b), order);
  EXPECT_EQ(read(b) <=> read(a), 0 <=> order);
  EXPECT_EQ(read(a) == read(b), order == std::strong_ordering::equal);
}

constexpr auto kLess = std::strong_ordering::less;
constexpr auto kEqual = std::strong_ordering::equal;
INSTANTIATE_TEST_SUITE_P(
    All, QuantityComparisonTest,
    testing::Values(Comparison{"formats", "1Ki", kEqual, "1.024k"}, Comparison{"milli", "1000m", kEqual, "1"},
                    Comparison{"exponent", "1e3", kEqual, "1k"}, Comparison{"point", "0.5", kEqual, "500m"},
                    Comparison{"zeros", "-0", kEqual, "0Gi"}, Comparison{"G_and_Gi", "1G", kLess, "1Gi"},
                    Comparison{"one_nano", "1", kLess, "1000000001n"}, Comparison{"signs", "-1", kLess, "1n"},
                    Comparison{"zero_above_negative", "-1n", kLess, "0"},
                    Comparison{"zero_below", "0", kLess, "1n"}, Comparison{"negatives", "-2", kLess, "-1"},
                    Comparison{"negatives_of_one_magnitude", "-1002", kLess, "-1001"},
                    Comparison{"digits_alike", "999m", kLess, "1"},
                    Comparison{"huge", "9e999999", kLess, "1e1000000"},
                    Comparison{"huge_and_tiny", "1n", kLess, "1e1000000"},
                    Comparison{"all_digits", "99999999999999999999999999999999999998", kLess,
                               "99999999999999999999999999999999999999"},
                    Comparison{"all_digits_and_one", "99999999999999999999999999999.999999999", kLess,
                               "1e29"},
                    Comparison{"cap", "8Ei", kEqual, "9223372036854775807"},
                    Comparison{"cap_is_not_the_power", "8Ei", kLess, "9223372036854775808"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(QuantityTest, HasZeroSignAndWholeness) {
  EXPECT_TRUE(read("0").is_zero());
  EXPECT_TRUE(read("-0.0Ki").is_zero());
  EXPECT_FALSE(read("1e-99").is_zero());
  EXPECT_EQ(read("-1n").sign(), -1);
  EXPECT_EQ(read("0").sign(), 0);
  EXPECT_EQ(read("1n").sign(), 1);
  EXPECT_TRUE(read("1000m").is_whole());
  EXPECT_TRUE(read("2.0").is_whole());
  EXPECT_FALSE(read("1001m").is_whole());
  EXPECT_FALSE(read("0.1Ki").is_whole());
}

TEST(QuantityTest, RoundsAwayFromZeroAndCaps) {
  EXPECT_EQ(read("1500m").to_int64(), 2);
  EXPECT_EQ(read("-1500m").to_int64(), -2);
  EXPECT_EQ(read("1n").to_int64(), 1);
  EXPECT_EQ(read("1n").to_milli(), 1);
  EXPECT_EQ(read("0.1").to_milli(), 100);
  EXPECT_EQ(read("1Gi").to_int64(), 1073741824);
  EXPECT_EQ(read("9223372036854775807").to_int64(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read("9223372036854775806").to_int64(), std::numeric_limits<std::int64_t>::max() - 1);
  EXPECT_EQ(read("9223372036854775808").to_int64(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read("1e1000000").to_int64(), std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(read("9223372036854775807").to_milli(), std::numeric_limits<std::int64_t>::max());
}

TEST(QuantityTest, ConvertsNumbers) {
  EXPECT_EQ(Quantity(), read("0"));
  EXPECT_EQ(Quantity::of(0).canonical(), "0");
  EXPECT_EQ(Quantity::of(2000), read("2k"));
  EXPECT_EQ(Quantity::of(-7).canonical(), "-7");
  EXPECT_EQ(Quantity::of(2048, Quantity::Format::BinarySI).canonical(), "2Ki");
  EXPECT_EQ(Quantity::of(std::numeric_limits<std::int64_t>::min()).canonical(), "-9223372036854775808");
  const Quantity capped = Quantity::of(std::numeric_limits<std::int64_t>::min(), Quantity::Format::BinarySI);
  EXPECT_EQ(read(capped.canonical()), capped);
}

TEST(QuantityTest, ReadsFields) {
  struct Case {
    const char* json;
    const char* canonical;  // nullptr: rejected
  };
  for (const auto& [json, canonical] : {
           Case{R"("100m")", "100m"},
           Case{R"(" 1Gi\n")", "1Gi"},
           Case{"2", "2"},
           Case{"0.5", "500m"},
           Case{"1e3", "1k"},
           Case{"1e21", "1e21"},
           Case{"-1", "-1"},
           Case{R"("")", nullptr},
           Case{R"("1 Gi")", nullptr},
           Case{"true", nullptr},
           Case{"{}", nullptr},
           Case{"[1]", nullptr},
       }) {
    SCOPED_TRACE(json);
    Arena arena;
    const auto value = parse_json(json, arena);
    ASSERT_TRUE(value);
    const auto q = Quantity::parse(*value);
    ASSERT_EQ(q.has_value(), canonical != nullptr);
    if (q) EXPECT_EQ(q->canonical(), canonical);
  }
}

TEST(QuantityTest, SuggestsASuffix) {
  struct Case {
    const char* text;
    const char* meant;  // nullptr: no similar suffix
  };
  for (const auto& [text, meant] : {Case{"1GB", "\"G\""}, Case{"1gib", "\"Gi\""}, Case{"1K", "\"k\""},
                                    Case{"512MIB", "\"Mi\""}, Case{"1xyz", nullptr}, Case{"1b", nullptr}}) {
    const auto q = Quantity::parse(std::string_view(text));
    ASSERT_FALSE(q) << text;
    EXPECT_EQ(q.error().contains("did you mean"), meant != nullptr) << q.error();
    if (meant) EXPECT_TRUE(q.error().contains(std::string("did you mean ") + meant)) << q.error();
  }
}

// An error contains no control characters and only the start of a long text.
TEST(QuantityTest, ErrorsAreShortAndPrintable) {
  const std::string text = "1" + std::string(900, '\x01');
  const auto q = Quantity::parse(std::string_view(text));
  ASSERT_FALSE(q);
  EXPECT_LT(q.error().size(), 256U);
  for (char c : q.error()) EXPECT_TRUE(c >= ' ' && c <= '~');
}

TEST(QuantityTest, CanonicalFormsReadBack) {
  std::mt19937 random(20240);  // NOLINT: the same texts at every run
  const auto below = [&](std::size_t n) { return static_cast<std::size_t>(random()) % n; };
  constexpr std::array kSuffixes = {"",   "n",  "u",  "m",  "k",  "M",  "G",  "T",   "P",   "E",
                                    "Ki", "Mi", "Gi", "Ti", "Pi", "Ei", "e3", "E-3", "e+6", "e18"};
  std::size_t read_count = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string text = below(4) == 0 ? "-" : "";
    for (std::size_t digits = below(22); digits > 0; --digits) text += static_cast<char>('0' + below(10));
    if (below(2) == 0) {
      text += '.';
      for (std::size_t digits = below(16); digits > 0; --digits) text += static_cast<char>('0' + below(10));
    }
    text += kSuffixes[below(kSuffixes.size())];
    const auto q = Quantity::parse(std::string_view(text));
    if (!q) continue;
    ++read_count;
    const std::string canonical = q->canonical();
    const auto again = Quantity::parse(std::string_view(canonical));
    ASSERT_TRUE(again) << text << " -> " << canonical;
    ASSERT_EQ(*again, *q) << text << " -> " << canonical;
    ASSERT_EQ(again->canonical(), canonical) << text;
    ASSERT_EQ(read(q->stored(text)), *q) << text;
  }
  EXPECT_GT(read_count, 19'000U);  // only a text without a digit may be rejected
}

}  // namespace
}  // namespace modelgate::spec
