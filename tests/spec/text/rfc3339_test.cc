// SPDX-License-Identifier: Apache-2.0
#include "spec/text/rfc3339.h"

#include <gtest/gtest.h>

namespace modelgate::text {
namespace {

using namespace std::chrono_literals;
using std::chrono::system_clock;

struct FormatCase {
  const char* name;
  system_clock::time_point time;
  std::string_view seconds, micro;
};

class FormatRfc3339 : public testing::TestWithParam<FormatCase> {};

TEST_P(FormatRfc3339, WritesUtc) {
  EXPECT_EQ(format_rfc3339(GetParam().time), GetParam().seconds);
  EXPECT_EQ(format_rfc3339_micro(GetParam().time), GetParam().micro);
}

constexpr system_clock::time_point kTime(1'795'442'400s);

INSTANTIATE_TEST_SUITE_P(
    Table, FormatRfc3339,
    testing::Values(
        FormatCase{"Second", kTime, "2026-11-23T14:00:00Z", "2026-11-23T14:00:00.000000Z"},
        FormatCase{"MicroAfter", kTime + 1us, "2026-11-23T14:00:00Z", "2026-11-23T14:00:00.000001Z"},
        FormatCase{"MicroBefore", kTime - 1us, "2026-11-23T13:59:59Z", "2026-11-23T13:59:59.999999Z"},
        FormatCase{"Nanos", kTime + 1999ns, "2026-11-23T14:00:00Z", "2026-11-23T14:00:00.000001Z"},
        FormatCase{"Epoch", system_clock::time_point(), "1970-01-01T00:00:00Z",
                   "1970-01-01T00:00:00.000000Z"},
        FormatCase{"BeforeTheEpoch", system_clock::time_point(-1us), "1969-12-31T23:59:59Z",
                   "1969-12-31T23:59:59.999999Z"},
        FormatCase{"LeapDay", std::chrono::sys_days(std::chrono::year(2028) / 2 / 29), "2028-02-29T00:00:00Z",
                   "2028-02-29T00:00:00.000000Z"},
        FormatCase{"LastOfTheClock",
                   std::chrono::floor<std::chrono::seconds>(system_clock::time_point::max()),
                   "2262-04-11T23:47:16Z", "2262-04-11T23:47:16.000000Z"}),
    [](const auto& row) { return row.param.name; });

struct ParseCase {
  const char* name;
  std::string_view text;
  std::optional<std::int64_t> seconds;
};

class ParseRfc3339 : public testing::TestWithParam<ParseCase> {};

TEST_P(ParseRfc3339, ReadsWholeTimes) {
  const auto time = parse_rfc3339(GetParam().text);
  ASSERT_EQ(time.has_value(), GetParam().seconds.has_value());
  if (time) EXPECT_EQ(time->time_since_epoch().count(), *GetParam().seconds);
}

INSTANTIATE_TEST_SUITE_P(
    Table, ParseRfc3339,
    testing::Values(
        ParseCase{"Utc", "2026-11-23T14:00:00Z", 1'795'442'400},
        ParseCase{"LowerCase", "2026-11-23t14:00:00z", 1'795'442'400},
        ParseCase{"Fraction", "2026-11-23T14:00:00.999999999Z", 1'795'442'400},
        ParseCase{"East", "2026-11-23T15:30:00+01:30", 1'795'442'400},
        ParseCase{"West", "2026-11-23T06:00:00.5-08:00", 1'795'442'400},
        ParseCase{"OffsetAcrossTheEpoch", "1969-12-31T23:30:00-00:30", 0},
        ParseCase{"LeapDay", "2028-02-29T00:00:00Z", 1'835'395'200},
        ParseCase{"Last", "9999-12-31T23:59:59Z", 253'402'300'799}, ParseCase{"Empty", "", {}},
        ParseCase{"Word", "yesterday", {}}, ParseCase{"Date", "2026-11-23", {}},
        ParseCase{"NoZone", "2026-11-23T14:00:00", {}}, ParseCase{"NoSeconds", "2026-11-23T14:00Z", {}},
        ParseCase{"Blank", "2026-11-23 14:00:00Z", {}}, ParseCase{"TextAfter", "2026-11-23T14:00:00Z ", {}},
        ParseCase{"EmptyFraction", "2026-11-23T14:00:00.Z", {}},
        ParseCase{"ShortOffset", "2026-11-23T14:00:00+1:00", {}},
        ParseCase{"OffsetWithoutColon", "2026-11-23T14:00:00+0100", {}},
        ParseCase{"OffsetOfADay", "2026-11-23T14:00:00+24:00", {}},
        ParseCase{"Month0", "2026-00-23T14:00:00Z", {}}, ParseCase{"Month13", "2026-13-23T14:00:00Z", {}},
        ParseCase{"NoSuchDay", "2026-02-29T00:00:00Z", {}}, ParseCase{"Day0", "2026-02-00T00:00:00Z", {}},
        ParseCase{"Hour24", "2026-11-23T24:00:00Z", {}}, ParseCase{"Minute60", "2026-11-23T14:60:00Z", {}},
        ParseCase{"LeapSecond", "2016-12-31T23:59:60Z", {}},
        ParseCase{"ShortYear", "226-11-23T14:00:00Z", {}}, ParseCase{"Sign", "2026-+1-23T14:00:00Z", {}},
        ParseCase{"NegativeYear", "-026-11-23T14:00:00Z", {}}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace modelgate::text
