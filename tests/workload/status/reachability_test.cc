// SPDX-License-Identifier: Apache-2.0
//
// What a request needs beside available Pods: a Service that is ours, a ready endpoint, an accepted route, and a
// generation that could be applied. One case a row; answers_test.cc generates more.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "spec/view.h"
#include "tests/workload/status/status_world.h"

namespace modelgate::workload {
namespace {

using ::testing::HasSubstr;

constexpr std::string_view kService =
    "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt, storageUri: 's3://b/m'}}}";
constexpr std::string_view kLocal =
    "{metadata: {labels: {networking.kserve.io/visibility: cluster-local}}, spec: {predictor: {model: "
    "{modelFormat: {name: sklearn}, runtime: rt}}, transformer: {containers: [{name: kserve-container, image: "
    "t}]}}}";
constexpr std::string_view kWithCanary =
    "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: rt}}, canary: [{trafficPercent: 20, "
    "predictor: {name: v2}}]}";

std::string up(std::string_view name) {
  return fmt::format(
      "{{metadata: {{name: {}, labels: {{component: predictor}}}}, status: {{availableReplicas: 1, conditions: "
      "[{{type: Available, status: 'True'}}]}}}}",
      name);
}

std::string service(std::string_view name) {
  return fmt::format("{{metadata: {{name: {0}, uid: uid-{0}}}}}", name);
}

/// An EndpointSlice with one endpoint, of which `condition` is, e.g., "ready: true".
std::string slice(std::string_view name, std::string_view condition = "ready: true",
                  std::string_view owner = "") {
  return fmt::format(
      "{{metadata: {{labels: {{kubernetes.io/service-name: {0}}}, ownerReferences: [{{kind: Service, uid: "
      "'{2}'}}]}}, endpoints: [{{conditions: {{{1}}}}}]}}",
      name, condition, owner.empty() ? fmt::format("uid-{}", name) : std::string(owner));
}

std::string seen(std::string_view deployments, std::string_view services, std::string_view slices,
                 std::string_view more = "ingresses: [{metadata: {name: m}}], classes: [istio]") {
  return fmt::format("{{deployments: [{}], services: [{}], slices: [{}], {}}}", deployments, services, slices,
                     more);
}

const std::string kUp = up("m-predictor");
const std::string kOwn = service("m-predictor");

struct Row {
  const char* name;
  std::string observed;
  const char* predictor;
  const char* ready;
};

class Reachable : public ::testing::TestWithParam<Row> {};

/// In both modes: a Ready service answers.
TEST_P(Reachable, IfARequestReachesAPod) {
  const Row& row = GetParam();
  for (const unsigned settings : {0U, static_cast<unsigned>(kCompatible)}) {
    StatusWorld world(settings);
    world.status(kService, row.observed);
    EXPECT_EQ(world.condition("PredictorReady"), row.predictor);
    EXPECT_EQ(world.condition("Ready"), row.ready);
    EXPECT_EQ(world.text("/phase") == "Ready", world.condition("Ready").starts_with("True"));
  }
}

INSTANTIATE_TEST_SUITE_P(
    All, Reachable,
    ::testing::Values(
        Row{"AllThere", seen(kUp, kOwn, slice("m-predictor")), "True PredictorReady",
            "True InferenceServiceReady"},
        Row{"NothingElseKnown", fmt::format("{{deployments: [{}]}}", kUp), "True PredictorReady",
            "True InferenceServiceReady"},
        Row{"NoService", seen(kUp, "", slice("m-predictor")), "False ServiceNotCreated",
            "False ServiceNotCreated"},
        Row{"OnlyAnotherService", seen(kUp, service("m-v2-predictor"), slice("m-predictor")),
            "False ServiceNotCreated", "False ServiceNotCreated"},
        Row{"AServiceThatIsBeingDeleted",
            seen(kUp, "{metadata: {name: m-predictor, deletionTimestamp: now}}", slice("m-predictor")),
            "False ServiceNotCreated", "False ServiceNotCreated"},
        Row{"NoSlice", seen(kUp, kOwn, ""), "False NoReadyEndpoints", "False NoReadyEndpoints"},
        Row{"NotReady", seen(kUp, kOwn, slice("m-predictor", "ready: false")), "False NoReadyEndpoints",
            "False NoReadyEndpoints"},
        Row{"UnknownIsReady", seen(kUp, kOwn, slice("m-predictor", "serving: true")), "True PredictorReady",
            "True InferenceServiceReady"},
        Row{"OfAnotherService", seen(kUp, kOwn, slice("m-v2-predictor")), "False NoReadyEndpoints",
            "False NoReadyEndpoints"},
        Row{"OfAFormerService", seen(kUp, kOwn, slice("m-predictor", "ready: true", "former")),
            "False NoReadyEndpoints", "False NoReadyEndpoints"},
        Row{"InTheSecondSlice",
            seen(kUp, kOwn,
                 fmt::format("{}, {}", slice("m-predictor", "ready: false"), slice("m-predictor"))),
            "True PredictorReady", "True InferenceServiceReady"},
        Row{"NoIngress", seen(kUp, kOwn, slice("m-predictor"), "ingresses: []"), "True PredictorReady",
            "False IngressNotCreated"}),
    [](const auto& info) { return std::string(info.param.name); });

/// As KServe reports it. Without it, no route would be created, and nothing could scale the service up.
TEST(ReachableComponents, MayBeScaledToZero) {
  constexpr std::string_view kZero =
      "{metadata: {name: m-predictor}, spec: {replicas: 0}, status: {conditions: [{type: Available, status: "
      "'True'}]}}";
  constexpr std::string_view kMayRest =
      "spec: {predictor: {minReplicas: 0, model: {modelFormat: {name: sklearn}, runtime: rt}}}";
  for (const unsigned settings : {0U, static_cast<unsigned>(kCompatible)}) {
    StatusWorld world(settings);
    world.status(kMayRest, seen(kZero, kOwn, ""));
    EXPECT_EQ(world.condition("Ready"), "True InferenceServiceReady");
    EXPECT_THAT(world.message("PredictorReady"), HasSubstr("scaled to zero"));
    world.status(kMayRest, seen(kZero, "", ""));
    EXPECT_EQ(world.condition("Ready"), "False ServiceNotCreated");
    world.status(kMayRest, seen(kUp, kOwn, ""));
    EXPECT_EQ(world.condition("Ready"), "False NoReadyEndpoints");
    world.status(kService, seen(kZero, kOwn, ""));
    EXPECT_EQ(world.condition("Ready"), "False NoReadyEndpoints");
  }
}

TEST(ReachableComponents, AreAllNeeded) {
  StatusWorld world;
  const std::string both = fmt::format("{}, {}", kUp, up("m-transformer"));
  const std::string services = fmt::format("{}, {}", kOwn, service("m-transformer"));
  const std::string slices = fmt::format("{}, {}", slice("m-predictor"), slice("m-transformer"));
  world.status(kLocal, seen(both, services, slices));
  EXPECT_EQ(world.condition("Ready"), "True InferenceServiceReady");
  world.status(kLocal, seen(both, kOwn, slices));
  EXPECT_EQ(world.condition("TransformerReady"), "False ServiceNotCreated");
  EXPECT_EQ(world.condition("Ready"), "False ServiceNotCreated");
  world.status(kLocal, seen(kUp, services, slices));
  EXPECT_EQ(world.condition("Ready"), "Unknown DeploymentNotCreated");
}

TEST(ReachableRoute, NeedsItsIngressClass) {
  const auto observed = [&](std::string_view status, std::string_view classes) {
    return fmt::format("{{deployments: [{}], ingresses: [{{metadata: {{name: m}}{}}}], classes: [{}]}}", kUp,
                       status, classes);
  };
  StatusWorld world;
  world.status(kService, observed("", "nginx, traefik"));
  EXPECT_EQ(world.condition("IngressReady"), "False IngressClassNotFound");
  EXPECT_EQ(world.condition("Ready"), "False IngressClassNotFound");
  EXPECT_THAT(world.message("Ready"),
              HasSubstr("IngressClass istio does not exist (existing: nginx, traefik)"));
  EXPECT_THAT(world.message("Ready"), HasSubstr("set ingressClassName to one that exists"));
  EXPECT_EQ(world.text("/url"), "-");
  world.status(kService, observed("", "istio"));
  EXPECT_EQ(world.condition("Ready"), "True InferenceServiceReady");
  // Its controller does not need the class.
  world.status(kService, observed(", status: {loadBalancer: {ingress: [{hostname: lb}]}}", ""));
  EXPECT_EQ(world.condition("Ready"), "True InferenceServiceReady");
  // KServe does not read classes.
  StatusWorld compatible(kCompatible);
  compatible.status(kService, observed("", ""));
  EXPECT_EQ(compatible.condition("IngressReady"), "True IngressCreated");
  EXPECT_THAT(compatible.message("IngressReady"), HasSubstr("IngressClass istio does not exist"));
}

TEST(ReachableRoute, OfIstioExists) {
  StatusWorld world;
  world.virtual_services = true;
  const auto observed = [&](std::string_view route) {
    return fmt::format("{{deployments: [{}], virtualServices: [{}]}}", kUp, route);
  };
  world.status(kService, observed(""));
  EXPECT_EQ(world.condition("Ready"), "False VirtualServiceNotCreated");
  world.status(kService, observed("{metadata: {name: m}}"));
  EXPECT_EQ(world.condition("Ready"), "True InferenceServiceReady");
  world.status(kService, observed("{metadata: {name: m}, status: {conditions: [{type: Reconciled, status: "
                                  "'False', reason: NoGateway, message: x}]}}"));
  EXPECT_EQ(world.condition("Ready"), "False NoGateway");
}

struct Parents {
  const char* name;
  const char* parents;
  const char* strict;
  const char* compatible;
};

constexpr Parents kParents[] = {
    {"Accepted", "{conditions: [{type: Accepted, status: 'True'}]}", "True HTTPRoutesAccepted",
     "True HTTPRoutesAccepted"},
    {"OfTheGateway",
     "{parentRef: {namespace: kserve, name: kserve-ingress-gateway}, conditions: [{type: Accepted, status: "
     "'True'}]}",
     "True HTTPRoutesAccepted", "True HTTPRoutesAccepted"},
    {"NotYet", "{conditions: [{type: Accepted, status: Unknown, reason: Pending}]}",
     "False HTTPRouteNotReady", "False HTTPRouteNotReady"},
    {"Unresolved",
     "{conditions: [{type: Accepted, status: 'True'}, {type: ResolvedRefs, status: 'False', reason: "
     "BackendNotFound}]}",
     "False BackendNotFound", "False BackendNotFound"},
    {"OfAFormerGateway",
     "{parentRef: {namespace: other, name: gateway}, conditions: [{type: Accepted, status: 'True'}]}",
     "False HTTPRouteNotReady", "True HTTPRoutesAccepted"},
    {"RefusedByAFormerGateway",
     "{parentRef: {namespace: other, name: gateway}, conditions: [{type: Accepted, status: 'False', reason: "
     "NoMatchingParent}]}, {parentRef: {namespace: kserve, name: kserve-ingress-gateway}, conditions: [{type: "
     "Accepted, status: 'True'}]}",
     "True HTTPRoutesAccepted", "False NoMatchingParent"},
    {"InPart",
     "{conditions: [{type: Accepted, status: 'True'}, {type: PartiallyInvalid, status: 'True', reason: "
     "UnsupportedValue}]}",
     "False UnsupportedValue", "True HTTPRoutesAccepted"},
};

TEST(ReachableRoute, IsAcceptedByTheGateway) {
  for (const Parents& row : kParents) {
    const std::string observed = fmt::format(
        "{{deployments: [{0}], routes: [{{metadata: {{name: m}}, status: {{parents: [{1}]}}}}, {{metadata: "
        "{{name: m-predictor}}, status: {{parents: [{1}]}}}}]}}",
        kUp, row.parents);
    StatusWorld strict(kGatewayApi);
    strict.status(kService, observed);
    EXPECT_EQ(strict.condition("IngressReady"), row.strict) << row.name;
    StatusWorld compatible(kGatewayApi | kCompatible);
    compatible.status(kService, observed);
    EXPECT_EQ(compatible.condition("IngressReady"), row.compatible) << row.name;
  }
}

/// "m-predictor 80, m-v2-predictor 20": the backends of the service's desired route.
std::string backends(const StatusWorld& world) {
  std::string out;
  for (const WantedObject& wanted : world.wanted().objects) {
    const spec::ObjectView object(wanted.object);
    if (object.string("kind") != "HTTPRoute" || object.object("metadata").string("name") != "m") continue;
    for (const spec::ObjectView& b : object.object("spec").list("rules")[0].list("backendRefs"))
      out +=
          fmt::format("{}{} {}", out.empty() ? "" : ", ", b.string("name"), b.integer("weight").value_or(-1));
  }
  return out;
}

struct CanaryRow {
  const char* name;
  std::string services;
  std::string slices;
  const char* condition;
  const char* backends;
};

constexpr std::string_view kSplit =
    "routes: [{metadata: {name: m}, spec: {rules: [{backendRefs: [{name: m-predictor, weight: 80}, {name: "
    "m-v2-predictor, weight: 20}]}]}}]";

TEST(ReachableCanary, GetsItsShare) {
  const std::string stable = slice("m-predictor");
  const std::string both = fmt::format("{}, {}", kOwn, service("m-v2-predictor"));
  const std::string slices = fmt::format("{}, {}", stable, slice("m-v2-predictor"));
  const CanaryRow rows[] = {
      {"AllThere", both, slices, "True AllCanariesReady", "m-predictor 80, m-v2-predictor 20"},
      {"NoService", kOwn, slices, "False ServiceNotCreated", "m-predictor 100"},
      {"NoEndpoint", both, stable, "False NoReadyEndpoints", "m-predictor 100"},
      {"OnlyTheCanary", service("m-v2-predictor"), slices, "True AllCanariesReady",
       "m-predictor 0, m-v2-predictor 100"},
      {"Neither", "", slices, "False ServiceNotCreated", "m-predictor 100"},
  };
  for (const CanaryRow& row : rows) {
    StatusWorld world(kGatewayApi);
    world.status(kWithCanary,
                 seen(fmt::format("{}, {}", kUp, up("m-v2-predictor")), row.services, row.slices, kSplit));
    EXPECT_EQ(world.condition("CanaryPredictorReady"), row.condition) << row.name;
    EXPECT_EQ(world.text("/canaryStatuses/0/ready"),
              std::string_view(row.condition).starts_with("True") ? "true" : "false")
        << row.name;
    EXPECT_EQ(backends(world), row.backends) << row.name;
  }
}

// ---- Generations that could not be applied

Problem refused(std::string_view component, bool transient = false) {
  return {.component = component,
          .reason = transient ? "QuotaExceeded" : "Invalid",
          .path = spec::FieldPath{} / "spec" / component,
          .text = "Deployment m-predictor: port: Invalid value: 0",
          .transient = transient,
          .refused = true};
}

constexpr std::string_view kWasReady =
    "{{observedGeneration: {}, phase: Ready, conditions: [{{type: Ready, status: 'True'}}, {{type: "
    "PredictorReady, status: 'True'}}, {{type: IngressReady, status: 'True'}}]}}";

TEST(ARefusedUpdate, IsNotReadyAndThePreviousVersionIsVisible) {
  for (const unsigned settings : {0U, static_cast<unsigned>(kCompatible)}) {
    StatusWorld world(settings);
    world.problems = {refused(kPredictor)};
    const std::string observed = seen(kUp, kOwn, slice("m-predictor"));
    std::string status = spec::to_json(world.status(kService, observed, fmt::format(kWasReady, 2)));
    for (int again = 0; again < 2; ++again) {
      EXPECT_EQ(world.condition("PredictorReady"), "False Invalid");
      EXPECT_EQ(world.condition("Ready"), "False Invalid");
      EXPECT_THAT(world.message("Ready"), HasSubstr("port: Invalid value: 0"));
      EXPECT_EQ(world.condition("PreviousVersionReady"), "True PreviousVersionServes");
      EXPECT_THAT(world.message("PreviousVersionReady"), HasSubstr("the previous version keeps serving"));
      EXPECT_EQ(world.text("/observedGeneration"), "3");
      EXPECT_EQ(world.text("/phase"), "Failed");
      status = spec::to_json(world.status(kService, observed, status));
    }
    // Its Pods stop, and start again.
    status = spec::to_json(world.status(kService, seen("", kOwn, ""), status));
    EXPECT_EQ(world.condition("PreviousVersionReady"), "False PreviousVersionNotReady");
    status = spec::to_json(world.status(kService, observed, status));
    EXPECT_EQ(world.condition("PreviousVersionReady"), "True PreviousVersionServes");
    world.problems.clear();
    world.status(kService, observed, status);
    EXPECT_EQ(world.condition("Ready"), "True InferenceServiceReady");
    EXPECT_EQ(world.condition("PreviousVersionReady"), "-");
  }
}

struct RefusedRow {
  const char* name;
  std::vector<Problem> problems;
  int observed_generation;
  const char* ready;
  const char* phase;
  const char* previous;
};

TEST(ARefusedUpdate, DependsOnWhatWasRefused) {
  const RefusedRow rows[] = {
      {"ForNow",
       {refused(kPredictor, true)},
       2,
       "False QuotaExceeded",
       "Pending",
       "True PreviousVersionServes"},
      {"ForNowAndAppliedBefore", {refused(kPredictor, true)}, 3, "True InferenceServiceReady", "Ready", "-"},
      {"TheWorstCounts",
       {refused(kPredictor, true), refused(kPredictor)},
       3,
       "False Invalid",
       "Failed",
       "True PreviousVersionServes"},
      {"TheRoute", {refused(kIngress)}, 2, "False Invalid", "Failed", "True PreviousVersionServes"},
      {"ACanary", {refused(kCanary)}, 2, "True InferenceServiceReady", "Ready", "-"},
      {"ADeletion", {refused("")}, 2, "True InferenceServiceReady", "Ready", "-"},
  };
  for (const RefusedRow& row : rows) {
    StatusWorld world;
    world.problems = row.problems;
    world.status(kService, seen(kUp, kOwn, slice("m-predictor")),
                 fmt::format(kWasReady, row.observed_generation));
    EXPECT_EQ(world.condition("Ready"), row.ready) << row.name;
    EXPECT_EQ(world.text("/phase"), row.phase) << row.name;
    EXPECT_EQ(world.condition("PreviousVersionReady"), row.previous) << row.name;
  }
}

TEST(ARefusedUpdate, KeepsTheConditionsThatKServeKeeps) {
  StatusWorld world(kCompatible);
  world.problems = {refused(kIngress)};
  world.status(kService, seen(kUp, kOwn, slice("m-predictor")), fmt::format(kWasReady, 2));
  EXPECT_EQ(world.condition("PredictorReady"), "True PredictorReady");
  EXPECT_EQ(world.condition("IngressReady"), "False Invalid");
  EXPECT_EQ(world.condition("Ready"), "False Invalid");
}

TEST(ARefusedCreation, IsFalseInBothModes) {
  for (const unsigned settings : {0U, static_cast<unsigned>(kCompatible)}) {
    for (const bool transient : {false, true}) {
      StatusWorld world(settings);
      world.problems = {refused(kPredictor, transient)};
      world.status(kService, seen("", kOwn, ""));
      EXPECT_EQ(world.condition("PredictorReady"), transient ? "False QuotaExceeded" : "False Invalid");
      EXPECT_EQ(world.condition("Ready"), transient ? "False QuotaExceeded" : "False Invalid");
      EXPECT_EQ(world.text("/phase"), transient ? "Pending" : "Failed");
      EXPECT_EQ(world.condition("PreviousVersionReady"), "-");
    }
  }
}

TEST(AnInvalidGeneration, IsNotReadyWhileThePreviousOneServes) {
  constexpr std::string_view kNoRuntime =
      "spec: {predictor: {model: {modelFormat: {name: sklearn}, runtime: gone}}}";
  const std::string observed = seen(kUp, kOwn, slice("m-predictor"));
  StatusWorld world;
  world.status(kNoRuntime, observed, fmt::format(kWasReady, 2));
  EXPECT_EQ(world.condition("Ready"), "False RuntimeNotRecognized");
  EXPECT_EQ(world.condition("PreviousVersionReady"), "True PreviousVersionServes");
  // The runtime was deleted after this generation was applied.
  const std::string status = spec::to_json(world.status(kNoRuntime, observed, fmt::format(kWasReady, 3)));
  EXPECT_EQ(world.condition("Ready"), "True InferenceServiceReady");
  EXPECT_EQ(world.text("/phase"), "Ready");
  EXPECT_EQ(world.condition("PreviousVersionReady"), "-");
  const std::string down = spec::to_json(world.status(kNoRuntime, seen("", kOwn, ""), status));
  EXPECT_EQ(world.condition("Ready"), "False RuntimeNotRecognized");
  world.status(kNoRuntime, observed, down);
  EXPECT_EQ(world.condition("Ready"), "True InferenceServiceReady");
}

}  // namespace
}  // namespace modelgate::workload
