// SPDX-License-Identifier: Apache-2.0
//
// The status of a service from its Deployments and Pods, one value a row. tests/conformance/children.py
// compares with recordings of KServe v0.20; these rows are about failures.
#include "workload/status/status.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "spec/view.h"
#include "tests/workload/status/status_world.h"

namespace modelgate::workload {
namespace {

using spec::Value;

constexpr std::string_view kNow = StatusWorld::kNow;
constexpr std::string_view kService =
    "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, storageUri: 's3://b/m'}}}";
constexpr std::string_view kUp =
    "{metadata: {name: m-predictor}, status: {availableReplicas: 1, conditions: [{type: Available, status: "
    "'True'}, "
    "{type: Progressing, status: 'True', reason: NewReplicaSetAvailable}]}}";
constexpr std::string_view kGrowing =
    "{metadata: {name: m-predictor}, status: {availableReplicas: 1, conditions: [{type: Available, status: "
    "'False', reason: MinimumReplicasUnavailable, message: none}]}}";
constexpr std::string_view kDown =
    "{metadata: {name: m-predictor}, status: {conditions: [{type: Available, status: 'False', reason: "
    "MinimumReplicasUnavailable, message: none}]}}";
constexpr std::string_view kReadyPod =
    "{metadata: {name: p, labels: {app: isvc.m-predictor}}, spec: {nodeName: n}, status: {phase: Running, "
    "conditions: "
    "[{type: Ready, status: 'True'}]}}";

/// A Pod that is not ready, with this status.
std::string pod_with(std::string_view status) {
  return fmt::format(
      "{{metadata: {{name: p, labels: {{app: isvc.m-predictor}}}}, spec: {{nodeName: n}}, status: {{phase: "
      "Pending, "
      "{}}}}}",
      status);
}

std::string seen(std::string_view deployment, std::string_view pod) {
  return fmt::format("{{deployments: [{}], pods: [{}]}}", deployment, pod);
}

struct Row {
  const char* name;
  std::string observed;
  const char* predictor;  // PredictorReady
  const char* phase;
  const char* target;  // of the model
  const char* failure;
};

class StatusOf : public ::testing::TestWithParam<Row> {};

TEST_P(StatusOf, APredictor) {
  const Row& row = GetParam();
  StatusWorld world;
  world.status(kService, row.observed);
  EXPECT_EQ(world.condition("PredictorReady"), row.predictor);
  EXPECT_EQ(world.text("/phase"), row.phase);
  EXPECT_EQ(world.text("/modelStatus/states/targetModelState"), row.target);
  EXPECT_EQ(world.text("/modelStatus/lastFailureInfo/reason"), row.failure);
}

INSTANTIATE_TEST_SUITE_P(
    All, StatusOf,
    ::testing::Values(
        Row{"NothingYet", "{}", "Unknown DeploymentNotCreated", "Pending", "Pending", "-"},
        Row{"NoStatusYet", seen("{metadata: {name: m-predictor}}", ""), "False DeploymentNotReady", "Pending",
            "Pending", "-"},
        Row{"Up", seen(kUp, kReadyPod), "True PredictorReady", "Ready", "Loaded", "-"},
        Row{"Growing", seen(kGrowing, kReadyPod), "True PredictorReady", "Ready", "Loaded", "-"},
        Row{"Starting", seen(kDown, pod_with("conditions: []")), "False MinimumReplicasUnavailable",
            "Loading", "Pending", "-"},
        Row{"Fetching",
            seen(kDown,
                 pod_with("initContainerStatuses: [{name: storage-initializer, state: {running: {}}}]")),
            "False MinimumReplicasUnavailable", "Loading", "Loading", "-"},
        Row{"FetchingFailed",
            seen(
                kDown,
                pod_with(
                    "initContainerStatuses: [{name: storage-initializer, state: {waiting: {reason: "
                    "CrashLoopBackOff}}, lastState: {terminated: {exitCode: 1, message: no such bucket}}}]")),
            "False InitContainerFailed", "Failed", "FailedToLoad", "ModelLoadFailed"},
        Row{"FetchingFailedAndRunsAgain",
            seen(kDown,
                 pod_with(
                     "initContainerStatuses: [{name: storage-initializer, state: {running: {}}, lastState: "
                     "{terminated: {exitCode: 1}}}]")),
            "False InitContainerFailed", "Failed", "FailedToLoad", "ModelLoadFailed"},
        Row{"ImageMissing",
            seen(kDown, pod_with("containerStatuses: [{name: kserve-container, state: {waiting: {reason: "
                                 "ImagePullBackOff, message: x}}}]")),
            "False ImagePullBackOff", "Failed", "FailedToLoad", "RuntimeUnhealthy"},
        Row{"OutOfMemory",
            seen(kDown,
                 pod_with(
                     "containerStatuses: [{name: kserve-container, state: {waiting: {reason: "
                     "CrashLoopBackOff}}, lastState: {terminated: {exitCode: 137, reason: OOMKilled}}}]")),
            "False OOMKilled", "Failed", "FailedToLoad", "ModelLoadFailed"},
        Row{"Crashing",
            seen(kDown,
                 pod_with(
                     "containerStatuses: [{name: kserve-container, state: {terminated: {exitCode: 2, reason: "
                     "Error}}}]")),
            "False ContainerFailed", "Failed", "FailedToLoad", "ModelLoadFailed"},
        Row{"NoNodeFits",
            seen(
                kDown,
                "{metadata: {name: p, labels: {app: isvc.m-predictor}}, status: {phase: Pending, conditions: "
                "[{type: PodScheduled, status: 'False', reason: Unschedulable, message: 0/3 nodes}]}}"),
            "False Unschedulable", "Pending", "Pending", "-"},
        Row{"QuotaRefuses",
            seen("{metadata: {name: m-predictor}, status: {conditions: [{type: ReplicaFailure, status: "
                 "'True', reason: "
                 "FailedCreate, message: exceeded quota}, {type: Available, status: 'False'}]}}",
                 ""),
            "False FailedCreate", "Pending", "Pending", "RuntimeUnhealthy"},
        Row{"ServesWhileTheNextVersionFails",
            seen("{metadata: {name: m-predictor}, status: {availableReplicas: 1, conditions: [{type: "
                 "Available, status: "
                 "'True'}, {type: Progressing, status: 'False', reason: ProgressDeadlineExceeded, message: "
                 "x}]}}",
                 kReadyPod),
            "True PredictorReady", "Ready", "Loaded", "-"},
        Row{"PodsOfOthersAreIgnored",
            seen(kUp,
                 "{metadata: {name: p, labels: {app: isvc.other}}, status: {containerStatuses: [{name: c, "
                 "state: "
                 "{waiting: {reason: ImagePullBackOff}}}]}}"),
            "True PredictorReady", "Ready", "Pending", "-"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(Status, HasTheTerminationMessage) {
  StatusWorld world;
  world.status(
      kService,
      seen(kDown, pod_with("initContainerStatuses: [{name: storage-initializer, state: {terminated: "
                           "{exitCode: 7, message: no such bucket, finishedAt: '2026-01-01T00:00:00Z'}"
                           "}}]")));
  EXPECT_EQ(world.text("/modelStatus/lastFailureInfo/exitCode"), "7");
  EXPECT_EQ(world.text("/modelStatus/lastFailureInfo/time"), "2026-01-01T00:00:00Z");
  EXPECT_THAT(world.text("/modelStatus/lastFailureInfo/message"), ::testing::HasSubstr("no such bucket"));
  EXPECT_THAT(world.text("/conditions/1/message"), ::testing::HasSubstr("no such bucket"));
}

TEST(Status, EachConditionHasAReasonAndAMessage) {
  for (const unsigned settings : {0U, static_cast<unsigned>(kGatewayApi)}) {
    StatusWorld world(settings);
    for (const std::string& observed : {std::string("{}"), seen(kDown, ""), seen(kUp, kReadyPod)}) {
      for (const spec::ObjectView& c :
           spec::ObjectView(world.status(kService, observed)).list("conditions")) {
        EXPECT_FALSE(c.string("reason").empty()) << c.string("type");
        EXPECT_FALSE(c.string("message").empty()) << c.string("type");
      }
    }
  }
}

TEST(Status, RetainsTransitionTimesAndIsDeterministic) {
  StatusWorld world;
  const std::string before = spec::to_json(world.status(kService, seen(kUp, kReadyPod)));
  std::string old = before;
  for (std::size_t i; (i = old.find(kNow)) != std::string::npos;)
    old.replace(i, kNow.size(), "2025-01-01T00:00:00Z");
  EXPECT_EQ(spec::to_json(world.status(kService, seen(kUp, kReadyPod), old)), old);
  world.status(kService, seen(kDown, ""), old);
  EXPECT_EQ(world.text("/conditions/1/lastTransitionTime"), kNow);
}

TEST(Status, RetainsItsUrlUntilItIsStopped) {
  StatusWorld world;
  const std::string old = spec::to_json(world.status(kService, seen(kUp, kReadyPod)));
  EXPECT_EQ(world.text("/url"), "http://m-default.example.com");
  EXPECT_EQ(world.text("/address/url"), "http://m-predictor.default.svc.cluster.local");
  world.status(kService, seen(kDown, ""), old);
  EXPECT_EQ(world.text("/url"), "http://m-default.example.com");
  world.status(fmt::format("{{metadata: {{annotations: {{serving.kserve.io/stop: 'true'}}}}, {}}}", kService),
               "{}", old);
  EXPECT_EQ(world.text("/url"), "-");
  EXPECT_EQ(world.condition("Stopped"), "True Stopped");
  EXPECT_EQ(world.condition("Ready"), "False Stopped");
}

constexpr std::string_view kStoppedCanary =
    "{metadata: {annotations: {serving.kserve.io/stop: 'true'}}, spec: {predictor: {model: {modelFormat: "
    "{name: sklearn}, runtime: rt, storageUri: 's3://b/m'}}, canary: [{trafficPercent: 10, predictor: {name: "
    "v2}}]}}";

TEST(Status, OfStoppedCanaries) {
  StatusWorld world;
  world.status(kStoppedCanary, "{}");
  EXPECT_EQ(world.condition("CanaryPredictorReady"), "False Stopped");
  EXPECT_EQ(world.text("/canaryStatuses/0/name"), "v2");
  EXPECT_EQ(world.text("/canaryStatuses/0/ready"), "false");
  EXPECT_EQ(world.text("/canaryStatuses/0/trafficPercent"), "10");
}

TEST(Status, HasNoIngressConditionInCompatibleIfItNeverRan) {
  StatusWorld world(kCompatible);
  world.status(kStoppedCanary, "{}");
  EXPECT_EQ(world.condition("IngressReady"), "-");
  EXPECT_EQ(world.condition("Ready"), "False Stopped");
  world.status(kStoppedCanary, "{}", "{conditions: [{type: IngressReady, status: 'True'}]}");
  EXPECT_EQ(world.condition("IngressReady"), "False Stopped");
}

TEST(Status, IsNotStoppedInCompatibleIfItCannotBeRealized) {
  StatusWorld world(kCompatible);
  world.status(
      "{metadata: {annotations: {serving.kserve.io/stop: 'true'}}, spec: {predictor: {model: {modelFormat: "
      "{name: sklearn}, runtime: gone}}}}",
      "{}");
  EXPECT_EQ(world.condition("Stopped"), "-");
  EXPECT_EQ(world.condition("PredictorReady"), "Unknown RuntimeNotRecognized");
}

constexpr std::string_view kUnscalable =
    "{metadata: {annotations: {serving.kserve.io/autoscalerClass: keda}}, spec: {predictor: {model: "
    "{modelFormat: {name: sklearn}, runtime: rt, storageUri: 's3://b/m'}}}}";

TEST(Status, OfAPredictorThatCannotScaleIsFalseInCompatible) {
  StatusWorld world(kCompatible);
  world.status(kUnscalable, "{}");
  EXPECT_EQ(world.condition("PredictorReady"), "False ReconcileFailed");
  EXPECT_EQ(world.condition("IngressReady"), "Unknown NotReconciled");
}

constexpr std::string_view kTransformed =
    "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, storageUri: 's3://b/m'}}, "
    "transformer: {containers: [{name: kserve-container, image: t}]}}";

/// In Strict, the predictor alone decides whether its model is loaded.
TEST(Status, TheModelIsLoadedInCompatibleOnceAllIsReady) {
  StatusWorld strict;
  strict.status(kTransformed, seen(kUp, kReadyPod));
  EXPECT_EQ(strict.text("/modelStatus/states/targetModelState"), "Loaded");
  StatusWorld compatible(kCompatible);
  compatible.status(kTransformed, seen(kUp, kReadyPod));
  EXPECT_EQ(compatible.text("/modelStatus/states/targetModelState"), "Pending");
}

constexpr std::string_view kUnfitCanary =
    "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, storageUri: 's3://b/m'}}, canary: "
    "[{trafficPercent: 10, predictor: {name: v2, model: {modelFormat: {name: unheard-of}}}}]}";

TEST(Status, HasNoModelInCompatibleIfACanaryIsInvalid) {
  StatusWorld world(kCompatible);
  world.status(kUnfitCanary, "{}");
  EXPECT_EQ(world.condition("PredictorReady"), "Unknown NoSupportingRuntime");
  EXPECT_EQ(world.text("/modelStatus/states"), "-");
}

constexpr std::string_view kBatched =
    "spec: {predictor: {batcher: {maxBatchSize: 4}, model: {modelFormat: {name: sklearn}, runtime: rt, "
    "storageUri: 's3://b/m'}}}";

TEST(Status, AddressOfAHeadlessServiceHasThePodsPort) {
  StatusWorld world(kHeadless);
  world.status(kService, seen(kUp, kReadyPod));
  EXPECT_EQ(world.text("/address/url"), "http://m-predictor.default.svc.cluster.local:8080");
  world.status(kBatched, seen(kUp, kReadyPod));
  EXPECT_EQ(world.text("/address/url"), "http://m-predictor.default.svc.cluster.local:9081");
}

TEST(Status, UrlsHaveThePathOfTheRoute) {
  constexpr std::string_view kAccepted =
      "status: {parents: [{conditions: [{type: Accepted, status: 'True'}]}]}";
  const std::string all = fmt::format(
      "{{deployments: [{}], pods: [{}], routes: [{{metadata: {{name: m}}, {}}}, {{metadata: {{name: "
      "m-predictor}}, {}}}, {{metadata: {{name: m.path}}, {}}}]}}",
      kUp, kReadyPod, kAccepted, kAccepted, kAccepted);
  StatusWorld by_path(kGatewayApi | kPathTemplate);
  by_path.status(kService, all);
  EXPECT_EQ(by_path.condition("IngressReady"), "True HTTPRoutesAccepted");
  EXPECT_EQ(by_path.text("/url"), "http://example.com/serving/default/m");
  EXPECT_EQ(by_path.text("/address/url"), "http://m-predictor.default.svc.cluster.local");
  // The path has a route of its own.
  std::string without = all;
  without.replace(without.find("m.path"), 6, "other!");
  by_path.status(kService, without);
  EXPECT_EQ(by_path.condition("IngressReady"), "False HTTPRouteNotCreated");

  StatusWorld istio(kIstio | kPathTemplate);
  istio.virtual_services = true;
  istio.status(kService,
               fmt::format("{{deployments: [{}], pods: [{}], virtualServices: [{{metadata: {{name: m}}}}]}}",
                           kUp, kReadyPod));
  EXPECT_EQ(istio.text("/url"), "http://example.com/serving/default/m");
  // An Ingress cannot rewrite it; and KServe's URL has no path.
  StatusWorld ingress(kPathTemplate);
  ingress.status(kService, seen(kUp, kReadyPod));
  EXPECT_EQ(ingress.text("/url"), "http://m-default.example.com");
  StatusWorld compatible(kGatewayApi | kPathTemplate | kCompatible);
  compatible.status(kService, all);
  EXPECT_EQ(compatible.text("/url"), "http://m-default.example.com");
}

TEST(Status, UrlsOfAServiceWithinTheClusterAreWithinTheCluster) {
  const std::string local = fmt::format(
      "{{metadata: {{labels: {{networking.kserve.io/visibility: cluster-local}}}}, {}}}", kService);
  StatusWorld world;
  world.status(local, seen(kUp, kReadyPod));
  EXPECT_EQ(world.condition("IngressReady"), "True NoRouteWanted");
  EXPECT_EQ(world.text("/url"), "http://m-predictor.default.svc.cluster.local");
  EXPECT_EQ(world.text("/components/predictor/url"), "http://m-predictor.default.svc.cluster.local");
  StatusWorld compatible(kCompatible);
  compatible.status(local, seen(kUp, kReadyPod));
  EXPECT_EQ(compatible.text("/url"), "http://m-default.example.com");
}

TEST(Status, AServiceWithoutItsHostIsNotReadyAndHasNoUrl) {
  StatusWorld world;
  const std::string old = spec::to_json(world.status(kService, seen(kUp, kReadyPod)));
  world.taken_hosts = {{"m-default.example.com", "other/m"}, {"m-predictor-default.example.com", "other/m"}};
  world.status(kService, seen(kUp, kReadyPod), old);
  EXPECT_EQ(world.condition("PredictorReady"), "True PredictorReady");
  EXPECT_EQ(world.condition("IngressReady"), "False HostTaken");
  EXPECT_EQ(world.condition("Ready"), "False HostTaken");
  EXPECT_EQ(world.text("/phase"), "Failed");
  EXPECT_EQ(world.text("/url"), "-");
  EXPECT_EQ(world.text("/components/predictor/url"), "-");
}

/// The route of its predictor has no name of a version.
TEST(Status, TheUrlOfANamedPredictorIsThatOfItsRoute) {
  constexpr std::string_view kNamed =
      "spec: {predictor: {name: v2, model: {modelFormat: {name: sklearn}, runtime: rt, storageUri: 's3://b/m'}}}";
  std::string up(kUp);
  up.replace(up.find("m-predictor"), 11, "m-v2-predictor");
  StatusWorld world(kGatewayApi);
  world.status(kNamed, fmt::format("{{deployments: [{}]}}", up));
  EXPECT_EQ(world.text("/components/predictor/url"), "http://m-predictor-default.example.com");
}

TEST(Status, NeverDecreasesItsGeneration) {
  StatusWorld world;
  world.status(kService, "{}", "{observedGeneration: 9}");
  EXPECT_EQ(world.text("/observedGeneration"), "9");
  world.status(kService, "{}", "{observedGeneration: 2}");
  EXPECT_EQ(world.text("/observedGeneration"), "3");
}

constexpr std::string_view kNoRuntime =
    "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: gone}}}";

TEST(Status, ReportsWhatCannotBeRealized) {
  StatusWorld world;
  world.status(kNoRuntime, "{}");
  EXPECT_EQ(world.condition("PredictorReady"), "False RuntimeNotRecognized");
  EXPECT_EQ(world.text("/phase"), "Failed");
  EXPECT_EQ(world.text("/modelStatus/transitionStatus"), "InvalidSpec");
  EXPECT_EQ(world.text("/modelStatus/lastFailureInfo/reason"), "RuntimeNotRecognized");
}

Problem refused(std::string_view component, std::string_view reason, bool transient) {
  return {.component = component,
          .reason = reason,
          .path = spec::FieldPath{} / "spec" / component,
          .text = "Deployment m-predictor: no",
          .transient = transient,
          .refused = true};
}

/// Clients stop waiting at "Failed": a transient failure of the API server must not cause it.
TEST(Status, ATransientProblemIsNotAFailure) {
  StatusWorld world;
  world.problems = {refused(kPredictor, "ApiServerBusy", true)};
  world.status(kService, "{}");
  EXPECT_EQ(world.condition("PredictorReady"), "False ApiServerBusy");
  EXPECT_EQ(world.text("/phase"), "Pending");
  EXPECT_EQ(world.text("/modelStatus/transitionStatus"), "InProgress");
  EXPECT_EQ(world.text("/modelStatus/lastFailureInfo/reason"), "RuntimeUnhealthy");
  EXPECT_EQ(world.text("/modelStatus/lastFailureInfo/message"), "spec.predictor: Deployment m-predictor: no");

  world.problems.push_back(refused(kIngress, "Invalid", false));
  world.status(kService, "{}");
  EXPECT_EQ(world.text("/phase"), "Failed");

  world.problems = {refused(kPredictor, "DeniedByPolicy", false)};
  world.status(kService, "{}");
  EXPECT_EQ(world.text("/phase"), "Failed");
  EXPECT_EQ(world.text("/modelStatus/transitionStatus"), "InvalidSpec");
  EXPECT_EQ(world.text("/modelStatus/lastFailureInfo/reason"), "InvalidPredictorSpec");
}

TEST(Status, AServingVersionStaysReadyIfItCannotBeAppliedAgainForNow) {
  StatusWorld world;
  world.problems = {refused(kPredictor, "QuotaExceeded", true)};
  world.status(kService, seen(kUp, kReadyPod), "{observedGeneration: 3}");
  EXPECT_EQ(world.condition("Ready"), "True InferenceServiceReady");
  EXPECT_EQ(world.text("/phase"), "Ready");
  EXPECT_EQ(world.text("/modelStatus/states/activeModelState"), "Loaded");
  EXPECT_EQ(world.text("/modelStatus/states/targetModelState"), "Pending");
  EXPECT_EQ(world.text("/modelStatus/transitionStatus"), "InProgress");
  EXPECT_EQ(world.text("/modelStatus/lastFailureInfo/reason"), "RuntimeUnhealthy");
}

TEST(Status, HasNoModelIfTheApplyFailsInCompatible) {
  StatusWorld world(kCompatible);
  world.problems = {refused(kPredictor, "ApiServerBusy", true)};
  world.status(kService, "{}");
  EXPECT_EQ(world.condition("PredictorReady"), "False ApiServerBusy");
  EXPECT_EQ(world.text("/modelStatus/lastFailureInfo"), "-");
  EXPECT_EQ(world.text("/phase"), "Pending");
}

TEST(Status, IsUnknownInCompatibleIfNothingCanBeRealized) {
  StatusWorld world(kCompatible);
  world.status(kNoRuntime, "{}");
  EXPECT_EQ(world.condition("PredictorReady"), "Unknown RuntimeNotRecognized");
  EXPECT_EQ(world.condition("Stopped"), "-");
}

TEST(Status, ReportsInvalidWorkersInCompatible) {
  StatusWorld world(kCompatible);
  Problem workers = refused(kPredictor, "InvalidGPUAllocation", false);
  workers.refused = false;
  workers.path = spec::FieldPath{} / "spec" / "predictor" / "workerSpec";
  world.problems = {workers};
  world.status(kService, "{}");
  EXPECT_EQ(world.condition("PredictorReady"), "False InvalidGPUAllocation");
}

constexpr std::string_view kNamed =
    "spec: {predictor: {name: blue, model: {modelFormat: {name: sklearn}, runtime: rt, storageUri: "
    "'s3://b/m'}}}";

/// A head and its workers, whose Deployment has the service's name: `of` is the workers' availability.
std::string nodes(std::string_view of) {
  return fmt::format(
      "{{deployments: [{{metadata: {{name: m-blue-predictor, labels: {{app: isvc.m-blue-predictor}}}}, "
      "status: "
      "{{availableReplicas: 1, conditions: [{{type: Available, status: 'True'}}]}}}}, {{metadata: {{name: "
      "m-predictor-worker, labels: {{app: isvc.m-blue-predictor-worker}}}}, status: {{conditions: [{{type: "
      "Available, status: '{}', reason: MinimumReplicasUnavailable}}]}}}}], pods: [{{metadata: {{name: w, "
      "labels: {{app: isvc.m-blue-predictor-worker}}}}, status: {{phase: Running, conditions: [{{type: "
      "Ready, status: "
      "'True'}}]}}}}, {{metadata: {{name: h, labels: {{app: isvc.m-blue-predictor}}}}, status: {{phase: "
      "Running, conditions: "
      "[{{type: Ready, status: 'True'}}]}}}}]}}",
      of);
}

TEST(Status, WorkersOfANamedPredictorCount) {
  StatusWorld world;
  world.status(kNamed, nodes("False"));
  EXPECT_EQ(world.condition("PredictorReady"), "False MinimumReplicasUnavailable");
  world.status(kNamed, nodes("True"));
  EXPECT_EQ(world.condition("PredictorReady"), "True PredictorReady");
}

TEST(Status, WorkersAreNotCopiesOfTheModel) {
  StatusWorld world;
  world.status(kNamed, nodes("True"));
  EXPECT_EQ(world.text("/modelStatus/copies/totalCopies"), "1");
}

/// KServe stops where its reconciler fails, and does not change the status.
TEST(Status, AServingVersionStaysReadyWhereKServeStops) {
  StatusWorld world(kCompatible);
  const std::string old = spec::to_json(world.status(kService, seen(kUp, kReadyPod)));
  world.status(kNoRuntime, seen(kUp, kReadyPod), old);
  EXPECT_EQ(world.condition("PredictorReady"), "True PredictorReady");
  EXPECT_EQ(world.condition("IngressReady"), "True IngressCreated");
  EXPECT_EQ(world.condition("Stopped"), "False NotStopped");
  EXPECT_EQ(world.condition("Ready"), "True InferenceServiceReady");
  EXPECT_EQ(world.text("/components/predictor/url"), "http://m-predictor-default.example.com");
  world.status(kNoRuntime, seen(kDown, ""), old);
  EXPECT_EQ(world.condition("PredictorReady"), "Unknown RuntimeNotRecognized");
}

/// An autoscaler adds Pods of the earlier template while the rollout is stuck.
TEST(Status, TheLatestTemplateIsNotThatOfTheLatestPod) {
  constexpr std::string_view kPods =
      "{{deployments: [{}], pods: [{{metadata: {{name: p-a-1, creationTimestamp: '2026-01-01T00:00:00Z', "
      "labels: {{app: isvc.m-predictor, pod-template-hash: a}}}}}}, {{metadata: {{name: p-b-1, "
      "creationTimestamp: '2026-01-02T00:00:00Z', labels: {{app: isvc.m-predictor, pod-template-hash: b}}}}, "
      "status: {{phase: Pending, containerStatuses: [{{name: c, state: {{waiting: {{reason: "
      "ImagePullBackOff}}}}}}]}}}}, {{metadata: {{name: p-a-2, creationTimestamp: '2026-01-03T00:00:00Z', "
      "labels: {{app: isvc.m-predictor, pod-template-hash: a}}}}, status: {{phase: {}}}}}]}}";
  for (const std::string_view phase : {"Running", "Failed"}) {
    StatusWorld world;
    world.status(kService, fmt::format(kPods, kUp, phase));
    EXPECT_EQ(world.text("/modelStatus/lastFailureInfo/location"), "p-b-1") << phase;
  }
}

TEST(Status, ReportsRefusedRoutes) {
  StatusWorld world(kGatewayApi);
  const std::string parts = fmt::format("deployments: [{}], pods: [{}]", kUp, kReadyPod);
  world.status(kService, fmt::format("{{{}}}", parts));
  EXPECT_EQ(world.condition("IngressReady"), "False HTTPRouteNotCreated");
  constexpr std::string_view kRoutes =
      "{{{}, routes: [{{metadata: {{name: m-predictor}}, status: {{parents: [{{conditions: [{{type: "
      "Accepted, status: "
      "'True'}}]}}]}}}}, {{metadata: {{name: m}}, status: {{parents: [{{conditions: [{{type: Accepted, "
      "status: '{}', "
      "reason: NoMatchingParent, message: x}}]}}]}}}}]}}";
  world.status(kService, fmt::format(kRoutes, parts, "False"));
  EXPECT_EQ(world.condition("IngressReady"), "False NoMatchingParent");
  world.status(kService, fmt::format(kRoutes, parts, "True"));
  EXPECT_EQ(world.condition("IngressReady"), "True HTTPRoutesAccepted");
}

TEST(Status, CanariesAreReadyByTheirOwnPods) {
  StatusWorld world(kGatewayApi);
  world.status(
      "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt}}, canary: [{trafficPercent: 5, "
      "predictor: "
      "{name: v2}}, {trafficPercent: 6, predictor: {name: v3}}]}",
      fmt::format(
          "{{deployments: [{}, {{metadata: {{name: m-v3-predictor}}, status: {{availableReplicas: 1}}}}]}}",
          kUp));
  EXPECT_EQ(world.condition("CanaryPredictorReady"), "False CanariesNotReady");
  EXPECT_EQ(world.text("/canaryStatuses/0/ready"), "false");
  EXPECT_EQ(world.text("/canaryStatuses/1/ready"), "true");
  EXPECT_EQ(world.text("/canaryStatuses/1/trafficPercent"), "6");
}

TEST(Status, ReportsACanaryWithoutARoute) {
  constexpr std::string_view kWithCanary =
      "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt}}, canary: [{trafficPercent: 5, "
      "predictor: {name: v2}}]}";
  const std::string both = fmt::format(
      "{{deployments: [{}, {{metadata: {{name: m-v2-predictor}}, status: {{availableReplicas: 1}}}}]}}", kUp);
  StatusWorld ours;
  ours.status(kWithCanary, both);
  EXPECT_EQ(ours.condition("CanaryPredictorReady"), "False TrafficNotSplit");
  EXPECT_EQ(ours.condition("Ready"), "True InferenceServiceReady");
  StatusWorld kserve(kCompatible);
  kserve.status(kWithCanary, both);
  EXPECT_EQ(kserve.condition("CanaryPredictorReady"), "True AllCanariesReady");
}

TEST(Status, ReportsARemovedCanaryThatStillServes) {
  constexpr std::string_view kStillThere =
      "{{deployments: [{{metadata: {{name: m-predictor, generation: 2}}, status: {{observedGeneration: 1, "
      "availableReplicas: 1, conditions: [{{type: Available, status: 'True'}}]}}}}, {{metadata: {{name: "
      "m-v2-predictor, labels: {{component: predictor}}}}, status: {{availableReplicas: {}}}}}]}}";
  StatusWorld world(kGatewayApi);
  world.status(kService, fmt::format(kStillThere, 1));
  EXPECT_EQ(world.condition("CanaryPredictorReady"), "False WaitsForStable");
  world.status(kService, fmt::format(kStillThere, 0));
  EXPECT_EQ(world.condition("CanaryPredictorReady"), "-");
  StatusWorld kserve(kGatewayApi | kCompatible);
  kserve.status(kService, fmt::format(kStillThere, 1));
  EXPECT_EQ(kserve.condition("CanaryPredictorReady"), "-");
}

}  // namespace
}  // namespace modelgate::workload
