// SPDX-License-Identifier: Apache-2.0
//
// Failures of Pods, with the texts of the kubelet, the scheduler and the Deployment controller (Kubernetes
// 1.34), and the status that follows: condition, model, phase. In a sequence, each step starts with the
// status of the step before.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>

#include "spec/text/printable.h"
#include "spec/text/utf8.h"
#include "spec/view.h"
#include "tests/hostile_text.h"
#include "tests/workload/children/service_world.h"
#include "workload/status/observable.h"
#include "workload/status/ready_components.h"
#include "workload/status/status.h"

namespace modelgate::workload {
namespace {

using spec::ObjectView;
using spec::Value;

/// A service, and a cluster that changes.
class Watched {
 public:
  explicit Watched(unsigned settings = 0) : world_(settings) {
    service_ = world_.service(
        "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, storageUri: 's3://b/m'}}}");
    see(R"({"conditions": [{"type": "Progressing", "status": "True", "reason": "NewReplicaSetCreated", "message":
        "Created new replica set \"m-predictor-1\""}, {"type": "Available", "status": "False", "reason":
        "MinimumReplicasUnavailable", "message": "Deployment does not have minimum availability."}]})",
        {});
  }

  /// Whole Pods.
  void see(std::string_view deployment_status, const std::vector<std::string>& pods) {
    deployment_ = deployment_status;
    look(pods);
  }

  void look(const std::vector<std::string>& pods) {
    std::deque<Value> values;
    Observed observed;
    const auto keep = [&](const std::string& yaml, std::string_view kind) {
      values.push_back(observable(world_.yaml(yaml), world_.arena(), kind));
      return &values.back();
    };
    observed.deployments.push_back(
        keep(fmt::format(R"({{"metadata": {{"name": "m-predictor"}}, "status": {}}})", deployment_),
             "Deployment"));
    for (const std::string& p : pods) observed.pods.push_back(keep(p, "Pod"));
    const ServiceContext context{
        .catalog = world_.catalog(),
        .ready = ready_components(service_, world_.catalog().configuration(), observed)};
    const Wanted wanted = build_wanted(service_, context, world_.arena());
    Value status = build_status(service_, wanted, context, observed, "2026-02-02T00:00:00Z", world_.arena());
    spec::set_member(service_, "status", std::move(status), world_.arena());
  }

  ObjectView condition(std::string_view type) const {
    for (const ObjectView& c : status().list("conditions")) {
      if (c.string("type") == type) return c;
    }
    return {};
  }
  ObjectView status() const { return ObjectView(service_).object("status"); }
  ObjectView model() const { return status().object("modelStatus"); }

 private:
  ServiceWorld world_;
  Value service_;
  std::string deployment_;
};

/// A Pod of the predictor with this status. `more` is added to its metadata.
std::string pod(std::string_view status, std::string_view name = "m-predictor-1-abcde",
                std::string_view more = {}) {
  return fmt::format(
      R"({{"metadata": {{"name": "{}", "labels": {{"app": "isvc.m-predictor", "pod-template-hash": "1"}}{}}},)"
      R"( "spec": {{"nodeName": "n1"}}, "status": {{{}}}}})",
      name, more, status);
}

constexpr std::string_view kScheduled =
    R"("phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True"}, {"type": "Initialized",
    "status": "False", "reason": "ContainersNotInitialized"}, {"type": "Ready", "status": "False", "reason":
    "ContainersNotReady"}])";

std::string init(std::string_view state, std::string_view last = "{}", int restarts = 0) {
  return pod(fmt::format(R"({}, "initContainerStatuses": [{{"name": "storage-initializer", "ready": false,
      "started": false, "restartCount": {}, "state": {}, "lastState": {}}}], "containerStatuses": [{{"name":
      "kserve-container", "ready": false, "started": false, "restartCount": 0, "lastState": {{}}, "state":
      {{"waiting": {{"reason": "PodInitializing"}}}}}}])",
                         kScheduled, restarts, state, last));
}

std::string server(std::string_view state, std::string_view last = "{}", bool ready = false) {
  return pod(fmt::format(R"("phase": "Running", "conditions": [{{"type": "PodScheduled", "status": "True"}},
      {{"type": "Ready", "status": "{}"}}], "initContainerStatuses": [{{"name": "storage-initializer", "ready":
      true, "state": {{"terminated": {{"exitCode": 0, "reason": "Completed"}}}}}}], "containerStatuses":
      [{{"name": "kserve-container", "ready": {}, "started": {}, "state": {}, "lastState": {}}}])",
                         ready ? "True" : "False", ready, ready, state, last));
}

constexpr std::string_view kBackOff =
    R"({"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s restarting failed container=x"}})";
constexpr std::string_view kRunning = R"({"running": {"startedAt": "2026-02-01T00:00:09Z"}})";
constexpr std::string_view kFetchFailed =
    R"({"terminated": {"exitCode": 1, "reason": "Error", "message": "no such bucket: b\n", "finishedAt":
    "2026-02-01T00:00:03Z"}})";
constexpr std::string_view kCrashed =
    R"({"terminated": {"exitCode": 2, "reason": "Error", "message": "KeyError: 'model'", "finishedAt":
    "2026-02-01T00:00:03Z"}})";
constexpr std::string_view kOutOfMemory =
    R"({"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-02-01T00:00:03Z"}})";

struct Case {
  const char* name;
  std::string pod;
  const char* reason;   // of PredictorReady
  const char* message;  // a part of its message
  const char* phase;
  const char* target;   // of the model
  const char* failure;  // KServe's class; "" if it has not failed
};

class PodTroubleOf : public ::testing::TestWithParam<Case> {};

TEST_P(PodTroubleOf, IsReported) {
  const Case& c = GetParam();
  Watched w;
  w.look({c.pod});
  for (const char* type : {"PredictorReady", "Ready"}) {
    EXPECT_EQ(w.condition(type).string("status"), "False");
    EXPECT_EQ(w.condition(type).string("reason"), c.reason);
    EXPECT_THAT(std::string(w.condition(type).string("message")), ::testing::HasSubstr(c.message));
  }
  EXPECT_EQ(w.status().string("phase"), c.phase);
  EXPECT_EQ(w.model().object("states").string("targetModelState"), c.target);
  EXPECT_EQ(w.model().object("lastFailureInfo").string("reason"), c.failure);
}

INSTANTIATE_TEST_SUITE_P(
    All, PodTroubleOf,
    ::testing::Values(
        Case{"ImageMissing",
             server(R"({"waiting": {"reason": "ErrImagePull", "message": "rpc error: code = NotFound desc =
               failed to pull and unpack image \"example.com/nope:1\": not found"}})"),
             "ImagePullBackOff", "example.com/nope:1", "Failed", "FailedToLoad", "RuntimeUnhealthy"},
        Case{"ImageMissingForAWhile",
             server(R"({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image
               \"example.com/nope:1\": ErrImagePull: not found"}})"),
             "ImagePullBackOff", "container kserve-container", "Failed", "FailedToLoad", "RuntimeUnhealthy"},
        Case{"ImageNameInvalid",
             server(R"({"waiting": {"reason": "InvalidImageName", "message": "Failed to apply default image
               \"A:b:c\": couldn't parse image name"}})"),
             "InvalidImageName", "A:b:c", "Failed", "FailedToLoad", "RuntimeUnhealthy"},
        Case{"SecretMissing",
             server(R"({"waiting": {"reason": "CreateContainerConfigError", "message": "secret \"s\" not
               found"}})"),
             "CreateContainerConfigError", "secret", "Failed", "FailedToLoad", "RuntimeUnhealthy"},
        Case{"CommandMissing", server(kBackOff, R"({"terminated": {"exitCode": 128, "reason": "StartError",
               "message": "exec: \"serve\": executable file not found in $PATH"}})"),
             "StartError", "executable file not found", "Failed", "FailedToLoad", "RuntimeUnhealthy"},
        Case{"CrashLoop", server(kBackOff, kCrashed), "ContainerFailed", "KeyError: 'model'", "Failed",
             "FailedToLoad", "ModelLoadFailed"},
        Case{"Crashed", server(kCrashed), "ContainerFailed", "exit code 2", "Failed", "FailedToLoad",
             "ModelLoadFailed"},
        Case{"CrashedAndRunsAgain", server(kRunning, kCrashed), "ContainerFailed", "exit code 2", "Failed",
             "FailedToLoad", "ModelLoadFailed"},
        Case{"EndedWithoutAnError", server(R"({"terminated": {"exitCode": 0, "reason": "Completed"}})"),
             "ContainerFailed", "exit code 0", "Failed", "FailedToLoad", "ModelLoadFailed"},
        Case{"OutOfMemory", server(kBackOff, kOutOfMemory), "OOMKilled", "out of memory", "Failed",
             "FailedToLoad", "ModelLoadFailed"},
        Case{"FetchingOutOfMemory", init(kBackOff, kOutOfMemory, 1), "OOMKilled",
             "init container storage-initializer", "Failed", "FailedToLoad", "ModelLoadFailed"},
        Case{"FetchFailed", init(kFetchFailed), "InitContainerFailed", "no such bucket: b", "Failed",
             "FailedToLoad", "ModelLoadFailed"},
        Case{"FetchFailedAgain", init(kBackOff, kFetchFailed, 2), "InitContainerFailed", "no such bucket: b",
             "Failed", "FailedToLoad", "ModelLoadFailed"},
        Case{"Fetching", init(kRunning), "MinimumReplicasUnavailable", "minimum availability", "Loading",
             "Loading", ""},
        Case{"Starting", server(kRunning), "MinimumReplicasUnavailable", "minimum availability", "Loading",
             "Pending", ""},
        Case{"NotReady",
             pod(R"("phase": "Running", "conditions": [{"type": "Ready", "status": "False", "reason":
               "ContainersNotReady", "message": "containers with unready status: [kserve-container]"}],
               "containerStatuses": [{"name": "kserve-container", "ready": false, "state": {"running": {}}}])"),
             "ContainersNotReady", "unready status: [kserve-container]", "Loading", "Pending", ""},
        Case{"NotReadyAfterItWas",
             pod(R"("phase": "Running", "conditions": [{"type": "Ready", "status": "False", "reason":
               "ReadinessGatesNotReady", "message": "the status of pod readiness gate \"lb\" is not \"True\""}],
               "containerStatuses": [{"name": "kserve-container", "ready": true, "state": {"running": {}}}])"),
             "ReadinessGatesNotReady", "readiness gate", "Loading", "Pending", ""},
        Case{"NodeLost",
             pod(R"("phase": "Running", "conditions": [{"type": "Ready", "status": "False"}, {"type":
               "ContainersReady", "status": "True"}], "containerStatuses": [{"name": "kserve-container", "ready":
               true, "state": {"running": {}}}])"),
             "NodeNotReady", "the node n1 is not ready", "Loading", "Pending", ""},
        Case{"NotReadyBeforeItRuns",
             pod(R"("phase": "Pending", "conditions": [{"type": "Ready", "status": "False", "reason":
               "ContainersNotReady", "message": "containers with unready status: [kserve-container]"}])"),
             "MinimumReplicasUnavailable", "minimum availability", "Loading", "Pending", ""},
        Case{"NoNodeFits",
             R"({"metadata": {"name": "p", "labels": {"app": "isvc.m-predictor"}}, "spec": {}, "status":
               {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason":
               "Unschedulable", "message": "0/3 nodes are available: 3 Insufficient nvidia.com/gpu.",
               "lastTransitionTime": "2026-02-01T00:00:00Z"}]}})",
             "Unschedulable", "3 Insufficient nvidia.com/gpu", "Pending", "Pending", ""},
        Case{"HeldBack",
             R"({"metadata": {"name": "p", "labels": {"app": "isvc.m-predictor"}}, "spec": {}, "status":
               {"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "False", "reason":
               "SchedulingGated", "message": "Scheduling is blocked due to non-empty scheduling gates"}]}})",
             "SchedulingGated", "scheduling gates", "Pending", "Pending", ""},
        Case{
            "Evicted",
            pod(R"("phase": "Failed", "reason": "Evicted", "message": "The node was low on resource: memory.",
               "containerStatuses": [{"name": "kserve-container", "state": {"terminated": {"exitCode": 137,
               "reason": "Error"}}}])"),
            "Evicted", "low on resource: memory", "Failed", "FailedToLoad", "RuntimeUnhealthy"}),
    [](const auto& info) { return std::string(info.param.name); });

struct NoPods {
  const char* name;
  const char* message;
};

class PodsRefused : public ::testing::TestWithParam<NoPods> {};

TEST_P(PodsRefused, AreReported) {
  Watched w;
  w.see(fmt::format(R"({{"conditions": [{{"type": "Progressing", "status": "True", "reason":
          "NewReplicaSetCreated"}}, {{"type": "Available", "status": "False", "reason":
          "MinimumReplicasUnavailable"}}, {{"type": "ReplicaFailure", "status": "True", "reason":
          "FailedCreate", "message": "{}"}}]}})",
                    GetParam().message),
        {});
  for (const char* type : {"PredictorReady", "Ready"}) {
    EXPECT_EQ(w.condition(type).string("status"), "False");
    EXPECT_EQ(w.condition(type).string("reason"), "FailedCreate");
    EXPECT_EQ(w.condition(type).string("message"), GetParam().message);
  }
  EXPECT_EQ(w.status().string("phase"), "Pending");
  EXPECT_EQ(w.model().object("lastFailureInfo").string("message"), GetParam().message);
  EXPECT_EQ(w.model().object("lastFailureInfo").string("reason"), "RuntimeUnhealthy");
}

INSTANTIATE_TEST_SUITE_P(
    All, PodsRefused,
    ::testing::Values(NoPods{"ByAQuota",
                             "pods 'm-predictor-1-abcde' is forbidden: exceeded quota: q, requested: "
                             "requests.nvidia.com/gpu=1, used: requests.nvidia.com/gpu=4, limited: "
                             "requests.nvidia.com/gpu=4"},
                      NoPods{"ByAWebhook", "admission webhook 'policy.example.com' denied the request: no"},
                      NoPods{"ByAPolicy",
                             "pods 'm-predictor-1-abcde' is forbidden: violates PodSecurity "
                             "'restricted:latest': runAsNonRoot != true"}),
    [](const auto& info) { return std::string(info.param.name); });

constexpr std::string_view kAvailable =
    R"({"availableReplicas": 1, "conditions": [{"type": "Available", "status": "True", "reason":
    "MinimumReplicasAvailable"}, {"type": "Progressing", "status": "True", "reason": "ReplicaSetUpdated"}]})";

TEST(PodTroubles, DoNotChangeWithEachRestart) {
  Watched w;
  const std::string crash_loop[] = {server(kCrashed), server(kBackOff, kCrashed), server(kRunning, kCrashed),
                                    server(kCrashed, kCrashed)};
  w.look({crash_loop[0]});
  const std::string before = spec::to_json(*w.status().value());
  for (int i = 1; i < 8; ++i) {
    w.look({crash_loop[i % 4]});
    EXPECT_EQ(spec::to_json(*w.status().value()), before) << i;
  }
}

TEST(PodTroubles, DoNotChangeWithEachPull) {
  Watched w;
  const std::string failed =
      server(R"({"waiting": {"reason": "ErrImagePull", "message": "not found: example.com/nope:1"}})");
  const std::string waits =
      server(R"({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"nope\""}})");
  w.look({failed});
  const std::string before(w.condition("Ready").string("message"));
  const std::string waits_and_says_why = server(
      R"({"waiting": {"reason": "ImagePullBackOff", "message": "Back-off pulling image \"nope\": ErrImagePull: not found: example.com/nope:1"}})");
  for (const std::string& now : {waits, failed, waits_and_says_why, waits}) {
    w.look({now});
    EXPECT_EQ(w.condition("Ready").string("message"), before);
    EXPECT_EQ(w.condition("PredictorReady").string("message"), before);
  }
}

TEST(PodTroubles, EndWhenThePodIsReady) {
  Watched w;
  w.look({server(kBackOff, kCrashed)});
  w.see(kAvailable, {server(kRunning, kCrashed, true)});
  EXPECT_EQ(w.condition("Ready").string("reason"), "InferenceServiceReady");
  EXPECT_EQ(w.status().string("phase"), "Ready");
  EXPECT_FALSE(w.model().has("lastFailureInfo"));
}

TEST(PodTroubles, OfATerminatingPodAreIgnored) {
  Watched w;
  std::string leaving = server(kOutOfMemory);
  leaving.replace(leaving.find(R"("labels")"), 8, R"("deletionTimestamp": "2026-02-01T00:00:00Z", "labels")");
  w.look({leaving});
  EXPECT_EQ(w.condition("PredictorReady").string("reason"), "MinimumReplicasUnavailable");
  EXPECT_EQ(w.status().string("phase"), "Pending");
}

TEST(PodTroubles, OfAnEarlierTemplateAreIgnored) {
  Watched w;
  std::string old = server(kBackOff, kCrashed);
  old.replace(old.find(R"("labels")"), 8, R"("creationTimestamp": "2026-01-01T00:00:00Z", "labels")");
  std::string fixed = init(kRunning);
  fixed.replace(fixed.find(R"("labels")"), 8, R"("creationTimestamp": "2026-01-01T01:00:00Z", "labels")");
  fixed.replace(fixed.find(R"("pod-template-hash": "1")"), 24, R"("pod-template-hash": "2")");
  w.look({old, fixed});
  EXPECT_EQ(w.status().string("phase"), "Loading");
  EXPECT_EQ(w.model().object("states").string("targetModelState"), "Loading");
}

TEST(PodTroubles, OfANewVersionAreReportedWhileTheOldServes) {
  Watched w;
  std::string old = server(kRunning, "{}", true);
  old.replace(old.find(R"("labels")"), 8, R"("creationTimestamp": "2026-01-01T00:00:00Z", "labels")");
  std::string now = server(kBackOff, kOutOfMemory);
  now.replace(now.find(R"("labels")"), 8, R"("creationTimestamp": "2026-01-01T01:00:00Z", "labels")");
  now.replace(now.find(R"("pod-template-hash": "1")"), 24, R"("pod-template-hash": "2")");
  w.see(kAvailable, {old});
  ASSERT_EQ(w.status().string("phase"), "Ready");
  w.see(kAvailable, {old, now});
  EXPECT_EQ(w.condition("Ready").string("status"), "True");
  EXPECT_EQ(w.status().string("phase"), "Ready");
  EXPECT_EQ(w.model().object("states").string("activeModelState"), "Loaded");
  EXPECT_EQ(w.model().object("states").string("targetModelState"), "FailedToLoad");
  EXPECT_EQ(w.model().object("lastFailureInfo").string("reason"), "ModelLoadFailed");
}

/// The end is shown, in whole characters: it has the cause.
TEST(TerminationMessage, IsCutAtItsBeginning) {
  Watched w;
  std::string words;
  for (int i = 0; i < 1000; ++i) words += "\xC3\xA9";  // two bytes each
  for (const std::string_view shift : {"", "x"}) {
    w.look({server(
        fmt::format(R"({{"terminated": {{"exitCode": 1, "message": "{}{}the end"}}}})", words, shift))});
    const std::string message(w.condition("Ready").string("message"));
    EXPECT_TRUE(message.ends_with(fmt::format("\xC3\xA9{}the end", shift)));
    EXPECT_TRUE(text::is_valid_utf8(message));
    EXPECT_LT(message.size(), 1200);
    EXPECT_THAT(message, ::testing::HasSubstr("exit code 1: ..."));
  }
}

TEST(CanaryTrouble, IsReportedOfTheCanary) {
  ServiceWorld world(kGatewayApi);
  Value service = world.service(
      "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, storageUri: 's3://b/m'}}, "
      "canary: "
      "[{trafficPercent: 10, predictor: {name: v2}}]}");
  std::string text = server(kBackOff, kOutOfMemory);
  text.replace(text.find("isvc.m-predictor"), 16, "isvc.m-v2-predictor");
  const Value pod = world.yaml(text);
  const Observed observed{.deployments = {}, .pods = {&pod}, .http_routes = {}};
  const ServiceContext context{.catalog = world.catalog()};
  const Wanted wanted = build_wanted(service, context, world.arena());
  const Value status =
      build_status(service, wanted, context, observed, "2026-02-02T00:00:00Z", world.arena());
  EXPECT_EQ(spec::to_json(*at(status, "/conditions/0/type")), R"("CanaryPredictorReady")");
  EXPECT_EQ(spec::to_json(*at(status, "/conditions/0/reason")), R"("OOMKilled")");
  EXPECT_EQ(spec::to_json(*at(status, "/canaryStatuses/0/modelStatus/states/targetModelState")),
            R"("FailedToLoad")");
}

/// The last words of a container, and the kubelet's messages, contain what the program printed.
TEST(PodTroubleText, ShowsNoHostileText) {
  for (const std::string& hostile : hostile_texts()) {
    std::string quoted;
    spec::append_json(hostile, quoted);
    quoted = text::json_without_hidden(quoted);
    for (const std::string& state :
         {fmt::format(R"({{"terminated": {{"exitCode": 1, "reason": "Error", "message": {}}}}})", quoted),
          fmt::format(R"({{"waiting": {{"reason": "ErrImagePull", "message": {}}}}})", quoted),
          fmt::format(R"({{"waiting": {{"reason": "CreateContainerConfigError", "message": {}}}}})",
                      quoted)}) {
      Watched w;
      w.look({init(state)});
      for (const char* type : {"PredictorReady", "Ready"}) {
        const std::string_view message = w.condition(type).string("message");
        EXPECT_TRUE(message.contains("[31mb")) << message;
        EXPECT_EQ(raw_character(message), "") << message;
      }
      EXPECT_EQ(raw_character(w.model().object("lastFailureInfo").string("message")), "");
    }
  }
}

}  // namespace
}  // namespace modelgate::workload
