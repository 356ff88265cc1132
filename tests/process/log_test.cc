// SPDX-License-Identifier: Apache-2.0
#include "process/log.h"

#include <gtest/gtest.h>

#include <string>

#include "spec/json.h"
#include "tests/hostile_text.h"

namespace modelgate::log {
namespace {

struct LineCase {
  const char* name;
  std::string value;
  std::string json;  // as a value in JSON
  std::string text;  // as a value in text
};

class Lines : public testing::TestWithParam<LineCase> {};

TEST_P(Lines, StayOneLine) {
  const std::string json = render(Format::kJson, "m", {{"k", GetParam().value}});
  EXPECT_EQ(json, "\"msg\":\"m\",\"k\":" + GetParam().json);
  EXPECT_EQ(render(Format::kText, "m", {{"k", GetParam().value}}), "m k=" + GetParam().text);
  spec::Arena arena;
  EXPECT_TRUE(spec::parse_json("{" + json + "}", arena).has_value());
}

INSTANTIATE_TEST_SUITE_P(
    Table, Lines,
    testing::Values(
        LineCase{"Plain", "abc/1.2-3", "\"abc/1.2-3\"", "abc/1.2-3"}, LineCase{"Empty", "", "\"\"", "\"\""},
        LineCase{"Blank", "a b", "\"a b\"", "\"a b\""},
        LineCase{"Quotes", "\"x\\", R"("\"x\\")", R"("\"x\\")"},
        LineCase{"NewLine", "a\nlevel=info", R"("a\u000alevel=info")", R"("a\u000alevel=info")"},
        LineCase{"Escape", "\x1b[31m", R"("\u001b[31m")", R"("\u001b[31m")"},
        LineCase{"Delete", "\x7f", R"("\u007f")", R"("\u007f")"},
        LineCase{"Nul", std::string(1, '\0'), R"("\u0000")", R"("\u0000")"},
        LineCase{"Unicode", "h\u00e9\U0001F600", "\"h\u00e9\U0001F600\"", "\"h\u00e9\U0001F600\""},
        LineCase{"BrokenUtf8", "a\xff\xc3", R"("a\ufffd\ufffd")", R"("a\ufffd\ufffd")"},
        LineCase{"Surrogate", "\xed\xa0\x80", R"("\ufffd\ufffd\ufffd")", R"("\ufffd\ufffd\ufffd")"},
        LineCase{"Overlong", "\xc0\x80", R"("\ufffd\ufffd")", R"("\ufffd\ufffd")"}),
    [](const auto& info) { return info.param.name; });

TEST(Log, NumbersAndFlagsAreNotQuoted) {
  EXPECT_EQ(render(Format::kJson, "m", {{"n", -3}, {"b", true}}), R"("msg":"m","n":-3,"b":true)");
  EXPECT_EQ(render(Format::kText, "m", {{"n", 4U}, {"b", false}}), "m n=4 b=false");
}

TEST(Log, LongValuesAreTruncated) {
  const std::string longest(kMaxValueBytes, 'x');
  EXPECT_EQ(render(Format::kText, "m", {{"k", longest}}), "m k=" + longest);
  EXPECT_EQ(render(Format::kText, "m", {{"k", longest + "y"}}), "m k=\"" + longest + "...\"");
}

TEST(Log, ShowsNoHostileText) {
  for (const std::string& hostile : hostile_texts()) {
    for (const Format format : {Format::kJson, Format::kText}) {
      const std::string line = render(format, hostile, {{"k", hostile}, {"l", "a" + hostile}});
      EXPECT_EQ(raw_character(line), "") << line;
      spec::Arena arena;
      if (format == Format::kJson) EXPECT_TRUE(spec::parse_json("{" + line + "}", arena)) << line;
    }
  }
}

}  // namespace
}  // namespace modelgate::log
