// SPDX-License-Identifier: Apache-2.0
#include "yaml/yaml_scalar.h"

#include <gtest/gtest.h>

#include <limits>

namespace modelgate::yaml {
namespace {

// yaml_test.cc compares the meaning of words with kubectl. Here is what its table cannot show.

struct NumberCase {
  const char* name;
  double in;
  const char* json;
  const char* key;
};
void PrintTo(const NumberCase& c, std::ostream* os) {
  *os << c.name;
}

class NumberText : public testing::TestWithParam<NumberCase> {};

TEST_P(NumberText, IsThatOfGo) {
  EXPECT_EQ(json_number(GetParam().in), GetParam().json);
  EXPECT_EQ(key_of_real(GetParam().in), GetParam().key);
}

INSTANTIATE_TEST_SUITE_P(
    Numbers, NumberText,
    testing::Values(NumberCase{"Whole", 5, "5", "5"}, NumberCase{"Negative", -2.5, "-2.5", "-2.5"},
                    NumberCase{"Zero", 0, "0", "0"}, NumberCase{"MinusZero", -0.0, "0", "-0"},
                    NumberCase{"JustPositional", 1e20, "100000000000000000000", "1e+20"},
                    NumberCase{"JustScientific", 1e21, "1e+21", "1e+21"},
                    NumberCase{"SmallPositional", 0.000001, "0.000001", "1e-06"},
                    NumberCase{"SmallScientific", 0.0000001, "1e-7", "1e-07"},
                    NumberCase{"KeyJustPositional", 999999, "999999", "999999"},
                    NumberCase{"KeyJustScientific", 1000000, "1000000", "1e+06"},
                    NumberCase{"Long", 3.141592653589793, "3.141592653589793", "3.1415927"},
                    NumberCase{"Most", std::numeric_limits<double>::max(), "1.7976931348623157e+308",
                               ".inf"}),
    [](const auto& info) { return info.param.name; });

TEST(Scalar, HasTwoIntegerTypesBySize) {
  EXPECT_EQ(resolve_scalar("9223372036854775807").kind, YamlScalar::Kind::kInt);
  EXPECT_EQ(resolve_scalar("9223372036854775808").kind, YamlScalar::Kind::kUint);
  EXPECT_EQ(resolve_scalar("18446744073709551615").unsigned_integer, ~std::uint64_t{0});
  EXPECT_EQ(resolve_scalar("18446744073709551616").kind, YamlScalar::Kind::kFloat);
  EXPECT_EQ(resolve_scalar("-9223372036854775808").integer, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(resolve_scalar("-9223372036854775809").kind, YamlScalar::Kind::kFloat);
}

}  // namespace
}  // namespace modelgate::yaml
