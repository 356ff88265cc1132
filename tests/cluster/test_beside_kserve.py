# SPDX-License-Identifier: Apache-2.0
"""Installs and removes the overlays in a cluster with KServe's objects, which must not change."""
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
    them. Each overlay is installed, handles writes, and is removed."""

    needs_kserve = True
    # The least number of recorded cases that KServe admitted and that its CRD accepts.
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
        """Stores a service as KServe does; None if KServe's CRD rejects it."""
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
        """All objects of KServe, by identity, without fields such as a Pod's status, which controllers change."""
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
        """Writes a service without changes, as a dry run. Returns the object that would be stored."""
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
        # Each is still valid for KServe's CRDs: no unknown or pruned fields.
        everything = self.plane.kubectl("get", "inferenceservices", "-n", "models", "-o", "json").stdout
        done = self.plane.kubectl("replace", "--dry-run=server", "--validate=strict", "-f", "-", stdin=everything)
        self.assertEqual(done.stdout.count("replaced"), len(self.services))

    def test_pods_mutated_by_kserve_do_not_change(self):
        """KServe's webhook is called before ours, by name. So ours gets Pods with injected storage, agent and so on."""
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
            # Our webhook is called: it mutates a Pod that KServe did not.
            self.assertGreater(len(self.created(empty)["spec"].get("initContainers", [])),
                               len(plain_empty["spec"].get("initContainers", [])))
        self.plane.kubectl("delete", "-k", DEPLOY / folder, timeout=DELETE_SECONDS)

    def created(self, pod):
        """The Pod that the API server would store; None if it rejects it."""
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

    def test_crds_can_be_replaced_in_both_directions(self):
        """With kubectl replace, as in the overlay's README: apply would merge the schemas of two managers."""
        before = {name: self.plain(name) for name in self.services}
        for replaced in (("-k", DEPLOY / "crds"), ("-f", CRDS["kserve"])):
            self.plane.kubectl("replace", *replaced)
            for name in self.services:
                with self.subTest(replaced, service=name):
                    self.assertEqual(self.plain(name), before[name])
            # A schema takes effect some time after it is stored. Then each object can still be written without changes.
            self.eventually("the new schema", lambda ours=replaced[0] == "-k": self.takes_an_old_spelling() == ours)
            for name in self.services:
                with self.subTest(replaced, service=name):
                    self.assertEqual(self.put(name), before[name])

    def takes_an_old_spelling(self):
        """Whether the current schema has a field that only ours has."""
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
    """The recorded answers of KServe's admission."""
    with open(CONFORMANCE / f"{kind}.jsonl", encoding="utf-8") as lines:
        yield from map(json.loads, lines)


def admitted():
    """Services as KServe's admission stored them."""
    return [case["expect"]["object"] for case in recorded("inferenceservices")
            if case["operation"] == "CREATE" and case["expect"]["allowed"]]


def kserve_manager():
    """A stub of KServe: a running manager, its Services, and registrations that ignore failures, since no webhook answers."""
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
