// SPDX-License-Identifier: Apache-2.0
#include "reconciler/metrics/service_measures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace modelgate::reconciler {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

spec::Value json(std::string_view text, spec::Arena& arena) {
  return spec::parse_json(text, arena).value();
}

constexpr const char* kService =
    R"({"metadata": {"name": "m", "uid": "u", "creationTimestamp": "2026-01-31T23:59:50Z"}})";
constexpr const char* kReady =
    R"({"phase": "Ready", "conditions": [
         {"type": "PredictorReady", "status": "True", "lastTransitionTime": "2026-02-01T00:00:01Z"},
         {"type": "Ready", "status": "True", "lastTransitionTime": "2026-02-01T00:00:20Z"}]})";

// The inputs of one reconcile; each text may be replaced.
struct World {
  const char* service = kService;
  const char* status = kReady;
  std::vector<const char*> wanted = {};
  std::vector<const char*> deployments = {};
  std::vector<const char*> pods = {};

  ServiceMeasures measure() {
    spec::Arena arena;
    std::vector<workload::WantedObject> objects;
    for (const char* text : wanted)
      objects.push_back({.object = json(text, arena), .component = "predictor"});
    std::vector<spec::Value> values;
    values.reserve(deployments.size() + pods.size());  // they are pointed to
    workload::Observed observed;
    for (const char* text : deployments)
      observed.deployments.push_back(&values.emplace_back(json(text, arena)));
    for (const char* text : pods) observed.pods.push_back(&values.emplace_back(json(text, arena)));
    const spec::Value its_service = json(service, arena);
    const spec::Value its_status = json(status, arena);
    return reconciler::measure(its_service, its_status, objects, observed);
  }
};

TEST(ServiceMeasures, OfAReadyService) {
  const ServiceMeasures measures = World{}.measure();
  EXPECT_EQ(measures.uid, "u");
  EXPECT_EQ(measures.phase, "Ready");
  EXPECT_TRUE(measures.ready);
  EXPECT_EQ(measures.created_to_ready_seconds, 30);
  EXPECT_EQ(measures.model_load_seconds, std::nullopt);
  EXPECT_EQ(measures.replicas_wanted, 0);
}

TEST(ServiceMeasures, OfOneThatIsNotReady) {
  const ServiceMeasures measures =
      World{.status = R"({"phase": "Loading", "conditions": [{"type": "Ready", "status": "False",
                          "lastTransitionTime": "2026-02-01T00:00:20Z"}]})"}
          .measure();
  EXPECT_FALSE(measures.ready);
  EXPECT_EQ(measures.phase, "Loading");
  EXPECT_EQ(measures.created_to_ready_seconds, std::nullopt);
}

struct TimeCase {
  const char* name;
  const char* created;
  const char* ready;
  std::optional<double> seconds;
};

class Times : public testing::TestWithParam<TimeCase> {};

TEST_P(Times, AreReadFromObjects) {
  const std::string service =
      std::string(R"({"metadata": {"creationTimestamp": ")") + GetParam().created + "\"}}";
  const std::string status =
      std::string(R"({"conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": ")") +
      GetParam().ready + "\"}]}";
  EXPECT_EQ((World{.service = service.c_str(), .status = status.c_str()}.measure().created_to_ready_seconds),
            GetParam().seconds);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Times,
    testing::Values(TimeCase{"Same", "2026-01-01T00:00:00Z", "2026-01-01T00:00:00Z", 0},
                    TimeCase{"LeapDay", "2028-02-28T23:59:59Z", "2028-03-01T00:00:00Z", 86401},
                    TimeCase{"ClocksDisagree", "2026-01-01T00:00:01Z", "2026-01-01T00:00:00Z", std::nullopt},
                    TimeCase{"NotCreatedYet", "", "2026-01-01T00:00:00Z", std::nullopt},
                    TimeCase{"NoSuchDay", "2026-02-29T00:00:00Z", "2026-03-01T00:00:00Z", std::nullopt},
                    TimeCase{"NotInUtc", "2026-01-01T00:00:00+01:00", "2026-01-02T00:00:00Z", 90000},
                    TimeCase{"Garbage", "yesterday", "2026-01-02T00:00:00Z", std::nullopt}),
    [](const auto& info) { return info.param.name; });

constexpr const char* kFetchedPod = R"({
  "metadata": {"uid": "p1", "labels": {"component": "predictor"}, "creationTimestamp": "2026-01-01T00:00:00Z"},
  "status": {"startTime": "2026-01-01T00:00:01Z",
    "initContainerStatuses": [{"state": {"terminated": {"startedAt": "2026-01-01T00:00:10Z"}}}],
    "containerStatuses": [{"state": {"running": {"startedAt": "2026-01-01T00:00:30Z"}}}],
    "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-01T00:00:50Z"}]}})";
constexpr const char* kNewerPod = R"({
  "metadata": {"uid": "p2", "labels": {"component": "predictor"}, "creationTimestamp": "2026-01-02T00:00:00Z"},
  "status": {"containerStatuses": [{"state": {"running": {"startedAt": "2026-01-02T00:00:03Z"}}}],
    "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-02T00:00:05Z"}]}})";
constexpr const char* kLoadingPod = R"({
  "metadata": {"uid": "p3", "labels": {"component": "predictor"}, "creationTimestamp": "2026-01-03T00:00:00Z"},
  "status": {"containerStatuses": [{"state": {"running": {"startedAt": "2026-01-03T00:00:03Z"}}}],
    "conditions": [{"type": "Ready", "status": "False", "lastTransitionTime": "2026-01-03T00:00:05Z"}]}})";
constexpr const char* kTransformersPod = R"({
  "metadata": {"uid": "p4", "labels": {"component": "transformer"}, "creationTimestamp": "2026-01-04T00:00:00Z"},
  "status": {"startTime": "2026-01-04T00:00:03Z",
    "conditions": [{"type": "Ready", "status": "True", "lastTransitionTime": "2026-01-04T00:00:04Z"}]}})";

struct LoadCase {
  const char* name;
  std::vector<const char*> pods;
  const char* pod;
  std::optional<double> seconds;
};

class Loads : public testing::TestWithParam<LoadCase> {};

TEST_P(Loads, AreOfTheNewestReadyPodOfThePredictor) {
  const ServiceMeasures measures = World{.pods = GetParam().pods}.measure();
  EXPECT_EQ(measures.load_pod, GetParam().pod);
  EXPECT_EQ(measures.model_load_seconds, GetParam().seconds);
}

INSTANTIATE_TEST_SUITE_P(
    Table, Loads,
    testing::Values(LoadCase{"None", {}, "", std::nullopt},
                    LoadCase{"WithTheDownload", {kFetchedPod}, "p1", 40},
                    LoadCase{"NewestFirst", {kNewerPod, kFetchedPod}, "p2", 2},
                    LoadCase{"NewestLast", {kFetchedPod, kNewerPod}, "p2", 2},
                    LoadCase{"NotOneThatIsLoading", {kFetchedPod, kLoadingPod}, "p1", 40},
                    LoadCase{"NotOfTheTransformer", {kFetchedPod, kTransformersPod}, "p1", 40}),
    [](const auto& info) { return info.param.name; });

constexpr const char* kWantedDeployment = R"({"kind": "Deployment", "metadata": {"name": "m-predictor"},
  "spec": {"template": {"spec": {"containers": [
    {"resources": {"limits": {"cpu": "1", "memory": "2Gi", "nvidia.com/gpu": "2", "hugepages-2Mi": "4Mi"}}},
    {"resources": {"limits": {"nvidia.com/gpu": "1", "rdma/hca": 1, "amd.com/gpu": "0",
                              "attachable.kubernetes.io/x": "5"}}}]}}}})";

TEST(ServiceMeasures, CountReplicasAndTheirResources) {
  World world{.wanted = {kWantedDeployment, R"({"kind": "Service", "metadata": {"name": "m"}})"},
              .deployments = {R"({"metadata": {"name": "m-predictor"}, "spec": {"replicas": 3},
                                  "status": {"readyReplicas": 2}})",
                              R"({"metadata": {"name": "m-transformer"}, "spec": {"replicas": 1}})"}};
  const ServiceMeasures measures = world.measure();
  EXPECT_EQ(measures.replicas_wanted, 4);
  EXPECT_EQ(measures.replicas_ready, 2);
  EXPECT_THAT(measures.accelerators, ElementsAre(Pair("nvidia.com/gpu", 9), Pair("rdma/hca", 3)));
}

TEST(ServiceMeasures, LimitTheKindsOfAccelerators) {
  std::string limits;
  for (std::size_t i = 0; i <= kMaxAccelerators; ++i) {
    limits += (i == 0 ? "\"a.example/" : ", \"a.example/") + std::to_string(i) + "\": 1";
  }
  const std::string deployment =
      R"({"kind": "Deployment", "spec": {"template": {"spec": {"containers": [{"resources": {"limits": {)" +
      limits + "}}}]}}}}";
  EXPECT_EQ((World{.wanted = {deployment.c_str()}}.measure().accelerators.size()), kMaxAccelerators);
}

ServiceMeasures measured(std::string uid, std::optional<double> to_ready, std::string pod = "",
                         std::optional<double> load = {}) {
  ServiceMeasures measures;
  measures.uid = std::move(uid);
  measures.phase = to_ready ? "Ready" : "Loading";
  measures.ready = to_ready.has_value();
  measures.created_to_ready_seconds = to_ready;
  measures.load_pod = std::move(pod);
  measures.model_load_seconds = load;
  measures.replicas_wanted = 2;
  measures.accelerators = {{"nvidia.com/gpu", 4}};
  return measures;
}

TEST(MeasuredServices, RememberTheFirstTimes) {
  const ServiceKey key{"default", "m"};
  MeasuredServices services;
  services.take(key, measured("u", 30, "p", 5));
  services.take(key, measured("u", 7000, "p", 6000));  // it was not Ready for a moment
  EXPECT_EQ(services.shown().labelled.at(0).second.created_to_ready_seconds, 30);
  EXPECT_EQ(services.shown().labelled.at(0).second.model_load_seconds, 5);
  services.take(key, measured("u", std::nullopt));  // all Pods were deleted
  EXPECT_EQ(services.shown().labelled.at(0).second.model_load_seconds, 5);
  EXPECT_FALSE(services.shown().labelled.at(0).second.ready);
  services.take(key, measured("u", 8000, "q", 9));
  EXPECT_EQ(services.shown().labelled.at(0).second.created_to_ready_seconds, 30);
  EXPECT_EQ(services.shown().labelled.at(0).second.model_load_seconds, 9);
  services.take(key, measured("another", 12, "p", 3));
  EXPECT_EQ(services.shown().labelled.at(0).second.created_to_ready_seconds, 12);
  EXPECT_EQ(services.shown().labelled.at(0).second.model_load_seconds, 3);
}

TEST(MeasuredServices, AddUpServicesWithoutLabels) {
  MeasuredServices services(2);
  services.take({"default", "c"}, measured("c", 1));
  services.take({"default", "b"}, measured("b", 1));
  EXPECT_EQ(services.shown().rest.services, 0U);
  services.take({"default", "a"}, measured("a", 1));
  services.take({"default", "d"}, measured("d", std::nullopt));
  const ShownServices shown = services.shown();
  ASSERT_EQ(shown.labelled.size(), 2U);  // the first ones
  EXPECT_EQ(shown.labelled[0].first.name, "b");
  EXPECT_EQ(shown.labelled[1].first.name, "c");
  EXPECT_EQ(shown.rest.services, 2U);
  EXPECT_EQ(shown.rest.ready, 1U);
  EXPECT_EQ(shown.rest.replicas_wanted, 4);
  EXPECT_THAT(shown.rest.phases, ElementsAre(Pair("Loading", 1U), Pair("Ready", 1U)));
  EXPECT_THAT(shown.rest.accelerators, ElementsAre(Pair("nvidia.com/gpu", 8)));
}

TEST(MeasuredServices, AreForgottenWithTheService) {
  MeasuredServices services(1);
  services.take({"default", "a"}, measured("a", 1));
  services.take({"default", "b"}, measured("b", 1));
  services.forget({"default", "a"});
  services.forget({"default", "a"});
  EXPECT_THAT(services.shown().labelled, IsEmpty());
  services.take({"default", "b"}, measured("b", 1));  // the place is free
  EXPECT_EQ(services.shown().labelled.size(), 1U);
  EXPECT_EQ(services.shown().rest.services, 0U);
  services.clear();
  EXPECT_THAT(services.shown().labelled, IsEmpty());
}

}  // namespace
}  // namespace modelgate::reconciler
