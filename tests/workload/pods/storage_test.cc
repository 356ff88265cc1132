// SPDX-License-Identifier: Apache-2.0
//
// From where a Pod's model is fetched, and where it is mounted.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "spec/edit.h"
#include "spec/storage_uri.h"
#include "tests/cpu_time.h"
#include "tests/workload/pods/pod_world.h"
#include "workload/objects/annotations.h"
#include "workload/pods/storage_initializer.h"

namespace modelgate::workload {
namespace {

using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

std::string pod_with_uri(std::string_view uri, std::string_view more = {}) {
  return fmt::format("metadata: {{annotations: {{{}: '{}'{}}}}}", annotation::kSourceUri, uri, more);
}

TEST(Storage, IsFetchedByAnInitContainer) {
  PodWorld world;
  const Mutated m = world.mutate(world.pod(pod_with_uri("s3://b/m")));
  EXPECT_THAT(m.args("storage-initializer"), ElementsAre("s3://b/m", "/mnt/models"));
  EXPECT_THAT(m.mounts("storage-initializer"), ElementsAre("kserve-provision-location:/mnt/models"));
  EXPECT_THAT(m.mounts("kserve-container"), ElementsAre("kserve-provision-location:/mnt/models:ro"));
  EXPECT_EQ("{}", m.text("/spec/volumes/0/emptyDir"));
  EXPECT_THAT(m.env(), ElementsAre("HF_HUB_ENABLE_HF_TRANSFER=1", "HF_XET_HIGH_PERFORMANCE=1",
                                   "HF_XET_NUM_CONCURRENT_RANGE_GETS=8"));
  EXPECT_THAT(m.looked_up, ElementsAre(std::set<std::string>{"ServiceAccount default"}));
  EXPECT_THAT(m.warnings, IsEmpty());
}

TEST(Storage, CanBeWritable) {
  PodWorld world;
  const Mutated m =
      world.mutate(world.pod(pod_with_uri("s3://b/m", ", storage.kserve.io/readonly: 'false'")));
  EXPECT_THAT(m.mounts("kserve-container"), ElementsAre("kserve-provision-location:/mnt/models"));
}

TEST(Storage, IsMountedInWorkerAndTransformer) {
  PodWorld world;
  const Mutated m = world.mutate(world.pod(pod_with_uri("s3://b/m") +
                                           "\nspec: {containers: [{name: transformer-container}, {name: "
                                           "worker-container}, {name: sidecar}]}"));
  EXPECT_EQ(1U, m.mounts("worker-container").size());
  EXPECT_EQ(1U, m.mounts("transformer-container").size());
  EXPECT_THAT(m.mounts("sidecar"), IsEmpty());
}

TEST(Storage, SetsTheVariableOfACustomContainer) {
  PodWorld world;
  const Mutated m = world.mutate(world.pod(
      pod_with_uri("s3://b/m") +
      "\nspec: {containers: [{name: kserve-container, env: [{name: STORAGE_URI, value: 's3://b/m'}]}]}"));
  EXPECT_THAT(m.env("kserve-container"), ElementsAre("STORAGE_URI=/mnt/models"));
}

// ---------------------------------------------------------------------------------------------- claims

struct ClaimCase {
  const char* name;
  const char* uri;
  const char* mount;
};

class Claim : public testing::TestWithParam<ClaimCase> {};

TEST_P(Claim, IsMountedWithoutLookUps) {
  PodWorld world;
  const Mutated m = world.mutate(world.pod(pod_with_uri(GetParam().uri)));
  EXPECT_THAT(m.mounts("kserve-container"), ElementsAre(GetParam().mount));
  EXPECT_EQ("claim", m.text("/spec/volumes/0/persistentVolumeClaim/claimName"));
  EXPECT_EQ(nullptr, m.find("/spec/initContainers"));
  EXPECT_THAT(m.looked_up, IsEmpty());
}

const ClaimCase kClaims[] = {
    {"Root", "pvc://claim", "kserve-pvc-source:/mnt/models:ro"},
    {"RootWithSlash", "pvc://claim/", "kserve-pvc-source:/mnt/models:ro"},
    {"Path", "pvc://claim/a/b", "kserve-pvc-source:/mnt/models:a/b:ro"},
};

INSTANTIATE_TEST_SUITE_P(Table, Claim, testing::ValuesIn(kClaims),
                         [](const auto& row) { return row.param.name; });

TEST(Claim, OfAModelOnTheNode) {
  PodWorld world;
  const std::string annotations = fmt::format(
      "metadata: {{labels: {{{}: m, {}: cache}}, annotations: {{{}: 's3://b/m/v1', {}: 's3://b/m', {}: "
      "claim}}}}",
      label::kInferenceService, label::kLocalModel, annotation::kSourceUri, annotation::kLocalModelSourceUri,
      annotation::kLocalModelPvcName);
  const Mutated m = world.mutate(world.pod(annotations));
  ASSERT_EQ(1U, m.mounts("kserve-container").size());
  // The SHA-256 of s3://b/m begins with these digits.
  EXPECT_THAT(m.mounts("kserve-container").front(), HasSubstr("kserve-pvc-source:/mnt/models:models/"));
  EXPECT_THAT(m.mounts("kserve-container").front(), HasSubstr("/v1:ro"));
}

TEST(Claim, OfAModelOnTheNodeMustBeNamed) {
  PodWorld world;
  const Mutated m = world.mutate(
      world.pod(fmt::format("metadata: {{labels: {{{}: m, {}: cache}}, annotations: {{{}: 's3://b/m'}}}}",
                            label::kInferenceService, label::kLocalModel, annotation::kSourceUri)));
  EXPECT_THAT(m.errors, ElementsAre(fmt::format("metadata.annotations[{}] FieldValueRequired",
                                                annotation::kLocalModelPvcName)));
}

// ------------------------------------------------------------------------------ ClusterStorageContainers

std::string storage_container(std::string_view name, std::string_view spec, std::string_view more = {}) {
  return fmt::format(R"(
---
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterStorageContainer
metadata: {{name: {}}}
spec: {{container: {{name: storage-initializer, image: {}}}, {}}}
{})",
                     name, name, spec, more);
}

struct ContainerCase {
  const char* name;
  std::string containers;
  const char* uri;
  const char* by_name;  // empty: by URI
  std::string image;    // empty: denied
  std::string error = {};
  bool compatible = false;
};

class StorageContainer : public testing::TestWithParam<ContainerCase> {};

constexpr const char* kByName = "metadata.annotations[internal.serving.kserve.io/storage-container-name]";
constexpr const char* kByUri =
    "metadata.annotations[internal.serving.kserve.io/storage-initializer-sourceuri]";
constexpr std::string_view kOwn = "kserve/storage-initializer:v0.20.0";

TEST_P(StorageContainer, IsChosen) {
  const ContainerCase& c = GetParam();
  PodWorld world(c.containers, [&](spec::Configuration& configuration) {
    configuration.storage_initializer.image = kOwn;
    if (c.compatible) make_compatible(configuration);
  });
  const std::string name =
      *c.by_name ? fmt::format(", {}: {}", annotation::kStorageContainer, c.by_name) : "";
  const Mutated m = world.mutate(world.pod(pod_with_uri(c.uri, name)));
  if (c.error.empty()) {
    EXPECT_TRUE(m.allowed) << m.error_texts;
    EXPECT_EQ(c.image, m.text("/spec/initContainers/0/image"));
  } else {
    EXPECT_THAT(m.errors, ElementsAre(c.error));
  }
}

const std::string kMine = "supportedUriFormats: [{prefix: 'mine://'}]";
const ContainerCase kContainers[] = {
    {"ByPrefix", storage_container("a", kMine), "mine://m", "", "a"},
    {"ByExpression", storage_container("a", "supportedUriFormats: [{regex: '^mine:/+m$'}]"), "mine://m", "",
     "a"},
    {"ByExpressionAnywhere", storage_container("a", "supportedUriFormats: [{regex: 'ine'}]"), "mine://m", "",
     "a"},
    {"ByExpressionWithAnOptionalLetter",
     storage_container("a", "supportedUriFormats: [{regex: 'mines?://'}]"), "mine://m", "", "a"},
    {"ByExpressionWithARepeatedLetter", storage_container("a", "supportedUriFormats: [{regex: 'minex*://'}]"),
     "mine://m", "", "a"},
    {"ByExpressionWithACountedLetter",
     storage_container("a", "supportedUriFormats: [{regex: 'minex{0,1}://'}]"), "mine://m", "", "a"},
    {"ByExpressionWithAChoice", storage_container("a", "supportedUriFormats: [{regex: 'yours://|mine://'}]"),
     "mine://m", "", "a"},
    {"ByExpressionInAnyCase", storage_container("a", "supportedUriFormats: [{regex: '(?i)MINE://'}]"),
     "mine://m", "", "a"},
    {"ByExpressionWithAnEscape", storage_container("a", "supportedUriFormats: [{regex: 'mine:\\x2f/m'}]"),
     "mine://m", "", "a"},
    {"TheFirstByName", storage_container("b", kMine) + storage_container("a", kMine), "mine://m", "", "a"},
    {"NotADisabledOne", storage_container("a", kMine, "disabled: true") + storage_container("b", kMine),
     "mine://m", "", "b"},
    {"NotOneForJobs",
     storage_container("a", kMine + ", workloadType: localModelDownloadJob") + storage_container("b", kMine),
     "mine://m", "", "b"},
    {"ByName", storage_container("a", kMine) + storage_container("b", kMine), "mine://m", "b", "b"},
    {"ByNameButOfAnotherScheme", storage_container("a", kMine), "s3://b", "a", "",
     std::string(kByName) + " FieldValueInvalid"},
    {"ByNameButDisabled", storage_container("a", kMine, "disabled: true"), "mine://m", "a", "",
     std::string(kByName) + " FieldValueInvalid"},
    {"ByNameButForJobs", storage_container("a", kMine + ", workloadType: localModelDownloadJob"), "mine://m",
     "a", "", std::string(kByName) + " FieldValueInvalid"},
    {"ByAMissingName", storage_container("a", kMine), "mine://m", "b", "",
     std::string(kByName) + " FieldValueNotFound"},
    {"BrokenExpression", storage_container("a", "supportedUriFormats: [{regex: '('}]"), "mine://m", "", "",
     std::string(kByUri) + " FieldValueInvalid"},
    {"BrokenExpressionAndAMatch",
     storage_container("a", "supportedUriFormats: [{regex: '('}]") + storage_container("b", kMine),
     "mine://m", "", "b"},
    {"BrokenExpressionAndAMatchInCompatible",
     storage_container("a", "supportedUriFormats: [{regex: '('}]") + storage_container("b", kMine),
     "mine://m", "", "", std::string(kByUri) + " FieldValueInvalid", true},
    {"AHugeExpression", storage_container("a", "supportedUriFormats: [{regex: '((a{100}){100}){100}'}]"),
     "mine://m", "", "", std::string(kByUri) + " FieldValueInvalid"},
    {"AnExpressionThatOthersBacktrack", storage_container("a", "supportedUriFormats: [{regex: '^(a+)+$'}]"),
     "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa://m", "", "",
     std::string(kByUri) + " FieldValueNotSupported"},
};

INSTANTIATE_TEST_SUITE_P(Table, StorageContainer, testing::ValuesIn(kContainers),
                         [](const auto& row) { return row.param.name; });

// RE2 is linear in the URI. An engine that backtracks would take minutes for one of these.
TEST(StorageContainer, ALongUriIsMatchedWithoutBacktracking) {
  const std::string uri = std::string(spec::kMaxStorageUriBytes - 4, 'a') + "://m";
  for (const char* expression :
       {"(a+)+$", "(a|a)*b", "((a?){50}){10}a{50}$", "(x+x+)+y", "(.*)(.*)(.*)(.*)[b]$"}) {
    PodWorld world(storage_container("a", fmt::format("supportedUriFormats: [{{regex: '{}'}}]", expression)));
    const auto began = cpu_time();
    EXPECT_THAT(world.mutate(world.pod(pod_with_uri(uri))).errors,
                ElementsAre(std::string(kByUri) + " FieldValueNotSupported"))
        << expression;
    EXPECT_LT(cpu_time() - began, std::chrono::seconds(10)) << expression;
  }
}

TEST(StorageContainer, AUriThatIsTooLongIsMatchedByNoExpression) {
  PodWorld world(storage_container("a", "supportedUriFormats: [{regex: '^https://'}]"));
  const auto with = [&](std::size_t size) {
    return world.mutate(world.pod(pod_with_uri("https://" + std::string(size - 8, 'h'))));
  };
  EXPECT_EQ("a", with(spec::kMaxStorageUriBytes).text("/spec/initContainers/0/image"));
  EXPECT_THAT(with(spec::kMaxStorageUriBytes + 1).errors,
              ElementsAre(std::string(kByUri) + " FieldValueTooLong"));
}

TEST(StorageContainer, IsNotChosenIfItCannotBeRead) {
  PodWorld world;
  world.unknown = {"ClusterStorageContainer"};
  const Mutated m = world.mutate(
      world.pod(pod_with_uri("s3://b/m", fmt::format(", {}: new", annotation::kStorageContainer))));
  EXPECT_TRUE(m.allowed);
  EXPECT_THAT(m.warnings, ElementsAre(HasSubstr("could not be read")));
  EXPECT_THAT(m.unread, ElementsAre("ClusterStorageContainer new"));
}

TEST(StorageContainer, IsReadLiveBeforeItCountsAsMissing) {
  PodWorld world;
  const std::string pod = pod_with_uri("new://m");
  const Mutated known = world.mutate(world.pod(pod));
  EXPECT_FALSE(known.allowed);
  EXPECT_THAT(known.looked_up, ElementsAre(std::set<std::string>{"ClusterStorageContainer "}));
  world.unknown = {"ClusterStorageContainer"};
  const Mutated unknown = world.mutate(world.pod(pod));
  EXPECT_TRUE(unknown.allowed);
  EXPECT_THAT(unknown.warnings, ElementsAre(HasSubstr("could not be listed")));
  EXPECT_THAT(unknown.unread, ElementsAre("ClusterStorageContainer "));
}

TEST(StorageContainer, IsMergedIntoTheInitContainer) {
  PodWorld world(R"(
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterStorageContainer
metadata: {name: mine}
spec:
  container:
    name: storage-initializer
    image: mine
    env: [{name: HF_XET_HIGH_PERFORMANCE, value: "0"}]
    resources: {limits: {cpu: "7"}}
  supportedUriFormats: [{prefix: "mine://"}]
)");
  const Mutated m = world.mutate(world.pod(pod_with_uri("mine://m")));
  EXPECT_THAT(m.args("storage-initializer"), ElementsAre("mine://m", "/mnt/models"));
  EXPECT_EQ("7", m.text("/spec/initContainers/0/resources/limits/cpu"));
  EXPECT_NE("", m.text("/spec/initContainers/0/resources/limits/memory"));
  EXPECT_THAT(m.env(),
              AllOf(Contains("HF_XET_HIGH_PERFORMANCE=0"), Not(Contains("HF_XET_HIGH_PERFORMANCE=1"))));
}

TEST(StorageContainer, WithAnotherNameIsNotAddedTwice) {
  PodWorld world(R"(
apiVersion: serving.kserve.io/v1alpha1
kind: ClusterStorageContainer
metadata: {name: mine}
spec: {container: {name: fetcher, image: mine}, supportedUriFormats: [{prefix: "mine://"}]}
)");
  const Mutated once = world.mutate(world.pod(pod_with_uri("mine://m")));
  EXPECT_EQ("fetcher", once.text("/spec/initContainers/0/name"));
  EXPECT_EQ("[]", world.mutate(once.pod).patch);
  const Mutated other = world.mutate(world.pod(
      pod_with_uri("mine://m") +
      "\nspec: {initContainers: [{name: fetcher, image: x}], containers: [{name: kserve-container}]}"));
  EXPECT_THAT(other.errors, ElementsAre("spec.initContainers[0].name FieldValueDuplicate"));
}

// ---------------------------------------------------------------------------------------- configuration

TEST(Storage, TrustsTheConfiguredBundle) {
  const auto change = [](spec::Configuration& c) {
    c.storage_initializer.ca_bundle_config_map_name = "ours";
  };
  PodWorld world({}, change);
  EXPECT_THAT(world.mutate(world.pod(pod_with_uri("s3://b/m"))).env(),
              Contains("CA_BUNDLE_CONFIGMAP_NAME=global-ca-bundle"));
  world.namespace_ = "kserve";
  const Mutated m = world.mutate(world.pod(pod_with_uri("s3://b/m")));
  EXPECT_THAT(m.env(), Contains("CA_BUNDLE_CONFIGMAP_NAME=ours"));
  EXPECT_THAT(m.mounts("storage-initializer"), Contains("cabundle-cert:/etc/ssl/custom-certs:ro"));
}

TEST(Storage, PassesConfidentialSettings) {
  PodWorld world;
  const Mutated m = world.mutate(world.pod(
      pod_with_uri("s3://b/m", fmt::format(", {}: 'true', {}: 'kbs:///a'", annotation::kConfidential,
                                           annotation::kConfidentialResource))));
  EXPECT_THAT(m.env(), Contains("CONFIDENTIAL_ENABLED=true"));
  EXPECT_THAT(m.env(), Contains("CONFIDENTIAL_RESOURCE_ID=kbs:///a"));
}

TEST(Storage, IsUnchangedIfItExists) {
  PodWorld world;
  const Mutated m = world.mutate(
      world.pod(pod_with_uri("s3://b/m") +
                "\nspec: {initContainers: [{name: storage-initializer, image: x}], containers: [{name: "
                "kserve-container}]}"));
  EXPECT_TRUE(m.allowed);
  EXPECT_EQ("x", m.text("/spec/initContainers/0/image"));
  EXPECT_EQ(nullptr, m.find("/spec/volumes"));
  EXPECT_THAT(m.looked_up, IsEmpty());
}

// ------------------------------------------------------------------------------------------- bad input

struct BadCase {
  const char* name;
  const char* uri;
  const char* spec;
  std::vector<std::string> errors;  // Strict
  bool kserve_allows = true;
};

class BadStorage : public testing::TestWithParam<BadCase> {};

TEST_P(BadStorage, IsDenied) {
  const BadCase& c = GetParam();
  const std::string pod = pod_with_uri(c.uri) + "\n" + c.spec;
  PodWorld strict;
  EXPECT_THAT(strict.mutate(strict.pod(pod)).errors, ElementsAreArray(c.errors));
  PodWorld compatible({}, make_compatible);
  const Mutated m = compatible.mutate(compatible.pod(pod));
  EXPECT_EQ(c.kserve_allows, m.allowed) << m.error_texts;
  EXPECT_EQ(c.kserve_allows, !m.warnings.empty());
}

const std::string kInvalidUri = std::string(kByUri) + " FieldValueInvalid";
const BadCase kBad[] = {
    {"OneSlash", "s3:/b/m", "", {kInvalidUri}},
    {"EmptyBucket", "s3:///m", "", {kInvalidUri}},
    {"Blank", "s3://b/a model", "", {kInvalidUri}},
    {"Dots", "gs://b/../c", "", {kInvalidUri}},
    {"UnknownScheme", "ftp://host/m", "", {std::string(kByUri) + " FieldValueNotSupported"}},
    {"NoBucket", "gs://", "", {kInvalidUri}},
    {"NoClaim", "pvc:///m", "", {kInvalidUri}},
    {"NoHost", "https:///m.tgz", "", {kInvalidUri}},
    {"Empty", "", "", {std::string(kByUri) + " FieldValueRequired"}},
    {"PathTaken",
     "s3://b/m",
     "spec: {containers: [{name: kserve-container, volumeMounts: [{name: mine, mountPath: /mnt/models}]}], "
     "volumes: "
     "[{name: mine, emptyDir: {}}]}",
     {"spec.containers[0].volumeMounts[0].mountPath FieldValueInvalid"}},
    {"NoContainer",
     "s3://b/m",
     "spec: {containers: [{name: other}]}",
     {"spec.containers FieldValueRequired"},
     false},
};

INSTANTIATE_TEST_SUITE_P(Table, BadStorage, testing::ValuesIn(kBad),
                         [](const auto& row) { return row.param.name; });

TEST(BadStorage, ShowsNoPasswordOfAUri) {
  PodWorld world;
  const Mutated m = world.mutate(world.pod(pod_with_uri("ftp://user:sentinel@host/m?sig=sentinel")));
  EXPECT_FALSE(m.allowed);
  EXPECT_THAT(m.error_texts, Not(HasSubstr("sentinel")));
}

}  // namespace
}  // namespace modelgate::workload
