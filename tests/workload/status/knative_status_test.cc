// SPDX-License-Identifier: Apache-2.0
//
// The status of a service in Knative mode. tests/conformance/knative.py compares it with KServe's.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include "spec/core.h"
#include "tests/workload/status/status_world.h"
#include "workload/status/knative_revisions.h"

namespace modelgate::workload {
namespace {

constexpr std::string_view kService =
    "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt}}}";
constexpr std::string_view kWithTransformer =
    "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt}}, "
    "transformer: {containers: [{name: kserve-container, image: example.com/t:v1}]}}";

/// A Knative Service of the component with these conditions (Ready, RoutesReady, ConfigurationsReady).
std::string knative(std::string_view component, std::string_view ready, std::string_view routes,
                    std::string_view configurations) {
  return fmt::format(
      "{{metadata: {{name: m-{0}}}, status: {{conditions: [{{type: Ready, status: '{1}', reason: R}}, "
      "{{type: RoutesReady, status: '{2}'}}, {{type: ConfigurationsReady, status: '{3}'}}], "
      "latestCreatedRevisionName: m-{0}-00002, latestReadyRevisionName: m-{0}-00001, "
      "traffic: [{{latestRevision: true, percent: 100, revisionName: m-{0}-00001}}], "
      "url: 'http://m-{0}.default.example.com', "
      "address: {{url: 'http://m-{0}.default.svc.cluster.local'}}}}}}",
      component, ready, routes, configurations);
}

std::string observed(std::string_view services, std::string_view more = "") {
  return fmt::format("{{knativeServices: [{}], virtualServices: [{{metadata: {{name: m}}}}]{}}}", services,
                     more);
}

TEST(KnativeStatus, FollowsTheKnativeService) {
  StatusWorld world(kCompatible);
  world.knative = true;
  world.status(kService, observed(knative("predictor", "True", "True", "True")));
  EXPECT_EQ(world.condition("Ready"), "True InferenceServiceReady");
  EXPECT_EQ(world.condition("PredictorRouteReady"), "True PredictorRouteReady");
  EXPECT_EQ(world.condition("LatestDeploymentReady"), "True LatestDeploymentReady");
  EXPECT_EQ(world.text("/deploymentMode"), "Knative");
  EXPECT_EQ(world.text("/url"), "http://m.default.example.com");
  EXPECT_EQ(world.text("/address/url"), "http://m.default.svc.cluster.local");
  EXPECT_EQ(world.text("/components/predictor/latestRolledoutRevision"), "m-predictor-00001");
  EXPECT_EQ(world.text("/components/predictor/latestCreatedRevision"), "m-predictor-00002");
}

TEST(KnativeStatus, IsUnknownBeforeKnativeAnswers) {
  for (const unsigned settings : {0U, unsigned{kCompatible}}) {
    StatusWorld world(settings);
    world.knative = true;
    world.status(kService, "{knativeServices: [{metadata: {name: m-predictor}}]}");
    EXPECT_EQ(world.condition("PredictorReady"), "Unknown KnativeServiceNotReady");
    EXPECT_EQ(world.condition("Ready").substr(0, 7), "Unknown");
    EXPECT_EQ(world.text("/url"), "-");
  }
}

TEST(KnativeStatus, HasKnativesReasons) {
  StatusWorld world(kCompatible);
  world.knative = true;
  world.status(kService, observed(knative("predictor", "False", "Unknown", "False")));
  EXPECT_EQ(world.condition("PredictorReady"), "False R");
  EXPECT_EQ(world.condition("IngressReady").substr(0, 5), "False");
}

/// KServe's Ready does not depend on a transformer.
TEST(KnativeStatus, ReadyNeedsAllComponentsInStrict) {
  const std::string seen = observed(knative("predictor", "True", "True", "True") + ", " +
                                    knative("transformer", "False", "False", "False"));
  constexpr std::string_view kBefore =
      "{components: {transformer: {url: 'http://m-transformer.default.example.com'}}}";
  StatusWorld compatible(kCompatible);
  compatible.knative = true;
  compatible.status(kWithTransformer, seen, kBefore);
  EXPECT_EQ(compatible.condition("Ready"), "True InferenceServiceReady");
  EXPECT_EQ(compatible.condition("TransformerReady"), "False R");
  StatusWorld strict;
  strict.knative = true;
  strict.status(kWithTransformer, seen, kBefore);
  EXPECT_EQ(strict.condition("Ready"), "False R");
  EXPECT_EQ(strict.text("/phase"), "Pending");
}

/// The new revision fails, and the route still sends all requests to the earlier one.
TEST(KnativeStatus, EarlierRevisionKeepsTheServiceReadyInStrict) {
  const std::string seen = observed(knative("predictor", "False", "True", "False"));
  StatusWorld strict;
  strict.knative = true;
  strict.status(kService, seen, "{components: {predictor: {url: 'http://m-predictor.default.example.com'}}}");
  EXPECT_EQ(strict.condition("PredictorReady"), "True PreviousRevisionServes");
  EXPECT_EQ(strict.condition("LatestDeploymentReady"), "False PredictorConfigurationReadyNotReady");
  EXPECT_EQ(strict.text("/modelStatus/transitionStatus"), "BlockedByFailedLoad");
  StatusWorld compatible(kCompatible);
  compatible.knative = true;
  compatible.status(kService, seen);
  EXPECT_EQ(compatible.condition("PredictorReady"), "False R");
}

TEST(KnativeStatus, ReportsTheTroubleOfPods) {
  constexpr std::string_view kPods =
      ", pods: [{metadata: {name: p, labels: {serving.knative.dev/revision: m-predictor-00002}}, "
      "status: {phase: Pending, containerStatuses: [{name: kserve-container, state: {waiting: {reason: "
      "ImagePullBackOff, message: no such image}}}]}}, "
      "{metadata: {name: q, labels: {serving.knative.dev/revision: m-predictor-00001}}, status: {phase: Pending}}]";
  StatusWorld world;
  world.knative = true;
  world.status(kService, observed(knative("predictor", "Unknown", "Unknown", "Unknown"), kPods));
  EXPECT_EQ(world.condition("PredictorReady"), "False ImagePullBackOff");
  EXPECT_EQ(world.text("/phase"), "Failed");
  EXPECT_EQ(world.text("/modelStatus/lastFailureInfo/location"), "p");
}

TEST(KnativeStatus, ScaledToZeroIsUpToDateInStrict) {
  StatusWorld world;
  world.knative = true;
  std::string ready = knative("predictor", "True", "True", "True");
  ready.replace(ready.find("00002"), 5, "00001");
  world.status(kService, observed(ready));
  EXPECT_EQ(world.text("/modelStatus/states/targetModelState"), "Standby");
  EXPECT_EQ(world.text("/modelStatus/transitionStatus"), "UpToDate");
  EXPECT_EQ(world.text("/phase"), "Ready");
}

TEST(KnativeStatus, WaitsForTheVirtualServiceInStrict) {
  const std::string seen =
      fmt::format("{{knativeServices: [{}]}}", knative("predictor", "True", "True", "True"));
  StatusWorld world;
  world.knative = true;
  world.status(kService, seen);
  EXPECT_EQ(world.condition("IngressReady"), "False VirtualServiceNotCreated");
}

/// Nothing routes the service's own host.
TEST(KnativeStatus, WithoutIstioTheUrlIsTheFirstComponents) {
  const std::string seen =
      fmt::format("{{knativeServices: [{}]}}", knative("predictor", "True", "True", "True"));
  StatusWorld world;
  world.knative = true;
  world.has_istio = false;
  world.status(kService, seen);
  EXPECT_EQ(world.condition("Ready"), "True InferenceServiceReady");
  EXPECT_EQ(world.text("/url"), "http://m-predictor.default.example.com");
  EXPECT_EQ(world.text("/address/url"), "http://m-predictor.default.svc.cluster.local");
}

TEST(KnativeStatus, StoppedServiceHasNoComponents) {
  StatusWorld world;
  world.knative = true;
  world.status(fmt::format("metadata: {{annotations: {{serving.kserve.io/stop: 'true'}}}}\n{}", kService),
               "{knativeServices: []}", "{components: {predictor: {latestRolledoutRevision: r}}}");
  EXPECT_EQ(world.condition("Stopped"), "True Stopped");
  EXPECT_EQ(world.condition("IngressReady"), "False Stopped");
  EXPECT_EQ(world.text("/components"), "-");
  EXPECT_EQ(world.text("/deploymentMode"), "Knative");
}

TEST(KnativeStatus, StateOfFormerComponentsRemainsInCompatible) {
  constexpr std::string_view kBefore =
      "{components: {transformer: {latestReadyRevision: t-1}}, "
      "conditions: [{type: TransformerReady, status: 'True', lastTransitionTime: '2026-01-01T00:00:00Z'}]}";
  for (const unsigned settings : {0U, unsigned{kCompatible}}) {
    StatusWorld world(settings);
    world.knative = true;
    world.status(kService, observed(knative("predictor", "True", "True", "True")), kBefore);
    EXPECT_EQ(world.condition("TransformerReady"), settings == kCompatible ? "True " : "-");
    EXPECT_EQ(world.text("/components/transformer/latestReadyRevision"),
              settings == kCompatible ? "t-1" : "-");
  }
}

struct Rollout {
  std::string_view name;
  std::string_view before;
  std::string_view seen;
  std::string_view latest;
  std::string_view previous;
};

TEST(KnativeRevisions, RolloutsAndRollbacks) {
  constexpr Rollout kCases[] = {
      {"first revision", "{}",
       R"({"latestReadyRevisionName": "r-1", "latestCreatedRevisionName": "r-1",
           "traffic": [{"latestRevision": true, "percent": 100, "revisionName": "r-1"}]})",
       "r-1", ""},
      {"canary", R"({"latestRolledoutRevision": "r-1"})",
       R"({"latestReadyRevisionName": "r-2", "latestCreatedRevisionName": "r-2",
           "traffic": [{"latestRevision": true, "percent": 10, "revisionName": "r-2"},
                       {"latestRevision": false, "percent": 90, "revisionName": "r-1"}]})",
       "r-1", ""},
      {"promoted", R"({"latestRolledoutRevision": "r-1"})",
       R"({"latestReadyRevisionName": "r-2", "latestCreatedRevisionName": "r-2",
           "traffic": [{"latestRevision": true, "percent": 100, "revisionName": "r-2"}]})",
       "r-2", "r-1"},
      {"rolled back after the promotion",
       R"({"latestRolledoutRevision": "r-2", "previousRolledoutRevision": "r-1"})",
       R"({"latestReadyRevisionName": "r-2", "latestCreatedRevisionName": "r-2",
           "traffic": [{"latestRevision": true, "percent": 0, "revisionName": "r-2"},
                       {"latestRevision": false, "percent": 100, "revisionName": "r-2"}]})",
       "r-1", "r-1"},
      {"a new revision is not ready", R"({"latestRolledoutRevision": "r-1"})",
       R"({"latestReadyRevisionName": "r-1", "latestCreatedRevisionName": "r-2",
           "traffic": [{"latestRevision": true, "percent": 100, "revisionName": "r-1"}]})",
       "r-1", ""},
      {"no revision is ready", R"({"latestRolledoutRevision": "r-1"})",
       R"({"latestCreatedRevisionName": "r-2"})", "r-1", ""},
  };
  for (const Rollout& c : kCases) {
    spec::Arena arena;
    const auto before = spec::parse_json(std::string(c.before), arena);
    const auto seen = spec::parse_json(std::string(c.seen), arena);
    const spec::Value entry = revisions_of(spec::ObjectView(*before), spec::ObjectView(*seen), arena);
    EXPECT_EQ(spec::ObjectView(entry).string("latestRolledoutRevision"), c.latest) << c.name;
    EXPECT_EQ(spec::ObjectView(entry).string("previousRolledoutRevision"), c.previous) << c.name;
  }
}

}  // namespace
}  // namespace modelgate::workload
