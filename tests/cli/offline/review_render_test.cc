// SPDX-License-Identifier: Apache-2.0
//
// `modelgate review --render`: prints all objects that the reconciler would create, in order, with the problems.
// tests/workload tests the objects themselves.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>
#include <string>
#include <vector>

#include "cli/offline/review.h"
#include "cli/terminal/exit_code.h"
#include "spec/json.h"
#include "spec/view.h"
#include "tests/cli/temporary_file.h"
#include "yaml/yaml.h"

namespace modelgate::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

struct Options {
  Format format = Format::kYaml;
  std::string settings = "{}";  // key `modelgate` of the ConfigMap
  std::string ingress = R"({"ingressGateway": "knative-serving/gateway"})";
  std::string manifests = {};
  bool pods = false;
};

Outcome run(const std::string& text, const Options& with = {}) {
  const TemporaryFile file(text);
  const TemporaryFile config(
      fmt::format("apiVersion: v1\nkind: ConfigMap\nmetadata: {{name: inferenceservice-config}}\n"
                  "data: {{modelgate: '{}', ingress: '{}'}}\n",
                  with.settings, with.ingress));
  ReviewOptions options;
  options.input.files = {file.path()};
  options.input.config = config.path();
  options.input.manifests = with.manifests;
  options.format = with.format;
  options.render = true;
  options.pods = with.pods;
  std::ostringstream out;
  std::ostringstream err;
  const int code = review(options, out, err);
  return {code, out.str(), err.str()};
}

std::string service(std::string_view more = "", std::string_view model = "", std::string_view metadata = "") {
  return fmt::format(
      "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {{name: iris{}}}\nspec:\n"
      "  predictor:\n    model:\n      modelFormat: {{name: sklearn}}\n      storageUri: gs://a/b\n{}{}",
      metadata, model, more);
}

/// "Kind name" of each document.
std::vector<std::string> objects(const std::string& yaml) {
  std::vector<std::string> out;
  const auto documents = yaml::read_yaml(yaml);
  if (!documents) return {documents.error().message};
  for (const yaml::YamlDocument& document : *documents) {
    spec::Arena arena;
    const auto value = spec::parse_json(document.json, arena);
    const spec::ObjectView object(*value);
    const auto metadata = object.object("metadata");
    const std::string_view name = metadata.string("name");
    out.push_back(
        fmt::format("{} {}", object.string("kind"), name.empty() ? metadata.string("generateName") : name));
  }
  return out;
}

std::size_t lines(std::string_view text) {
  return static_cast<std::size_t>(std::ranges::count(text, '\n'));
}

TEST(ReviewRender, PrintsObjectsInTheOrderOfTheirApply) {
  const Outcome outcome = run(service());
  EXPECT_EQ(outcome.code, kAllowed) << outcome.err;
  EXPECT_THAT(objects(outcome.out),
              ElementsAre("InferenceService iris", "Service iris-predictor", "Deployment iris-predictor",
                          "HorizontalPodAutoscaler iris-predictor", "Ingress iris"));
  EXPECT_THAT(outcome.out, HasSubstr("\n---\n# created for InferenceService iris: predictor\napiVersion: "));
}

TEST(ReviewRender, AssumesThatAllComponentsAreReady) {
  const std::string canary =
      "  canary:\n    - {trafficPercent: 10, predictor: {name: next, model: {name: kserve-container}}}\n";
  const Options gateway{.ingress = R"({"enableGatewayApi": true, "kserveIngressGateway": "kserve/gateway"})"};
  const Outcome outcome = run(service(canary), gateway);
  EXPECT_EQ(outcome.code, kAllowed) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("name: iris-next-predictor\n"));
  EXPECT_THAT(outcome.out, HasSubstr("weight: 10\n"));
  EXPECT_THAT(outcome.out, HasSubstr("weight: 90\n"));
}

TEST(ReviewRender, PodsFollowTheObjects) {
  const Outcome outcome = run(service(), {.pods = true});
  EXPECT_EQ(outcome.code, kAllowed) << outcome.err;
  const auto all = objects(outcome.out);
  ASSERT_FALSE(all.empty());
  EXPECT_EQ(all.back(), "Pod iris-predictor-");
  EXPECT_EQ(all.size(), 6U);
}

TEST(ReviewRender, IsInTheJsonList) {
  spec::Arena arena;
  const auto list = spec::parse_json(run(service(), {.format = Format::kJson}).out, arena);
  ASSERT_TRUE(list);
  EXPECT_EQ(spec::ObjectView(*list).list("items").size(), 5U);
}

TEST(ReviewRender, IsAddedInADiff) {
  const Outcome outcome = run(service(), {.format = Format::kDiff});
  EXPECT_THAT(outcome.out, HasSubstr("\n--- /dev/null\n+++ created for InferenceService iris (Deployment "
                                     "iris-predictor)\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\n+kind: Deployment\n"));
}

TEST(ReviewRender, PrintsNoSecret) {
  const Outcome outcome =
      run("apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {a: sentinel}\n---\n" + service());
  EXPECT_THAT(outcome.out, Not(HasSubstr("sentinel")));
}

// Names.

TEST(ReviewRender, UsesNamesOfTheConfiguration) {
  const Outcome outcome = run(service(), {.settings = R"({"componentNames": "DefaultSuffix"})"});
  EXPECT_THAT(objects(outcome.out), testing::Contains("Deployment iris-predictor-default"));
}

TEST(ReviewRender, UsesMetricsOfTheConfiguration) {
  const Outcome outcome = run(service("    scaleMetric: rps\n    scaleTarget: 5\n"),
                              {.settings = R"({"podMetrics": {"rps": "asked_for"}})"});
  EXPECT_EQ(outcome.code, kAllowed) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("name: asked_for\n"));
}

// Objects that cannot be built.

/// A runtime whose template needs a label.
constexpr std::string_view kTeamRuntime =
    "apiVersion: serving.kserve.io/v1alpha1\nkind: ClusterServingRuntime\nmetadata: {name: team}\nspec:\n"
    "  supportedModelFormats: [{name: sklearn}]\n"
    "  containers: [{name: kserve-container, image: 'example.com/s:1', args: ['{{.Labels.team}}']}]\n---\n";

TEST(ReviewRender, DeniedServicesAreNotRendered) {
  const Outcome outcome = run(std::string(kTeamRuntime) + service("", "      runtime: team\n"));
  EXPECT_EQ(outcome.code, kDenied);
  EXPECT_EQ(lines(outcome.err), 1U) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(":16: spec.predictor.model.runtime: "));
  EXPECT_THAT(objects(outcome.out), ElementsAre("ClusterServingRuntime team"));
}

TEST(ReviewRender, AFatalProblemIsReportedOnceWithItsReason) {
  const std::string mount =
      "apiVersion: serving.kserve.io/v1alpha1\nkind: ClusterServingRuntime\nmetadata: {name: cache}\nspec:\n"
      "  supportedModelFormats: [{name: sklearn}]\n  containers: [{name: kserve-container, image: "
      "'example.com/s:1', volumeMounts: [{name: v, mountPath: /v}]}]\n---\n";
  const Outcome outcome = run(mount + service("", "      runtime: cache\n"),
                              {.settings = R"({"validation": "Compatible", "resourceDefaults": false})"});
  EXPECT_EQ(outcome.code, kDenied) << "the service would be stored, and have no predictor";
  EXPECT_EQ(lines(outcome.err), 1U) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(": spec.predictor: "));
  EXPECT_THAT(outcome.err, HasSubstr("(InvalidPredictorSpec)\n"));
}

TEST(ReviewRender, WarningsAreReportedOnce) {
  const Outcome outcome = run(service("    scaleMetric: rps\n"));
  EXPECT_EQ(outcome.code, kAllowed);
  EXPECT_EQ(lines(outcome.err), 1U) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr("warning: spec.predictor.scaleTarget: "));
}

TEST(ReviewRender, WarnsInOtherModes) {
  const Outcome outcome = run(service("", "", ", annotations: {serving.kserve.io/deploymentMode: Knative}"));
  EXPECT_EQ(outcome.code, kAllowed);
  EXPECT_THAT(objects(outcome.out), ElementsAre("InferenceService iris"));
  EXPECT_THAT(outcome.err, HasSubstr("metadata.annotations[serving.kserve.io/deploymentMode]: "));
}

TEST(ReviewRender, PrintsNoObjectsWithoutTheFlag) {
  const TemporaryFile file(service());
  ReviewOptions options;
  options.input.files = {file.path()};
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(review(options, out, err), kAllowed);
  EXPECT_THAT(objects(out.str()), ElementsAre("InferenceService iris"));
  EXPECT_THAT(err.str(), IsEmpty());
}

}  // namespace
}  // namespace modelgate::cli
