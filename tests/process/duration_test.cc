// SPDX-License-Identifier: Apache-2.0
#include "process/duration.h"

#include <gtest/gtest.h>

#include <optional>
#include <string>

namespace modelgate::process {
namespace {

using namespace std::chrono_literals;
using Duration = std::optional<std::chrono::nanoseconds>;

struct DurationCase {
  const char* name;
  std::string text;
  Duration value;
};

class Durations : public testing::TestWithParam<DurationCase> {};

TEST_P(Durations, AreParsedAsInGo) {
  EXPECT_EQ(parse_duration(GetParam().text), GetParam().value);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Durations,
    testing::Values(
        DurationCase{"Seconds", "5s", 5s}, DurationCase{"Minutes", "1m30s", 90s},
        DurationCase{"All", "1h2m3s4ms5us6ns", 1h + 2min + 3s + 4ms + 5us + 6ns},
        DurationCase{"Micro", "7\u00b5s", 7us}, DurationCase{"Mu", "7\u03bcs", 7us},
        DurationCase{"Fraction", "1.5h", 90min}, DurationCase{"LeadingPoint", ".5s", 500ms},
        DurationCase{"Zero", "0", 0s}, DurationCase{"Plus", "+3s", 3s},
        DurationCase{"Empty", "", std::nullopt}, DurationCase{"NoUnit", "10", std::nullopt},
        DurationCase{"NoNumber", "s", std::nullopt}, DurationCase{"PointAlone", ".s", std::nullopt},
        DurationCase{"TwoPoints", "1.2.3s", std::nullopt}, DurationCase{"Negative", "-5s", std::nullopt},
        DurationCase{"UnknownUnit", "5d", std::nullopt}, DurationCase{"Exponent", "1e3s", std::nullopt},
        DurationCase{"Blank", "5 s", std::nullopt}, DurationCase{"Trailing", "5s!", std::nullopt},
        DurationCase{"TooLong", "9999999h", std::nullopt},
        DurationCase{"FarTooLong", std::string(400, '9') + "h", std::nullopt}),
    [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::process
