// SPDX-License-Identifier: Apache-2.0
//
// What the reconciler keeps of the objects that it watches. That the status is the same of trimmed objects
// is held by status_test.cc and render_children.cc, which look at nothing else.
#include "workload/observable.h"

#include <gtest/gtest.h>

#include "service_world.h"

namespace modelgate::workload {
namespace {

using spec::Value;

struct Case {
  const char* name;
  const char* whole;
  const char* kept;
};

class Observable : public ::testing::TestWithParam<Case> {};

TEST_P(Observable, KeepsWhatTheStatusIsReadFrom) {
  ServiceWorld world;
  const Value once = observable(world.yaml(GetParam().whole), world.arena());
  EXPECT_EQ(spec::to_canonical_json(once), spec::to_canonical_json(world.yaml(GetParam().kept)));
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
  parents: [{parentRef: {name: gw, namespace: n}, controllerName: c, conditions: [{type: Accepted, status: "True"}]}]
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
        // A wrong type is the status' to judge.
        Case{"WrongTypes",
             "{kind: Pod, metadata: 5, spec: [x], status: {phase: [1], conditions: {type: T, more: 1}}}",
             "{kind: Pod, metadata: 5, spec: [x], status: {phase: [1], conditions: {type: T}}}"}),
    [](const auto& info) { return std::string(info.param.name); });

TEST(ObservableKind, IsGivenForObjectsOutOfAList) {
  ServiceWorld world;
  const Value item = world.yaml("{metadata: {name: p}, spec: {nodeName: node-1}}");
  EXPECT_EQ(spec::to_json(observable(item, world.arena(), "Pod")),
            R"({"metadata":{"name":"p"},"spec":{"nodeName":"node-1"}})");
  EXPECT_EQ(spec::to_json(observable(item, world.arena())), R"({"metadata":{"name":"p"}})");
}

TEST(ObservableKind, OfNoObjectIsAnEmptyOne) {
  ServiceWorld world;
  EXPECT_EQ(spec::to_json(observable(Value(5), world.arena(), "Pod")), "{}");
}

}  // namespace
}  // namespace modelgate::workload
