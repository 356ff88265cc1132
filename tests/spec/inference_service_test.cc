// SPDX-License-Identifier: Apache-2.0
#include "spec/inference_service.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

#include "spec/json.h"

namespace modelgate::spec {
namespace {

struct LeftAloneCase {
  std::string name;
  std::string annotation;
  std::string ready;
  bool alone;
};
void PrintTo(const LeftAloneCase& c, std::ostream* out) {
  *out << c.name;
}

class LeftAlone : public testing::TestWithParam<LeftAloneCase> {};

TEST_P(LeftAlone, OnlyWhileReady) {
  Arena arena;
  const auto service = parse_json(
      R"({"metadata":{"annotations":{"serving.kserve.io/disable-auto-update":")" + GetParam().annotation +
          R"("}},"status":{"conditions":[{"type":"Ready","status":")" + GetParam().ready + R"("}]}})",
      arena);
  ASSERT_TRUE(service);
  EXPECT_EQ(InferenceServiceView(*service).is_left_alone(), GetParam().alone);
}

INSTANTIATE_TEST_SUITE_P(, LeftAlone,
                         testing::Values(LeftAloneCase{"Ready", "true", "True", true},
                                         LeftAloneCase{"NotReady", "true", "False", false},
                                         LeftAloneCase{"OtherValue", "yes", "True", false}),
                         [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace modelgate::spec
