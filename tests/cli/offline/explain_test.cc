// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/explain.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>

#include "cli/terminal/exit_code.h"
#include "tests/cli/temporary_file.h"

namespace modelgate::cli {
namespace {

struct Case {
  const char* name;
  std::string model;
  int code;
  std::vector<std::string> rows;  // "runtime verdict", in order
};
void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run(const std::string& text, bool all = false) {
  const TemporaryFile file(text);
  ExplainOptions options;
  options.input.files = {file.path()};
  options.all = all;
  std::ostringstream out;
  std::ostringstream err;
  const int code = explain(options, out, err);
  return {code, out.str(), err.str()};
}

std::string service(std::string_view model) {
  return "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: x}\nspec:\n  "
         "predictor:\n    " +
         std::string(model) + "\n";
}

/// The table's rows: the runtime's name and the verdict.
std::vector<std::string> rows(const std::string& out) {
  std::vector<std::string> found;
  std::istringstream lines(out);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string kind;
    std::string name;
    std::string verdict;
    words >> kind >> name >> verdict;
    if (kind == "ClusterServingRuntime" || kind == "ServingRuntime") found.push_back(name + " " + verdict);
  }
  return found;
}

class Explaining : public testing::TestWithParam<Case> {};

TEST_P(Explaining, PrintsCandidates) {
  const Outcome outcome = run(service(GetParam().model));
  EXPECT_EQ(outcome.code, GetParam().code) << outcome.out << outcome.err;
  EXPECT_EQ(rows(outcome.out), GetParam().rows) << outcome.out;
}

INSTANTIATE_TEST_SUITE_P(
    Services, Explaining,
    testing::Values(
        Case{"Chosen", "model: {modelFormat: {name: paddle}}", kAllowed, {"kserve-paddleserver selected"}},
        Case{"OldSpelling", "paddle: {storageUri: gs://a/b}", kAllowed, {"kserve-paddleserver selected"}},
        Case{"ByPriority",
             "model: {modelFormat: {name: xgboost}, protocolVersion: v2}",
             kAllowed,
             {"kserve-mlserver selected", "kserve-xgbserver eligible", "kserve-predictiveserver no"}},
        Case{"NothingServesIt", "model: {modelFormat: {name: padle}}", kDenied, {}},
        Case{"NoSuchVersion",
             "model: {modelFormat: {name: paddle, version: '9'}}",
             kDenied,
             {"kserve-paddleserver no"}},
        Case{"Named",
             "model: {modelFormat: {name: pytorch}, protocolVersion: v2, runtime: kserve-tritonserver}",
             kAllowed,
             {"kserve-tritonserver selected", "kserve-torchserve eligible"}},
        Case{"NamedAndUnfit",
             "model: {modelFormat: {name: paddle}, runtime: kserve-tritonserver}",
             kDenied,
             {"kserve-paddleserver eligible", "kserve-tritonserver no"}},
        Case{"NamedAndMissing",
             "model: {modelFormat: {name: paddle}, runtime: nowhere}",
             kDenied,
             {"kserve-paddleserver eligible"}},
        Case{"CustomContainer", "containers: [{name: kserve-container, image: x}]", kAllowed, {}}),
    [](const auto& info) { return info.param.name; });

TEST(Explain, ExplainsWhyANameIsNeeded) {
  const Outcome outcome = run(
      service("model: {modelFormat: {name: pytorch}, protocolVersion: v2, runtime: kserve-tritonserver}"));
  EXPECT_THAT(outcome.out, testing::HasSubstr("autoSelect"));
  EXPECT_THAT(outcome.out, testing::HasSubstr("kserve-torchserve"));
}

TEST(Explain, NamesTheNearestFormat) {
  EXPECT_THAT(run(service("model: {modelFormat: {name: padle}}")).out, testing::HasSubstr("\"paddle\""));
}

TEST(Explain, PrintsAllRuntimesWithTheFlag) {
  EXPECT_EQ(rows(run(service("model: {modelFormat: {name: paddle}}"), true).out).size(), 14U);
}

TEST(Explain, RequiresAnInferenceService) {
  EXPECT_EQ(run("apiVersion: v1\nkind: Secret\nmetadata: {name: x}\n").code, kUnreadable);
  EXPECT_EQ(run("a: [").code, kUnreadable);
}

TEST(Explain, SaysThatNothingServesKnativeMode) {
  const std::string knative = service("model: {modelFormat: {name: paddle}}");
  std::string annotated = knative;
  annotated.replace(annotated.find("{name: x}"), 9,
                    "{name: x, annotations: {serving.kserve.io/deploymentMode: Serverless}}");
  EXPECT_THAT(run(annotated).out, testing::HasSubstr("in the mode Knative, which needs Knative Serving"));
  EXPECT_THAT(run(knative).out, testing::Not(testing::HasSubstr("Knative")));
}

TEST(Explain, ReportsVersionsThatNoApiServerKnows) {
  std::string wrong = service("model: {modelFormat: {name: paddle}}");
  wrong.replace(wrong.find("v1beta1"), 7, "v1beta2");
  const Outcome outcome = run(wrong);
  EXPECT_EQ(outcome.code, kDenied);
  EXPECT_THAT(outcome.err, testing::HasSubstr(":1: apiVersion: "));
}

TEST(Explain, ReportsWrongTypesAndContinues) {
  const Outcome outcome =
      run(service("model: 5") + "---\n" + service("model: {modelFormat: {name: paddle}}"));
  EXPECT_EQ(outcome.code, kDenied);
  EXPECT_THAT(outcome.err, testing::HasSubstr(":6: spec.predictor.model: "));
  EXPECT_EQ(rows(outcome.out), std::vector<std::string>{"kserve-paddleserver selected"});
}

}  // namespace
}  // namespace modelgate::cli
