// SPDX-License-Identifier: Apache-2.0
#include "spec/text/utf8.h"

#include <gtest/gtest.h>

namespace modelgate::text {
namespace {

struct ValidCase {
  const char* name;
  std::string text;
  std::size_t length;  // of the first character; 0 where it is invalid
};

class Utf8 : public testing::TestWithParam<ValidCase> {};

TEST_P(Utf8, IsChecked) {
  const ValidCase& c = GetParam();
  const bool valid = c.length == c.text.size();
  EXPECT_EQ(character_length(c.text), c.length);
  EXPECT_EQ(is_valid_utf8(c.text), valid);
  // After eight and more bytes of ASCII, which are checked a word at a time.
  EXPECT_EQ(is_valid_utf8("0123456789" + c.text), valid);
  EXPECT_EQ(is_valid_utf8(c.text + "0123456789"), valid);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Utf8,
    testing::Values(ValidCase{"Ascii", "a", 1}, ValidCase{"Nul", std::string(1, '\0'), 1},
                    ValidCase{"Two", "\xC2\x80", 2}, ValidCase{"TwoOverlong", "\xC1\xBF", 0},
                    ValidCase{"Three", "\xE0\xA0\x80", 3}, ValidCase{"ThreeOverlong", "\xE0\x9F\xBF", 0},
                    ValidCase{"BelowSurrogates", "\xED\x9F\xBF", 3},
                    ValidCase{"Surrogate", "\xED\xA0\x80", 0},
                    ValidCase{"AboveSurrogates", "\xEE\x80\x80", 3}, ValidCase{"Four", "\xF0\x90\x80\x80", 4},
                    ValidCase{"FourOverlong", "\xF0\x8F\xBF\xBF", 0},
                    ValidCase{"Last", "\xF4\x8F\xBF\xBF", 4}, ValidCase{"BeyondLast", "\xF4\x90\x80\x80", 0},
                    ValidCase{"Incomplete", "\xE2\x82", 0}, ValidCase{"Continuation", "\x80", 0},
                    ValidCase{"Latin1", "\xE9", 0}, ValidCase{"NoLead", "\xFF", 0}),
    [](const auto& row) { return row.param.name; });

const std::string kEuro = "\xE2\x82\xAC";
const std::string kFace = "\xF0\x9F\x98\x80";

struct TruncateCase {
  const char* name;
  std::string text;
  std::size_t max;
  std::string front, end, truncated, fitted;
};

class Truncation : public testing::TestWithParam<TruncateCase> {};

TEST_P(Truncation, IsBetweenCharacters) {
  const TruncateCase& c = GetParam();
  EXPECT_EQ(front_of(c.text, c.max), c.front);
  EXPECT_EQ(end_of(c.text, c.max), c.end);
  EXPECT_EQ(truncate(c.text, c.max), c.truncated);
  EXPECT_EQ(truncate_to_fit(c.text, c.max), c.fitted);
  EXPECT_LE(truncate_to_fit(c.text, c.max).size(), c.max);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Truncation,
    testing::Values(TruncateCase{"Empty", "", 3, "", "", "", ""},
                    TruncateCase{"Shorter", "abc", 4, "abc", "abc", "abc", "abc"},
                    TruncateCase{"Exact", "abcd", 4, "abcd", "abcd", "abcd", "abcd"},
                    TruncateCase{"OneLonger", "abcde", 4, "abcd", "bcde", "abcd...", "a..."},
                    TruncateCase{"OnlyTheEllipsis", "abcde", 3, "abc", "cde", "abc...", "..."},
                    TruncateCase{"ExactCharacters", kEuro + kEuro, 6, kEuro + kEuro, kEuro + kEuro,
                                 kEuro + kEuro, kEuro + kEuro},
                    TruncateCase{"BetweenCharacters", kEuro + kEuro + kEuro, 6, kEuro + kEuro, kEuro + kEuro,
                                 kEuro + kEuro + "...", kEuro + "..."},
                    TruncateCase{"FirstByteInside", kEuro + kEuro, 4, kEuro, kEuro, kEuro + "...", "..."},
                    TruncateCase{"LastByteOutside", kEuro + kEuro, 5, kEuro, kEuro, kEuro + "...", "..."},
                    TruncateCase{"FourBytes", kFace + kFace, 7, kFace, kFace, kFace + "...", kFace + "..."},
                    TruncateCase{"InvalidText", std::string(10, '\x80'), 8, std::string(5, '\x80'),
                                 std::string(5, '\x80'), std::string(5, '\x80') + "...",
                                 std::string(2, '\x80') + "..."}),
    [](const auto& row) { return row.param.name; });

TEST(Truncation, TakesNothingWhereNoCharacterFits) {
  EXPECT_EQ(front_of(kFace, 3), "");
  EXPECT_EQ(end_of(kFace, 3), "");
  EXPECT_EQ(front_of("a", 0), "");
}

TEST(Truncation, TakesAnotherEllipsis) {
  EXPECT_EQ(truncate("abcdef", 4, " \xE2\x80\xA6"), "abcd \xE2\x80\xA6");
  EXPECT_EQ(truncate_to_fit("abcdef", 4, "\xE2\x80\xA6"), "a\xE2\x80\xA6");
}

}  // namespace
}  // namespace modelgate::text
