// SPDX-License-Identifier: Apache-2.0
//
// What the reconciler completes in memory for a stored object: only what is needed to build from it. KServe's
// controller defaults nothing, so any other value would change the Pods of a service that moves over.
#include <gtest/gtest.h>

#include <ostream>

#include "defaulting/defaulting.h"
#include "tests/defaulting/world.h"

namespace modelgate::defaulting {
namespace {

using spec::Value;

struct Completed {
  Value document;
  Outcome outcome;
};

Completed complete(World& world, const Value& stored, std::span<const std::string_view> absent = {}) {
  Completed out{spec::clone(stored, world.arena()), {}};
  spec::Edit edit(out.document, world.arena());
  out.outcome = complete_stored(edit, {.catalog = *world.catalog,
                                       .old_object = &stored,
                                       .request_namespace = "default",
                                       .absent_runtimes = absent});
  return out;
}

struct Case {
  const char* name;
  const char* service;  // YAML
};

void PrintTo(const Case& c, std::ostream* out) {
  *out << c.name;
}

class Unchanged : public testing::TestWithParam<Case> {};

/// With every default of ours enabled in the configuration, and none.
TEST_P(Unchanged, IsWhatIsStored) {
  for (const bool compatible : {false, true}) {
    World world(catalog_with([&](spec::Configuration& c) {
      c.security.auto_mount_service_account_token = false;
      c.modelgate.runtime_selection = spec::ModelgateConfiguration::RuntimeSelection::kDefer;
      if (compatible) make_compatible(c);
    }));
    const Value stored = world.service(GetParam().service);
    EXPECT_EQ(spec::to_canonical_json(complete(world, stored).document), spec::to_canonical_json(stored))
        << compatible;
  }
}

#define SKLEARN "predictor: {model: {modelFormat: {name: sklearn}, storageUri: 's3://b/m'}}"

INSTANTIATE_TEST_SUITE_P(
    Stored, Unchanged,
    testing::Values(
        Case{"LegacyMode",
             "{metadata: {annotations: {serving.kserve.io/deploymentMode: RawDeployment}}, spec: {" SKLEARN
             "}}"},
        Case{"NoMode", "{spec: {" SKLEARN "}}"},
        Case{"NoModelFormatAnnotation",
             "{metadata: {annotations: {serving.kserve.io/deploymentMode: Standard}}, spec: {" SKLEARN "}}"},
        Case{
            "ModelMeshByAnnotation",
            "{metadata: {annotations: {serving.kserve.io/deploymentMode: ModelMesh}}, status: {deploymentMode: "
            "RawDeployment}, spec: {" SKLEARN "}}"},
        Case{"Transformer", "{spec: {" SKLEARN ", transformer: {containers: [{name: t, image: i}]}}}"},
        Case{"Explainer", "{spec: {" SKLEARN ", explainer: {containers: [{name: e, image: i}]}}}"},
        Case{"Art", "{spec: {" SKLEARN ", explainer: {art: {type: SquareAttack}}}}"},
        Case{"CustomPredictor", "{spec: {predictor: {containers: [{name: kserve-container, image: i}]}}}"},
        Case{
            "Gpu",
            "{spec: {predictor: {model: {modelFormat: {name: sklearn}, storageUri: 's3://b/m', resources: {limits: "
            "{nvidia.com/gpu: '1'}}}}}}"},
        Case{"TritonWithoutProtocol",
             "{spec: {predictor: {model: {modelFormat: {name: triton}, storageUri: 's3://b/m'}}}}"},
        Case{
            "OurDefaults",
            "{metadata: {annotations: {modelgate.io/defaults: "
            "'{\"spec.predictor.model.resources.limits.cpu\":\"resources 0123456789abcdef\"}'}}, spec: {predictor: "
            "{model: {modelFormat: {name: sklearn}, storageUri: 's3://b/m', resources: {limits: {cpu: '9'}}}}}}"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(CompleteStored, SelectsTheRuntime) {
  World world;  // pins
  const Value stored = world.service("{spec: {" SKLEARN "}}");
  const Completed done = complete(world, stored);
  EXPECT_EQ(text_at(done.document, "spec.predictor.model.runtime"), "kserve-sklearnserver");
  ASSERT_TRUE(done.outcome.selection);
  EXPECT_EQ(done.outcome.selection->chosen->name, "kserve-sklearnserver");
  EXPECT_EQ(text_at(done.document, "spec.predictor.model.resources"), "-");
  EXPECT_EQ(text_at(done.document, "metadata.annotations"), "-");
}

TEST(CompleteStored, KeepsThePinnedRuntimeAndItsDefaults) {
  World world;
  const Value stored = world.create(world.service("{spec: {" SKLEARN "}}"));
  const Completed done = complete(world, stored);
  EXPECT_EQ(spec::to_canonical_json(done.document), spec::to_canonical_json(stored));
  EXPECT_EQ(done.outcome.selection->source, Selection::Source::kEarlier);
}

TEST(CompleteStored, ConvertsLegacySpellings) {
  World world(catalog_with(make_compatible));
  const Value stored = world.service(
      "{spec: {predictor: {triton: {storageUri: 's3://b/m'}, canaryTrafficPercent: 80}, canary: {predictor: "
      "{sklearn: {storageUri: 's3://b/2'}}}}}");
  const Value now = complete(world, stored).document;
  EXPECT_EQ(text_at(now, "spec.predictor.triton"), "-");
  EXPECT_EQ(text_at(now, "spec.predictor.model.modelFormat.name"), "triton");
  EXPECT_EQ(text_at(now, "spec.predictor.model.protocolVersion"), "v2");
  EXPECT_EQ(text_at(now, "spec.canary[0].trafficPercent"), "20");
  EXPECT_EQ(text_at(now, "spec.canary[0].predictor.model.modelFormat.name"), "sklearn");
  EXPECT_EQ(text_at(now, "spec.canary[0].predictor.model.resources"), "-");
}

TEST(CompleteStored, IgnoresWhatItCannotRead) {
  World world;
  const Value stored = world.yaml("{spec: 3, metadata: []}");
  EXPECT_EQ(spec::to_json(complete(world, stored).document), spec::to_json(stored));
}

}  // namespace
}  // namespace modelgate::defaulting
