// SPDX-License-Identifier: Apache-2.0
//
// The legacy spellings of a canary.
#include <gtest/gtest.h>

#include "tests/defaulting/world.h"

namespace modelgate::defaulting {
namespace {

using spec::Value;

constexpr std::string_view kShare = "spec.canary[0].trafficPercent";
constexpr std::string_view kPercent = "spec.predictor.canaryTrafficPercent";

constexpr std::string_view kOld =
    "spec: {predictor: {canaryTrafficPercent: 90, model: {modelFormat: {name: sklearn}}}, "
    "canary: {predictor: {sklearn: {storageUri: 'gs://b/2'}}}}";

TEST(CanaryObject, BecomesAList) {
  World world;
  const Value d = world.create(world.service(kOld));
  EXPECT_EQ("10", text_at(d, kShare));
  EXPECT_EQ("canary", text_at(d, "spec.canary[0].predictor.name"));
  EXPECT_EQ("gs://b/2", text_at(d, "spec.canary[0].predictor.model.storageUri"));
  EXPECT_EQ("90", text_at(d, kPercent));
  EXPECT_TRUE(warns_of(world.warnings(), "spec.canary"));
}

TEST(CanaryObject, BecomesAListInCompatibleToo) {
  World world(catalog_with(make_compatible));
  const Value d = world.create(world.service(
      "metadata: {annotations: {serving.kserve.io/deploymentMode: RawDeployment}}\n" + std::string(kOld)));
  EXPECT_EQ("10", text_at(d, kShare));
  EXPECT_EQ("gs://b/2", text_at(d, "spec.canary[0].predictor.model.storageUri"));
}

TEST(CanaryObject, KeepsTheUsersName) {
  World world;
  const Value d =
      world.create(world.service("spec: {predictor: {canaryTrafficPercent: 90, model: {modelFormat: {name: "
                                 "sklearn}}}, canary: {predictor: "
                                 "{name: next, model: {storageUri: 'gs://b/2'}}}}"));
  EXPECT_EQ("next", text_at(d, "spec.canary[0].predictor.name"));
}

TEST(CanaryObject, GetsNothingWithoutAPercentage) {
  World world;
  const Value d = world.create(world.service(
      "spec: {predictor: {model: {modelFormat: {name: sklearn}}}, canary: {predictor: {model: {}}}}"));
  EXPECT_EQ("0", text_at(d, kShare));
  EXPECT_TRUE(warns_of(world.warnings(), "spec.canary"));
}

TEST(CanaryObject, AnEmptyOneIsNone) {
  World world;
  const Value d =
      world.create(world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}}}, canary: {}}"));
  EXPECT_EQ("-", text_at(d, "spec.canary"));
}

TEST(CanaryObject, StaysInKnativeMode) {
  World world;
  const Value d = world.create(world.service(
      "metadata: {annotations: {serving.kserve.io/deploymentMode: Serverless}}\n" + std::string(kOld)));
  EXPECT_TRUE(at(d, "spec.canary")->IsObject());
}

TEST(CanaryShares, EitherAdjustsTheOther) {
  World world;
  const Value d = world.create(world.service(kOld));
  Value more = spec::clone(d, world.arena());
  merge_patch(more, world.yaml("spec: {predictor: {canaryTrafficPercent: 75}}"), world.arena());
  const Value e = world.update(more, d);
  EXPECT_EQ("25", text_at(e, kShare));

  Value other = spec::clone(e, world.arena());
  const_cast<Value*>(at(other, kShare))->SetInt(40);
  const Value f = world.update(other, e);
  EXPECT_EQ("40", text_at(f, kShare));
  EXPECT_EQ("60", text_at(f, kPercent));

  Value both = spec::clone(f, world.arena());
  const_cast<Value*>(at(both, kShare))->SetInt(5);
  const_cast<Value*>(at(both, kPercent))->SetInt(50);
  const Value g = world.update(both, f);
  EXPECT_EQ("5", text_at(g, kShare)) << "what is served counts";
  EXPECT_EQ("95", text_at(g, kPercent));
  EXPECT_TRUE(spec::equal(g, world.update(g, g)));

  // The old manifest again resets both.
  EXPECT_EQ("10", text_at(world.apply(world.service(kOld), g), kShare));
}

TEST(CanaryShares, AListOfTheUsersIsNotTouched) {
  World world;
  const Value d =
      world.create(world.service("spec: {predictor: {canaryTrafficPercent: 50, model: {modelFormat: {name: "
                                 "sklearn}}}, canary: [{trafficPercent: "
                                 "10, predictor: {name: c, model: {}}}]}"));
  EXPECT_EQ("10", text_at(d, kShare));
  EXPECT_EQ("50", text_at(d, kPercent));
  Value edited = spec::clone(d, world.arena());
  merge_patch(edited, world.yaml("spec: {predictor: {canaryTrafficPercent: 30}}"), world.arena());
  EXPECT_EQ("10", text_at(world.update(edited, d), kShare));
}

TEST(CanaryShares, PromotionRemovesTheCanary) {
  World world;
  const Value d = world.create(world.service(kOld));
  const Value e = world.update(
      world.service("spec: {predictor: {canaryTrafficPercent: 100, model: {modelFormat: {name: sklearn}}}}"),
      d);
  EXPECT_EQ("-", text_at(e, "spec.canary"));
  EXPECT_EQ(std::string::npos, listed(e).find("canary"));
}

constexpr std::string_view kTop =
    "spec: {canaryTrafficPercent: 20, predictor: {model: {modelFormat: {name: sklearn}}}}";

TEST(CanaryTrafficPercentAtTheTop, IsMovedWithAWarning) {
  World world;
  const Value d = world.create(world.service(kTop));
  EXPECT_EQ("20", text_at(d, kPercent));
  EXPECT_EQ("-", text_at(d, "spec.canaryTrafficPercent"));
  EXPECT_TRUE(warns_of(world.warnings(), "spec.canaryTrafficPercent"));
  EXPECT_TRUE(warns_of(world.warnings(), kPercent)) << "without effect in Standard mode";
}

TEST(CanaryTrafficPercentAtTheTop, FollowsTheManifest) {
  World world;
  const Value d = world.create(world.service(kTop));
  const Value thirty =
      world.service("spec: {canaryTrafficPercent: 30, predictor: {model: {modelFormat: {name: sklearn}}}}");
  const Value e = world.apply(thirty, d);
  EXPECT_EQ("30", text_at(e, kPercent));
  EXPECT_TRUE(spec::equal(e, world.update(thirty, d)));
}

TEST(CanaryTrafficPercentAtTheTop, IsReplacedByThePredictors) {
  World world;
  const Value d =
      world.create(world.service("spec: {canaryTrafficPercent: 20, predictor: {canaryTrafficPercent: 60, "
                                 "model: {modelFormat: {name: sklearn}}}}"));
  EXPECT_EQ("60", text_at(d, kPercent));
  EXPECT_EQ("-", text_at(d, "spec.canaryTrafficPercent"));
  EXPECT_TRUE(warns_of(world.warnings(), "spec.canaryTrafficPercent"));
}

TEST(CanaryTrafficPercentAtTheTop, SharesWithTheCanaryObject) {
  World world;
  const Value manifest = world.service(
      "spec: {canaryTrafficPercent: 80, predictor: {model: {modelFormat: {name: sklearn}}}, canary: "
      "{predictor: "
      "{model: {storageUri: 'gs://b/2'}}}}");
  const Value d = world.create(manifest);
  EXPECT_EQ("20", text_at(d, kShare));
  EXPECT_EQ("80", text_at(d, kPercent));
  EXPECT_TRUE(spec::equal(d, world.apply(manifest, d)));
  EXPECT_TRUE(spec::equal(d, world.update(d, d)));
}

}  // namespace
}  // namespace modelgate::defaulting
