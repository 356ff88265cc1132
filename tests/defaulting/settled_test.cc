// SPDX-License-Identifier: Apache-2.0
#include "defaulting/settled.h"

#include <gtest/gtest.h>

#include <ostream>
#include <string>

namespace modelgate::defaulting {
namespace {

struct ModeCase {
  std::string name;
  std::string service;
  std::string configured;
  std::string mode;
};
void PrintTo(const ModeCase& c, std::ostream* out) {
  *out << c.name;
}

class SettledMode : public testing::TestWithParam<ModeCase> {};

TEST_P(SettledMode, IsKserves) {
  spec::Arena arena;
  spec::Configuration configuration;
  configuration.deploy.default_deployment_mode = GetParam().configured;
  const auto service = spec::parse_json(GetParam().service, arena);
  ASSERT_TRUE(service);
  EXPECT_EQ(settled_mode(spec::InferenceServiceView(*service), configuration), GetParam().mode);
}

constexpr const char* kAnnotatedKnative =
    R"({"metadata":{"annotations":{"serving.kserve.io/deploymentMode":"Knative"}}})";
INSTANTIATE_TEST_SUITE_P(
    , SettledMode,
    testing::Values(
        ModeCase{"Configured", "{}", "Knative", "Knative"},
        ModeCase{"Annotated", kAnnotatedKnative, "Standard", "Knative"},
        ModeCase{"AnnotatedOldName",
                 R"({"metadata":{"annotations":{"serving.kserve.io/deploymentMode":"RawDeployment"}}})",
                 "Knative", "Standard"},
        ModeCase{"AnnotatedUnknown",
                 R"({"metadata":{"annotations":{"serving.kserve.io/deploymentMode":"Sometimes"}}})",
                 "Knative", "Knative"},
        ModeCase{"StatusGoesFirst",
                 R"({"metadata":{"annotations":{"serving.kserve.io/deploymentMode":"Knative"}},)"
                 R"("status":{"deploymentMode":"Standard"}})",
                 "Knative", "Standard"},
        ModeCase{"StatusOldName", R"({"status":{"deploymentMode":"Serverless"}})", "Standard", "Knative"}),
    [](const auto& c) { return c.param.name; });

}  // namespace
}  // namespace modelgate::defaulting
