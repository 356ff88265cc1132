// SPDX-License-Identifier: Apache-2.0
//
// Defaulting, the rules and the builders find the same deployment mode for a service (spec/deployment_mode.h).
#include "spec/deployment_mode.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "defaulting/pass.h"
#include "validation/reading.h"

namespace modelgate {
namespace {

struct Row {
  const char* name;
  const char* annotation;  // empty: none
  const char* status;      // of the stored service; empty: none
  const char* configured;
  const char* mode;
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

std::string service(std::string_view annotation, std::string_view status) {
  return fmt::format(
      R"({{"metadata": {{"name": "m", "annotations": {{{}}}}}, "spec": {{"predictor": {{}}}}, "status": {{{}}}}})",
      annotation.empty() ? "" : fmt::format(R"("serving.kserve.io/deploymentMode": "{}")", annotation),
      status.empty() ? "" : fmt::format(R"("deploymentMode": "{}")", status));
}

class DeploymentMode : public testing::TestWithParam<Row> {};

TEST_P(DeploymentMode, IsTheSameForDefaultingRulesAndBuilders) {
  const Row& row = GetParam();
  spec::Arena arena;
  spec::Configuration configuration;
  configuration.deploy.default_deployment_mode = row.configured;
  spec::CatalogBuilder builder;
  builder.set_configuration(configuration);
  const auto catalog = builder.build(1);
  spec::Value object = *spec::parse_json(service(row.annotation, row.status), arena);
  const spec::Value old = *spec::parse_json(service("", row.status), arena);
  const spec::InferenceServiceView view(object);
  const spec::InferenceServiceView old_view(old);

  spec::Edit edit(object, arena);
  const defaulting::Context context{.catalog = *catalog, .old_object = &old, .request_namespace = "ns"};
  const defaulting::Pass pass(edit, context);
  EXPECT_EQ(pass.deployment_mode(), row.mode) << "defaulting";
  const validation::Subject subject{.isvc = view, .old = &old_view, .catalog = *catalog};
  EXPECT_EQ(validation::Service(subject).mode(), row.mode) << "validation";
  EXPECT_EQ(spec::effective_deployment_mode(view, old_view, configuration), row.mode) << "builders";
}

// KServe's precedence: the stored status, then the annotation, then the configuration.
INSTANTIATE_TEST_SUITE_P(
    Table, DeploymentMode,
    testing::Values(Row{"Configured", "", "", "Knative", "Knative"},
                    Row{"Annotated", "Knative", "", "Standard", "Knative"},
                    Row{"AnnotatedWithTheOldName", "RawDeployment", "", "Knative", "Standard"},
                    Row{"AnnotatedUnknown", "Sometimes", "", "Knative", "Knative"},
                    Row{"StatusWithoutAnnotation", "", "ModelMesh", "Standard", "ModelMesh"},
                    Row{"StatusBeforeAnnotation", "Knative", "Standard", "Knative", "Standard"},
                    Row{"StatusWithTheOldName", "Standard", "Serverless", "Standard", "Knative"},
                    Row{"StatusUnknown", "Knative", "Sometimes", "Standard", "Knative"},
                    Row{"AllUnknown", "Sometimes", "Sometimes", "Standard", "Standard"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace modelgate
