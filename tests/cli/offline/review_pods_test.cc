// SPDX-License-Identifier: Apache-2.0
//
// `modelgate review` of Pods, and `--pods`: Pod mutation offline, with known and unknown credentials.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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

using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::Not;

struct Outcome {
  int code;
  std::string out;
  std::string err;
};

/// Without the lines about objects that are only used.
std::string without_used(const std::string& err) {
  std::string out;
  std::istringstream lines(err);
  for (std::string line; std::getline(lines, line);) {
    if (!line.contains(": used: ")) out += line + "\n";
  }
  return out;
}

Outcome run(const std::string& file, Format format = Format::kYaml, const std::string& manifests = "",
            const std::string& config = "") {
  ReviewOptions options;
  options.input.files = {file};
  options.input.manifests = manifests;
  options.input.config = config;
  options.format = format;
  options.pods = true;
  std::ostringstream out;
  std::ostringstream err;
  const int code = review(options, out, err);
  return {code, out.str(), without_used(err.str())};
}

/// The password in every Secret of these tests.
constexpr std::string_view kPassword = "sentinel";

const std::string kSecret =
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s3}\nstringData: {AWS_ACCESS_KEY_ID: sentinel, "
    "AWS_SECRET_ACCESS_KEY: sentinel}\n---\n";
const std::string kOtherSecret =
    "apiVersion: v1\nkind: Secret\nmetadata: {name: other}\nstringData: {AWS_SECRET_ACCESS_KEY: "
    "sentinel}\n---\n";
const std::string kAccount =
    "apiVersion: v1\nkind: ServiceAccount\nmetadata: {name: reader}\nsecrets: [{name: s3}]\n---\n";
const std::string kHeaders =
    "apiVersion: v1\nkind: Secret\nmetadata: {name: s3}\nstringData: {https-host: example.com, headers: "
    "'Authorization: sentinel'}\n---\n";

std::string pod(std::string_view uri = "s3://models/iris") {
  return fmt::format(
      "apiVersion: v1\nkind: Pod\nmetadata:\n  name: iris\n  labels: {{serving.kserve.io/inferenceservice: "
      "iris}}\n  annotations:\n    internal.serving.kserve.io/storage-initializer-sourceuri: {}\n"
      "spec:\n  serviceAccountName: reader\n  containers: [{{name: kserve-container, image: x}}]\n",
      uri);
}

std::string service(std::string_view more = "", std::string_view uri = "s3://models/iris") {
  return fmt::format(
      "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata:\n  name: iris\n{}spec:\n"
      "  predictor:\n    serviceAccountName: reader\n    model: {{modelFormat: {{name: sklearn}}, "
      "storageUri: "
      "{}}}\n",
      more, uri);
}

/// The S3 and HTTPS variables of every printed Pod: NAME=value or NAME<secret/key.
std::vector<std::string> credentials(const std::string& yaml) {
  std::vector<std::string> out;
  const auto documents = yaml::read_yaml(yaml);
  if (!documents) return {documents.error().message};
  for (const yaml::YamlDocument& document : *documents) {
    spec::Arena arena;
    const auto value = spec::parse_json(document.json, arena);
    const spec::ObjectView object(*value);
    if (object.string("kind") != "Pod") continue;
    for (const spec::ObjectView container : object.object("spec").list("initContainers")) {
      for (const spec::ObjectView env : container.list("env")) {
        const auto key = env.object("valueFrom").object("secretKeyRef");
        if (key) {
          out.push_back(fmt::format("{}<{}/{}", env.string("name"), key.string("name"), key.string("key")));
        } else if (env.string("name").ends_with("headers")) {
          out.push_back(fmt::format("{}={}", env.string("name"), env.string("value")));
        }
      }
    }
  }
  return out;
}

std::size_t count(std::string_view text, std::string_view part) {
  std::size_t n = 0;
  for (std::size_t at = 0; (at = text.find(part, at)) != std::string_view::npos; at += part.size()) ++n;
  return n;
}

struct Case {
  const char* name;
  std::string text;
  int code;
  std::size_t pods;                      // printed
  std::vector<std::string> credentials;  // of these Pods
  std::string reported;                  // part of the only line on the standard error; empty: none
};
void PrintTo(const Case& c, std::ostream* os) {
  *os << c.name;
}

const std::vector<std::string> kS3Keys = {"AWS_ACCESS_KEY_ID<s3/AWS_ACCESS_KEY_ID",
                                          "AWS_SECRET_ACCESS_KEY<s3/AWS_SECRET_ACCESS_KEY"};

const Case kCases[] = {
    {"PodWithItsSecret", kSecret + kAccount + pod(), kAllowed, 1, kS3Keys, ""},
    {"PodWithoutAnything", pod(), kAllowed, 1, {}, "ServiceAccount default/reader"},
    {"PodWithoutItsSecret", kAccount + pod(), kAllowed, 1, {}, "Secret default/s3"},
    {"PodBesideAnotherSecret", kOtherSecret + kAccount + pod(), kAllowed, 1, {}, "Secret default/s3"},
    {"PodWithABadUri",
     kSecret + kAccount + pod("'s3://'"),
     kDenied,
     0,
     {},
     ":17: metadata.annotations[internal.serving.kserve.io/storage-initializer-sourceuri]: "},
    {"PodWithAWrongType",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec:\n  containers: {}\n",
     kDenied,
     0,
     {},
     ":5: spec.containers: "},
    {"PodWithoutAService",
     "apiVersion: v1\nkind: Pod\nmetadata: {name: x}\nspec: {containers: [{name: x, image: x}]}\n",
     kAllowed,
     1,
     {},
     ""},
    {"ServiceWithItsSecret", kSecret + kAccount + service(), kAllowed, 1, kS3Keys, ""},
    {"ServiceWithoutItsSecret", kAccount + service(), kAllowed, 1, {}, "Secret default/s3"},
    {"ServiceWithStorageUrisOnly",
     "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: iris}\nspec:\n"
     "  predictor:\n    serviceAccountName: reader\n    model: {modelFormat: {name: sklearn}}\n"
     "    storageUris: [{uri: 's3://a/b', mountPath: /mnt/models/b}]\n",
     kAllowed,
     1,
     {},
     "ServiceAccount default/reader"},
    {"ServiceInItsOwnNamespace",
     kSecret + kAccount + service("  namespace: team\n"),
     kAllowed,
     1,
     {},
     "ServiceAccount team/reader"},
    {"ServiceBesideAnotherSecret", kOtherSecret + kAccount + service(), kAllowed, 1, {}, "Secret default/s3"},
    {"ServiceWithAHeader",
     kHeaders + kAccount + service("", "https://example.com/model.tar.gz"),
     kAllowed,
     1,
     {"example.com-headers<s3/headers"},
     ""},
    {"ServiceInKnativeMode",
     service("  annotations:\n    serving.kserve.io/deploymentMode: Knative\n"),
     kAllowed,
     0,
     {},
     ":6: warning: metadata.annotations[serving.kserve.io/deploymentMode]: "},
    {"StoppedService",
     service("  annotations: {serving.kserve.io/stop: 'true'}\n"),
     kAllowed,
     0,
     {},
     "stopped: it has no Pods"},
    {"ServiceWithAGeneratedName",
     "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {generateName: iris-}\nspec:\n"
     "  predictor:\n    model: {modelFormat: {name: sklearn}, storageUri: s3://a/b}\n",
     kAllowed,
     0,
     {},
     ":3: warning: metadata: "},
    {"DeniedService", service("  labels: {a: 1}\n"), kDenied, 0, {}, ":5: metadata.labels[a]: "},
};

class Pods : public testing::TestWithParam<Case> {};

TEST_P(Pods, ArePrintedAsCreated) {
  const Case& c = GetParam();
  const TemporaryFile file(c.text);
  const Outcome outcome = run(file.path());
  EXPECT_EQ(outcome.code, c.code) << outcome.err;
  EXPECT_EQ(count(outcome.out, "\nkind: Pod\n"), c.pods) << outcome.out;
  EXPECT_THAT(credentials(outcome.out), ElementsAreArray(c.credentials));
  EXPECT_EQ(count(outcome.err, "\n"), c.reported.empty() ? 0U : 1U) << outcome.err;
  EXPECT_THAT(outcome.err, HasSubstr(c.reported));
}

TEST_P(Pods, ShowNoPassword) {
  const TemporaryFile file(GetParam().text);
  for (const Format format : {Format::kYaml, Format::kJson, Format::kDiff}) {
    const Outcome outcome = run(file.path(), format);
    EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr(kPassword)));
  }
}

/// Reviews the output again. It has no Secrets, so they are added.
TEST_P(Pods, DoNotChangeInASecondReview) {
  const TemporaryFile file(GetParam().text);
  const TemporaryFile printed(kSecret + run(file.path()).out);
  ReviewOptions again;
  again.input.files = {printed.path()};
  again.format = Format::kDiff;
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(review(again, out, err), kAllowed) << err.str();
  EXPECT_THAT(out.str(), Not(HasSubstr("(Pod iris")));
}

TEST(ReviewPods, PrintsTheMutationOfAPod) {
  const TemporaryFile file(pod());
  EXPECT_THAT(run(file.path(), Format::kDiff).out, HasSubstr("\n+++ as stored (Pod iris)\n"));
}

INSTANTIATE_TEST_SUITE_P(Table, Pods, testing::ValuesIn(kCases),
                         [](const auto& row) { return std::string(row.param.name); });

TEST(ReviewPods, NamesTheDeploymentOfEach) {
  const TemporaryFile file(kSecret + kAccount + service() +
                           "  transformer: {containers: [{name: kserve-container, image: x}]}\n");
  const Outcome outcome = run(file.path());
  EXPECT_EQ(outcome.code, kAllowed) << outcome.err;
  EXPECT_THAT(outcome.out,
              HasSubstr("\n---\n# Pod of Deployment iris-predictor\napiVersion: v1\nkind: Pod\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\n---\n# Pod of Deployment iris-transformer\napiVersion: v1\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\n  generateName: iris-predictor-\n  namespace: default\n"));
}

TEST(ReviewPods, PrintsMutationsAsADiff) {
  const TemporaryFile file(kSecret + kAccount + service());
  const Outcome outcome = run(file.path(), Format::kDiff);
  EXPECT_THAT(outcome.out, HasSubstr("--- Deployment iris-predictor (template of its Pods)\n"
                                     "+++ as created (Pod of iris-predictor)\n"));
  EXPECT_THAT(outcome.out, HasSubstr("\n+    - s3://models/iris\n"));
  EXPECT_THAT(outcome.out, Not(HasSubstr("kind: Deployment")));
}

TEST(ReviewPods, AreInTheJsonList) {
  const TemporaryFile file(kSecret + kAccount + service());
  spec::Arena arena;
  const auto list = spec::parse_json(run(file.path(), Format::kJson).out, arena);
  ASSERT_TRUE(list);
  std::vector<std::string> kinds;
  for (const spec::ObjectView item : spec::ObjectView(*list).list("items")) {
    kinds.emplace_back(item.string("kind"));
  }
  EXPECT_THAT(kinds, testing::ElementsAre("ServiceAccount", "InferenceService", "Pod"));
}

TEST(ReviewPods, AreNotPrintedWithoutTheFlag) {
  const TemporaryFile file(kSecret + kAccount + service());
  ReviewOptions options;
  options.input.files = {file.path()};
  std::ostringstream out;
  std::ostringstream err;
  EXPECT_EQ(review(options, out, err), kAllowed);
  EXPECT_THAT(out.str(), Not(HasSubstr("kind: Pod")));
}

TEST(ReviewPods, AFatalProblemHasTheReasonOfTheConditionAndDenies) {
  const TemporaryFile file(
      "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {name: iris}\nspec:\n"
      "  predictor:\n    model:\n      modelFormat: {name: sklearn}\n      runtime: none-such\n"
      "      storageUri: gs://a/b\n");
  const Outcome outcome = run(file.path());
  EXPECT_EQ(outcome.code, kDenied);
  EXPECT_THAT(outcome.err, HasSubstr(file.path() + ":8: spec.predictor.model.runtime: "));
  EXPECT_THAT(outcome.err, HasSubstr("(RuntimeNotRecognized)"));
  EXPECT_THAT(outcome.out, HasSubstr("kind: InferenceService")) << "which would still be stored";
}

TEST(ReviewPods, ReadsSecretsFromManifests) {
  const TemporaryFile file(pod());
  const TemporaryFile manifests(kSecret + kAccount);
  const Outcome outcome = run(file.path(), Format::kYaml, manifests.path());
  EXPECT_EQ(outcome.code, kAllowed) << outcome.err;
  EXPECT_EQ(outcome.err, "");
  EXPECT_THAT(credentials(outcome.out), ElementsAreArray(kS3Keys));
}

TEST(ReviewPods, ManifestsWithSecretsOfANamespaceHaveAllOfThem) {
  const TemporaryFile manifests(kOtherSecret + kAccount);
  const TemporaryFile a_pod(pod());
  const Outcome of_pod = run(a_pod.path(), Format::kYaml, manifests.path());
  EXPECT_EQ(of_pod.code, kDenied);
  EXPECT_THAT(of_pod.err, HasSubstr(":9: spec.serviceAccountName: "));
}

TEST(ReviewPods, ReplacesHeadersThatKServeCopies) {
  const TemporaryFile config(
      "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: inferenceservice-config}\n"
      "data: {modelgate: '{\"validation\": \"Compatible\"}'}\n");
  const TemporaryFile file(kHeaders + kAccount + pod("https://example.com/model.tar.gz"));
  const Outcome outcome = run(file.path(), Format::kYaml, "", config.path());
  EXPECT_EQ(outcome.code, kAllowed) << outcome.err;
  EXPECT_THAT(credentials(outcome.out), testing::ElementsAre("example.com-headers=<headers of Secret s3>"));
  EXPECT_THAT(outcome.out + outcome.err, Not(HasSubstr(kPassword)));
}

// The Secret contains the type and the bucket of the storage.
TEST(ReviewPods, StorageByKeyWithoutItsSecretIsUnknownAndDeniesNothing) {
  const char* const kStorages[] = {"{key: models, path: iris}", "{path: iris}",
                                   "{key: models, path: iris, parameters: {type: s3, bucket: b}}"};
  for (const char* storage : kStorages) {
    const TemporaryFile file(fmt::format(
        "apiVersion: serving.kserve.io/v1beta1\nkind: InferenceService\nmetadata: {{name: iris}}\nspec:\n"
        "  predictor:\n    model:\n      modelFormat: {{name: sklearn}}\n      storage: {}\n",
        storage));
    const Outcome outcome = run(file.path());
    EXPECT_EQ(outcome.code, kAllowed) << outcome.err;
    EXPECT_EQ(count(outcome.err, "\n"), 1U) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("Secret default/storage-config"));
  }
}

}  // namespace
}  // namespace modelgate::cli
