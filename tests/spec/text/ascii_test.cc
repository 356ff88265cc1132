// SPDX-License-Identifier: Apache-2.0
#include "spec/text/ascii.h"

#include <gtest/gtest.h>

namespace modelgate::text {
namespace {

TEST(Ascii, ClassesHoldNoOtherBytes) {
  std::string digits, lower, upper, controls;
  for (int i = 0; i < 256; ++i) {
    const auto c = static_cast<char>(i);
    if (is_digit(c)) digits += c;
    if (is_lower(c)) lower += c;
    if (is_upper(c)) upper += c;
    if (is_control(c)) controls += c;
    EXPECT_EQ(is_letter(c), is_lower(c) || is_upper(c)) << i;
    EXPECT_EQ(is_alphanumeric(c), is_letter(c) || is_digit(c)) << i;
    EXPECT_EQ(to_lower(c), is_upper(c) ? c + ('a' - 'A') : c) << i;
  }
  EXPECT_EQ(digits, "0123456789");
  EXPECT_EQ(lower, "abcdefghijklmnopqrstuvwxyz");
  EXPECT_EQ(upper, "ABCDEFGHIJKLMNOPQRSTUVWXYZ");
  EXPECT_EQ(controls.size(), 33U);
  EXPECT_EQ(controls.back(), '\x7F');
}

struct EqualCase {
  const char* name;
  std::string_view a, b;
  bool equal;
};

class EqualIgnoringCase : public testing::TestWithParam<EqualCase> {};

TEST_P(EqualIgnoringCase, ComparesAsciiLetters) {
  EXPECT_EQ(equal_ignoring_case(GetParam().a, GetParam().b), GetParam().equal);
  EXPECT_EQ(equal_ignoring_case(GetParam().b, GetParam().a), GetParam().equal);
}

INSTANTIATE_TEST_SUITE_P(Table, EqualIgnoringCase,
                         testing::Values(EqualCase{"Empty", "", "", true},
                                         EqualCase{"Same", "a1", "a1", true},
                                         EqualCase{"Case", "SKLearn", "sklearn", true},
                                         EqualCase{"Prefix", "sk", "sklearn", false},
                                         EqualCase{"OtherLetter", "ab", "ac", false},
                                         EqualCase{"NotOnlyBit5", "[", "{", false},
                                         EqualCase{"NotAscii", "\xC3\x89", "\xC3\xA9", false}),
                         [](const auto& row) { return row.param.name; });

TEST(Ascii, StartsWithIgnoringCase) {
  EXPECT_TRUE(starts_with_ignoring_case("HTTPS://host", "https://"));
  EXPECT_TRUE(starts_with_ignoring_case("x", ""));
  EXPECT_FALSE(starts_with_ignoring_case("http", "https"));
}

TEST(Ascii, ChangesTexts) {
  EXPECT_EQ(lowercase("Content-TYPE \xC3\x89"), "content-type \xC3\x89");
  EXPECT_EQ(start_in_lower_case("Missing A comma"), "missing A comma");
  EXPECT_EQ(start_in_lower_case(""), "");
}

}  // namespace
}  // namespace modelgate::text
