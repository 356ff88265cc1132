// SPDX-License-Identifier: Apache-2.0
//
// How long the containers of a deleted Pod continue to serve.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>

#include "tests/workload/pods/pod_world.h"

namespace modelgate::workload {
namespace {

struct Row {
  const char* name;
  const char* pod;
  const char* want;  // the hook of the first container, "" if it has none
  std::optional<std::uint16_t> seconds = std::nullopt;
  bool strict = true;
};

constexpr const char* kSleepsFive = R"({"sleep":{"seconds":5}})";
constexpr const char* kServer = "spec: {containers: [{name: kserve-container}]}";

Mutated mutated(const Row& row, PodWorld& world) {
  return world.mutate(world.pod(row.pod));
}

PodWorld::Change change_of(const Row& row) {
  return [&row](spec::Configuration& c) {
    if (!row.strict) make_compatible(c);
    c.modelgate.pre_stop_seconds = row.seconds;
  };
}

class PreStop : public testing::TestWithParam<Row> {};

TEST_P(PreStop, OfAContainer) {
  const Row& row = GetParam();
  PodWorld world({}, change_of(row));
  const Mutated m = mutated(row, world);
  ASSERT_TRUE(m.allowed) << m.error_texts;
  EXPECT_EQ(m.text("/spec/containers/0/lifecycle/preStop"), row.want);
  EXPECT_EQ(world.mutate(m.pod).patch, "[]");
}

INSTANTIATE_TEST_SUITE_P(
    All, PreStop,
    testing::Values(
        Row{"by_default", kServer, kSleepsFive},
        Row{"as_configured", kServer, R"({"sleep":{"seconds":9}})", 9}, Row{"turned_off", kServer, "", 0},
        Row{"not_in_kserves_pods", kServer, "", std::nullopt, false},
        Row{"in_kserves_pods_if_configured", kServer, R"({"sleep":{"seconds":3}})", 3, false},
        Row{"own_hook_stays",
            "spec: {containers: [{name: kserve-container, lifecycle: {preStop: {exec: {command: [drain]}}}}]}",
            R"({"exec":{"command":["drain"]}})"},
        Row{"beside_another_hook",
            "spec: {containers: [{name: kserve-container, lifecycle: {postStart: {exec: {command: [warm]}}}}]}",
            kSleepsFive},
        Row{"half_of_a_short_grace_period",
            "spec: {terminationGracePeriodSeconds: 7, containers: [{name: kserve-container}]}",
            R"({"sleep":{"seconds":3}})"},
        Row{"all_of_it_in_a_long_one",
            "spec: {terminationGracePeriodSeconds: 10, containers: [{name: kserve-container}]}", kSleepsFive},
        Row{"no_grace_period",
            "spec: {terminationGracePeriodSeconds: 1, containers: [{name: kserve-container}]}", ""},
        Row{"knative_does_it_itself",
            "metadata: {labels: {serving.knative.dev/revision: iris-1}}\nspec: {containers: [{name: kserve-container}]}",
            ""},
        Row{"transformer", "spec: {containers: [{name: transformer-container}]}", kSleepsFive}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(PreStopTest, EveryContainerServesUntilThenAndInitContainersEnd) {
  PodWorld world;
  const Mutated m = world.mutate(world.pod(R"(
metadata: {annotations: {internal.serving.kserve.io/storage-initializer-sourceuri: "s3://models/iris",
                         internal.serving.kserve.io/logger: "true"}}
spec: {containers: [{name: kserve-container}, {name: proxy}]})"));
  ASSERT_TRUE(m.allowed) << m.error_texts;
  for (const char* name : {"kserve-container", "proxy", "agent"}) {
    const spec::Value* container = m.container(name);
    ASSERT_TRUE(container) << name;
    EXPECT_EQ(spec::to_json(*spec::find(*container, "lifecycle")), R"({"preStop":{"sleep":{"seconds":5}}})")
        << name;
  }
  EXPECT_EQ(m.text("/spec/initContainers/0/lifecycle"), "");
}

}  // namespace
}  // namespace modelgate::workload
