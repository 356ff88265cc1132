// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "tests/defaulting/world.h"

namespace modelgate::defaulting {
namespace {

using spec::Value;

constexpr std::string_view kMore = R"(
kind: ServingRuntime
metadata: {name: with-gpu, namespace: default}
spec:
  supportedModelFormats: [{name: gpu-model, autoSelect: true}]
  containers: [{name: kserve-container, image: i, resources: {limits: {amd.com/gpu: 1}}}]
  tolerations: [{key: dedicated, operator: Exists}]
)";

struct Case {
  const char* name;
  const char* yaml;  // the whole of spec
  const char* path;
  const char* want;  // keys; ours with a "!"; "-": no list
};

const Case kCases[] = {
    {"NoAccelerator", "{predictor: {model: {modelFormat: {name: sklearn}, resources: {limits: {cpu: 1}}}}}",
     "spec.predictor", "-"},
    {"Nvidia",
     "{predictor: {model: {modelFormat: {name: sklearn}, resources: {limits: {nvidia.com/gpu: 1}}}}}",
     "spec.predictor", "nvidia.com/gpu!"},
    {"InRequestsOnly",
     "{predictor: {model: {modelFormat: {name: sklearn}, resources: {requests: {nvidia.com/gpu: '1'}}}}}",
     "spec.predictor", "nvidia.com/gpu!"},
    {"ASliceHasTheCardsKey",
     "{predictor: {model: {modelFormat: {name: sklearn}, resources: {limits: {nvidia.com/mig-1g.5gb: 1}}}}}",
     "spec.predictor", "nvidia.com/gpu!"},
    {"APatternWithoutKey",
     "{predictor: {model: {modelFormat: {name: sklearn}, resources: {limits: {gpu.intel.com/i915: 1}}}}}",
     "spec.predictor", "gpu.intel.com/i915!"},
    {"None", "{predictor: {model: {modelFormat: {name: sklearn}, resources: {limits: {nvidia.com/gpu: 0}}}}}",
     "spec.predictor", "-"},
    {"OtherExtendedResources",
     "{predictor: {model: {modelFormat: {name: sklearn}, resources: {limits: {example.com/fpga: 1}}}}}",
     "spec.predictor", "-"},
    {"SortedByKey",
     "{predictor: {model: {modelFormat: {name: sklearn}, resources: {limits: {google.com/tpu: 1, "
     "amd.com/gpu: 1}}}}}",
     "spec.predictor", "amd.com/gpu! google.com/tpu!"},
    {"BesideTheUsers",
     "{predictor: {tolerations: [{key: a, operator: Exists}], model: {modelFormat: {name: sklearn}, "
     "resources: {limits: {amd.com/gpu: 1}}}}}",
     "spec.predictor", "a amd.com/gpu!"},
    {"TheUserHasIt",
     "{predictor: {tolerations: [{key: amd.com/gpu, operator: Equal, value: x, effect: NoSchedule}], model: "
     "{modelFormat: {name: sklearn}, resources: {limits: {amd.com/gpu: 1}}}}}",
     "spec.predictor", "amd.com/gpu"},
    {"TheUserToleratesEverything",
     "{predictor: {tolerations: [{operator: Exists}], model: {modelFormat: {name: sklearn}, resources: "
     "{limits: "
     "{amd.com/gpu: 1}}}}}",
     "spec.predictor", ""},
    {"AnotherEffectIsNotEnough",
     "{predictor: {tolerations: [{key: amd.com/gpu, operator: Exists, effect: NoExecute}], model: "
     "{modelFormat: "
     "{name: sklearn}, resources: {limits: {amd.com/gpu: 1}}}}}",
     "spec.predictor", "amd.com/gpu! amd.com/gpu!"},
    {"TheRuntimesGpuAndItsTolerations", "{predictor: {model: {modelFormat: {name: gpu-model}}}}",
     "spec.predictor", "dedicated! amd.com/gpu!"},
    {"TheServiceDisablesTheRuntimesGpu",
     "{predictor: {model: {modelFormat: {name: gpu-model}, resources: {limits: {amd.com/gpu: 0}}}}}",
     "spec.predictor", "-"},
    {"TheServicesListReplacesTheRuntimes",
     "{predictor: {tolerations: [{key: mine, operator: Exists}], model: {modelFormat: {name: gpu-model}}}}",
     "spec.predictor", "mine amd.com/gpu!"},
    {"CustomPredictor",
     "{predictor: {containers: [{name: kserve-container, image: i, resources: {limits: {nvidia.com/gpu: "
     "1}}}]}}",
     "spec.predictor", "nvidia.com/gpu!"},
    {"Sidecar",
     "{predictor: {model: {modelFormat: {name: sklearn}}, containers: [{name: side, image: i, resources: "
     "{limits: "
     "{nvidia.com/gpu: 1}}}]}}",
     "spec.predictor", "nvidia.com/gpu!"},
    {"Transformer",
     "{predictor: {model: {modelFormat: {name: sklearn}}}, transformer: {containers: [{name: t, image: i, "
     "resources: {limits: {nvidia.com/gpu: 1}}}]}}",
     "spec.transformer", "nvidia.com/gpu!"},
    {"Explainer",
     "{predictor: {model: {modelFormat: {name: sklearn}}}, explainer: {art: {type: SquareAttack, resources: "
     "{limits: {nvidia.com/gpu: 1}}}}}",
     "spec.explainer", "nvidia.com/gpu!"},
    {"Workers",
     "{predictor: {model: {modelFormat: {name: huggingface}, storageUri: 'pvc://c/m'}, workerSpec: {}}}",
     "spec.predictor.workerSpec", "nvidia.com/gpu!"},
    {"TheHeadOfWorkers",
     "{predictor: {model: {modelFormat: {name: huggingface}, storageUri: 'pvc://c/m'}, workerSpec: {}}}",
     "spec.predictor", "nvidia.com/gpu!"},
    {"WorkersWithAnotherCard",
     "{predictor: {model: {modelFormat: {name: huggingface}, storageUri: 'pvc://c/m'}, workerSpec: "
     "{containers: "
     "[{name: worker-container, image: i, resources: {limits: {amd.com/gpu: 8}}}]}}}",
     "spec.predictor.workerSpec", "amd.com/gpu!"},
    {"ACanaryInheritsList",
     "{predictor: {model: {modelFormat: {name: sklearn}, resources: {limits: {nvidia.com/gpu: 1}}}}, canary: "
     "[{trafficPercent: 5, predictor: {name: c, model: {storageUri: 'gs://b/2'}}}]}",
     "spec.canary[name=c].predictor", "-"},
    {"ACanaryWithItsOwnList",
     "{predictor: {model: {modelFormat: {name: sklearn}, resources: {limits: {nvidia.com/gpu: 1}}}}, canary: "
     "[{trafficPercent: 5, predictor: {name: c, tolerations: [{key: a, operator: Exists}], model: "
     "{storageUri: "
     "'gs://b/2'}}}]}",
     "spec.canary[name=c].predictor", "a nvidia.com/gpu!"},
    {"ACanaryWithAnotherCard",
     "{predictor: {model: {modelFormat: {name: sklearn}}, tolerations: [{key: a, operator: Exists}]}, "
     "canary: "
     "[{trafficPercent: 5, predictor: {name: c, model: {resources: {limits: {amd.com/gpu: 1}}}}}]}",
     "spec.canary[name=c].predictor", "a! amd.com/gpu!"},
};

class GpuTolerations : public testing::TestWithParam<Case> {};

TEST_P(GpuTolerations, AreThere) {
  World world(catalog_with({}, kMore));
  const Value manifest = world.service(std::string("spec: ") + GetParam().yaml);
  const Value d = world.create(manifest);
  EXPECT_EQ(GetParam().want, toleration_keys(d, GetParam().path)) << spec::to_json(d);
  EXPECT_TRUE(spec::equal(d, world.apply(manifest, d)));
  EXPECT_TRUE(spec::equal(d, world.update(manifest, d)));
  EXPECT_TRUE(spec::equal(d, world.update(d, d)));
}

INSTANTIATE_TEST_SUITE_P(Cases, GpuTolerations, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

Value with_gpu(World& world, std::string_view resource, std::string_view tolerations = "") {
  return world.service("spec: {predictor: {" + std::string(tolerations) +
                       "model: {modelFormat: {name: sklearn}, resources: {limits: {cpu: 1" +
                       (resource.empty() ? "" : ", " + std::string(resource) + ": 1") + "}}}}}");
}

/// kubectl sets to null what the last manifest had and this one does not.
Value apply_without(World& world, const Value& manifest, const Value& stored, std::string_view gone) {
  Value merged = spec::clone(stored, world.arena());
  auto* limits = const_cast<Value*>(at(merged, "spec.predictor.model.resources.limits"));
  limits->RemoveMember(Value(gone.data(), static_cast<rapidjson::SizeType>(gone.size()), world.arena()));
  merge_patch(merged, manifest, world.arena());
  return world.update(merged, stored);
}

TEST(GpuTolerationsOnUpdate, AreRemovedWithTheGpu) {
  World world;
  const Value d = world.create(with_gpu(world, "nvidia.com/gpu"));
  const Value none = with_gpu(world, "");
  const Value e = apply_without(world, none, d, "nvidia.com/gpu");
  EXPECT_EQ("-", toleration_keys(e, "spec.predictor"));
  EXPECT_TRUE(spec::equal(e, world.update(none, d))) << "a PUT gives the same";
  EXPECT_TRUE(spec::equal(e, world.create(none))) << "no trace is left";
}

TEST(GpuTolerationsOnUpdate, SwitchingVendorLeavesNoTrace) {
  World world;
  const Value d = world.create(with_gpu(world, "nvidia.com/gpu"));
  const Value amd = with_gpu(world, "amd.com/gpu");
  const Value e = apply_without(world, amd, d, "nvidia.com/gpu");
  EXPECT_EQ("amd.com/gpu!", toleration_keys(e, "spec.predictor"));
  EXPECT_TRUE(spec::equal(e, world.create(amd)));
}

TEST(GpuTolerationsOnUpdate, TheUsersStaysWhenTheGpuIsRemoved) {
  World world;
  constexpr std::string_view kOwn =
      "tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}], ";
  const Value d = world.create(with_gpu(world, "nvidia.com/gpu", kOwn));
  EXPECT_EQ("nvidia.com/gpu", toleration_keys(d, "spec.predictor")) << "his, though it equals ours";
  const Value e = world.update(with_gpu(world, "", kOwn), d);
  EXPECT_EQ("nvidia.com/gpu", toleration_keys(e, "spec.predictor"));
}

TEST(GpuTolerationsOnUpdate, OneThatTheUserWritesToOursDoesNotFlip) {
  World world;
  constexpr std::string_view kOwn =
      "tolerations: [{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule}], ";
  const Value d = world.create(with_gpu(world, "nvidia.com/gpu"));
  const Value manifest = with_gpu(world, "nvidia.com/gpu", kOwn);
  const Value e = world.apply(manifest, d);
  EXPECT_TRUE(spec::equal(d, e));
  EXPECT_TRUE(spec::equal(e, world.apply(manifest, e)));
}

TEST(GpuTolerationsOnUpdate, WhatTheUserEditsIsUserOwned) {
  World world;
  const Value d = world.create(with_gpu(world, "nvidia.com/gpu"));
  Value edited = spec::clone(d, world.arena());
  merge_patch(edited,
              world.yaml("spec: {predictor: {tolerations: [{key: nvidia.com/gpu, operator: Exists}]}}"),
              world.arena());
  const Value e = world.update(edited, d);
  EXPECT_EQ("nvidia.com/gpu", toleration_keys(e, "spec.predictor"));
  EXPECT_EQ("nvidia.com/gpu", toleration_keys(world.update(e, e), "spec.predictor"));
}

TEST(GpuTolerationsSettings, AnEmptyListDisablesAndWithdraws) {
  World world;
  const Value manifest = with_gpu(world, "nvidia.com/gpu");
  const Value d = world.create(manifest);
  world.catalog = catalog_with([](spec::Configuration& c) { c.modelgate.gpu_tolerations.clear(); });
  EXPECT_EQ("-", toleration_keys(world.create(manifest), "spec.predictor"));
  EXPECT_EQ("-", toleration_keys(world.update(d, d), "spec.predictor"));
}

TEST(GpuTolerationsSettings, TheAnnotationNamesMore) {
  World world;
  Value manifest = with_gpu(world, "example.com/npu");
  EXPECT_EQ("-", toleration_keys(world.create(manifest), "spec.predictor"));
  merge_patch(
      manifest,
      world.yaml("metadata: {annotations: {serving.kserve.io/gpu-resource-types: '[\"example.com/npu\"]'}}"),
      world.arena());
  EXPECT_EQ("example.com/npu!", toleration_keys(world.create(manifest), "spec.predictor"));
  merge_patch(manifest, world.yaml("metadata: {annotations: {serving.kserve.io/gpu-resource-types: 'npu'}}"),
              world.arena());
  EXPECT_EQ("-", toleration_keys(world.create(manifest), "spec.predictor")) << "malformed, for validation";
}

}  // namespace
}  // namespace modelgate::defaulting
