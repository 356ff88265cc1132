// SPDX-License-Identifier: Apache-2.0
//
// The parts of watched objects that the reconciler caches. status_test.cc and render_children.cc show that
// the status of trimmed objects is the same: they use only trimmed objects.
#include "workload/status/observable.h"

#include <gtest/gtest.h>

#include <random>
#include <set>

#include "tests/workload/children/service_world.h"
#include "workload/status/ready_components.h"
#include "workload/status/status.h"

namespace modelgate::workload {
namespace {

using spec::Value;

struct Case {
  const char* name;
  const char* whole;
  const char* trimmed;
};

class Observable : public ::testing::TestWithParam<Case> {};

TEST_P(Observable, RetainsTheFieldsOfTheStatus) {
  ServiceWorld world;
  const Value once = observable(world.yaml(GetParam().whole), world.arena());
  EXPECT_EQ(spec::to_canonical_json(once), spec::to_canonical_json(world.yaml(GetParam().trimmed)));
  EXPECT_EQ(spec::to_json(observable(once, world.arena())), spec::to_json(once));
}

INSTANTIATE_TEST_SUITE_P(
    All, Observable,
    ::testing::Values(
        Case{"Metadata", R"(
kind: Service
metadata:
  name: s
  namespace: n
  uid: u
  resourceVersion: "5"
  generation: 2
  creationTimestamp: "2026-01-01T00:00:00Z"
  deletionTimestamp: "2026-01-01T00:00:01Z"
  deletionGracePeriodSeconds: 0
  finalizers: [x]
  annotations: {a: b}
  labels: {app: isvc.s, team: t, serving.kserve.io/inferenceservice: s}
  ownerReferences: [{apiVersion: v, kind: K, name: o, uid: w, controller: true, blockOwnerDeletion: true}]
spec: {clusterIP: 10.0.0.1}
status: {loadBalancer: {}}
)",
             R"(
kind: Service
metadata:
  name: s
  namespace: n
  uid: u
  resourceVersion: "5"
  generation: 2
  creationTimestamp: "2026-01-01T00:00:00Z"
  deletionTimestamp: "2026-01-01T00:00:01Z"
  labels: {app: isvc.s, serving.kserve.io/inferenceservice: s}
  ownerReferences: [{apiVersion: v, kind: K, name: o, uid: w, controller: true}]
status: {}
)"},
        Case{"Deployment", R"(
kind: Deployment
metadata: {name: d, annotations: {deployment.kubernetes.io/revision: "3"}}
spec: {replicas: 2, selector: {}, template: {spec: {containers: [{name: c}]}}}
status:
  observedGeneration: 4
  replicas: 2
  updatedReplicas: 1
  readyReplicas: 2
  availableReplicas: 2
  unavailableReplicas: 0
  collisionCount: 1
  conditions: [{type: Available, status: "True", reason: R, message: m, lastUpdateTime: t, lastTransitionTime: u}]
)",
             R"(
kind: Deployment
metadata: {name: d}
spec: {replicas: 2}
status:
  observedGeneration: 4
  replicas: 2
  updatedReplicas: 1
  readyReplicas: 2
  availableReplicas: 2
  unavailableReplicas: 0
  conditions: [{type: Available, status: "True", reason: R, message: m, lastTransitionTime: u}]
)"},
        Case{"Pod", R"(
kind: Pod
metadata: {name: p, labels: {pod-template-hash: h}}
spec: {nodeName: n, containers: [{name: c, image: i}], volumes: [{name: v}]}
status:
  phase: Failed
  reason: Evicted
  message: low on memory
  hostIP: 10.0.0.1
  qosClass: Burstable
  conditions: [{type: Ready, status: "False", lastProbeTime: null}]
  initContainerStatuses:
    - {name: i, ready: false, imageID: x, state: {running: {startedAt: t}}, lastState: {}}
  containerStatuses:
    - name: c
      ready: false
      restartCount: 3
      image: i
      state: {waiting: {reason: CrashLoopBackOff, message: back-off}}
      lastState: {terminated: {exitCode: 1, reason: Error, message: m, containerID: x, finishedAt: u}}
)",
             R"(
kind: Pod
metadata: {name: p, labels: {pod-template-hash: h}}
spec: {nodeName: n}
status:
  phase: Failed
  reason: Evicted
  message: low on memory
  conditions: [{type: Ready, status: "False"}]
  initContainerStatuses: [{name: i, ready: false, state: {running: {startedAt: t}}, lastState: {}}]
  containerStatuses:
    - name: c
      ready: false
      restartCount: 3
      state: {waiting: {reason: CrashLoopBackOff, message: back-off}}
      lastState: {terminated: {exitCode: 1, reason: Error, message: m, finishedAt: u}}
)"},
        Case{"HttpRoute", R"(
kind: HTTPRoute
metadata: {name: r}
spec:
  hostnames: [h]
  rules: [{matches: [], backendRefs: [{group: "", kind: Service, name: a, port: 80, weight: 90}, {name: b, weight: 10}]}]
status:
  parents: [{parentRef: {group: g, name: gw, namespace: n}, controllerName: c, conditions: [{type: Accepted, status: "True", observedGeneration: 1}]}]
)",
             R"(
kind: HTTPRoute
metadata: {name: r}
spec: {rules: [{backendRefs: [{name: a, weight: 90}, {name: b, weight: 10}]}]}
status:
  parents: [{parentRef: {name: gw, namespace: n}, controllerName: c, conditions: [{type: Accepted, status: "True", observedGeneration: 1}]}]
)"},
        Case{"Autoscaler", R"(
kind: HorizontalPodAutoscaler
metadata: {name: h}
spec: {minReplicas: 1, maxReplicas: 3, metrics: []}
status: {currentReplicas: 1, desiredReplicas: 2, currentMetrics: [], conditions: [{type: AbleToScale, status: "True"}]}
)",
             R"(
kind: HorizontalPodAutoscaler
metadata: {name: h}
spec: {minReplicas: 1, maxReplicas: 3}
status: {currentReplicas: 1, desiredReplicas: 2, conditions: [{type: AbleToScale, status: "True"}]}
)"},
        // The status handles a wrong type.
        Case{"WrongTypes",
             "{kind: Pod, metadata: 5, spec: [x], status: {phase: [1], conditions: {type: T, more: 1}}}",
             "{kind: Pod, metadata: 5, spec: [x], status: {phase: [1], conditions: {type: T}}}"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ObservableKind, IsGivenForItemsOfAList) {
  ServiceWorld world;
  const Value item = world.yaml("{metadata: {name: p}, spec: {nodeName: node-1}}");
  EXPECT_EQ(spec::to_json(observable(item, world.arena(), "Pod")),
            R"({"metadata":{"name":"p"},"spec":{"nodeName":"node-1"}})");
  EXPECT_EQ(spec::to_json(observable(item, world.arena())), R"({"metadata":{"name":"p"}})");
}

TEST(ObservableKind, OfANonObjectIsEmpty) {
  ServiceWorld world;
  EXPECT_EQ(spec::to_json(observable(Value(5), world.arena(), "Pod")), "{}");
}

/// Removes some values of a document, and changes the type of others.
class Spoiler {
 public:
  Spoiler(unsigned seed, spec::Arena& arena) : random_(seed), arena_(arena) {}

  Value spoiled(const Value& v) {
    if (one_in(12)) return anything();
    if (v.IsArray()) {
      Value out(rapidjson::kArrayType);
      for (const Value& e : v.GetArray()) {
        if (!one_in(10)) out.PushBack(spoiled(e), arena_);
      }
      return out;
    }
    if (!v.IsObject()) return spec::clone(v, arena_);
    Value out(rapidjson::kObjectType);
    for (const auto& m : v.GetObject()) {
      if (!one_in(10)) out.AddMember(spec::clone(m.name, arena_), spoiled(m.value), arena_);
    }
    return out;
  }

 private:
  bool one_in(unsigned n) { return random_() % n == 0; }
  Value anything() {
    switch (random_() % 6) {
      case 0:
        return Value(rapidjson::kObjectType);
      case 1:
        return Value(rapidjson::kArrayType);
      case 2:
        return Value(7);
      case 3:
        return Value(true);
      case 4:
        return Value(1.5);
      default:
        return spec::make_literal("True");
    }
  }

  std::mt19937 random_;
  spec::Arena& arena_;
};

constexpr std::string_view kDeployment = R"(
metadata: {name: m-predictor, uid: u, generation: 2, labels: {component: predictor, app: isvc.m-predictor}}
spec: {replicas: 2, template: {spec: {containers: [{name: c}]}}}
status:
  observedGeneration: 2
  replicas: 2
  updatedReplicas: 2
  availableReplicas: 1
  conditions:
    - {type: Available, status: "True", reason: MinimumReplicasAvailable, message: m}
    - {type: Progressing, status: "True", reason: NewReplicaSetAvailable}
    - {type: ReplicaFailure, status: "True", reason: FailedCreate, message: quota}
)";
constexpr std::string_view kPod = R"(
metadata: {name: p, creationTimestamp: "2026-01-01T00:00:00Z", deletionTimestamp: "2026-01-01T00:00:00Z",
  labels: {app: isvc.m-predictor, pod-template-hash: h, more: x}}
spec: {nodeName: node-1, containers: [{name: c}]}
status:
  phase: Running
  reason: Evicted
  message: m
  conditions: [{type: PodScheduled, status: "False", reason: Unschedulable, message: none}, {type: Ready, status: "True"}]
  initContainerStatuses:
    - {name: storage-initializer, ready: false, state: {running: {}}, lastState: {terminated: {exitCode: 1, message: m}}}
  containerStatuses:
    - {name: c, ready: false, restartCount: 1, state: {waiting: {reason: CrashLoopBackOff, message: b}},
       lastState: {terminated: {exitCode: 137, reason: OOMKilled, finishedAt: "2026-01-01T00:00:00Z"}}}
    - {name: d, ready: true, state: {terminated: {exitCode: 2}}}
)";
constexpr std::string_view kRoute = R"(
metadata: {name: m}
spec: {rules: [{backendRefs: [{name: m-predictor, weight: 90}, {name: m-v2-predictor, weight: 10}]}]}
status: {parents: [{conditions: [{type: Accepted, status: "False", reason: NoMatchingParent, message: m}]}]}
)";

TEST(ObservableOfAnything, GivesTheSameStatus) {
  ServiceWorld world(kGatewayApi);
  const Value service = world.service(
      "spec: {predictor: {minReplicas: 4, model: {modelFormat: {name: sklearn}, runtime: rt}}, canary: "
      "[{trafficPercent: 10, predictor: {name: v2}}]}");
  const auto status_of = [&](const Value& deployment, const Value& pod, const Value& route) {
    const Observed observed{.deployments = {&deployment}, .pods = {&pod}, .http_routes = {&route}};
    const ServiceContext context{
        .catalog = world.catalog(),
        .ready = ready_components(service, world.catalog().configuration(), observed)};
    const Wanted wanted = build_wanted(service, context, world.arena());
    return spec::to_json(
        build_status(service, wanted, context, observed, "2026-02-02T00:00:00Z", world.arena()));
  };
  const Value deployment = world.yaml(kDeployment);
  const Value pod = world.yaml(kPod);
  const Value route = world.yaml(kRoute);
  std::set<std::string> seen;
  for (unsigned seed = 0; seed < 400; ++seed) {
    Spoiler spoiler(seed, world.arena());
    const Value d = spoiler.spoiled(deployment);
    const Value p = spoiler.spoiled(pod);
    const Value r = spoiler.spoiled(route);
    const std::string whole = status_of(d, p, r);
    EXPECT_EQ(status_of(observable(d, world.arena(), "Deployment"), observable(p, world.arena(), "Pod"),
                        observable(r, world.arena(), "HTTPRoute")),
              whole)
        << seed;
    seen.insert(whole);
  }
  EXPECT_GT(seen.size(), 20U) << "the statuses are too similar";
}

}  // namespace
}  // namespace modelgate::workload
