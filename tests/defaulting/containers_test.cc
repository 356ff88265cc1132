// SPDX-License-Identifier: Apache-2.0
//
// Containers and canaries whose names are missing, equal, or that of the serving container: no default and no
// withdrawal may lose one, or a value of it.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <array>
#include <tuple>

#include "tests/defaulting/world.h"

namespace modelgate::defaulting {
namespace {

using spec::Value;

constexpr std::string_view kServing = "kserve-container";

/// All lists of one to three names.
std::vector<std::vector<std::string>> name_lists() {
  static const std::array<std::string, 4> kNames = {"", "w", "x", std::string(kServing)};
  std::vector<std::vector<std::string>> out;
  for (const std::string& a : kNames) {
    out.push_back({a});
    for (const std::string& b : kNames) {
      out.push_back({a, b});
      for (const std::string& c : kNames) out.push_back({a, b, c});
    }
  }
  return out;
}

/// Containers with different images. Their resources are like defaults, or are missing.
std::string containers(const std::vector<std::string>& names) {
  std::string out = "[";
  for (std::size_t i = 0; i < names.size(); ++i) {
    out += fmt::format("{}{{{}image: i{}, env: [{{name: A, value: a{}}}, {{name: A, value: b}}]{}}}",
                       i ? ", " : "", names[i].empty() ? "" : fmt::format("name: {}, ", names[i]), i, i,
                       i == 1 ? ", resources: {requests: {cpu: '1'}, limits: {memory: 2Gi}}" : "");
  }
  return out + "]";
}

struct Place {
  const char* name;
  const char* spec;  // "{}" is the list
  const char* path;
};

constexpr Place kPlaces[] = {
    {"Transformer",
     "{{predictor: {{model: {{modelFormat: {{name: sklearn}}}}}}, transformer: {{containers: {}}}}}",
     "spec.transformer.containers"},
    {"Explainer",
     "{{predictor: {{model: {{modelFormat: {{name: sklearn}}}}}}, explainer: {{containers: {}}}}}",
     "spec.explainer.containers"},
    {"Predictor", "{{predictor: {{containers: {}}}}}", "spec.predictor.containers"},
    {"Sidecars", "{{predictor: {{model: {{modelFormat: {{name: sklearn}}}}, containers: {}}}}}",
     "spec.predictor.containers"},
    {"InitContainers",
     "{{predictor: {{model: {{modelFormat: {{name: sklearn}}}}}}, transformer: {{containers: [{{name: t}}], "
     "initContainers: {}}}}}",
     "spec.transformer.initContainers"},
    {"Workers",
     "{{predictor: {{model: {{modelFormat: {{name: huggingface}}}}, workerSpec: {{containers: {}}}}}}}",
     "spec.predictor.workerSpec.containers"},
    {"Canary",
     "{{predictor: {{model: {{modelFormat: {{name: sklearn}}}}}}, canary: [{{predictor: {{name: c, containers: "
     "{}}}}}]}}",
     "spec.canary[0].predictor.containers"},
};

class Containers : public testing::TestWithParam<std::tuple<Place, bool>> {
 protected:
  World world_{catalog_with([](spec::Configuration& c) {
    if (std::get<1>(GetParam())) make_compatible(c);
  })};
  const Place& place() const { return std::get<0>(GetParam()); }

  Value manifest(const std::vector<std::string>& names) {
    return world_.service("spec: " + fmt::format(fmt::runtime(place().spec), containers(names)));
  }

  /// Each container has what the user wrote, at its place; its name may be that of the serving container.
  void expect_same_containers(const Value& manifest, const Value& stored, const std::string& what) {
    const Value* wrote = at(manifest, place().path);
    const Value* have = at(stored, place().path);
    ASSERT_NE(nullptr, have) << what;
    ASSERT_EQ(wrote->Size(), have->Size()) << what;
    for (rapidjson::SizeType i = 0; i < wrote->Size(); ++i) {
      const std::string_view name = spec::ObjectView((*have)[i]).string("name");
      const std::string_view wanted = spec::ObjectView((*wrote)[i]).string("name");
      EXPECT_TRUE(name == wanted || (i == 0 && name == kServing)) << what;
      expect_has((*wrote)[i], (*have)[i], what);
    }
  }

  void expect_has(const Value& wrote, const Value& have, const std::string& what) {
    for (const auto& m : wrote.GetObject()) {
      const std::string_view key = spec::text_of(m.name);
      const Value* v = spec::find(have, key);
      if (key == "name") continue;
      ASSERT_NE(nullptr, v) << what << " " << key;
      if (m.value.IsObject()) {
        expect_has(m.value, *v, what);
      } else {
        EXPECT_TRUE(spec::equal(m.value, *v)) << what << " " << key;
      }
    }
  }
};

TEST_P(Containers, AreNeverLost) {
  for (const auto& names : name_lists()) {
    const std::string what = fmt::format("[{}]", fmt::join(names, ","));
    const Value wrote = manifest(names);
    const Value stored = world_.create(wrote);
    expect_same_containers(wrote, stored, what + " created");
    EXPECT_TRUE(spec::equal(stored, world_.update(stored, stored))) << what;
    EXPECT_TRUE(spec::equal(stored, world_.apply(wrote, stored))) << what;
    EXPECT_TRUE(spec::equal(stored, world_.update(wrote, stored))) << what;

    Value edited = spec::clone(stored, world_.arena());
    merge_patch(edited, world_.yaml("spec: {predictor: {minReplicas: 2}}"), world_.arena());
    const Value after = world_.update(edited, stored);
    expect_same_containers(wrote, after, what + " updated");
    EXPECT_EQ("2", text_at(after, "spec.predictor.minReplicas")) << what;
    EXPECT_TRUE(spec::equal(after, world_.update(after, after))) << what;
    const Value back = world_.apply(wrote, after);
    expect_same_containers(wrote, back, what + " applied again");
  }
}

INSTANTIATE_TEST_SUITE_P(All, Containers, testing::Combine(testing::ValuesIn(kPlaces), testing::Bool()),
                         [](const auto& info) {
                           return std::string(std::get<0>(info.param).name) +
                                  (std::get<1>(info.param) ? "InCompatible" : "");
                         });

/// As stored before a former name was recorded only if it identifies the container.
TEST(TwoContainersOfOneName, StayTwoWithAnEarlierRecord) {
  World world;
  for (const char* component : {"transformer", "explainer"}) {
    const Value manifest = world.service(fmt::format(
        "spec: {{predictor: {{model: {{modelFormat: {{name: sklearn}}}}}}, {}: {{containers: [{{name: w, image: one}}, "
        "{{name: w, image: two}}]}}}}",
        component));
    const std::string path = fmt::format("spec.{}.containers", component);
    Value stored = world.create(manifest);
    Value& annotation = *const_cast<Value*>(at(stored, "metadata.annotations[modelgate.io/defaults]"));
    std::string record(spec::text_of(annotation));
    EXPECT_FALSE(record.contains("was=")) << record;
    record.insert(1, fmt::format(R"("{}[name=kserve-container].name":"was=w {}",)", path,
                                 spec::digest(spec::make_literal("kserve-container"))));
    annotation.SetString(record.data(), static_cast<rapidjson::SizeType>(record.size()), world.arena());
    for (int i = 0; i < 2; ++i) {
      Value edited = spec::clone(stored, world.arena());
      merge_patch(edited, world.yaml(fmt::format("spec: {{{}: {{minReplicas: {}}}}}", component, i + 2)),
                  world.arena());
      stored = world.update(edited, stored);
      ASSERT_EQ(2U, at(stored, path)->Size());
      EXPECT_EQ("one", text_at(stored, path + "[0].image"));
      EXPECT_EQ("two", text_at(stored, path + "[1].image"));
    }
  }
}

constexpr std::string_view kOwners =
    R"([{{"manager":"a","operation":"{}","fieldsV1":{{"f:spec":{{"f:transformer":{{"f:containers":{{{}}}}}}}}}}}])";

struct Owned {
  const char* name;
  const char* operation;
  const char* containers;
  std::size_t left;
};

/// Two containers where one was before: one that was applied again, or a new one of the user's.
TEST(ARenamedContainer, IsMergedOnlyIfItWasAppliedAgain) {
  const Owned rows[] = {
      {"AppliedAgain", "Apply", R"("k:{\"name\":\"mine\"}":{"f:image":{}})", 1},
      {"AppliedBoth", "Apply", R"("k:{\"name\":\"mine\"}":{},"k:{\"name\":\"kserve-container\"}":{})", 2},
      {"AppliedOurs", "Apply", R"("k:{\"name\":\"kserve-container\"}":{})", 2},
      {"Edited", "Update", R"("k:{\"name\":\"mine\"}":{})", 2},
      {"OwnsNothing", "Apply", "", 2},
  };
  for (const Owned& row : rows) {
    World world;
    const Value d =
        world.create(world.service("spec: {transformer: {containers: [{name: mine, image: one}]}}"));
    Value merged = spec::clone(d, world.arena());
    const_cast<Value*>(at(merged, "spec.transformer.containers"))
        ->PushBack(world.yaml("{name: mine, image: two}"), world.arena());
    world.managed_fields = fmt::format(fmt::runtime(kOwners), row.operation, row.containers);
    const Value e = world.update(merged, d);
    EXPECT_EQ(row.left, at(e, "spec.transformer.containers")->Size()) << row.name;
    EXPECT_TRUE(spec::equal(e, world.update(e, e))) << row.name;
  }
}

/// Canaries of one name, and of none: each has its own defaults.
TEST(CanariesOfOneName, KeepTheirValues) {
  for (const char* names : {"name: c,|name: c,", "|", "name: c,|", "|name: c,"}) {
    World world;
    const std::string_view both(names);
    const std::string_view first = both.substr(0, both.find('|'));
    const std::string_view second = both.substr(both.find('|') + 1);
    const Value manifest = world.service(fmt::format(
        "spec: {{predictor: {{model: {{modelFormat: {{name: sklearn}}}}}}, canary: [{{trafficPercent: 1, predictor: {{{} "
        "minReplicas: 3, sklearn: {{storageUri: 'gs://a'}}}}}}, {{trafficPercent: 2, predictor: {{{} minReplicas: 4, "
        "model: {{modelFormat: {{name: xgboost}}, storageUri: 'gs://b', resources: {{limits: {{nvidia.com/gpu: "
        "1}}}}}}}}}}]}}",
        first, second));
    const Value d = world.create(manifest);
    Value edited = spec::clone(d, world.arena());
    merge_patch(edited, world.yaml("metadata: {labels: {a: b}}"), world.arena());
    merge_patch(edited, world.yaml("spec: {predictor: {minReplicas: 5}}"), world.arena());
    const Value e = world.update(edited, d);
    EXPECT_TRUE(spec::equal(*at(d, "spec.canary"), *at(e, "spec.canary"))) << names;
    EXPECT_EQ("gs://a", text_at(e, "spec.canary[0].predictor.model.storageUri"));
    EXPECT_EQ("gs://b", text_at(e, "spec.canary[1].predictor.model.storageUri"));
    EXPECT_EQ("4", text_at(e, "spec.canary[1].predictor.minReplicas"));
    EXPECT_TRUE(spec::equal(e, world.update(e, e))) << names;
    EXPECT_TRUE(spec::equal(d, world.apply(manifest, d))) << names;
  }
}

/// A toleration of the user's that has our key.
TEST(TwoTolerationsOfOneKey, AreBothKept) {
  World world;
  const Value d = world.create(world.service(
      "spec: {predictor: {model: {modelFormat: {name: sklearn}, resources: {limits: {nvidia.com/gpu: 1}}}}}"));
  Value edited = spec::clone(d, world.arena());
  Value& list = *const_cast<Value*>(at(edited, "spec.predictor.tolerations"));
  Value ours = spec::clone(list[0], world.arena());
  list[0] = world.yaml("{key: nvidia.com/gpu, operator: Exists, effect: NoSchedule, tolerationSeconds: 5}");
  list.PushBack(ours, world.arena());
  const Value e = world.update(edited, d);
  EXPECT_EQ("5", text_at(e, "spec.predictor.tolerations[0].tolerationSeconds"));
  EXPECT_EQ(1U, at(e, "spec.predictor.tolerations")->Size())
      << "ours is withdrawn: the user's tolerates the same";
  EXPECT_TRUE(spec::equal(e, world.update(e, e)));
}

}  // namespace
}  // namespace modelgate::defaulting
