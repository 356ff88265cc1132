// SPDX-License-Identifier: Apache-2.0
//
// The legacy spellings of a canary.
#include <gtest/gtest.h>

#include <tuple>

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

TEST(CanaryTrafficPercentAtTheTop, ReplacesThePredictors) {
  World world;
  const Value both = world.service(
      "spec: {canaryTrafficPercent: 20, predictor: {canaryTrafficPercent: 60, "
      "model: {modelFormat: {name: sklearn}}}}");
  const Value d = world.create(both);
  EXPECT_EQ("20", text_at(d, kPercent));
  EXPECT_TRUE(spec::equal(d, world.apply(both, d)));
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

// Sequences of writes. After each, the percentage of the predictor and the share of the canary.

enum class Write {
  kApply,    // kubectl apply: over the stored object
  kPatch,    // kubectl patch --type merge
  kReplace,  // kubectl replace, a PUT
};

struct Step {
  Write write;
  std::string_view yaml;
  const char* percent;
  const char* share;
};

struct Sequence {
  const char* name;
  std::string_view create;
  std::vector<Step> steps;
};
void PrintTo(const Sequence& s, std::ostream* os) {
  *os << s.name;
}

constexpr std::string_view kDocumented =
    "spec: {predictor: {canaryTrafficPercent: 20, model: {modelFormat: {name: sklearn}}}, "
    "canary: {predictor: {model: {storageUri: 'gs://b/2'}}}}";
constexpr std::string_view kTopAndObject =
    "spec: {canaryTrafficPercent: 20, predictor: {model: {modelFormat: {name: sklearn}}}, "
    "canary: {predictor: {model: {storageUri: 'gs://b/2'}}}}";
constexpr std::string_view kNoPercent =
    "spec: {predictor: {model: {modelFormat: {name: sklearn}}}, "
    "canary: {predictor: {model: {storageUri: 'gs://b/2'}}}}";
constexpr std::string_view kList =
    "spec: {predictor: {model: {modelFormat: {name: sklearn}}}, "
    "canary: [{trafficPercent: 80, predictor: {name: c, model: {storageUri: 'gs://b/2'}}}]}";
constexpr std::string_view kTopAndList =
    "spec: {canaryTrafficPercent: 90, predictor: {canaryTrafficPercent: 30, model: {modelFormat: {name: "
    "sklearn}}}, canary: [{trafficPercent: 80, predictor: {name: c, model: {storageUri: 'gs://b/2'}}}]}";

constexpr std::string_view kTop100 = "spec: {canaryTrafficPercent: 100}";
constexpr std::string_view kTop0 = "spec: {canaryTrafficPercent: 0}";
constexpr std::string_view kTopRemoved = "spec: {canaryTrafficPercent: null}";
constexpr std::string_view kPredictors40 = "spec: {predictor: {canaryTrafficPercent: 40}}";
constexpr std::string_view kPredictorsRemoved = "spec: {predictor: {canaryTrafficPercent: null}}";

/// RFC 7386 with null, which removes.
void remove_or_merge(Value& target, std::string_view yaml, World& world) {
  if (!yaml.contains("null")) return merge_patch(target, world.yaml(yaml), world.arena());
  Value* spec = spec::find(target, "spec");
  Value* at = yaml.contains("predictor") ? spec::find(*spec, "predictor") : spec;
  at->RemoveMember("canaryTrafficPercent");
}

class CanarySequence : public testing::TestWithParam<std::tuple<Sequence, bool>> {};

TEST_P(CanarySequence, TheNewestPercentageWins) {
  const auto& [sequence, compatible] = GetParam();
  World world(catalog_with([&](spec::Configuration& c) {
    if (compatible) make_compatible(c);
  }));
  constexpr std::string_view kMode =
      "metadata: {annotations: {serving.kserve.io/deploymentMode: Standard}}\n";
  const auto manifest = [&](std::string_view yaml) {
    return world.service(std::string(kMode) + std::string(yaml));
  };
  Value stored = world.create(manifest(sequence.create));
  for (const Step& step : sequence.steps) {
    switch (step.write) {
      case Write::kApply:
        stored = world.apply(manifest(step.yaml), stored);
        break;
      case Write::kPatch: {
        Value patched = spec::clone(stored, world.arena());
        remove_or_merge(patched, step.yaml, world);
        stored = world.update(patched, stored);
        break;
      }
      case Write::kReplace:
        stored = world.update(manifest(step.yaml), stored);
        break;
    }
    EXPECT_EQ(step.percent, text_at(stored, kPercent)) << step.yaml;
    EXPECT_EQ(step.share, text_at(stored, kShare)) << step.yaml;
    EXPECT_EQ("-", text_at(stored, "spec.canaryTrafficPercent"));
    EXPECT_TRUE(spec::equal(stored, world.update(stored, stored))) << step.yaml;
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, CanarySequence,
    testing::Combine(testing::Values(Sequence{"Documented",
                                              kDocumented,
                                              {{Write::kPatch, kTop100, "100", "0"},
                                               {Write::kPatch, kTop0, "0", "100"},
                                               {Write::kPatch, kTopRemoved, "0", "100"},
                                               {Write::kApply, kDocumented, "20", "80"},
                                               {Write::kPatch, kTop100, "100", "0"},
                                               {Write::kReplace, kDocumented, "20", "80"}}},
                                     Sequence{"TopAndObject",
                                              kTopAndObject,
                                              {{Write::kPatch, kTop100, "100", "0"},
                                               {Write::kApply, kTopAndObject, "20", "80"},
                                               {Write::kPatch, kPredictors40, "40", "60"},
                                               {Write::kPatch, kTop100, "100", "0"},
                                               {Write::kReplace, kTopAndObject, "20", "80"}}},
                                     Sequence{"TheOtherPercentageLater",
                                              kDocumented,
                                              {{Write::kPatch, kTop100, "100", "0"},
                                               {Write::kPatch, kPredictors40, "40", "60"}}},
                                     Sequence{"PercentageRemoved",
                                              kDocumented,
                                              {{Write::kPatch, kPredictorsRemoved, "-", "0"},
                                               {Write::kPatch, kPredictors40, "40", "60"}}},
                                     Sequence{"NoPercentage",
                                              kNoPercent,
                                              {{Write::kPatch, kTop100, "100", "0"},
                                               {Write::kPatch, kPredictors40, "40", "60"},
                                               {Write::kApply, kNoPercent, "40", "60"}}},
                                     Sequence{"List",
                                              kList,
                                              {{Write::kPatch, kTop100, "100", "0"},
                                               {Write::kPatch, kTop0, "0", "100"},
                                               {Write::kApply, kList, "20", "80"}}},
                                     Sequence{"BothInOneManifest",
                                              kTopAndList,
                                              {{Write::kApply, kTopAndList, "90", "10"},
                                               {Write::kReplace, kTopAndList, "90", "10"}}}),
                     testing::Bool()),
    [](const auto& info) {
      return std::string(std::get<0>(info.param).name) + (std::get<1>(info.param) ? "InCompatible" : "");
    });

TEST(CanaryTrafficPercentAtTheTop, CannotDivideBetweenSeveralCanaries) {
  World world;
  const Value d = world.create(world.service(
      "spec: {canaryTrafficPercent: 90, predictor: {model: {modelFormat: {name: sklearn}}}, canary: "
      "[{trafficPercent: 5, predictor: {name: a}}, {trafficPercent: 7, predictor: {name: b}}]}"));
  EXPECT_EQ("5", text_at(d, kShare));
  EXPECT_EQ("7", text_at(d, "spec.canary[1].trafficPercent"));
  EXPECT_TRUE(warns_of(world.warnings(), kPercent));
}

TEST(CanaryTrafficPercentAtTheTop, WinsAfterAServerSideApply) {
  World world;
  const Value manifest = world.service(kDocumented);
  const Value d = world.create(manifest);
  Value patched = spec::clone(d, world.arena());
  merge_patch(patched, world.yaml(kTop100), world.arena());
  const Value e = world.update(patched, d);
  // The API server merges the applied fields: the list, which no one owns, becomes the object again.
  Value again = spec::clone(e, world.arena());
  merge_patch(again, world.yaml(kTopAndObject), world.arena());
  const Value f = world.update(again, e);
  EXPECT_EQ("20", text_at(f, kPercent));
  EXPECT_EQ("80", text_at(f, kShare));
}

}  // namespace
}  // namespace modelgate::defaulting
