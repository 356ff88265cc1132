# SPDX-License-Identifier: Apache-2.0
"""From `kubectl apply` to a Ready service: both programs, the real API server, controllers and scheduler.

Faults of Pods are simulated: the test sets a Pod's status as the kubelet does, and the service's status must show the fault.
"""
import json
import subprocess
import time

import yaml

from installed import GROUP
from reconciled import Gateway
from test_examples import BROKEN
from world import EXAMPLES, ClusterTest, inference_service

# A status should show what a Pod reports within two seconds. A later one is printed, not a failure: machines are busy.
SHOWN_SECONDS, WAIT_SECONDS = 2, 30
READY_SECONDS = 60
CHILDREN = ["apis/apps/v1/{}/deployments", "api/v1/{}/services", "apis/autoscaling/v2/{}/horizontalpodautoscalers",
            "apis/gateway.networking.k8s.io/v1/{}/httproutes", "apis/networking.k8s.io/v1/{}/ingresses",
            "apis/networking.istio.io/v1beta1/{}/virtualservices", "apis/keda.sh/v1alpha1/{}/scaledobjects",
            "apis/opentelemetry.io/v1beta1/{}/opentelemetrycollectors"]
# The accounts of the examples, and the data of their Secrets.
ACCOUNTS = {
    "azure-reader": {"AZURE_CLIENT_ID": "a", "AZURE_CLIENT_SECRET": "b", "AZURE_SUBSCRIPTION_ID": "c", "AZURE_TENANT_ID": "d"},
    "gcs-reader": {"gcloud-application-credentials.json": "{}"},
    "hdfs-reader": {"HDFS_NAMENODE": "http://namenode:9870", "HDFS_ROOTPATH": "/"},
    "s3-reader": {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"},
}
# Objects that the examples refer to: accounts, a claim, and storage by key.
EXAMPLES_NEED = [
    *[{"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}, "stringData": data} for name, data in ACCOUNTS.items()],
    *[{"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name}, "secrets": [{"name": name}]}
      for name in ACCOUNTS],
    {"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "examples"},
     "spec": {"capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteMany"], "storageClassName": "",
              "hostPath": {"path": "/models"}}},
    {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "models"},
     "spec": {"accessModes": ["ReadWriteMany"], "storageClassName": "", "volumeName": "examples",
              "resources": {"requests": {"storage": "1Gi"}}}},
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "storage-config"},
     "stringData": {"models": json.dumps({"type": "s3", "access_key_id": "a", "secret_access_key": "b",
                                            "endpoint_url": "http://minio.example.com", "bucket": "models"})}},
]


class ReconciledTest(ClusterTest):
    """With a reconciler and a gateway for each test."""

    crds = "reconciled"

    def setUp(self):
        super().setUp()
        self.addCleanup(self.world.stop_reconcilers)
        gateway = Gateway(self.world)
        gateway.__enter__()
        self.addCleanup(gateway.__exit__)
        self.reconciler = self.world.start_reconciler()

    def apply(self, *objects):
        self.kubectl("apply", "-f", "-", stdin={"apiVersion": "v1", "kind": "List", "items": list(objects)})

    def patch(self, name, body, kind="inferenceservice"):
        self.kubectl("patch", kind, name, "--type=merge", "-p", json.dumps(body))

    def condition(self, name, condition="Ready"):
        return self.world.condition(self.namespace, name, condition)

    def status(self, name):
        return (self.world.service(self.namespace, name) or {}).get("status", {})

    def wait_ready(self, *names, seconds=READY_SECONDS):
        deadline = time.monotonic() + seconds
        for name in names:
            while not self.world.is_ready(self.namespace, name):
                if time.monotonic() > deadline:
                    self.fail(f"{name} is not Ready within {seconds} s: {json.dumps(self.status(name), indent=1)[:3000]}")
                time.sleep(0.05)

    def within(self, what, check, seconds=SHOWN_SECONDS):
        """Waits until `check` returns something true and returns it. Prints how long that took if longer than `seconds`."""
        began = time.monotonic()
        while not (found := check()):
            if time.monotonic() - began > WAIT_SECONDS:
                self.fail(f"not within {WAIT_SECONDS} s: {what}")
            time.sleep(0.02)
        took = time.monotonic() - began
        if took > seconds:
            print(f"            {what}: after {took:.1f} s, {seconds} s expected (busy machine?)")
        return found

    def list(self, path):
        found = self.plane.get("/" + path.format(f"namespaces/{self.namespace}")) or {"items": []}
        # The API server omits these in the items of built-in kinds.
        return [{"apiVersion": found["apiVersion"], "kind": found["kind"].removesuffix("List"), **o} for o in found["items"]]

    def children(self):
        """(kind, name) -> object, for all objects in the namespace that an InferenceService controls."""
        return {(path.rsplit("/", 1)[1], o["metadata"]["name"]): o for path in CHILDREN for o in self.list(path)
                if any(r["kind"] == "InferenceService" and r.get("controller") for r in o["metadata"].get("ownerReferences", []))}

    def deployment(self, name):
        return self.plane.get(f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{name}")

    def pods(self, service):
        return self.list("api/v1/{}/pods?labelSelector=" + f"{GROUP}%2Finferenceservice={service}")


def sklearn(name, annotations=None, component=None, **model):
    """A service that a stock runtime serves."""
    predictor = {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://models/iris", **model}, **(component or {})}
    return inference_service(name, predictor, annotations)


class Examples(ReconciledTest):
    def test_each_becomes_ready(self):
        self.apply(*EXAMPLES_NEED)
        self.addCleanup(self.plane.kubectl, "delete", "persistentvolume", "examples", "--wait=false")
        files = [path for path in EXAMPLES if path.name != BROKEN]
        names = [d["metadata"]["name"] for path in files for d in yaml.safe_load_all(path.read_text())
                 if d["kind"] == "InferenceService"]
        began = time.monotonic()
        self.kubectl("apply", *[part for path in files for part in ("-f", path)], timeout=120)
        self.wait_ready(*names)
        print(f"            {len(names)} services Ready after {time.monotonic() - began:.1f} s")
        for name in names:
            with self.subTest(name):
                status = self.status(name)
                self.assertEqual(status["phase"], "Ready")
                self.assertEqual(self.condition(name)["reason"], "InferenceServiceReady")
                self.assertEqual(self.condition(name, "PredictorReady")["reason"], "PredictorReady")
                for condition in status["conditions"]:
                    self.assertTrue(condition.get("reason") and condition.get("message"), condition)
                self.assertTrue(status["url"])
                self.assertEqual(status["observedGeneration"], 1)


class Lifecycle(ReconciledTest):
    def test_deletion_removes_all_children(self):
        self.apply(sklearn("gone"))
        self.wait_ready("gone")
        self.assertIn("inferenceservice.finalizers", self.service("gone")["metadata"]["finalizers"])
        self.assertIn(("deployments", "gone-predictor"), self.children())
        self.kubectl("delete", "inferenceservice", "gone", "--timeout=30s")
        self.eventually("its objects to be gone", lambda: not self.children(), 30)

    def test_stopping_and_starting(self):
        self.apply(sklearn("stopped"))
        self.wait_ready("stopped")
        self.kubectl("annotate", "inferenceservice", "stopped", f"{GROUP}/stop=true")
        self.eventually("its Deployment to be gone", lambda: ("deployments", "stopped-predictor") not in self.children(), 20)
        self.eventually("Stopped", lambda: self.condition("stopped", "Stopped").get("status") == "True")
        self.assertNotEqual(self.condition("stopped")["status"], "True")
        self.kubectl("annotate", "inferenceservice", "stopped", f"{GROUP}/stop-")
        self.wait_ready("stopped")

    def test_changed_or_deleted_children_are_restored(self):
        self.apply(sklearn("restored"))
        self.wait_ready("restored")
        uid = self.deployment("restored-predictor")["metadata"]["uid"]
        self.kubectl("delete", "deployment", "restored-predictor")
        self.eventually("a new Deployment", lambda: (self.deployment("restored-predictor") or {"metadata": {}})["metadata"]
                        .get("uid", uid) != uid)
        image = self.deployment("restored-predictor")["spec"]["template"]["spec"]["containers"][0]["image"]
        self.kubectl("set", "image", "deployment/restored-predictor", "kserve-container=example.com/other:1")
        self.eventually("its image again", lambda: self.deployment("restored-predictor")["spec"]["template"]["spec"]["containers"]
                        [0]["image"] == image)

    def test_an_object_of_another_owner_is_not_changed(self):
        other = {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "taken-predictor"},
                 "spec": {"selector": {"app": "other"}, "ports": [{"port": 80}]}}
        self.apply(other)
        before = self.plane.get(f"/api/v1/namespaces/{self.namespace}/services/taken-predictor")
        self.apply(sklearn("taken"))
        condition = self.within("the conflict in the status", lambda: "taken-predictor" in self.condition("taken").get("message", "")
                           and self.condition("taken"), 10)
        self.assertNotEqual(condition["status"], "True")
        after = self.plane.get(f"/api/v1/namespaces/{self.namespace}/services/taken-predictor")
        self.assertEqual(after["metadata"]["resourceVersion"], before["metadata"]["resourceVersion"])
        self.kubectl("delete", "service", "taken-predictor")
        self.wait_ready("taken")

    def test_a_host_belongs_to_one_service(self):
        """`fraud` in `a-NAMESPACE` and `fraud-a` in `NAMESPACE`: the default domainTemplate gives both the same host."""
        other = f"a-{self.namespace}"
        self.kubectl("create", "namespace", other)
        self.addCleanup(self.plane.kubectl, "delete", "namespace", other, "--wait=false")
        first = sklearn("fraud")
        first["metadata"]["namespace"] = other
        self.plane.kubectl("apply", "-f", "-", stdin=first)
        routes = f"/apis/gateway.networking.k8s.io/v1/namespaces/{self.namespace}/httproutes/fraud-a"
        self.within("the first one", lambda: self.world.is_ready(other, "fraud"), 20)
        applied = self.kubectl("apply", "-f", "-", stdin=sklearn("fraud-a"))
        self.assertIn(f"InferenceService {other}/fraud already has", applied.stderr)
        condition = self.within("the reason", lambda: self.condition("fraud-a", "IngressReady").get("reason") == "HostTaken"
                                and self.condition("fraud-a", "IngressReady"), 20)
        self.assertEqual(condition["status"], "False")
        self.assertIn(f"{other}/fraud", condition["message"])
        self.eventually("its predictor", lambda: self.condition("fraud-a", "PredictorReady").get("status") == "True", 30)
        self.assertEqual(self.condition("fraud-a")["status"], "False")
        self.assertIsNone(self.plane.get(routes))
        self.assertTrue(self.world.is_ready(other, "fraud"))
        # A new reconciler finds the same owner.
        self.reconciler.terminate()
        self.reconciler = self.world.start_reconciler()
        time.sleep(2)
        self.assertIsNone(self.plane.get(routes))
        self.assertTrue(self.world.is_ready(other, "fraud"))
        # The host is free: the other one takes it over by itself.
        self.plane.kubectl("delete", "inferenceservice", "fraud", "-n", other, "--timeout=30s")
        self.wait_ready("fraud-a")
        self.assertIsNotNone(self.plane.get(routes))

    def test_knative_mode_is_reported_as_unsupported(self):
        self.apply(sklearn("knative", annotations={f"{GROUP}/deploymentMode": "Knative"}))
        condition = self.within("the condition", lambda: self.condition("knative"), 10)
        self.assertNotEqual(condition["status"], "True")
        self.assertIn("Knative", condition["message"])
        self.assertEqual(self.children(), {})

    def test_a_change_rolls_out_without_a_gap(self):
        self.apply(sklearn("rolled", component={"minReplicas": 2}))
        self.wait_ready("rolled")
        self.patch("rolled", {"spec": {"predictor": {"model": {"storageUri": "s3://models/iris-2"}}}})
        seen = []

        def through():
            status = self.status("rolled")
            seen.extend(f"{c['reason']}: {c['message']}" for c in status["conditions"]
                        if c["type"] == "Ready" and c["status"] != "True")
            deployment = self.deployment("rolled-predictor")
            return (status.get("observedGeneration") == 2 and deployment["status"].get("updatedReplicas") == 2
                    and deployment["status"].get("observedGeneration") == deployment["metadata"]["generation"]
                    and deployment["status"].get("replicas") == 2)

        self.eventually("the rollout", through, 30)
        self.assertEqual(seen, [], "it was not Ready all the time")


class Replicas(ReconciledTest):
    AUTOSCALERS = ["none", "hpa", "keda", "hpa", "none", "keda", "none"]

    def test_switching_autoscalers_never_reduces_replicas(self):
        self.apply(self.scaled("none"))
        self.wait_ready("seven")
        self.eventually("seven replicas", lambda: self.deployment("seven-predictor")["spec"]["replicas"] == 7)
        watched = self.watch_replicas("seven-predictor")
        for autoscaler in self.AUTOSCALERS[1:]:
            self.apply(self.scaled(autoscaler))
            kinds = {"hpa": "horizontalpodautoscalers", "keda": "scaledobjects"}
            self.eventually(f"{autoscaler}", lambda a=autoscaler, k=kinds: {k.get(a)} - {None} ==
                            {kind for kind, _ in self.children() if kind in k.values()}, 20)
            if autoscaler == "hpa":
                self.kubectl("scale", "deployment/seven-predictor", "--replicas=9")
                time.sleep(0.5)
                self.kubectl("scale", "deployment/seven-predictor", "--replicas=7")
        self.assertEqual([n for n in watched() if n < 7], [])

    def test_a_deployment_starts_with_the_replicas_of_its_autoscaler(self):
        self.apply(sklearn("three", component={"minReplicas": 3, "maxReplicas": 5}))
        made = self.eventually("its Deployment", lambda: self.deployment("three-predictor"))
        self.assertEqual(made["spec"]["replicas"], 3)
        self.wait_ready("three")
        self.eventually("three Pods", lambda: self.deployment("three-predictor")["status"].get("availableReplicas") == 3)
        self.assertEqual(self.deployment("three-predictor")["metadata"]["generation"], 1)

    @staticmethod
    def scaled(autoscaler):
        metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
        return sklearn("seven", {f"{GROUP}/autoscalerClass": autoscaler},
                       {"minReplicas": 7, "maxReplicas": 9, "autoScaling": {"metrics": [metric]}})

    def watch_replicas(self, name):
        """Watches spec.replicas. Returns a function that ends the watch and returns all values."""
        process = subprocess.Popen(
            [str(self.plane.binaries / "kubectl"), "get", "deployment", name, "-n", self.namespace, "-w",
             "-o", "jsonpath={.spec.replicas}{'\\n'}"], stdout=subprocess.PIPE, text=True,
            env={"KUBECONFIG": str(self.plane.kubeconfig), "KUBECACHEDIR": str(self.plane.directory / "kubectl-cache")})
        self.addCleanup(process.kill)

        def end():
            process.terminate()
            values = [int(line) for line in process.communicate(timeout=10)[0].split()]
            self.assertTrue(values)
            return values
        return end


class Faults(ReconciledTest):
    """Each must appear in the status."""

    def faulty(self, name):
        """A Pod of a new Ready service. The test then sets its status."""
        self.apply(sklearn(name))
        self.wait_ready(name)
        return self.pods(name)[0]

    def set_status(self, pod, container="kserve-container", init=False, ready=False, **state):
        """Sets the status of one container, as the kubelet does."""
        name = pod["metadata"]["name"]
        path = f"/api/v1/namespaces/{self.namespace}/pods/{name}/status"
        reported = {"name": container, "image": "i", "imageID": "", "ready": ready, "restartCount": state.pop("restarts", 0),
                "started": False, **state}
        status = {"phase": "Pending" if init else "Running",
                  "conditions": [{"type": "PodScheduled", "status": "True"},
                                 {"type": "Ready", "status": "False", "reason": "ContainersNotReady",
                                  "message": f"containers with unready status: [{container}]"}],
                  ("initContainerStatuses" if init else "containerStatuses"): [reported]}
        pod = self.plane.get(path.removesuffix("/status"))
        pod["status"] = {**pod["status"], **status}
        if init:
            pod["status"]["containerStatuses"] = [{"name": c["name"], "image": c["image"], "imageID": "", "ready": False,
                                                   "restartCount": 0, "state": {"waiting": {"reason": "PodInitializing"}}}
                                                  for c in pod["spec"]["containers"]]
        self.plane.put(path, pod)

    def assert_shown(self, name, *words, reason=None):
        """Waits until PredictorReady, Ready or the model's last failure contain `words`."""
        def is_shown():
            status = self.status(name)
            text = json.dumps([c for c in status.get("conditions", []) if c["type"] in ("PredictorReady", "Ready")]
                              + [status.get("modelStatus", {}).get("lastFailureInfo", {})])
            return all(word in text for word in words)
        self.within(f"{words} in the status of {name}", is_shown)
        if reason:
            self.assertEqual(self.status(name)["modelStatus"]["lastFailureInfo"]["reason"], reason)

    def test_an_image_that_is_missing(self):
        pod = self.faulty("no-image")
        self.set_status(pod, state={"waiting": {"reason": "ImagePullBackOff", "message": 'Back-off pulling image "nowhere:1"'}})
        self.assert_shown("no-image", "ImagePullBackOff", "nowhere:1")

    def test_a_crash_loop(self):
        pod = self.faulty("crashing")
        self.set_status(pod, restarts=3, state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 40s"}},
                  lastState={"terminated": {"exitCode": 3, "reason": "Error", "message": "no such model",
                                            "finishedAt": "2026-01-01T00:00:00Z"}})
        self.assert_shown("crashing", "3", "no such model")
        self.assertEqual(self.status("crashing")["modelStatus"]["lastFailureInfo"]["exitCode"], 3)

    def test_out_of_memory(self):
        pod = self.faulty("oom")
        self.set_status(pod, restarts=1, state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 10s"}},
                  lastState={"terminated": {"exitCode": 137, "reason": "OOMKilled", "finishedAt": "2026-01-01T00:00:00Z"}})
        self.assert_shown("oom", "OOMKilled", "137")

    def test_the_storage_initializer_fails(self):
        pod = self.faulty("no-model")
        self.set_status(pod, container="storage-initializer", init=True, restarts=2,
                  state={"waiting": {"reason": "CrashLoopBackOff", "message": "back-off 20s"}},
                  lastState={"terminated": {"exitCode": 1, "reason": "Error", "message": "bucket models does not exist",
                                            "finishedAt": "2026-01-01T00:00:00Z"}})
        self.assert_shown("no-model", "bucket models does not exist", reason="ModelLoadFailed")

    def test_unschedulable(self):
        self.apply(sklearn("too-big", resources={"requests": {"cpu": "5000"}, "limits": {"cpu": "5000"}}))
        self.within("a Pod that no node takes", lambda: any(
            c.get("reason") == "Unschedulable" for p in self.pods("too-big") for c in p["status"].get("conditions", [])), 15)
        self.assert_shown("too-big", "Insufficient cpu")
        self.assertEqual(self.status("too-big")["phase"], "Pending")

    def test_a_quota(self):
        self.kubectl("create", "quota", "nothing", "--hard=pods=0")
        self.within("the quota to be used", lambda: self.list("api/v1/{}/resourcequotas")[0].get("status", {}).get("hard"), 10)
        self.apply(sklearn("no-quota"))
        self.within("the Deployment to show it", lambda: any(c["type"] == "ReplicaFailure" for c in (
            self.deployment("no-quota-predictor") or {}).get("status", {}).get("conditions", [])), 15)
        self.assert_shown("no-quota", "exceeded quota")

    def test_no_runtime(self):
        self.apply(sklearn("no-runtime", modelFormat={"name": "unknown-format"}))
        self.assert_shown("no-runtime", "unknown-format")
        self.assertEqual(self.status("no-runtime")["phase"], "Failed")
        self.assertEqual(self.status("no-runtime")["modelStatus"]["lastFailureInfo"]["reason"], "NoSupportingRuntime")

    def test_a_webhook_denies_the_pod(self):
        policy = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicy",
                  "metadata": {"name": "no-pods"},
                  "spec": {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": [
                      {"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"]}]},
                      "validations": [{"expression": "false", "message": "no Pods on a Sunday"}]}}
        binding = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingAdmissionPolicyBinding",
                   "metadata": {"name": "no-pods"},
                   "spec": {"policyName": "no-pods", "validationActions": ["Deny"], "matchResources": {"namespaceSelector": {
                       "matchLabels": {"kubernetes.io/metadata.name": self.namespace}}}}}
        self.addCleanup(self.plane.kubectl, "delete", "validatingadmissionpolicy/no-pods",
                        "validatingadmissionpolicybinding/no-pods")
        self.apply(policy, binding)
        probe = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        self.eventually("the policy", lambda: "Sunday" in self.kubectl("create", "--dry-run=server", "-f", "-", stdin=probe,
                                                                       expect=None).stderr, 20)
        self.apply(sklearn("denied"))
        self.within("the Deployment to show it", lambda: any(c["type"] == "ReplicaFailure" for c in (
            self.deployment("denied-predictor") or {}).get("status", {}).get("conditions", [])), 15)
        self.assert_shown("denied", "no Pods on a Sunday")


class Quiet(ReconciledTest):
    def test_nothing_is_written_where_nothing_changed(self):
        """During a resync, a restart and a change of leaders."""
        self.apply(*(sklearn(f"quiet-{i}") for i in range(20)))
        self.wait_ready(*(f"quiet-{i}" for i in range(20)))
        self.settle()
        before = self.writes()
        self.world.stop_reconcilers()
        self.reconciler = self.world.start_reconciler("--resync=2s")
        self.eventually("it to lead", self.reconciler.leads, 20)
        time.sleep(6)
        self.assertEqual(self.writes()[len(before):], [])

    def settle(self):
        """Waits until there was no write for two seconds."""
        last, since = len(self.writes()), time.monotonic()
        while time.monotonic() - since < 2:
            now = len(self.writes())
            if now != last:
                last, since = now, time.monotonic()
            time.sleep(0.2)

    def writes(self):
        """The reconciler's writes, without leases."""
        return [f"{call['verb']} {call['requestURI']}" for call in self.world.reconciler_calls()
                if call["verb"] in ("create", "update", "patch", "delete") and "/leases" not in call["requestURI"]]
