# SPDX-License-Identifier: Apache-2.0
"""Canaries by `kubectl patch`, step by step: Deployments, weights, replicas, and the invariants during the changes."""
import json
import threading
import time

from reconciled import GROUP, ROUTES
from test_reconciler import ReconciledTest, sklearn

HOLD = "modelgate.io/test-never-ready"
# Until the reconciler moves the weight from a version whose last ready Pod stopped; generous for busy machines.
WEIGHT_SECONDS = 10


def canary(percent, name="next", uri="s3://models/iris-2", **predictor):
    """An entry of spec.canary."""
    return {"trafficPercent": percent, "predictor": {
        "name": name, "minReplicas": 1, "model": {"modelFormat": {"name": "sklearn"}, "storageUri": uri}, **predictor}}


class Watcher:
    """Checks weights and ready Pods repeatedly, and collects violations."""

    def __init__(self, test, service):
        self.test, self.service, self.wrong, self.checks = test, service, [], 0
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, kind, *_):
        self.done.set()
        self.thread.join(10)
        if kind is None:
            self.test.assertEqual(self.wrong, [])
            self.test.assertGreater(self.checks, 3)

    def _run(self):
        while not self.done.wait(0.02):
            try:
                self.check()
            except OSError:
                pass

    def check(self):
        """No weight for a version without ready Pods if another version has some; the sum is 100."""
        weights = self.test.weights(self.service)
        if not weights:
            return
        self.checks += 1
        ready = {name for name in weights if self.test.available(name)}
        if sum(weights.values()) != 100:
            self.wrong.append(f"the weights are {weights}")
        # A Pod may have stopped since the route was read: a version without ready Pods must not keep its weight.
        bad = {name for name, weight in weights.items() if weight and name not in ready}
        if bad and ready:
            deadline = time.monotonic() + WEIGHT_SECONDS
            while time.monotonic() < deadline:
                again = self.test.weights(self.service)
                if not {n for n in bad if again.get(n) and not self.test.available(n)}:
                    return
                time.sleep(0.02)
            self.wrong.append(f"{sorted(bad)} with weight and not ready: {weights}")


class Canaries(ReconciledTest):
    def weights(self, service):
        """Backend -> weight, of the route to the predictor."""
        route = self.plane.get(f"{ROUTES}/namespaces/{self.namespace}/httproutes/{service}")
        refs = [ref for rule in (route or {"spec": {}})["spec"].get("rules", []) for ref in rule["backendRefs"]
                if ref["name"].endswith("-predictor")]
        if not refs:
            return {}
        # The weight of a single backend has no effect.
        return {ref["name"]: ref.get("weight", 1) for ref in refs} if len(refs) > 1 else {refs[0]["name"]: 100}

    def available(self, deployment):
        return ((self.deployment(deployment) or {}).get("status") or {}).get("availableReplicas", 0) > 0

    def autoscaler(self, name):
        return self.plane.get(f"/apis/autoscaling/v2/namespaces/{self.namespace}/horizontalpodautoscalers/{name}")

    def begin(self, name, **component):
        self.apply(sklearn(name, component={"minReplicas": 2, **component}))
        self.wait_ready(name)

    def step(self, name, *canaries):
        self.patch(name, {"spec": {"canary": list(canaries) or None}})

    def expect(self, service, **weights):
        """Weights by version; `stable` is the predictor."""
        wanted = {f"{service}-predictor" if version == "stable" else f"{service}-{version}-predictor": weight
                  for version, weight in weights.items()}
        self.eventually(f"weights {wanted}", lambda: {k: v for k, v in self.weights(service).items() if v} ==
                        {k: v for k, v in wanted.items() if v}, 20)

    def test_up_and_promoted(self):
        self.begin("up")
        self.expect("up", stable=100)
        with Watcher(self, "up"):
            for percent in (10, 50):
                self.step("up", canary(percent))
                self.expect("up", stable=100 - percent, next=percent)
                self.assertTrue(self.deployment("up-next-predictor"))
            # Promoted: the canary's model becomes the predictor's.
            self.patch("up", {"spec": {"canary": None, "predictor": {"model": {"storageUri": "s3://models/iris-2"}}}})
            self.expect("up", stable=100)
            self.eventually("the canary's Deployment to be gone", lambda: not self.deployment("up-next-predictor"), 20)
        self.wait_ready("up")

    def test_a_promotion_that_cannot_be_written_moves_no_traffic(self):
        """While the predictor's Deployment cannot be updated, its Pods have the old model: they must not get requests again."""
        self.begin("held")
        self.step("held", canary(100))
        self.expect("held", stable=0, next=100)
        thaw = self.freeze_deployments("held-predictor")
        self.patch("held", {"spec": {"canary": None, "predictor": {"model": {"storageUri": "s3://models/iris-2"}}}})
        self.eventually("the error in the status", lambda: "frozen" in json.dumps(self.status("held")), 20)
        self.eventually("its generation in the status", lambda: self.status("held").get("observedGeneration") ==
                        self.service("held")["metadata"]["generation"])
        time.sleep(2)
        self.assertEqual({k: v for k, v in self.weights("held").items() if v}, {"held-next-predictor": 100})
        self.assertTrue(self.deployment("held-next-predictor"))
        with Watcher(self, "held"):
            thaw()
            self.expect("held", stable=100)
            self.eventually("the canary's Deployment to be gone", lambda: not self.deployment("held-next-predictor"), 30)
        self.assertIn("iris-2", json.dumps(self.deployment("held-predictor")["spec"]["template"]))

    def freeze_deployments(self, name):
        """Denies changes of that Deployment, until the returned function is called."""
        kind, policy = "validatingadmissionpolicy", f"frozen-{self.namespace}"
        here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}}}
        version = "admissionregistration.k8s.io/v1"
        self.apply({"apiVersion": version, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": policy},
                    "spec": {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": [
                        {"apiGroups": ["apps"], "apiVersions": ["v1"], "resources": ["deployments"], "operations": ["UPDATE"]}]},
                        "validations": [{"expression": f"object.metadata.name != '{name}'", "message": "the Deployment is frozen"}]}},
                   {"apiVersion": version, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": policy},
                    "spec": {"policyName": policy, "validationActions": ["Deny"], "matchResources": here}})

        def thaw():
            self.plane.kubectl("delete", f"{kind}binding/{policy}", f"{kind}/{policy}", "--ignore-not-found")
        self.addCleanup(thaw)
        self.eventually("the policy", lambda: "frozen" in self.kubectl(
            "annotate", "deployment", name, "touched=yes", "--dry-run=server", "--overwrite", expect=None).stderr, 20)
        return thaw

    def test_canary_is_removed(self):
        self.begin("back")
        with Watcher(self, "back"):
            self.step("back", canary(50))
            self.expect("back", stable=50, next=50)
            self.step("back")
            self.expect("back", stable=100)
            self.eventually("the canary's Deployment to be gone", lambda: not self.deployment("back-next-predictor"), 20)

    def test_full_traffic_to_the_canary(self):
        self.begin("all")
        with Watcher(self, "all"):
            self.step("all", canary(100))
            self.expect("all", stable=0, next=100)
            self.step("all", canary(10))
            self.expect("all", stable=90, next=10)
            self.step("all")
            self.expect("all", stable=100)

    def test_a_canary_that_never_becomes_ready_gets_no_traffic(self):
        self.begin("never")
        with Watcher(self, "never"):
            self.step("never", canary(50, nodeSelector={"no": "where"}))
            self.eventually("its Pod to wait", lambda: any(
                c.get("reason") == "Unschedulable" for p in self.pods("never") for c in p["status"].get("conditions", [])), 20)
            time.sleep(1)
            self.assertEqual({k: v for k, v in self.weights("never").items() if v}, {"never-predictor": 100})
            self.assertEqual(self.autoscaler("never-predictor")["spec"]["minReplicas"], 2)
            self.assertEqual(self.condition("never")["status"], "True", "the stable version stays Ready")
            self.within("the canary's problem in the status", lambda: "never-next" in json.dumps(self.status("never"))
                        or "next" in json.dumps(self.status("never").get("canaryStatuses", "")))

    def test_the_old_spellings(self):
        self.begin("old")
        with Watcher(self, "old"):
            # predictor.canaryTrafficPercent is the share of `predictor`; spec.canary.predictor gets the rest.
            self.patch("old", {"spec": {"predictor": {"canaryTrafficPercent": 90}, "canary": {
                "predictor": {"minReplicas": 1, "model": {"modelFormat": {"name": "sklearn"},
                                                          "storageUri": "s3://models/iris-2"}}}}})
            self.expect("old", stable=90, canary=10)
            self.patch("old", {"spec": {"predictor": {"canaryTrafficPercent": 50}}})
            self.expect("old", stable=50, canary=50)


class WithoutGateway(ReconciledTest):
    def test_traffic_that_cannot_be_split_is_reported(self):
        self.addCleanup(self.world.configure, "ingress", enableGatewayApi=True)
        self.world.configure("ingress", enableGatewayApi=False)
        self.eventually("the configuration", lambda: self.shown("apply", "--dry-run=server", "-f", "-", stdin=sklearn("x")))
        self.apply({**sklearn("unsplit"), "spec": {**sklearn("unsplit")["spec"], "canary": [canary(10)]}})
        condition = self.within("a condition about the traffic", lambda: next(
            (c for c in self.status("unsplit").get("conditions", [])
             if "canary" in c.get("message", "").lower() and "route" in c.get("message", "").lower()), None), 20)
        self.assertTrue(condition["reason"])
