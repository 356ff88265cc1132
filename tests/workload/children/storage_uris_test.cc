// SPDX-License-Identifier: Apache-2.0
//
// Several models of one Pod, each at its own path.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/edit.h"
#include "tests/workload/children/service_world.h"
#include "tests/workload/pods/pod_world.h"
#include "workload/pods/pod_pass.h"
#include "workload/pods/storage_initializer.h"

namespace modelgate::workload {
namespace {

using testing::ElementsAre;
using testing::ElementsAreArray;
using testing::IsEmpty;

struct Several {
  std::vector<std::string> errors;
  Mutated pod;
};

/// As children/storage_uris.cc adds `storageUris`.
Several add_several(PodWorld& world, std::vector<StorageSource> sources, std::string_view pod = "",
                    bool images = true) {
  spec::CatalogBuilder builder;
  spec::Configuration configuration;
  configuration.storage_initializer.enable_modelcar = images;
  builder.set_configuration(std::move(configuration));
  const auto catalog = builder.build(1);
  spec::Facts facts;
  facts.add({"ServiceAccount", "default", "default"}, {});
  Several out;
  out.pod.pod = world.pod(pod);
  spec::Edit edit(out.pod.pod, world.arena());
  const PodContext context{.catalog = *catalog, .facts = facts, .namespace_ = "default"};
  PodPass pass(edit, context);
  add_storage(pass, {.sources = std::move(sources), .field = spec::FieldPath{} / "spec" / "storageUris"});
  for (const spec::FieldError& e : pass.outcome.errors) {
    out.errors.push_back(fmt::format("{} {}", e.path.to_string(), spec::reason_of(e.type)));
  }
  return out;
}

TEST(SeveralSources, ShareAVolumeAtTheirCommonParent) {
  PodWorld world;
  const Several s = add_several(world, {{"s3://b/base", "/mnt/models/base"},
                                        {"hf://org/lora", "/mnt/models/lora"},
                                        {"pvc://claim/x", "/mnt/adapter"}});
  EXPECT_THAT(s.errors, IsEmpty());
  EXPECT_THAT(s.pod.args("storage-initializer"),
              ElementsAre("s3://b/base", "/mnt/models/base", "hf://org/lora", "/mnt/models/lora"));
  EXPECT_THAT(s.pod.mounts("kserve-container"),
              ElementsAre("mnt-adapter:/mnt/adapter:ro", "mnt-models:/mnt/models:ro"));
  EXPECT_THAT(s.pod.mounts("storage-initializer"), ElementsAre("mnt-models:/mnt/models"));
  EXPECT_EQ("claim", s.pod.text("/spec/volumes/0/persistentVolumeClaim/claimName"));
}

TEST(SeveralSources, CanBeImages) {
  PodWorld world;
  const Several s = add_several(
      world, {{"oci://r/a:1", "/mnt/a/m"}, {"oci://r/b:1", "/mnt/b/m"}, {"oci+native://r/c:1", "/mnt/c"}});
  EXPECT_THAT(s.errors, IsEmpty());
  EXPECT_THAT(s.pod.mounts("kserve-container"),
              ElementsAre("kserve-provision-location:/mnt/a", "kserve-provision-location-1:/mnt/b",
                          "mnt-c:/mnt/c:models:ro"));
  EXPECT_NE(nullptr, s.pod.container("modelcar"));
  EXPECT_NE(nullptr, s.pod.container("modelcar-init-1"));
  EXPECT_EQ("mkdir -p /mnt/a && ln -sf /proc/$$$$/root/models /mnt/a/m && sleep infinity",
            s.pod.args("modelcar").back());
}

struct PathCase {
  const char* name;
  std::vector<StorageSource> sources;
  std::vector<std::string> errors;
};

class SeveralPaths : public testing::TestWithParam<PathCase> {};

TEST_P(SeveralPaths, AreChecked) {
  PodWorld world;
  EXPECT_THAT(add_several(world, GetParam().sources).errors, ElementsAreArray(GetParam().errors));
}

const PathCase kPaths[] = {
    {"Relative", {{"s3://b", "models"}}, {"spec.storageUris[0].mountPath FieldValueInvalid"}},
    {"ParentDirectory", {{"s3://b", "/mnt/../etc"}}, {"spec.storageUris[0].mountPath FieldValueInvalid"}},
    {"Root", {{"s3://b", "/"}}, {"spec.storageUris[0].mountPath FieldValueInvalid"}},
    {"Twice",
     {{"s3://b", "/mnt/a"}, {"s3://c", "/mnt/a/"}},
     {"spec.storageUris[1].mountPath FieldValueDuplicate"}},
    {"BadUri", {{"s3://b", "/mnt/a"}, {"s3://", "/mnt/b"}}, {"spec.storageUris[1].uri FieldValueInvalid"}},
    {"ImagesInOneParent",
     {{"oci://r/a", "/mnt/a"}, {"oci://r/b", "/mnt/b"}},
     {"spec.storageUris[1].mountPath FieldValueInvalid"}},
};

INSTANTIATE_TEST_SUITE_P(Table, SeveralPaths, testing::ValuesIn(kPaths),
                         [](const auto& row) { return row.param.name; });

TEST(SeveralSources, DoNotUseThePathOfAnotherVolume) {
  constexpr std::string_view kTaken =
      "spec: {containers: [{name: kserve-container, volumeMounts: [{name: mine, mountPath: /mnt/a}]}]}";
  for (const char* uri : {"s3://b", "pvc://claim"}) {
    PodWorld world;
    EXPECT_THAT(add_several(world, {{uri, "/mnt/a"}}, kTaken).errors,
                ElementsAre("spec.containers[0].volumeMounts[0].mountPath FieldValueInvalid"));
    EXPECT_THAT(add_several(world, {{uri, "/mnt/b"}}, kTaken).errors, IsEmpty());
  }
}

TEST(SeveralSources, CanBeTenImagesButNotEleven) {
  PodWorld world;
  std::vector<StorageSource> sources;
  for (int i = 0; i < 10; ++i) sources.push_back({fmt::format("oci://r/{}", i), fmt::format("/mnt/{}/m", i)});
  EXPECT_THAT(add_several(world, sources).errors, IsEmpty());
  sources.push_back({"oci://r/x", "/mnt/x/m"});
  EXPECT_THAT(add_several(world, sources).errors, ElementsAre("spec.storageUris FieldValueTooMany"));
}

// Disabled images add no sidecars.
TEST(SeveralSources, DisabledImagesAreNotCounted) {
  PodWorld world;
  std::vector<StorageSource> sources;
  for (int i = 0; i < 11; ++i) sources.push_back({fmt::format("oci://r/{}", i), fmt::format("/mnt/{}/m", i)});
  const Several s = add_several(world, sources, "", false);
  EXPECT_THAT(s.errors, IsEmpty());
  EXPECT_EQ(nullptr, s.pod.container("modelcar"));
}

TEST(SeveralSources, AreLeftToAnExistingInitializer) {
  constexpr std::string_view kOther = "containers: [{name: other}]";
  PodWorld world;
  EXPECT_THAT(
      add_several(world, {{"s3://b", "/mnt/a"}},
                  fmt::format("spec: {{{}, initContainers: [{{name: storage-initializer}}]}}", kOther))
          .errors,
      IsEmpty());
  EXPECT_THAT(add_several(world, {{"s3://b", "/mnt/a"}}, fmt::format("spec: {{{}}}", kOther)).errors,
              ElementsAre("spec.containers FieldValueRequired"));
}

struct StorageCase {
  const char* name;
  const char* storage;
  std::string needed_kind;
};

class StorageWithSeveralSources : public testing::TestWithParam<StorageCase> {};

// With only one of key and parameters, the ServiceAccount's credentials are used, as in KServe.
TEST_P(StorageWithSeveralSources, SelectsTheCredentials) {
  ServiceWorld world;
  const Rendered r = world.render(
      fmt::format("spec: {{predictor: {{storageUris: [{{uri: 's3://b/m'}}], model: {{modelFormat: {{name: "
                  "sklearn}}, runtime: rt, storage: {}}}}}}}",
                  GetParam().storage));
  std::vector<std::string> kinds;
  for (const spec::ObjectKey& key : r.wanted.needs) kinds.push_back(key.kind);
  EXPECT_THAT(kinds, testing::Contains(GetParam().needed_kind));
}

const StorageCase kBeside[] = {
    {"KeyAndParameters", "{key: s3, parameters: {type: s3}}", "Secret"},
    {"KeyAlone", "{key: s3}", "ServiceAccount"},
    {"ParametersAlone", "{parameters: {type: s3}}", "ServiceAccount"},
};

INSTANTIATE_TEST_SUITE_P(Table, StorageWithSeveralSources, testing::ValuesIn(kBeside),
                         [](const auto& row) { return row.param.name; });

TEST(StorageUris, WaitInTheReconcilerForWhatCannotBeRead) {
  ServiceWorld world;
  const spec::Value service = world.service(
      "spec: {predictor: {containers: [{name: kserve-container, image: x}], storageUris: [{uri: 's3://b/m'}]}}");
  spec::Facts facts;
  facts.add({"ServiceAccount", "default", "default"}, {});
  for (const bool needs_all_facts : {false, true}) {
    ServiceContext context = make_service_context("m", world.catalog(), {.facts = &facts});
    context.needs_all_facts = needs_all_facts;
    const Wanted wanted = build_wanted(service, context, world.arena());
    const Problem* problem = wanted.fatal("predictor");
    ASSERT_EQ(problem != nullptr, needs_all_facts);
    EXPECT_EQ(wanted.retains("Deployment", "m-predictor"), needs_all_facts);
    if (!problem) continue;
    EXPECT_EQ(problem->reason, "LookupFailed");
    EXPECT_TRUE(problem->transient);
    EXPECT_EQ(problem->about, (spec::ObjectKey{"ServiceAccount", "default", "default"}));
  }
}

}  // namespace
}  // namespace modelgate::workload
