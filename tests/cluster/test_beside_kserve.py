# SPDX-License-Identifier: Apache-2.0
"""The overlays for a cluster with KServe's objects in it: they come and go, and nothing of KServe's is changed."""
import itertools
import json
import re
import urllib.error

import yaml

from applied import REGISTRATIONS, ROLLOUT_SECONDS, SERVED_SECONDS, Answering, PlaneTest
from rendered import DEPLOY, WITH_KSERVE, identity
from webhook import GROUP
from world import CRDS

DELETE_SECONDS = 120
CONFORMANCE = CRDS["kserve"].parent


class OnAClusterOfKserves(PlaneTest):
    """KServe's CRDs, configuration, runtimes, a manager with its Services and registrations, and services as it stored
    them. Each overlay comes, answers writes, and goes."""

    needs_kserve = True
    # Of the recorded cases, those that KServe admitted and that its CRD takes; fewer would show little.
    FEWEST_SERVICES, FEWEST_PODS = 40, 90

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plane = cls.plane
        plane.kubectl("apply", "--server-side", "-f", CRDS["kserve"])
        plane.kubectl("create", "namespace", "kserve")
        plane.kubectl("create", "namespace", "models")
        plane.processes.wait_for("the CRDs to be served", SERVED_SECONDS, lambda: all(
            plane.get(f"/apis/{GROUP}/{path}?limit=1") for path in ("v1beta1/inferenceservices",
                                                                   "v1alpha1/clusterservingruntimes")))
        plane.kubectl("apply", "--server-side", "-f", CONFORMANCE / "cluster.json")
        plane.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(kserve_manager()))
        plane.kubectl("rollout", "status", "deployment/kserve-controller-manager", "-n", "kserve", timeout=ROLLOUT_SECONDS)
        cls.services = [name for name in (cls.stored(case, number) for number, case in enumerate(admitted())) if name]

    @classmethod
    def stored(cls, service, number):
        """Stores a service as KServe would have; None where KServe's CRD does not take it."""
        name = f"service-{number}"
        service = {**service, "metadata": {**service["metadata"], "name": name, "namespace": "models"}}
        service.pop("status", None)
        try:
            cls.plane.post(f"/apis/{GROUP}/v1beta1/namespaces/models/inferenceservices", service)
        except urllib.error.HTTPError as error:
            if error.code != 422:
                raise
            return None
        return name

    def world(self):
        """Everything of KServe's, by identity. A Pod's status and the like change by themselves."""
        found = self.items("-A", ",".join(("inferenceservices", "servingruntimes", "clusterservingruntimes",
                                           "clusterstoragecontainers", "crds", *REGISTRATIONS)))
        found += self.items("-n", "kserve", "configmaps,secrets,services,serviceaccounts,roles,rolebindings")
        result = {identity(o): o["metadata"]["resourceVersion"] for o in found}
        for o in self.items("-n", "kserve", "deployments,pods"):
            result[identity(o)] = (o["metadata"]["uid"], o["metadata"].get("generation"), o["metadata"]["labels"])
        return result

    @staticmethod
    def path(name):
        return f"/apis/{GROUP}/v1beta1/namespaces/models/inferenceservices/{name}"

    def plain(self, name):
        found = self.plane.get(self.path(name))
        del found["metadata"]["managedFields"]
        return found

    def put(self, name):
        """Writes a service as it is, as a client does that changes nothing. Gives what would be stored."""
        with self.plane._open("PUT", self.path(name) + "?dryRun=All", self.plain(name)) as reply:
            stored = json.load(reply)
        del stored["metadata"]["managedFields"]
        return stored

    def test_nothing_is_changed(self):
        self.assertGreaterEqual(len(self.services), self.FEWEST_SERVICES)
        before = self.world()
        for folder in WITH_KSERVE:
            with self.subTest(folder):
                self.apply(folder)
                self.rolled_out("modelgate")
                self.assert_services_keep_apart()
                self.plane.kubectl("label", "namespace", "models", "modelgate.io/admission=enabled", "--overwrite")
                with Answering(self.plane, "modelgate", ["--cert-host", "127.0.0.1"]):
                    for name in self.services:
                        with self.subTest(service=name):
                            self.assertEqual(self.put(name), self.plain(name))
                self.plane.kubectl("delete", "-k", DEPLOY / folder, timeout=DELETE_SECONDS)
                self.assertEqual(self.world(), before)
        # Each still fits KServe's CRDs: nothing is unknown, nothing pruned.
        everything = self.plane.kubectl("get", "inferenceservices", "-n", "models", "-o", "json").stdout
        done = self.plane.kubectl("replace", "--dry-run=server", "--validate=strict", "-f", "-", stdin=everything)
        self.assertEqual(done.stdout.count("replaced"), len(self.services))

    def test_pods_that_kserve_filled_in_stay_as_they_are(self):
        """Its webhook comes before ours by name. So ours is given Pods with storage, agent and the rest in them already."""
        self.plane.kubectl("apply", "--server-side", "-f", CONFORMANCE / "fixtures.yaml")
        cases = [case for case in recorded("pods") if case["expect"]["allowed"]]
        filled = [case["expect"]["object"] for case in cases]
        empty = next(case["object"] for case in cases if case["expect"]["object"]["spec"].get("initContainers"))
        plain, plain_empty = [self.created(pod) for pod in filled], self.created(empty)
        self.assertGreaterEqual(len([pod for pod in plain if pod]), self.FEWEST_PODS)
        folder = "overlays/in-place-of-kserve"
        self.apply(folder)
        with Answering(self.plane, "modelgate", ["--cert-host", "127.0.0.1"]):
            for pod, before in zip(filled, plain):
                with self.subTest(pod["metadata"]):
                    self.assertEqual(self.created(pod), before)
            # It is asked: what KServe did not fill in, it does.
            self.assertGreater(len(self.created(empty)["spec"].get("initContainers", [])),
                               len(plain_empty["spec"].get("initContainers", [])))
        self.plane.kubectl("delete", "-k", DEPLOY / folder, timeout=DELETE_SECONDS)

    def created(self, pod):
        """What the API server would store of a Pod; None where it does not take it."""
        metadata = {k: v for k, v in pod["metadata"].items() if k not in ("uid", "resourceVersion")}
        namespace = metadata.get("namespace", "default")
        try:
            stored = self.plane.post(f"/api/v1/namespaces/{namespace}/pods?dryRun=All", {**pod, "metadata": metadata})
        except urllib.error.HTTPError as error:
            if error.code not in (403, 422):
                raise
            return None
        for field in ("uid", "creationTimestamp", "managedFields", "name"):
            stored["metadata"].pop(field, None)
        # The token's volume has a random name.
        return json.loads(re.sub(r"kube-api-access-\w+", "kube-api-access", json.dumps({**stored, "status": None})))

    def test_crds_can_be_exchanged_and_back(self):
        """kubectl replace, as the overlay's README says: an apply would mix the schemas of two managers."""
        before = {name: self.plain(name) for name in self.services}
        for replaced in (("-k", DEPLOY / "crds"), ("-f", CRDS["kserve"])):
            self.plane.kubectl("replace", *replaced)
            for name in self.services:
                with self.subTest(replaced, service=name):
                    self.assertEqual(self.plain(name), before[name])
            # A schema is in force a moment after it is stored; then each object can still be written as it is.
            self.eventually("the new schema", lambda ours=replaced[0] == "-k": self.takes_an_old_spelling() == ours)
            for name in self.services:
                with self.subTest(replaced, service=name):
                    self.assertEqual(self.put(name), before[name])

    def takes_an_old_spelling(self):
        """Whether the schema in force has a field that only ours has."""
        body = self.plain(self.services[0])
        body["spec"]["canaryTrafficPercent"] = 10
        with self.plane._open("PUT", self.path(self.services[0]) + "?dryRun=All", body) as reply:
            return "canaryTrafficPercent" in json.load(reply)["spec"]

    def assert_services_keep_apart(self):
        for namespace, ours in (("kserve", False), ("modelgate", True)):
            for item in self.items("endpointslices", "-n", namespace):
                for endpoint in item["endpoints"] or []:
                    self.assertEqual(endpoint["targetRef"]["name"].startswith("modelgate-"), ours, item["metadata"]["name"])
                    self.assertEqual(endpoint["targetRef"]["namespace"], namespace)


def recorded(kind):
    """What KServe's admission answered."""
    with open(CONFORMANCE / f"{kind}.jsonl", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def admitted():
    """Services as KServe's admission stored them."""
    return [case["expect"]["object"] for case in recorded("inferenceservices")
            if case["operation"] == "CREATE" and case["expect"]["allowed"]]


def kserve_manager():
    """A KServe as far as we could meet it: a manager that runs, its Services, its registrations. These last let everything
    pass, since nobody answers behind them."""
    labels = {"app.kubernetes.io/name": "kserve-controller-manager", "control-plane": "kserve-controller-manager",
              "controller-tools.k8s.io": "1.0"}
    yield {"apiVersion": "apps/v1", "kind": "Deployment",
           "metadata": {"name": "kserve-controller-manager", "namespace": "kserve", "labels": labels},
           "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
               "containers": [{"name": "manager", "image": "kserve/kserve-controller:v0.20.0",
                               "ports": [{"containerPort": 9443, "name": "webhook-server"}]}]}}}}
    for name, selector, port in (
            ("kserve-webhook-server-service", {"control-plane": labels["control-plane"]}, "webhook-server"),
            ("kserve-controller-manager-service",
             {key: labels[key] for key in ("control-plane", "controller-tools.k8s.io")}, 8443)):
        yield {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "kserve"},
               "spec": {"selector": selector, "ports": [{"port": 443, "targetPort": port}]}}
    for kind, name in itertools.product(("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
                                        ("inferenceservice.serving.kserve.io",)):
        yield {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name},
               "webhooks": [{"name": "inferenceservice.kserve-webhook-server.any", "failurePolicy": "Ignore",
                             "sideEffects": "None", "admissionReviewVersions": ["v1beta1"], "timeoutSeconds": 1,
                             "objectSelector": {"matchLabels": {"never": "there"}},
                             "clientConfig": {"service": {"name": "kserve-webhook-server-service", "namespace": "kserve"}},
                             "rules": [{"apiGroups": [GROUP], "apiVersions": ["v1beta1"], "operations": ["CREATE", "UPDATE"],
                                        "resources": ["inferenceservices"]}]}]}
