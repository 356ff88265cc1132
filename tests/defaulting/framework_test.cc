// SPDX-License-Identifier: Apache-2.0
//
// Framework fields: alone, beside a model of ours and beside the user's.
#include <gtest/gtest.h>

#include "tests/defaulting/world.h"

namespace modelgate::defaulting {
namespace {

using spec::Value;

constexpr std::string_view kModel = "spec.predictor.model";

Value predictor(World& world, std::string_view yaml) {
  return world.service("spec: {predictor: " + std::string(yaml) + "}");
}

TEST(FrameworkField, EachBecomesAModelOfItsFormat) {
  World world;
  for (const spec::Framework& f : spec::kFrameworks) {
    const std::string field(f.name);
    const Value d =
        world.create(predictor(world, "{" + field + ": {storageUri: 'gs://b/m', env: [{name: A}]}}"));
    EXPECT_EQ(field, text_at(d, "spec.predictor.model.modelFormat.name"));
    EXPECT_EQ("gs://b/m", text_at(d, "spec.predictor.model.storageUri"));
    EXPECT_EQ("[{\"name\":\"A\"}]", text_at(d, "spec.predictor.model.env"));
    EXPECT_EQ(f.default_protocol.empty() ? "-" : "v2", text_at(d, "spec.predictor.model.protocolVersion"));
    EXPECT_EQ("-", text_at(d, "spec.predictor." + field));
    EXPECT_EQ(field, text_at(d, "metadata.annotations[modelFormat]"));
  }
}

TEST(FrameworkField, TheUsersProtocolStays) {
  World world;
  const Value d = world.create(predictor(world, "{triton: {protocolVersion: grpc-v2}}"));
  EXPECT_EQ("grpc-v2", text_at(d, "spec.predictor.model.protocolVersion"));
}

TEST(FrameworkField, UnknownFieldsSurvive) {
  World world;
  const Value d = world.create(predictor(world, "{sklearn: {modle: 1}}"));
  EXPECT_EQ("1", text_at(d, "spec.predictor.model.modle"));
}

TEST(FrameworkField, FieldsOfModelOnlyAreDropped) {
  World world;
  const Value d =
      world.create(predictor(world, "{sklearn: {runtime: mine, modelFormat: {name: pmml}, args: [a]}}"));
  EXPECT_EQ("sklearn", text_at(d, "spec.predictor.model.modelFormat.name"));
  EXPECT_EQ("[\"a\"]", text_at(d, "spec.predictor.model.args"));
  EXPECT_NE("mine", text_at(d, "spec.predictor.model.runtime"));
  EXPECT_TRUE(warns_of(world.warnings(), "spec.predictor.sklearn.runtime"));
  EXPECT_TRUE(warns_of(world.warnings(), "spec.predictor.sklearn.modelFormat"));
}

TEST(FrameworkField, StaysInModelMesh) {
  World world;
  Value manifest = predictor(world, "{sklearn: {storageUri: 'gs://b/m'}}");
  merge_patch(manifest, world.yaml("metadata: {annotations: {serving.kserve.io/deploymentMode: ModelMesh}}"),
              world.arena());
  const Value d = world.create(manifest);
  EXPECT_EQ("-", text_at(d, kModel));
  EXPECT_EQ("gs://b/m", text_at(d, "spec.predictor.sklearn.storageUri"));
  // Without ModelMesh it is moved.
  const Value e = world.update(predictor(world, "{sklearn: {storageUri: 'gs://b/m'}}"), d);
  EXPECT_EQ("gs://b/m", text_at(e, "spec.predictor.model.storageUri"));
}

struct BesideCase {
  const char* name;
  bool strict;
  const char* predictor;
  const char* model;     // in the end
  const char* field;     // in the end
  const char* warns_at;  // path, or nullptr
};

const BesideCase kBesideCases[] = {
    {"EmptyOfTheSameFormat", true, "{sklearn: {}, model: {modelFormat: {name: sklearn}, runtime: r}}",
     R"({"modelFormat":{"name":"sklearn"},"runtime":"r"})", "-", "spec.predictor.sklearn"},
    {"EmptyOfTheSameFormatCompatible", false,
     "{sklearn: {}, model: {modelFormat: {name: sklearn}, runtime: r}}",
     R"({"modelFormat":{"name":"sklearn"},"runtime":"r"})", "-", "spec.predictor.sklearn"},
    {"EmptyByMeaning", true,
     "{sklearn: {resources: {}, name: ''}, model: {modelFormat: {name: sklearn}, runtime: r}}",
     R"({"modelFormat":{"name":"sklearn"},"runtime":"r"})", "-", "spec.predictor.sklearn"},
    {"EmptyOfAnother", true, "{sklearn: {}, model: {modelFormat: {name: xgboost}, runtime: r}}",
     R"({"modelFormat":{"name":"xgboost"},"runtime":"r"})", "{}", nullptr},
    {"EmptyOfAnotherCompatible", false, "{sklearn: {}, model: {modelFormat: {name: xgboost}, runtime: r}}",
     R"({"modelFormat":{"name":"sklearn"}})", "-", "spec.predictor.model"},
    {"Another", true, "{sklearn: {args: [a]}, model: {modelFormat: {name: sklearn}, runtime: r}}",
     R"({"modelFormat":{"name":"sklearn"},"runtime":"r"})", R"({"args":["a"]})", nullptr},
    {"AnotherCompatible", false, "{sklearn: {args: [a]}, model: {modelFormat: {name: sklearn}, runtime: r}}",
     R"({"args":["a"],"modelFormat":{"name":"sklearn"}})", "-", "spec.predictor.model"},
};

class BesideTheUsersModel : public testing::TestWithParam<BesideCase> {};

TEST_P(BesideTheUsersModel, Ends) {
  const BesideCase& c = GetParam();
  World world(catalog_with([&](spec::Configuration& conf) {
    if (!c.strict) make_compatible(conf);
  }));
  const Value manifest = predictor(world, c.predictor);
  const Value d = world.create(manifest);
  EXPECT_EQ(c.model, text_at(d, kModel));
  EXPECT_EQ(c.field, text_at(d, "spec.predictor.sklearn"));
  if (c.warns_at) {
    EXPECT_TRUE(warns_of(world.warnings(), c.warns_at));
  } else {
    EXPECT_TRUE(world.warnings().empty());
  }
  EXPECT_TRUE(spec::equal(d, world.apply(manifest, d)));
  EXPECT_TRUE(spec::equal(d, world.update(d, d)));
}

INSTANTIATE_TEST_SUITE_P(Cases, BesideTheUsersModel, testing::ValuesIn(kBesideCases),
                         [](const auto& info) { return info.param.name; });

TEST(BesideTheUsersModel, TheWarningListsLostFields) {
  World world(catalog_with(make_compatible));
  world.create(predictor(world,
                         "{sklearn: {storageUri: u}, model: {modelFormat: {name: sklearn}, storageUri: u, "
                         "runtime: r, env: [{name: A}]}}"));
  ASSERT_EQ(1U, world.warnings().size());
  EXPECT_NE(std::string::npos, world.warnings()[0].find("runtime, env"));
  EXPECT_EQ(std::string::npos, world.warnings()[0].find("storageUri"));
}

// What replaces a model that we moved leaves no trace of it: the result is that of a new service.
struct SwitchCase {
  const char* name;
  const char* before;
  const char* after;
};

const SwitchCase kSwitchCases[] = {
    {"AnotherFramework", "{sklearn: {storageUri: 'gs://b/m', env: [{name: A}]}}",
     "{xgboost: {storageUri: 'gs://b/x'}}"},
    {"TheSameWithLess", "{sklearn: {storageUri: 'gs://b/m', env: [{name: A}]}}",
     "{sklearn: {storageUri: 'gs://b/x'}}"},
    {"AwayFromV2", "{onnx: {storageUri: 'gs://b/m'}}", "{sklearn: {storageUri: 'gs://b/m'}}"},
    {"ToV2", "{sklearn: {storageUri: 'gs://b/m'}}", "{onnx: {storageUri: 'gs://b/m'}}"},
    {"FromAGpu", "{sklearn: {resources: {limits: {nvidia.com/gpu: 1}}}}",
     "{sklearn: {storageUri: 'gs://b/m'}}"},
    {"Containers", "{sklearn: {storageUri: 'gs://b/m', resources: {limits: {cpu: 4}}}}",
     "{containers: [{name: kserve-container, image: i}]}"},
};

class Switch : public testing::TestWithParam<SwitchCase> {};

TEST_P(Switch, LeavesNoTrace) {
  World world;
  const Value d = world.create(predictor(world, GetParam().before));
  const Value after = predictor(world, GetParam().after);
  Value want = world.create(after);
  // kubectl apply: the stored object no longer has what the last manifest had.
  EXPECT_EQ(spec::to_canonical_json(want), spec::to_canonical_json(world.apply(after, d)));
  EXPECT_EQ(spec::to_canonical_json(want), spec::to_canonical_json(world.update(after, d)));
}

INSTANTIATE_TEST_SUITE_P(Cases, Switch, testing::ValuesIn(kSwitchCases),
                         [](const auto& info) { return info.param.name; });

TEST(MovedModel, SidecarsLeaveItAlone) {
  World world;
  const Value d = world.create(predictor(world, "{sklearn: {storageUri: 'gs://b/m'}}"));
  Value edited = spec::clone(d, world.arena());
  merge_patch(edited, world.yaml("spec: {predictor: {containers: [{name: side, image: i}]}}"), world.arena());
  const Value e = world.update(edited, d);
  EXPECT_TRUE(spec::equal(at(d, kModel), at(e, kModel)));
  EXPECT_NE(std::string::npos, listed(e).find("spec.predictor.model\n"));
}

TEST(MovedModel, IsUserOwnedOnceEdited) {
  World world;
  const Value d = world.create(predictor(world, "{sklearn: {storageUri: 'gs://b/m'}}"));
  Value edited = spec::clone(d, world.arena());
  merge_patch(edited, world.yaml("spec: {predictor: {model: {storageUri: 'gs://b/2'}}}"), world.arena());
  const Value e = world.update(edited, d);
  EXPECT_EQ("gs://b/2", text_at(e, "spec.predictor.model.storageUri"));
  EXPECT_EQ(std::string::npos, listed(e).find("spec.predictor.model\n"));
  EXPECT_NE(std::string::npos, listed(e).find("spec.predictor.model.runtime")) << "that is still ours";
}

TEST(MovedModel, OneThatKServeMovedIsReplacedByItsField) {
  World world;
  const Value old = world.service(
      "spec: {predictor: {model: {modelFormat: {name: sklearn}, name: '', resources: {}, storageUri: "
      "'gs://b/m'}}}");
  const Value manifest = predictor(world, "{sklearn: {storageUri: 'gs://b/2'}}");
  const Value e = world.apply(manifest, old);
  EXPECT_EQ("gs://b/2", text_at(e, "spec.predictor.model.storageUri"));
  EXPECT_EQ("-", text_at(e, "spec.predictor.sklearn"));
  EXPECT_TRUE(world.warnings().empty());
  // But not after the user has written one.
  const Value mine = world.create(predictor(world, "{model: {modelFormat: {name: sklearn}}}"));
  EXPECT_NE("-", text_at(world.apply(manifest, mine), "spec.predictor.sklearn"));
}

TEST(FrameworkFieldInACanary, IsMovedInStrictOnly) {
  constexpr std::string_view kSpec =
      "spec: {predictor: {model: {modelFormat: {name: sklearn}}}, canary: [{trafficPercent: 1, predictor: "
      "{name: c, "
      "sklearn: {storageUri: 'gs://b/2'}}}]}";
  World strict;
  const Value d = strict.create(strict.service(kSpec));
  EXPECT_EQ("gs://b/2", text_at(d, "spec.canary[name=c].predictor.model.storageUri"));
  World compatible(catalog_with(make_compatible));
  const Value e = compatible.create(compatible.service(kSpec));
  EXPECT_EQ("gs://b/2", text_at(e, "spec.canary[name=c].predictor.sklearn.storageUri"));
}

TEST(FrameworkFieldInACanary, KeepsItsProtocol) {
  World world;
  const Value manifest = world.service(
      "spec: {predictor: {model: {modelFormat: {name: sklearn}}}, canary: [{trafficPercent: 1, predictor: "
      "{name: c, "
      "onnx: {storageUri: 'gs://b/2'}}}]}");
  const Value d = world.create(manifest);
  EXPECT_EQ("v2", text_at(d, "spec.canary[name=c].predictor.model.protocolVersion"));
  EXPECT_EQ("kserve-tritonserver", text_at(d, "spec.canary[name=c].predictor.model.runtime"));
  EXPECT_TRUE(spec::equal(d, world.apply(manifest, d)));
  EXPECT_TRUE(spec::equal(d, world.update(manifest, d)));
  EXPECT_TRUE(spec::equal(d, world.update(d, d)));
}

}  // namespace
}  // namespace modelgate::defaulting
