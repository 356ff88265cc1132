// SPDX-License-Identifier: Apache-2.0
//
// CPU and memory that are not set. The configuration says 1 CPU and 2Gi, for requests and limits.
#include <gtest/gtest.h>

#include "tests/defaulting/world.h"

namespace modelgate::defaulting {
namespace {

using spec::Value;

constexpr std::string_view kMore = R"(
kind: ServingRuntime
metadata: {name: bare, namespace: default}
spec: {supportedModelFormats: [{name: bare, autoSelect: true}], containers: [{name: kserve-container, image: i}]}
---
kind: ServingRuntime
metadata: {name: half, namespace: default}
spec:
  supportedModelFormats: [{name: half, autoSelect: true}]
  containers: [{name: kserve-container, image: i, resources: {requests: {cpu: "1", memory: 1Gi}}}]
---
kind: ServingRuntime
metadata: {name: full, namespace: default}
spec:
  supportedModelFormats: [{name: full, autoSelect: true}]
  containers:
    - {name: kserve-container, image: i, resources: {requests: {cpu: "1", memory: 2Gi}, limits: {cpu: "1", memory: 2Gi}}}
)";

struct Case {
  const char* name;
  const char* format;
  const char* resources;  // the user's; YAML
  const char* want;       // in the end; canonical JSON
};

constexpr char kAll[] = R"({"limits":{"cpu":"1","memory":"2Gi"},"requests":{"cpu":"1","memory":"2Gi"}})";

const Case kCases[] = {
    {"NothingIsSet", "bare", "", kAll},
    {"TheRuntimeSetsAll", "full", "", "-"},
    {"TheRuntimeSetsRequests", "half", "", R"({"limits":{"cpu":"1","memory":"2Gi"}})"},
    {"TheUserSetsAll", "bare", "{limits: {cpu: '8', memory: 8Gi}, requests: {cpu: '4', memory: 4Gi}}",
     R"({"limits":{"cpu":"8","memory":"8Gi"},"requests":{"cpu":"4","memory":"4Gi"}})"},
    {"ALimitIsNotBelowItsRequest", "bare", "{requests: {cpu: 500m, memory: 4Gi}}",
     R"({"limits":{"cpu":"1","memory":"4Gi"},"requests":{"cpu":"500m","memory":"4Gi"}})"},
    {"EqualIsNotBelow", "bare", "{requests: {memory: 2048Mi}}",
     R"({"limits":{"cpu":"1","memory":"2Gi"},"requests":{"cpu":"1","memory":"2048Mi"}})"},
    {"ARequestIsNotAboveItsLimit", "bare", "{limits: {memory: 1Gi}}",
     R"({"limits":{"cpu":"1","memory":"1Gi"},"requests":{"cpu":"1","memory":"1Gi"}})"},
    {"TheRuntimesLimitFollowsTheUsersRequest", "full", "{requests: {memory: 4Gi}}",
     R"({"limits":{"memory":"4Gi"},"requests":{"memory":"4Gi"}})"},
    {"TheRuntimesRequestFollowsTheUsersLimit", "full", "{limits: {cpu: 250m}}",
     R"({"limits":{"cpu":"250m"},"requests":{"cpu":"250m"}})"},
    {"TheRuntimesLimitIsHighEnough", "full", "{requests: {memory: 1Gi}}", R"({"requests":{"memory":"1Gi"}})"},
    {"NumbersAreQuantities", "bare", "{requests: {cpu: 3}}",
     R"({"limits":{"cpu":"3","memory":"2Gi"},"requests":{"cpu":3,"memory":"2Gi"}})"},
    {"WhatDoesNotParseIsForValidation", "bare", "{requests: {cpu: many}}",
     R"({"limits":{"cpu":"1","memory":"2Gi"},"requests":{"cpu":"many","memory":"2Gi"}})"},
    {"NoRuntimeNoChoice", "not-served", "", "-"},
};

Value manifest_of(World& world, const Case& c) {
  return world.service("spec: {predictor: {model: {modelFormat: {name: " + std::string(c.format) + "}" +
                       (*c.resources ? ", resources: " + std::string(c.resources) : "") + "}}}");
}

class ModelResources : public testing::TestWithParam<Case> {};

TEST_P(ModelResources, AreFilledIn) {
  World world(catalog_with({}, kMore));
  const Value manifest = manifest_of(world, GetParam());
  const Value d = world.create(manifest);
  EXPECT_EQ(GetParam().want, text_at(d, "spec.predictor.model.resources"));
  const bool filled =
      !spec::equal(at(d, "spec.predictor.model.resources"), at(manifest, "spec.predictor.model.resources"));
  EXPECT_EQ(filled, warns_of(world.warnings(), "spec.predictor.model.resources"));
  EXPECT_LE(world.warnings().size(), 1U);

  EXPECT_TRUE(spec::equal(d, world.apply(manifest, d)));
  EXPECT_TRUE(world.warnings().empty()) << "warned once";
  EXPECT_TRUE(spec::equal(d, world.update(manifest, d)));
  EXPECT_TRUE(spec::equal(d, world.update(d, d)));
}

INSTANTIATE_TEST_SUITE_P(Cases, ModelResources, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

TEST(ModelResourcesSettings, CanBeDisabledAndAreWithdrawn) {
  World world(catalog_with({}, kMore));
  const Value manifest = manifest_of(world, kCases[0]);
  const Value d = world.create(manifest);
  world.catalog = catalog_with([](spec::Configuration& c) { c.modelgate.resource_defaults = false; }, kMore);
  const Value e = world.update(d, d);
  EXPECT_EQ("-", text_at(e, "spec.predictor.model.resources"));
  EXPECT_TRUE(spec::equal(e, world.create(manifest)));
}

TEST(ModelResourcesOnUpdate, StayWhenTheConfigurationChanges) {
  World world(catalog_with({}, kMore));
  const Value manifest = manifest_of(world, kCases[0]);
  const Value d = world.create(manifest);
  world.catalog = catalog_with(
      [](spec::Configuration& c) {
        const auto eight = spec::QuantitySetting{"8", spec::Quantity::of(8)};
        c.inference_service.resource.cpu_request = eight;
        c.inference_service.resource.cpu_limit = eight;
      },
      kMore);
  EXPECT_TRUE(spec::equal(d, world.update(manifest, d)));
  EXPECT_EQ("8", text_at(world.create(manifest), "spec.predictor.model.resources.limits.cpu"));
}

struct ChangeCase {
  const char* name;
  const char* before;
  const char* after;
};

// The result is that of a new service, whatever was filled in before.
const ChangeCase kChangeCases[] = {
    {"ALimitRisesWithItsRequest", "{requests: {memory: 4Gi}}", "{requests: {memory: 8Gi}}"},
    {"AndFallsWithIt", "{requests: {memory: 8Gi}}", "{requests: {memory: 1Gi}}"},
    {"ARequestFallsWithItsLimit", "{limits: {cpu: '1'}}", "{limits: {cpu: 100m}}"},
    {"AndRisesWithIt", "{limits: {cpu: 100m}}", "{limits: {cpu: '4'}}"},
    {"TheUserSetsWhatWeFilledIn", "{requests: {cpu: '1'}}", "{requests: {cpu: '1'}, limits: {cpu: '2'}}"},
    {"TheUserRemovesTheirOwn", "{requests: {memory: 8Gi}}", "{}"},
};

class ModelResourcesChange : public testing::TestWithParam<ChangeCase> {};

TEST_P(ModelResourcesChange, LeavesNoTrace) {
  World world(catalog_with({}, kMore));
  for (const char* format : {"bare", "half", "full"}) {
    const Value before = manifest_of(world, {"", format, GetParam().before, ""});
    const Value after = manifest_of(world, {"", format, GetParam().after, ""});
    const Value d = world.create(before);
    const Value e = world.update(after, d);
    EXPECT_EQ(spec::to_canonical_json(world.create(after)), spec::to_canonical_json(e)) << format;
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, ModelResourcesChange, testing::ValuesIn(kChangeCases),
                         [](const auto& info) { return info.param.name; });

TEST(ModelResourcesOnUpdate, WhatTheUserEditsIsUserOwned) {
  World world(catalog_with({}, kMore));
  const Value manifest = manifest_of(world, kCases[0]);
  const Value d = world.create(manifest);
  Value edited = spec::clone(d, world.arena());
  merge_patch(edited, world.yaml("spec: {predictor: {model: {resources: {limits: {cpu: '6'}}}}}"),
              world.arena());
  const Value e = world.update(edited, d);
  EXPECT_EQ("6", text_at(e, "spec.predictor.model.resources.limits.cpu"));
  EXPECT_EQ(std::string::npos, listed(e).find("limits.cpu"));
  EXPECT_NE(std::string::npos, listed(e).find("limits.memory"));
  EXPECT_TRUE(spec::equal(e, world.apply(manifest, e)));
}

TEST(CanaryResources, AreFilledInForItsOwnRuntime) {
  World world(catalog_with({}, kMore));
  const Value manifest = world.service(
      "spec: {predictor: {model: {modelFormat: {name: full}}}, canary: [{trafficPercent: 1, predictor: "
      "{name: c, "
      "model: {modelFormat: {name: bare}}}}]}");
  const Value d = world.create(manifest);
  EXPECT_EQ(kAll, text_at(d, "spec.canary[name=c].predictor.model.resources"));
  EXPECT_TRUE(spec::equal(d, world.update(manifest, d)));
}

struct ContainerCase {
  const char* name;
  bool strict;
  const char* resources;
  const char* want;
};

const ContainerCase kContainerCases[] = {
    {"Nothing", true, "{}", kAll},
    {"NothingInCompatible", false, "{}", kAll},
    {"ALimitIsNotBelowItsRequest", true, "{requests: {memory: 4Gi}}",
     R"({"limits":{"cpu":"1","memory":"4Gi"},"requests":{"cpu":"1","memory":"4Gi"}})"},
    {"KServesLimitIs", false, "{requests: {memory: 4Gi}}",
     R"({"limits":{"cpu":"1","memory":"2Gi"},"requests":{"cpu":"1","memory":"4Gi"}})"},
};

class ContainerResources : public testing::TestWithParam<ContainerCase> {};

TEST_P(ContainerResources, AreFilledIn) {
  World world(catalog_with([](spec::Configuration& c) {
    if (!GetParam().strict) make_compatible(c);
  }));
  for (const char* component : {"predictor", "transformer", "explainer"}) {
    const std::string path = std::string("spec.") + component + ".containers[0].resources";
    const Value manifest = world.service(
        std::string("spec: {") + component +
        ": {containers: [{name: kserve-container, image: i, resources: " + GetParam().resources + "}]}}");
    const Value d = world.create(manifest);
    EXPECT_EQ(GetParam().want, text_at(d, path));
    EXPECT_EQ(GetParam().strict, warns_of(world.warnings(), path)) << component;
    EXPECT_TRUE(spec::equal(d, world.update(manifest, d)));
  }
}

INSTANTIATE_TEST_SUITE_P(Cases, ContainerResources, testing::ValuesIn(kContainerCases),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace modelgate::defaulting
