// SPDX-License-Identifier: Apache-2.0
#include "cli/offline/review.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <sstream>
#include <string>

#include "cli/terminal/exit_code.h"
#include "tests/cli/temporary_file.h"
#include "yaml/yaml.h"

namespace modelgate::cli {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

Outcome run(ReviewOptions options) {
  std::ostringstream out;
  std::ostringstream err;
  const int code = review(options, out, err);
  return {code, out.str(), err.str()};
}

Outcome run(std::vector<std::string> files, Format format = Format::kYaml) {
  ReviewOptions options;
  options.input.files = std::move(files);
  options.format = format;
  return run(options);
}

/// "line path" of every error, in order.
std::vector<std::string> places(const std::string& err, const std::string& file) {
  std::vector<std::string> out;
  std::istringstream lines(err);
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with(file + ":") || line.find(" warning: ") != std::string::npos) continue;
    const std::size_t number = file.size() + 1;
    const std::size_t path = line.find(": ", number) + 2;
    out.push_back(line.substr(number, path - 2 - number) + " " +
                  line.substr(path, line.find(": ", path) - path));
  }
  return out;
}

std::string service(std::string_view name, std::string_view predictor) {
  return "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata:\n  name: " +
         std::string(name) + "\nspec:\n  predictor:\n" + std::string(predictor);
}

const std::string kGood =
    service("good", "    model:\n      modelFormat: {name: sklearn}\n      storageUri: gs://a/b\n");

const fs::path kExamples = fs::path(MODELGATE_SOURCE_DIR) / "deploy" / "examples";

std::vector<std::string> examples() {
  std::vector<std::string> out;
  for (const auto& entry : fs::directory_iterator(kExamples)) {
    const std::string name = entry.path().stem().string();
    if (entry.path().extension() == ".yaml" && name != "broken") out.push_back(name);
  }
  std::ranges::sort(out);
  return out;
}

/// The documents with sorted members.
std::string meaning(const std::string& yaml) {
  std::string out;
  const auto documents = yaml::read_yaml(yaml);
  if (!documents) return documents.error().message;
  for (const yaml::YamlDocument& document : *documents) {
    spec::Arena arena;
    out += spec::to_canonical_json(*spec::parse_json(document.json, arena)) + "\n";
  }
  return out;
}

class Example : public testing::TestWithParam<std::string> {};

TEST_P(Example, IsAdmittedAndUnchangedByASecondReview) {
  const std::string file = (kExamples / (GetParam() + ".yaml")).string();
  const Outcome first = run({file});
  ASSERT_EQ(first.code, kAllowed) << first.err;
  const TemporaryFile stored(first.out);

  ReviewOptions again;
  again.input.files = {file};
  again.old = stored.path();
  EXPECT_EQ(meaning(run(again).out), meaning(first.out))
      << "the same manifest once more changes what is stored";

  again.input.files = {stored.path()};
  again.format = Format::kDiff;
  EXPECT_EQ(run(again).out, "") << "what is stored changes when it is written back";
}

INSTANTIATE_TEST_SUITE_P(All, Example, testing::ValuesIn(examples()), [](const auto& info) {
  std::string name = info.param;
  std::ranges::replace(name, '-', '_');
  return name;
});

TEST(BrokenExample, HasFiveErrorsWithLines) {
  const std::string file = (kExamples / "broken.yaml").string();
  const Outcome outcome = run({file});
  EXPECT_EQ(outcome.code, kDenied);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(places(outcome.err, file),
              testing::UnorderedElementsAre("11 spec.predictor.model.modelFormat.name",
                                            "13 spec.predictor.model.storage",
                                            "20 spec.predictor.model.resources.limits[memory]",
                                            "22 spec.predictor.model.volumeMounts[0].name",
                                            "38 spec.explainer.containers[0].env[1].name"));
  EXPECT_THAT(outcome.err, HasSubstr("sklearn")) << "the nearest right spelling";
}

TEST(Review, PrintsTheStoredObject) {
  const TemporaryFile file(kGood);
  const Outcome outcome = run({file.path()});
  EXPECT_EQ(outcome.code, kAllowed);
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(outcome.out, HasSubstr("\n      runtime: kserve-sklearnserver\n"));
  EXPECT_TRUE(yaml::read_yaml(outcome.out));
}

TEST(Review, PrintsADiff) {
  const TemporaryFile file(kGood + "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n");
  const Outcome outcome = run({file.path()}, Format::kDiff);
  EXPECT_THAT(outcome.out, HasSubstr("--- " + file.path() + " (InferenceService good)\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\n+      runtime: kserve-sklearnserver\n"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("ConfigMap")));
}

TEST(Review, PrintsSeveralObjectsAsYamlDocumentsOrAJsonList) {
  const TemporaryFile file(kGood +
                           "---\napiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\ndata: {a: 'yes'}\n");
  const auto documents = yaml::read_yaml(run({file.path()}).out);
  ASSERT_TRUE(documents);
  ASSERT_EQ(documents->size(), 2U);
  EXPECT_THAT(documents->at(1).json, HasSubstr(R"("data":{"a":"yes"})"));

  spec::Arena arena;
  const auto list = spec::parse_json(run({file.path()}, Format::kJson).out, arena);
  ASSERT_TRUE(list);
  EXPECT_EQ(spec::find(*list, "items")->Size(), 2U);
}

TEST(Review, PrintsTheKeysOfASecretWithoutValues) {
  const TemporaryFile file(
      "apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\n  annotations:\n    a: kept\n"
      "    kubectl.kubernetes.io/last-applied-configuration: '{\"data\": {\"a\": \"sentinel\"}}'\n"
      "data: {first: c2VudGluZWw=, third: c2VudGluZWw=}\nstringData: {second: sentinel}\n");
  for (const Format format : {Format::kYaml, Format::kJson, Format::kDiff}) {
    const Outcome outcome = run({file.path()}, format);
    EXPECT_EQ(outcome.code, kAllowed);
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("sentinel")));
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr("c2VudGluZWw")));
    if (format == Format::kDiff) continue;
    for (const char* shown : {"first", "second", "third", "kept"}) {
      EXPECT_THAT(outcome.out, HasSubstr(shown));
    }
  }
}

TEST(Review, PrintsAdmittedObjectsNextToDeniedOnes) {
  const TemporaryFile file(
      kGood + "---\n" +
      service("bad",
              "    minReplicas: -1\n    model: {modelFormat: {name: sklearn}, storageUri: gs://a/b}\n"));
  const Outcome outcome = run({file.path()});
  EXPECT_EQ(outcome.code, kDenied);
  EXPECT_THAT(outcome.out, HasSubstr("name: good"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("name: bad")));
  EXPECT_THAT(places(outcome.err, file.path()), ElementsAre("17 spec.predictor.minReplicas"));
}

struct PlaceCase {
  const char* name;
  std::string text;
  std::string place;
};
void PrintTo(const PlaceCase& c, std::ostream* os) {
  *os << c.name;
}

class ErrorPlace : public testing::TestWithParam<PlaceCase> {};

TEST_P(ErrorPlace, IsTheLineInTheFile) {
  const TemporaryFile file(GetParam().text);
  const Outcome outcome = run({file.path()});
  EXPECT_EQ(outcome.code, kDenied);
  EXPECT_THAT(places(outcome.err, file.path()), ElementsAre(GetParam().place)) << outcome.err;
}

const std::string kList = "apiVersion: v1\nkind: List\nitems:\n";

INSTANTIATE_TEST_SUITE_P(
    Places, ErrorPlace,
    testing::Values(
        PlaceCase{"OfAWrongType", service("x", "    minReplicas: \"1\"\n"), "7 spec.predictor.minReplicas"},
        PlaceCase{"OfAnUnknownField",
                  service("x",
                          "    model:\n      modelFormat: {name: sklearn}\n      storageUri: gs://a/b\n    "
                          "minReplica: 1\n"),
                  "10 spec.predictor.minReplica"},
        PlaceCase{
            "InAnOldSpelling",
            service(
                "x",
                "    sklearn:\n      storageUri: gs://a/b\n      resources:\n        limits: {cpu: 1x}\n"),
            "10 spec.predictor.model.resources.limits[cpu]"},
        PlaceCase{"InAList",
                  kList + "- apiVersion: serving.kserve.io/v1beta1\n  kind: InferenceService\n  metadata: "
                          "{name: x}\n  spec:\n    "
                          "predictor:\n      minReplicas: -1\n      model: {modelFormat: {name: sklearn}, "
                          "storageUri: gs://a/b}\n",
                  "9 spec.predictor.minReplicas"},
        PlaceCase{"InARuntime",
                  "apiVersion: serving.kserve.io/v1alpha1\nkind: ClusterServingRuntime\nmetadata: {name: "
                  "x}\nspec:\n  multiModel: 1\n",
                  "5 spec.multiModel"}),
    [](const auto& info) { return info.param.name; });

TEST(Review, UsesRuntimesOfTheSameFiles) {
  const std::string runtime =
      "apiVersion: serving.kserve.io/v1alpha1\nkind: ServingRuntime\nmetadata: {name: mine}\nspec:\n"
      "  supportedModelFormats: [{name: mine, autoSelect: true}]\n  containers: [{name: kserve-container, "
      "image: x}]\n";
  const TemporaryFile service_file(
      service("x", "    model: {modelFormat: {name: mine}, storageUri: gs://a/b}\n"));
  const TemporaryFile runtime_file(runtime);
  EXPECT_THAT(run({service_file.path()}).out, Not(HasSubstr("runtime: mine")));
  const Outcome both = run({service_file.path(), runtime_file.path()});
  EXPECT_EQ(both.code, kAllowed) << both.err;
  EXPECT_THAT(both.out, HasSubstr("runtime: mine"));

  ReviewOptions elsewhere;
  elsewhere.input.files = {service_file.path(), runtime_file.path()};
  elsewhere.input.namespace_ = "team";
  EXPECT_EQ(run(elsewhere).code, kAllowed) << "both are in that namespace";
}

TEST(Review, UsesRuntimesAndConfigurationOfManifests) {
  const TemporaryFile file(kGood);
  const TemporaryFile config(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config}\n"
      "data: {modelgate: '{\"runtimeSelection\": \"Defer\"}'}\n");
  ReviewOptions options;
  options.input.files = {file.path()};
  options.input.config = config.path();
  EXPECT_THAT(run(options).out, Not(HasSubstr("runtime:")));
  options.input.manifests = config.path();
  EXPECT_NE(run(options).code, kUnreadable);
}

TEST(Review, WarnsWithFileAndLine) {
  const TemporaryFile file(
      service("x", "    sklearn: {storageUri: gs://a/b}\n    canaryTrafficPercent: 20\n"));
  const Outcome outcome = run({file.path()});
  EXPECT_EQ(outcome.code, kAllowed);
  EXPECT_THAT(outcome.err, HasSubstr(file.path() + ":8: warning: spec.predictor.canaryTrafficPercent"));
}

TEST(Review, NamesTheLineOfTheObjectInJson) {
  const TemporaryFile file(
      R"({"apiVersion":"serving.kserve.io/v1beta1","kind":"InferenceService","metadata":{"name":"x"},"spec":{"predictor":{"minReplicas":"1"}}})");
  const Outcome outcome = run({file.path()});
  EXPECT_EQ(outcome.code, kDenied);
  EXPECT_THAT(outcome.err, testing::StartsWith(file.path() + ":1: spec.predictor.minReplicas: "));
}

TEST(Review, ReportsUnreadableFiles) {
  const TemporaryFile bad("a: [\n");
  const TemporaryFile good(kGood);
  const Outcome outcome = run({"/nowhere.yaml", bad.path(), good.path()});
  EXPECT_EQ(outcome.code, kUnreadable);
  EXPECT_EQ(outcome.out, "");
  EXPECT_THAT(outcome.err, HasSubstr("/nowhere.yaml: "));
  EXPECT_THAT(outcome.err, HasSubstr(bad.path() + ":2: "));

  ReviewOptions options;
  options.input.files = {good.path()};
  options.old = "/nowhere.yaml";
  EXPECT_EQ(run(options).code, kUnreadable);
  options.old.clear();
  options.input.manifests = "/nowhere";
  EXPECT_EQ(run(options).code, kUnreadable);
}

}  // namespace
}  // namespace modelgate::cli
