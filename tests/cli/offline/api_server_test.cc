// SPDX-License-Identifier: Apache-2.0
//
// What `modelgate review` refuses in place of the API server. tests/cluster/test_review.py asks a real one
// about the same objects.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <vector>

#include "cli/offline/review.h"
#include "cli/offline/structural_schema.h"
#include "cli/terminal/exit_code.h"
#include "spec/json.h"
#include "spec/view.h"
#include "tests/cli/temporary_file.h"
#include "yaml/yaml.h"

namespace modelgate::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run(std::vector<std::string> files, const std::string& config = "") {
  ReviewOptions options;
  options.input.files = std::move(files);
  options.input.config = config;
  std::ostringstream out;
  std::ostringstream err;
  const int code = review(options, out, err);
  return {code, out.str(), err.str()};
}

struct Case {
  std::string name;
  bool refused;
  std::string path;  // of an error
  std::string text;
};
void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

std::vector<Case> cases() {
  std::ifstream in(fs::path(MODELGATE_SOURCE_DIR) / "tests" / "cli" / "offline" / "api_server_cases.yaml");
  const std::string text{std::istreambuf_iterator<char>(in), {}};
  std::vector<Case> out;
  const auto documents = yaml::read_yaml(text);
  if (!documents) return out;
  for (const yaml::YamlDocument& document : *documents) {
    spec::Arena arena;
    const auto value = spec::parse_json(document.json, arena);
    const spec::ObjectView c(*value);
    out.push_back({std::string(c.string("name")), c.boolean("refused").value(), std::string(c.string("path")),
                   std::string(c.string("text"))});
  }
  return out;
}

class ApiServerCase : public testing::TestWithParam<Case> {};

TEST_P(ApiServerCase, IsRefusedAsByTheApiServer) {
  const TemporaryFile file(GetParam().text);
  const Outcome outcome = run({file.path()});
  if (!GetParam().refused) {
    EXPECT_EQ(outcome.code, kAllowed) << outcome.err;
    return;
  }
  EXPECT_EQ(outcome.code, kDenied) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(": " + GetParam().path + ": "));
}

INSTANTIATE_TEST_SUITE_P(All, ApiServerCase, testing::ValuesIn(cases()),
                         [](const auto& info) { return info.param.name; });

TEST(ApiServerCases, ThereAreManyOfBothKinds) {
  const std::vector<Case> all = cases();
  EXPECT_GT(std::ranges::count(all, true, &Case::refused), 50);
  EXPECT_GT(std::ranges::count(all, false, &Case::refused), 20);
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) ++n;
  return n;
}

constexpr std::string_view kManyErrors = R"(apiVersion: serving.kserve.io/v1beta1
kind: InferenceService
metadata:
  name: Iris
  labels: {version: 1}
spec:
  predictor:
    model:
      modelFormat: {name: sklaern}
      storageUri: gs://models/iris
      resources: {limits: {cpu: 0.5}}
      imagePulPolicy: Always
)";

TEST(ApiServer, ReportsItsErrorsWithThoseOfTheWebhookEachOnce) {
  const TemporaryFile file(kManyErrors);
  const Outcome outcome = run({file.path()});
  EXPECT_EQ(outcome.code, kDenied);
  for (const char* place :
       {":4: metadata.name: ", ":5: metadata.labels[version]: ",
        ":11: spec.predictor.model.resources.limits[cpu]: ", ":12: spec.predictor.model.imagePulPolicy: "}) {
    EXPECT_EQ(count(outcome.err, place), 1U) << place << "\n" << outcome.err;
  }
}

TEST(ApiServer, SuggestsAQuantityInQuotes) {
  const TemporaryFile file(kManyErrors);
  EXPECT_THAT(run({file.path()}).err, HasSubstr(R"(write "0.5")"));
}

TEST(ApiServer, RefusesAnUnknownFieldInCompatibleModeToo) {
  const TemporaryFile config(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config}\n"
      "data: {modelgate: '{\"validation\": \"Compatible\"}'}\n");
  const TemporaryFile file(
      "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: a}\nspec: {predictor: {model: "
      "{modelFormat: {name: sklearn}, storageUri: 'gs://a/b', storageURI: 'gs://a/b'}}}\n");
  const Outcome outcome = run({file.path()}, config.path());
  EXPECT_EQ(outcome.code, kDenied);
  EXPECT_EQ(count(outcome.err, "storageURI"), 1U) << outcome.err;
}

TEST(ApiServer, AddsTheDefaultsOfTheCrd) {
  const TemporaryFile file(
      "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: a}\nspec: {predictor: {model: "
      "{modelFormat: {name: sklearn}}, storageUris: [{uri: 'gs://a/b'}]}}\n");
  EXPECT_THAT(run({file.path()}).out, HasSubstr("mountPath: /mnt/models"));
}

struct RoleCase {
  const char* name;
  const char* kind;      // and version
  const char* reported;  // nullptr: nothing
};
void PrintTo(const RoleCase& c, std::ostream* os) {
  *os << c.name;
}

class Roles : public testing::TestWithParam<RoleCase> {};

TEST_P(Roles, AreReported) {
  const TemporaryFile file(std::string("apiVersion: ") + GetParam().kind + "\nmetadata: {name: x}\n");
  const Outcome outcome = run({file.path()});
  EXPECT_EQ(outcome.code, kAllowed) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(file.path() + ":1: " + GetParam().reported));
}

INSTANTIATE_TEST_SUITE_P(
    Table, Roles,
    testing::Values(
        RoleCase{"InferenceGraph", "serving.kserve.io/v1alpha1\nkind: InferenceGraph",
                 "skipped: InferenceGraph \"x\""},
        RoleCase{"TrainedModel", "serving.kserve.io/v1alpha1\nkind: TrainedModel", "skipped: TrainedModel"},
        RoleCase{"Llm", "serving.kserve.io/v1alpha1\nkind: LLMInferenceService",
                 "skipped: LLMInferenceService"},
        RoleCase{"Deployment", "apps/v1\nkind: Deployment", "skipped: Deployment"},
        RoleCase{"Service", "v1\nkind: Service", "skipped: Service"},
        RoleCase{"AnotherGroup", "example.com/v1\nkind: InferenceService", "skipped: InferenceService"},
        RoleCase{"AnotherConfigMap", "v1\nkind: ConfigMap", "skipped: ConfigMap"},
        RoleCase{"Secret", "v1\nkind: Secret", "used: Secret \"x\""},
        RoleCase{"ServiceAccount", "v1\nkind: ServiceAccount", "used: ServiceAccount"},
        RoleCase{"Claim", "v1\nkind: PersistentVolumeClaim", "used: PersistentVolumeClaim"},
        RoleCase{"ModelCache", "serving.kserve.io/v1alpha1\nkind: LocalModelCache", "used: LocalModelCache"}),
    [](const auto& info) { return info.param.name; });

TEST(RoleLines, PrintNoControlCharacters) {
  const TemporaryFile file(
      "apiVersion: example.com/v1\nkind: \"A\\e[31mB\"\nmetadata: {name: \"x\\e[31m\"}\n");
  const Outcome outcome = run({file.path()});
  EXPECT_THAT(outcome.err, HasSubstr("skipped: "));
  EXPECT_EQ(outcome.err.find('\x1b'), std::string::npos) << outcome.err;
}

TEST(Schemas, AreThoseOfOurKinds) {
  EXPECT_NE(schema_of("serving.kserve.io/v1beta1", "InferenceService"), nullptr);
  EXPECT_NE(schema_of("serving.kserve.io/v1alpha1", "ServingRuntime"), nullptr);
  EXPECT_NE(schema_of("serving.kserve.io/v1alpha1", "ClusterServingRuntime"), nullptr);
  EXPECT_NE(schema_of("serving.kserve.io/v1alpha1", "ClusterStorageContainer"), nullptr);
  EXPECT_EQ(schema_of("serving.kserve.io/v1", "InferenceService"), nullptr);
  EXPECT_EQ(schema_of("v1", "Pod"), nullptr);
}

}  // namespace
}  // namespace modelgate::cli
