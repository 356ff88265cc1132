// SPDX-License-Identifier: Apache-2.0
//
// The record: paths by merge key, and which record is trusted.
#include "defaulting/written.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/defaulting/world.h"

namespace modelgate::defaulting {
namespace {

using spec::FieldPath;
using spec::Value;

constexpr std::string_view kAnnotation = "metadata.annotations[modelgate.io/defaults]";

struct PathCase {
  const char* name;
  FieldPath path;
  const char* text;
};

const FieldPath kRoot;

const PathCase kPathCases[] = {
    {"Members", kRoot / "spec" / "a" / "b", "spec.a.b"},
    {"Keys", (kRoot / "metadata" / "annotations").key("x.y/z"), "metadata.annotations[x.y/z]"},
    {"Containers", (kRoot / "spec" / "containers")[1] / "image", "spec.containers[name=two].image"},
    {"Canaries", (kRoot / "spec" / "canary")[0] / "trafficPercent", "spec.canary[name=c].trafficPercent"},
    {"Tolerations", (kRoot / "spec" / "tolerations")[1],
     "spec.tolerations[key=k,operator=Exists,effect=NoSchedule]"},
    {"WithoutAKey", (kRoot / "spec" / "list")[1], "spec.list[1]"},
    {"NamesThatCannotBeWritten", (kRoot / "spec" / "containers")[2] / "image", "spec.containers[2].image"},
};

class KeyedPaths : public testing::TestWithParam<PathCase> {};

TEST_P(KeyedPaths, ThereAndBack) {
  World world;
  const Value root = world.yaml(R"(
metadata: {annotations: {x.y/z: "1"}}
spec:
  a: {b: 1}
  containers: [{name: one, image: i}, {name: two, image: j}, {name: "a=b]", image: k}]
  canary: [{predictor: {name: c}, trafficPercent: 1}]
  tolerations: [{key: k, operator: Exists}, {key: k, operator: Exists, effect: NoSchedule}]
  list: [1, 2]
)");
  const std::string text = keyed_text(root, GetParam().path);
  EXPECT_EQ(GetParam().text, text);
  const auto place = resolve(root, text);
  ASSERT_TRUE(place);
  const Value* v = place->find_in(root);
  ASSERT_NE(nullptr, v);
  if (std::string_view(GetParam().name) != "Tolerations") EXPECT_EQ(GetParam().path.find_in(root), v);
}

INSTANTIATE_TEST_SUITE_P(Cases, KeyedPaths, testing::ValuesIn(kPathCases),
                         [](const auto& info) { return info.param.name; });

TEST(KeyedPathsThatLeadNowhere, GiveNothing) {
  World world;
  const Value root = world.yaml("{a: {b: [{name: x}]}, c: text}");
  for (const char* text : {"a.z", "a.b[name=y]", "a.b[7]", "a.b[", "a.b[name", "c.d", "c[0]", "a[b", "[]",
                           "a..b", ".", "a.b[-1]", "a.b[99999999999999999999]"}) {
    EXPECT_FALSE(resolve(root, std::string_view(text))) << text;
  }
}

TEST(Record, IsNotTakenFromTheIncomingObject) {
  World world;
  Value forged =
      world.service("spec: {predictor: {minReplicas: 3, model: {modelFormat: {name: sklearn}, runtime: r}}}");
  const std::string record = "{\"spec.predictor.minReplicas\":\"resources " + spec::digest(Value(3)) + "\"}";
  Value annotations(rapidjson::kObjectType);
  spec::set_member(annotations, kDefaultsAnnotation, spec::make_string(record, world.arena()), world.arena());
  spec::set_member(*spec::find(forged, "metadata"), "annotations", std::move(annotations), world.arena());
  const Value d = world.create(forged);
  EXPECT_EQ("3", text_at(d, "spec.predictor.minReplicas"));
  EXPECT_EQ(std::string::npos, listed(d).find("minReplicas"));

  const Value stored =
      world.create(world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}}}}"));
  const Value e = world.update(forged, stored);
  EXPECT_EQ("3", text_at(e, "spec.predictor.minReplicas"));
  EXPECT_EQ(std::string::npos, listed(e).find("minReplicas"));
}

TEST(Record, IsRemovedIfThereIsNothingToList) {
  World world(catalog_with([](spec::Configuration& c) {
    make_compatible(c);
    c.deploy.default_deployment_mode = "Knative";
  }));
  const Value d =
      world.create(world.service("{metadata: {annotations: {modelgate.io/defaults: '{}', modelFormat: x}}, "
                                 "spec: {predictor: {model: {modelFormat: {name: sklearn}}}}}"));
  EXPECT_EQ("-", text_at(d, kAnnotation));
  const Value e = world.create(world.service("{metadata: {annotations: {modelgate.io/defaults: '{}'}}}"));
  EXPECT_EQ("-", text_at(e, "metadata.annotations")) << "no empty map is left";
}

TEST(Record, IsSortedAndReportedToTheAudit) {
  World world;
  const Value d = world.create(world.service("spec: {predictor: {sklearn: {}}}"));
  std::string paths;
  for (const std::string& p : world.outcome().filled) paths += (paths.empty() ? "" : "\n") + p;
  EXPECT_EQ(paths, listed(d));
  EXPECT_TRUE(std::ranges::is_sorted(world.outcome().filled));
}

// A broken record is ignored: what it listed is the user's.
const char* const kBrokenRecords[] = {
    "",
    "{",
    "[]",
    "1",
    "{\"a\":1}",
    "{\"spec.predictor.model.runtime\":\"runtime\"}",
    "{\"\":\"runtime 0\"}",
    "{\"spec.predictor.model.runtime\":\"runtime 0\"}",
    "{\"spec.predictor.model.runtime\":\"runtime 0\",\"spec.predictor.model.runtime\":\"runtime 1\"}",
};

TEST(Record, ABrokenOneIsIgnored) {
  for (const char* record : kBrokenRecords) {
    World world;
    const Value good =
        world.create(world.service("spec: {predictor: {model: {modelFormat: {name: sklearn}}}}"));
    Value stored = spec::clone(good, world.arena());
    const_cast<Value*>(at(stored, kAnnotation))->SetString(record, world.arena());
    const Value e = world.update(stored, stored);
    EXPECT_EQ("kserve-sklearnserver", text_at(e, "spec.predictor.model.runtime")) << record;
    EXPECT_EQ(std::string::npos, listed(e).find("runtime")) << record;
  }
}

TEST(Record, FollowsElementsThatMove) {
  World world;
  const Value d = world.create(world.service(
      "spec: {predictor: {tolerations: [{key: a, operator: Exists}], model: {modelFormat: {name: sklearn}, "
      "resources: {limits: {nvidia.com/gpu: 1}}}}}"));
  Value edited = spec::clone(d, world.arena());
  Value& list = *const_cast<Value*>(at(edited, "spec.predictor.tolerations"));
  list.Erase(list.Begin());
  const_cast<Value*>(at(edited, "spec.predictor.model.resources.limits"))->RemoveAllMembers();
  EXPECT_EQ("-", toleration_keys(world.update(edited, d), "spec.predictor"));
}

}  // namespace
}  // namespace modelgate::defaulting
