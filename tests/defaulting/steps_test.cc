// SPDX-License-Identifier: Apache-2.0
//
// The smaller steps: deployment modes, protocol versions, components, tokens, local models; and objects that
// were not checked.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <chrono>

#include "defaulting/pass.h"
#include "tests/cpu_time.h"
#include "tests/defaulting/world.h"

namespace modelgate::defaulting {
namespace {

using spec::Value;

struct Case {
  const char* name;
  const char* service;  // YAML
  const char* path;
  const char* want;
};

const Case kCases[] = {
    {"DefaultMode", "spec: {predictor: {}}", "metadata.annotations[serving.kserve.io/deploymentMode]",
     "Standard"},
    {"RawDeployment", "metadata: {annotations: {serving.kserve.io/deploymentMode: RawDeployment}}",
     "metadata.annotations[serving.kserve.io/deploymentMode]", "Standard"},
    {"Serverless", "metadata: {annotations: {serving.kserve.io/deploymentMode: Serverless}}",
     "metadata.annotations[serving.kserve.io/deploymentMode]", "Knative"},
    {"UnknownModesAreForValidation", "metadata: {annotations: {serving.kserve.io/deploymentMode: standard}}",
     "metadata.annotations[serving.kserve.io/deploymentMode]", "standard"},
    {"ModelFormat", "spec: {predictor: {model: {modelFormat: {name: sklearn}}}}",
     "metadata.annotations[modelFormat]", "sklearn"},
    {"TheUsersModelFormat",
     "{metadata: {annotations: {modelFormat: mine}}, spec: {predictor: {model: {modelFormat: {name: "
     "sklearn}}}}}",
     "metadata.annotations[modelFormat]", "mine"},
    {"TritonSpeaksV2", "spec: {predictor: {model: {modelFormat: {name: triton}}}}",
     "spec.predictor.model.protocolVersion", "v2"},
    {"VllmSpeaksV2", "spec: {predictor: {model: {modelFormat: {name: vLLM}}}}",
     "spec.predictor.model.protocolVersion", "v2"},
    {"NamesMatchInCase", "spec: {predictor: {model: {modelFormat: {name: vllm}}}}",
     "spec.predictor.model.protocolVersion", "-"},
    {"TheUsersProtocol",
     "spec: {predictor: {model: {modelFormat: {name: triton}, protocolVersion: grpc-v2}}}",
     "spec.predictor.model.protocolVersion", "grpc-v2"},
    {"TransformersNameIsSet", "spec: {transformer: {containers: [{name: t, image: i}, {name: u, image: i}]}}",
     "spec.transformer.containers[0].name", "kserve-container"},
    {"OnlyTheFirstOne", "spec: {transformer: {containers: [{name: t, image: i}, {name: u, image: i}]}}",
     "spec.transformer.containers[1].name", "u"},
    {"ExplainersNameIsSet", "spec: {explainer: {containers: [{name: t, image: i}]}}",
     "spec.explainer.containers[0].name", "kserve-container"},
    {"ArtsNameIsSet", "spec: {explainer: {art: {type: SquareAttack}}}", "spec.explainer.art.name",
     "kserve-container"},
    {"ArtsVersion", "spec: {explainer: {art: {type: SquareAttack, runtimeVersion: v1}}}",
     "spec.explainer.art.runtimeVersion", "v1"},
    {"ArtsResources", "spec: {explainer: {art: {type: SquareAttack}}}",
     "spec.explainer.art.resources.limits.cpu", "1"},
    {"AnExplainerWithTwoIsForValidation",
     "spec: {explainer: {art: {type: SquareAttack}, containers: [{name: t, image: i}]}}",
     "spec.explainer.containers[0].name", "t"},
    {"ASingleContainersNameIsSet", "spec: {predictor: {containers: [{name: p, image: i}]}}",
     "spec.predictor.containers[0].name", "kserve-container"},
    {"TheFirstOfManyKeepsItsName",
     "spec: {predictor: {containers: [{name: p, image: i}, {name: q, image: i}]}}",
     "spec.predictor.containers[0].name", "p"},
    {"SidecarsKeepTheirName",
     "spec: {predictor: {model: {modelFormat: {name: sklearn}}, containers: [{name: p, image: i}]}}",
     "spec.predictor.containers[0].name", "p"},
    {"SidecarsGetNoResources",
     "spec: {predictor: {model: {modelFormat: {name: sklearn}}, containers: [{name: p, image: i}]}}",
     "spec.predictor.containers[0].resources", "-"},
    {"TracingsDefaults", "spec: {predictor: {}, tracing: {}}", "spec.tracing",
     R"({"exporter":"otlp","exporterEndpoint":"http://otel-collector:4317","sampler":"parentbased_traceidratio","samplerArg":"0.05"})"},
    {"TheUsersTracing", "spec: {predictor: {}, tracing: {sampler: always_on, samplerArg: ''}}",
     "spec.tracing",
     R"({"exporter":"otlp","exporterEndpoint":"http://otel-collector:4317","sampler":"always_on","samplerArg":""})"},
    {"NoTracing", "spec: {predictor: {}}", "spec.tracing", "-"},
    {"NullIsNoTracing", "spec: {predictor: {}, tracing: null}", "spec.tracing", "-"},
    {"TracingOfAnotherTypeIsForValidation", "spec: {predictor: {}, tracing: 'yes'}", "spec.tracing", "yes"},
    {"TokensAsConfigured", "spec: {predictor: {model: {modelFormat: {name: sklearn}}}}",
     "spec.predictor.automountServiceAccountToken", "-"},
};

class Steps : public testing::TestWithParam<Case> {};

TEST_P(Steps, Gives) {
  World world;
  const Value manifest = world.service(GetParam().service);
  const Value d = world.create(manifest);
  EXPECT_EQ(GetParam().want, text_at(d, GetParam().path));
  EXPECT_TRUE(spec::equal(d, world.apply(manifest, d)));
  EXPECT_TRUE(spec::equal(d, world.update(manifest, d)));
  EXPECT_TRUE(spec::equal(d, world.update(d, d)));
}

INSTANTIATE_TEST_SUITE_P(Cases, Steps, testing::ValuesIn(kCases),
                         [](const auto& info) { return info.param.name; });

// ----------------------------------------------------------------------------------- renamed containers

TEST(RenamedContainer, IsMergedAfterServerSideApply) {
  World world;
  for (const char* component : {"transformer", "explainer", "predictor"}) {
    const std::string path = std::string("spec.") + component + ".containers";
    const std::string start = std::string("spec: {") + component + ": {containers: [";
    const Value d = world.create(world.service(start + "{name: mine, image: one}]}}"));
    // The API server merges by name: the applied container is added to the stored one.
    Value merged = spec::clone(d, world.arena());
    const_cast<Value*>(at(merged, path))->PushBack(world.yaml("{name: mine, image: two}"), world.arena());
    const Value e = world.update(merged, d);
    EXPECT_EQ(1U, at(e, path)->Size()) << component;
    EXPECT_EQ("kserve-container", text_at(e, path + "[0].name"));
    EXPECT_EQ("two", text_at(e, path + "[0].image"));
    EXPECT_TRUE(spec::equal(e, world.create(world.service(start + "{name: mine, image: two}]}}"))));
  }
}

TEST(RenamedContainer, LeavesAnotherSidecarAlone) {
  World world;
  const Value d =
      world.create(world.service("spec: {transformer: {containers: [{name: mine, image: one}]}}"));
  Value merged = spec::clone(d, world.arena());
  const_cast<Value*>(at(merged, "spec.transformer.containers"))
      ->PushBack(world.yaml("{name: other, image: two}"), world.arena());
  EXPECT_EQ(2U, at(world.update(merged, d), "spec.transformer.containers")->Size());
}

// ------------------------------------------------------------------------------------ deployment mode

constexpr std::string_view kMode = "metadata.annotations[serving.kserve.io/deploymentMode]";

auto default_mode(std::string mode) {
  return [mode](spec::Configuration& c) { c.deploy.default_deployment_mode = mode; };
}

TEST(DeploymentMode, AChangedDefaultChangesNoService) {
  World world;
  const Value manifest = world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}}}}");
  const Value d = world.create(manifest);
  world.catalog = catalog_with(default_mode("Knative"));
  EXPECT_TRUE(spec::equal(d, world.update(manifest, d)));
  EXPECT_EQ("-", text_at(world.create(manifest), kMode)) << "Knative is not written down";
}

TEST(DeploymentMode, AServiceThatRunsStays) {
  World world;
  const Value old = world.service(
      "{spec: {predictor: {model: {modelFormat: {name: sklearn}}}}, "
      "status: {deploymentMode: Knative}}");
  EXPECT_EQ("-", text_at(world.update(old, old), kMode));
  World compatible(catalog_with(make_compatible));
  EXPECT_EQ("Standard", text_at(compatible.update(old, old), kMode)) << "as KServe does";
}

TEST(DeploymentMode, TheUserMayTakeItOver) {
  World world;
  const Value d = world.create(world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}}}}"));
  Value edited = spec::clone(d, world.arena());
  merge_patch(edited, world.yaml("metadata: {annotations: {serving.kserve.io/deploymentMode: Knative}}"),
              world.arena());
  const Value e = world.update(edited, d);
  EXPECT_EQ("Knative", text_at(e, kMode));
  EXPECT_EQ(std::string::npos, listed(e).find("deploymentMode"));
}

// ------------------------------------------------------------------------------ service account token

TEST(ServiceAccountToken, IsDisabledIfConfigured) {
  World world(
      catalog_with([](spec::Configuration& c) { c.security.auto_mount_service_account_token = false; }));
  const Value d =
      world.create(world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}}}, transformer: "
                                 "{automountServiceAccountToken: true, "
                                 "containers: [{name: kserve-container, image: i}]}}"));
  EXPECT_EQ("false", text_at(d, "spec.predictor.automountServiceAccountToken"));
  EXPECT_EQ("true", text_at(d, "spec.transformer.automountServiceAccountToken"));
  EXPECT_EQ("-", text_at(d, "spec.explainer"));
}

// ---------------------------------------------------------------------------------------- local models

constexpr std::string_view kCaches = R"(
kind: LocalModelCache
metadata: {name: iris}
spec: {sourceModelUri: "gs://b/iris", nodeGroups: [g1, g2]}
---
kind: LocalModelNamespaceCache
metadata: {name: own, namespace: default}
spec: {sourceModelUri: "gs://b/own/", nodeGroups: [g3]}
---
kind: LocalModelCache
metadata: {name: also-own}
spec: {sourceModelUri: "gs://b/own", nodeGroups: [g1]}
)";

struct LocalCase {
  const char* name;
  const char* uri;
  const char* annotations;
  const char* label;
  const char* claim;
  const char* namespace_;
};

const LocalCase kLocalCases[] = {
    {"TheModelItself", "gs://b/iris", "{}", "iris", "iris-g1", "-"},
    {"BelowIt", "gs://b/iris/v1", "{}", "iris", "iris-g1", "-"},
    {"NotASimilarName", "gs://b/iris2", "{}", "-", "-", "-"},
    {"TheRequestedGroup", "gs://b/iris", "{serving.kserve.io/nodegroup: g2}", "iris", "iris-g2", "-"},
    {"AGroupItIsNotIn", "gs://b/iris", "{serving.kserve.io/nodegroup: g9}", "-", "-", "-"},
    {"TheNamespaceFirst", "gs://b/own/v1", "{}", "own", "own-g3", "default"},
    {"Disabled", "gs://b/iris", "{serving.kserve.io/disable-localmodel: ''}", "-", "-", "-"},
    {"StaleOnesAreRemoved", "gs://b/other", "{internal.serving.kserve.io/localmodel-pvc-name: x}", "-", "-",
     "-"},
};

class LocalModels : public testing::TestWithParam<LocalCase> {};

TEST_P(LocalModels, AreLabelled) {
  const LocalCase& c = GetParam();
  World world(catalog_with([](spec::Configuration& conf) { conf.local_model.enabled = true; }, kCaches));
  const Value manifest = world.service(
      "{metadata: {annotations: " + std::string(c.annotations) +
      "}, spec: {predictor: {model: {modelFormat: {name: sklearn}, storageUri: '" + c.uri + "'}}}}");
  const Value d = world.create(manifest);
  EXPECT_EQ(c.label, text_at(d, "metadata.labels[internal.serving.kserve.io/localmodel]"));
  EXPECT_EQ(c.namespace_, text_at(d, "metadata.labels[internal.serving.kserve.io/localmodel-namespace]"));
  EXPECT_EQ(c.claim, text_at(d, "metadata.annotations[internal.serving.kserve.io/localmodel-pvc-name]"));
  EXPECT_TRUE(spec::equal(d, world.update(manifest, d)));
  EXPECT_TRUE(spec::equal(d, world.update(d, d)));
}

INSTANTIATE_TEST_SUITE_P(Cases, LocalModels, testing::ValuesIn(kLocalCases),
                         [](const auto& info) { return info.param.name; });

// ------------------------------------------------------------------------------------------ bad objects

// Admission checks types first; without that, nothing throws either.
const char* const kBadServices[] = {
    "{metadata: 1}",
    "{metadata: {annotations: []}}",
    "{metadata: {annotations: {serving.kserve.io/deploymentMode: 1}}}",
    "{metadata: {labels: x}, spec: {predictor: {model: {storageUri: u}}}}",
    "{spec: []}",
    "{spec: {predictor: 1, transformer: 2, explainer: 3, canary: 4, canaryTrafficPercent: x}}",
    "{spec: {predictor: [], transformer: [], explainer: [], canary: [1, [], {}]}}",
    "{spec: {predictor: {model: 1}}}",
    "{spec: {predictor: {model: {modelFormat: 1, resources: 2, protocolVersion: 3}}}}",
    "{spec: {predictor: {model: {modelFormat: {name: sklearn}, resources: {limits: [], requests: 1}}}}}",
    "{spec: {predictor: {sklearn: 1, xgboost: [], triton: {protocolVersion: {}}}}}",
    "{spec: {predictor: {containers: {name: a}}}}",
    "{spec: {predictor: {containers: [1, {name: {}}], tolerations: {a: b}}}}",
    "{spec: {predictor: {model: {modelFormat: {name: sklearn}, resources: {limits: {nvidia.com/gpu: {}}}}, "
    "tolerations: x, workerSpec: 1}}}",
    "{spec: {predictor: {workerSpec: {tolerations: 1, containers: 2}, model: {modelFormat: {name: "
    "huggingface}}}}}",
    "{spec: {canary: {predictor: 1}, predictor: {canaryTrafficPercent: 99999999999}}}",
    "{spec: {canary: [{predictor: {name: [], model: {modelFormat: {name: xgboost}}}}], predictor: {model: "
    "{}}}}",
    "{spec: {transformer: {containers: [{resources: 1}]}, explainer: {art: {resources: {limits: 1}}}}}",
    "{spec: {explainer: {art: 1, containers: [[]]}}}",
};

TEST(BadObjects, AreLeftForValidation) {
  for (const bool compatible : {false, true}) {
    World world(catalog_with([&](spec::Configuration& c) {
      c.security.auto_mount_service_account_token = false;
      c.local_model.enabled = true;
      if (compatible) make_compatible(c);
    }));
    const Value good = world.create(world.service("spec: {predictor: {sklearn: {}}}"));
    for (const char* yaml : kBadServices) {
      const Value bad = world.service(yaml);
      EXPECT_NO_THROW({
        const Value d = world.create(bad);
        EXPECT_TRUE(spec::equal(d, world.update(d, d))) << yaml;
        world.update(good, bad);
        world.update(bad, good);
      }) << yaml;
    }
  }
}

// ------------------------------------------------------------------------------------------- limits

std::string canaries(std::size_t count) {
  std::string out = "spec: {predictor: {model: {modelFormat: {name: sklearn}}}, canary: [";
  for (std::size_t i = 0; i < count; ++i) {
    out += fmt::format(
        "{{trafficPercent: 0, predictor: {{name: c{}, model: {{modelFormat: {{name: xgboost}}}}}}}},", i);
  }
  return out + "]}";
}

TEST(Limits, OfCanaries) {
  World world;
  const Value d = world.create(world.service(canaries(kMaxCanaries + 1)));
  EXPECT_NE("-", text_at(d, fmt::format("spec.canary[{}].predictor.model.runtime", kMaxCanaries - 1)));
  EXPECT_EQ("-", text_at(d, fmt::format("spec.canary[{}].predictor.model.runtime", kMaxCanaries)));
  EXPECT_TRUE(spec::equal(d, world.update(d, d)));
}

std::string accelerators(std::size_t count) {
  std::string out = "spec: {predictor: {model: {modelFormat: {name: sklearn}, resources: {limits: {";
  for (std::size_t i = 0; i < count; ++i) out += fmt::format("gpu.intel.com/a{}: 1,", i);
  return out + "}}}}}";
}

TEST(Limits, OfAccelerators) {
  World world;
  for (const std::size_t count : {kMaxAccelerators, kMaxAccelerators + 1}) {
    const Value d = world.create(world.service(accelerators(count)));
    EXPECT_EQ(kMaxAccelerators, at(d, "spec.predictor.tolerations")->Size());
    EXPECT_TRUE(spec::equal(d, world.update(d, d)));
  }
}

std::string sidecars(std::size_t count) {
  std::string out = "spec: {predictor: {model: {modelFormat: {name: sklearn}}, containers: [";
  for (std::size_t i = 1; i < count; ++i) out += fmt::format("{{name: s{}}},", i);
  return out + "{name: last, resources: {limits: {nvidia.com/gpu: 1}}}]}}";
}

TEST(Limits, OfContainers) {
  World world;
  EXPECT_NE("-", toleration_keys(world.create(world.service(sidecars(kMaxContainers))), "spec.predictor"));
  EXPECT_EQ("-",
            toleration_keys(world.create(world.service(sidecars(kMaxContainers + 1))), "spec.predictor"));
}

/// `count` elements or members as JSON; "#" stands for the number of each.
std::string repeated(std::string_view what, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    if (i > 0) out += ',';
    for (const char c : what) out += c == '#' ? std::to_string(i) : std::string(1, c);
  }
  return out;
}

/// Objects that would be slow to default if a step were quadratic, of about a megabyte each.
TEST(Limits, NoObjectTakesMuchCpuTime) {
  constexpr std::size_t kMany = 20'000;
  const std::string members = repeated(R"("x#":1)", kMany);
  const std::string containers = repeated(R"({"name":"c#"})", kMany);
  const std::string tolerations = repeated(R"({"key":"k#","operator":"Exists"})", kMany);
  const std::string cards = repeated(R"("gpu.intel.com/a#":1)", kMany);
  const std::string model = R"("model":{"modelFormat":{"name":"sklearn"}})";
  const std::string gpu_model =
      R"("model":{"modelFormat":{"name":"sklearn"},"resources":{"limits":{"nvidia.com/gpu":1}}})";
  const std::vector<std::string> specs = {
      R"({"predictor":{)" + model + R"(},"canary":[)" +
          repeated(R"({"predictor":{"name":"c#","model":{"modelFormat":{"name":"xgboost"}}}})", kMany) + "]}",
      R"({"predictor":{"model":{"modelFormat":{"name":"sklearn"},"resources":{"limits":{)" + cards + "}}}}}",
      R"({"predictor":{"sklearn":{)" + members + R"(},"model":{)" + members + "}}}",
      R"({"predictor":{"containers":[)" + containers +
          R"(]},"canary":[{"predictor":{"name":"a","containers":[)" + containers + "]}}]}",
      R"({"predictor":{)" + gpu_model + R"(,"tolerations":[)" + tolerations + "]}}",
      R"({"predictor":{)" + model + R"(},"transformer":{"containers":[)" + containers + "]}}",
      R"({"predictor":{)" + model + R"(},"transformer":{"containers":[{)" + members + "}]}}",
  };
  for (const bool compatible : {false, true}) {
    World world(catalog_with([&](spec::Configuration& c) {
      if (compatible) make_compatible(c);
    }));
    for (const std::string& text : specs) {
      Value object = world.service("{}");
      auto spec = spec::parse_json(text, world.arena());
      ASSERT_TRUE(spec) << spec.error().message;
      spec::set_member(object, "spec", std::move(*spec), world.arena());
      const auto begin = cpu_time();
      const Value d = world.create(object);
      world.update(object, d);
      world.update(d, d);
      // Each takes some ten milliseconds.
      EXPECT_LT(cpu_time() - begin, std::chrono::seconds(2)) << text.substr(0, 80);
    }
  }
}

}  // namespace
}  // namespace modelgate::defaulting
