// SPDX-License-Identifier: Apache-2.0
//
// The runtime in the object: written, kept, selected anew.
#include <gtest/gtest.h>

#include "tests/defaulting/world.h"

namespace modelgate::defaulting {
namespace {

using spec::Value;
using Source = Selection::Source;

constexpr std::string_view kRuntime = "spec.predictor.model.runtime";

void defer(spec::Configuration& c) {
  c.modelgate.runtime_selection = spec::ModelgateConfiguration::RuntimeSelection::kDefer;
}

TEST(Runtime, IsWrittenWhereTheUserNamesNone) {
  World world;
  const Value d = world.create(world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}}}}"));
  EXPECT_EQ("kserve-sklearnserver", text_at(d, kRuntime));
  ASSERT_TRUE(world.outcome().selection);
  EXPECT_EQ(Source::kNew, world.outcome().selection->source);
  EXPECT_NE(std::string::npos, listed(d).find(kRuntime));
}

TEST(Runtime, TheUsersStays) {
  World world;
  const Value d = world.create(
      world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: kserve-mlserver}}}"));
  EXPECT_EQ("kserve-mlserver", text_at(d, kRuntime));
  EXPECT_EQ(Source::kNamed, world.outcome().selection->source);
  EXPECT_EQ(std::string::npos, listed(d).find(kRuntime));
}

TEST(Runtime, DeferredIsKnownButNotWritten) {
  World world(catalog_with(defer));
  const Value d = world.create(world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}}}}"));
  EXPECT_EQ("-", text_at(d, kRuntime));
  ASSERT_TRUE(world.outcome().selection);
  EXPECT_EQ("kserve-sklearnserver", world.outcome().selection->chosen->name);
}

TEST(Runtime, AFormatThatNoRuntimeServesIsLeftForValidation) {
  World world;
  const Value d = world.create(world.service("spec: {predictor: {model: {modelFormat: {name: sklaern}}}}"));
  EXPECT_EQ("-", text_at(d, kRuntime));
  ASSERT_TRUE(world.outcome().selection);
  EXPECT_EQ(nullptr, world.outcome().selection->chosen);
  EXPECT_FALSE(world.outcome().selection->candidates().empty());
}

TEST(Runtime, OneCreatedLaterChangesNoService) {
  World world;
  const Value manifest = world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}}}}");
  const Value d = world.create(manifest);
  world.catalog = catalog_with({}, R"(
kind: ServingRuntime
metadata: {name: better, namespace: default}
spec: {supportedModelFormats: [{name: sklearn, autoSelect: true, priority: 9}]}
)");
  EXPECT_EQ("kserve-sklearnserver", text_at(world.update(manifest, d), kRuntime));
  EXPECT_EQ(Source::kEarlier, world.outcome().selection->source);
  EXPECT_EQ("better", text_at(world.create(manifest), kRuntime));
}

TEST(Runtime, SelectedAnewWhenTheFormatChanges) {
  World world;
  const Value d = world.create(world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}}}}"));
  const Value changed = world.service("spec: {predictor: {model: {modelFormat: {name: xgboost}}}}");
  const Value e = world.apply(changed, d);
  EXPECT_EQ("kserve-xgbserver", text_at(e, kRuntime));
  EXPECT_EQ("xgboost", text_at(e, "metadata.annotations[modelFormat]"));
  EXPECT_TRUE(warns_of(world.warnings(), kRuntime));
  // A PUT of the bare manifest gets the same warning.
  EXPECT_TRUE(spec::equal(e, world.update(changed, d)));
  EXPECT_TRUE(warns_of(world.warnings(), kRuntime));
  // One warning only.
  EXPECT_TRUE(spec::equal(e, world.apply(changed, e)));
  EXPECT_TRUE(world.warnings().empty());
}

TEST(Runtime, TheUsersStaysWhenTheFormatChanges) {
  World world;
  const Value d = world.create(world.service(
      "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: kserve-sklearnserver}}}"));
  const Value e = world.apply(world.service("spec: {predictor: {model: {modelFormat: {name: xgboost}}}}"), d);
  EXPECT_EQ("kserve-sklearnserver", text_at(e, kRuntime));
  EXPECT_FALSE(warns_of(world.warnings(), kRuntime));
}

TEST(Runtime, WhatTheUserEditsIsUserOwned) {
  World world;
  const Value manifest = world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}}}}");
  const Value d = world.create(manifest);
  Value edited = spec::clone(d, world.arena());
  merge_patch(edited, world.yaml("spec: {predictor: {model: {runtime: kserve-mlserver}}}"), world.arena());
  const Value e = world.update(edited, d);
  EXPECT_EQ("kserve-mlserver", text_at(e, kRuntime));
  EXPECT_EQ(std::string::npos, listed(e).find(kRuntime));
  EXPECT_EQ("kserve-mlserver", text_at(world.apply(manifest, e), kRuntime));
}

TEST(Runtime, ServicesFromKServeKeepTheirs) {
  World world;
  const Value old = world.service(R"(
spec: {predictor: {model: {modelFormat: {name: sklearn}, storageUri: "gs://b/m"}}}
status: {clusterServingRuntimeName: kserve-mlserver, deploymentMode: Standard}
)");
  Value incoming = spec::clone(old, world.arena());
  merge_patch(incoming, world.yaml("spec: {predictor: {minReplicas: 2, model: {protocolVersion: v2}}}"),
              world.arena());
  const Value e = world.update(incoming, old);
  EXPECT_EQ("kserve-mlserver", text_at(e, kRuntime));
  EXPECT_EQ(Source::kEarlier, world.outcome().selection->source);
}

TEST(Runtime, OneMissingFromTheCatalogIsKeptUntilItIsKnownAbsent) {
  constexpr std::string_view kExtra = R"(
kind: ServingRuntime
metadata: {name: extra, namespace: default}
spec:
  supportedModelFormats: [{name: sklearn, autoSelect: true}]
  containers: [{name: kserve-container, image: i, resources: {limits: {nvidia.com/gpu: 1}}}]
)";
  World world(catalog_with({}, kExtra));
  const Value manifest = world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}}}}");
  const Value d = world.create(manifest);
  EXPECT_EQ("extra", text_at(d, kRuntime));
  EXPECT_EQ("1", text_at(d, "spec.predictor.model.resources.limits.cpu"));
  EXPECT_EQ("nvidia.com/gpu!", toleration_keys(d, "spec.predictor"));

  world.catalog = catalog_with();
  EXPECT_TRUE(spec::equal(d, world.update(manifest, d)));
  EXPECT_TRUE(warns_of(world.warnings(), kRuntime));
  EXPECT_TRUE(spec::equal(d, world.update(d, d)));

  world.absent_runtimes = {"extra"};
  const Value e = world.update(d, d);
  EXPECT_EQ("kserve-sklearnserver", text_at(e, kRuntime));
  EXPECT_TRUE(warns_of(world.warnings(), kRuntime));
  EXPECT_EQ("-", toleration_keys(e, "spec.predictor"));
}

TEST(Runtime, RemovedWorkersRemoveTheirRuntime) {
  World world;
  const Value manifest = world.service(
      "spec: {predictor: {model: {modelFormat: {name: huggingface}, storageUri: 'pvc://c/m'}, workerSpec: "
      "{}}}");
  const Value d = world.create(manifest);
  EXPECT_EQ("kserve-huggingfaceserver-multinode", text_at(d, kRuntime));
  const Value e = world.update(
      world.service(
          "spec: {predictor: {model: {modelFormat: {name: huggingface}, storageUri: 'pvc://c/m'}}}"),
      d);
  EXPECT_EQ("kserve-huggingfaceserver", text_at(e, kRuntime));
}

TEST(Runtime, OnnxNeedsV2IfNoRuntimeServesItWithV1) {
  World world;
  const Value manifest = world.service("spec: {predictor: {model: {modelFormat: {name: onnx}}}}");
  const Value d = world.create(manifest);
  EXPECT_EQ("kserve-tritonserver", text_at(d, kRuntime));
  EXPECT_EQ("v2", text_at(d, "spec.predictor.model.protocolVersion"));
  const Value e = world.apply(world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}}}}"), d);
  EXPECT_EQ("-", text_at(e, "spec.predictor.model.protocolVersion")) << "it went with the format";
  EXPECT_EQ("kserve-sklearnserver", text_at(e, kRuntime));
}

struct CanaryCase {
  const char* name;
  const char* model;
  const char* want;
};

const CanaryCase kCanaryCases[] = {
    {"InheritsWhatServesIt", "{storageUri: 'gs://b/2'}", "-"},
    {"InheritsForTheSameFormat", "{modelFormat: {name: sklearn}, storageUri: 'gs://b/2'}", "-"},
    {"ItsOwnForAnotherFormat", "{modelFormat: {name: xgboost}}", "kserve-xgbserver"},
    {"ItsOwnProtocolToo", "{modelFormat: {name: triton}}", "kserve-tritonserver"},
    {"TheUsersStays", "{modelFormat: {name: xgboost}, runtime: mine}", "mine"},
};

class CanaryRuntime : public testing::TestWithParam<CanaryCase> {};

TEST_P(CanaryRuntime, Writes) {
  World world;
  Value manifest = world.service(
      "spec: {predictor: {model: {modelFormat: {name: sklearn}}}, "
      "canary: [{trafficPercent: 5, predictor: {name: next}}]}");
  spec::set_member(*spec::find((*spec::find(*spec::find(manifest, "spec"), "canary"))[0], "predictor"),
                   "model", world.yaml(GetParam().model), world.arena());
  const Value d = world.create(manifest);
  EXPECT_EQ("kserve-sklearnserver", text_at(d, kRuntime));
  EXPECT_EQ(GetParam().want, text_at(d, "spec.canary[name=next].predictor.model.runtime"));
  EXPECT_TRUE(spec::equal(d, world.update(manifest, d)));
  EXPECT_TRUE(spec::equal(d, world.update(d, d)));
}

INSTANTIATE_TEST_SUITE_P(Cases, CanaryRuntime, testing::ValuesIn(kCanaryCases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::defaulting
