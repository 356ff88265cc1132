// SPDX-License-Identifier: Apache-2.0
#include "spec/text/printable.h"

#include <gtest/gtest.h>

#include <string>

#include "spec/text/utf8.h"

namespace modelgate::text {
namespace {

std::string utf8(char32_t c) {
  std::string out;
  const auto add = [&](char32_t byte) { out += static_cast<char>(static_cast<unsigned char>(byte)); };
  if (c < 0x80) {
    add(c);
  } else if (c < 0x800) {
    add(0xC0 | (c >> 6U)), add(0x80 | (c & 0x3FU));
  } else if (c < 0x10000) {
    add(0xE0 | (c >> 12U)), add(0x80 | ((c >> 6U) & 0x3FU)), add(0x80 | (c & 0x3FU));
  } else {
    add(0xF0 | (c >> 18U)), add(0x80 | ((c >> 12U) & 0x3FU)), add(0x80 | ((c >> 6U) & 0x3FU)),
        add(0x80 | (c & 0x3FU));
  }
  return out;
}

struct Shown {
  const char* name;
  std::string text;
  std::string shown;
};

class Printable : public testing::TestWithParam<Shown> {};

TEST_P(Printable, Escapes) {
  EXPECT_EQ(printable(GetParam().text), GetParam().shown);
  EXPECT_EQ(printable(GetParam().shown), GetParam().shown) << "what was escaped stays";
  EXPECT_TRUE(is_valid_utf8(printable(GetParam().text)));
}

INSTANTIATE_TEST_SUITE_P(
    All, Printable,
    testing::Values(
        Shown{"Empty", "", ""}, Shown{"Ascii", "a \"b\" \\ ~", "a \"b\" \\ ~"},
        Shown{"Letters", "\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80", "\xC3\xA9\xE4\xB8\xAD\xF0\x9F\x98\x80"},
        Shown{"NoBreakSpace", "a\xC2\xA0z", "a\xC2\xA0z"}, Shown{"LineBreaks", "a\nb\r\tc", R"(a\nb\r\tc)"},
        Shown{"Nul", std::string("a\0b", 3), R"(a\x00b)"}, Shown{"Escape", "\x1b[31m", R"(\x1b[31m)"},
        Shown{"Delete", "a\x7f", R"(a\x7f)"}, Shown{"NextLine", "\xC2\x85", R"(\u0085)"},
        Shown{"C1Introducer",
              "\xC2\x9b"
              "31m",
              R"(\u009b31m)"},
        Shown{"RightToLeft",
              "a\xE2\x80\xAE"
              "b",
              R"(a\u202eb)"},
        Shown{"Isolate", "\xE2\x81\xA6", R"(\u2066)"}, Shown{"ZeroWidth", "a\xE2\x80\x8B", R"(a\u200b)"},
        Shown{"LineSeparator", "\xE2\x80\xA8", R"(\u2028)"},
        Shown{"ByteOrderMark", "\xEF\xBB\xBF", R"(\ufeff)"},
        Shown{"Tag", "\xF3\xA0\x80\x81", R"(\U000e0001)"}, Shown{"NotUtf8", "a\xFF\xC3(", R"(a\xff\xc3()"},
        Shown{"Surrogate", "\xED\xA0\x80", R"(\xed\xa0\x80)"}),
    [](const auto& info) { return info.param.name; });

TEST(Printable, LeavesNoCharacterThatATerminalActsOn) {
  for (char32_t c = 0; c < 0x110000; ++c) {
    if (c >= 0xD800 && c < 0xE000) continue;
    const bool control = c < 0x20 || (c >= 0x7F && c < 0xA0);
    const bool directional = (c >= 0x202A && c <= 0x202E) || (c >= 0x2066 && c <= 0x2069);
    const std::string text = utf8(c);
    ASSERT_EQ(printable(text) != text, control || is_hidden(c)) << std::hex << static_cast<unsigned>(c);
    if (directional) {
      ASSERT_TRUE(is_hidden(c)) << std::hex << static_cast<unsigned>(c);
    }
  }
}

TEST(Printable, HasFormsForLines) {
  EXPECT_EQ(printable_lines("a\nb\x1b\n"), "a\nb\\x1b\n");
  EXPECT_EQ(on_one_line("a\r\nb\tc\x7F\xC3\xA9\xC2\x9b"), "a  b c \xC3\xA9\\u009b");
  EXPECT_EQ(json_without_hidden("{\n\"a\x7f\xE2\x80\xAE\": \"\xF3\xA0\x80\x81\\n\"}"),
            "{\n\"a\\u007f\\u202e\": \"\\udb40\\udc01\\n\"}");
  EXPECT_EQ(printable_length("ab\x1b"), 2U);
}

}  // namespace
}  // namespace modelgate::text
