# SPDX-License-Identifier: Apache-2.0
"""Migration from and to KServe, in a cluster with objects of KServe's field manager."""
import copy
import json
from pathlib import Path

import yaml

from installed import CONFIG_MAP, NAMESPACE
from reconciled import GROUP
from test_reconciler import ReconciledTest, sklearn
from world import CRDS

KSERVES_MANAGER = "manager"
# What the API server held after a release of KServe: services as its webhook stored them, Deployments as its controller
# created them.
RELEASES = Path(__file__).resolve().parent / "releases"
# The registrations exclude it: what is written there is stored as it is.
UNREVIEWED = "kube-system"
PLURALS = {"ServingRuntime": f"apis/{GROUP}/v1alpha1/{{}}/servingruntimes", "Deployment": "apis/apps/v1/{}/deployments",
           "InferenceService": f"apis/{GROUP}/v1beta1/{{}}/inferenceservices"}


class TakingOver(ReconciledTest):
    def test_no_pod_restarts_and_unwanted_fields_are_removed(self):
        self.apply(sklearn("moved"))
        self.wait_ready("moved")
        before = hand_to_kserve(self)
        self.assertTrue(before)
        uids = {key: o["metadata"]["uid"] for key, o in before.items()}
        pods = {p["metadata"]["uid"] for p in self.pods("moved")}
        self.reconciler = self.world.start_reconciler()
        self.eventually("the Deployment to be taken over", lambda: managers(
            self.deployment("moved-predictor")) >= {"modelgate-reconciler"}, 20)
        self.eventually("no other manager", lambda: KSERVES_MANAGER not in managers(
            self.deployment("moved-predictor")), 20)
        self.eventually("the unwanted label to be removed", lambda: "from-older-version" not in self.deployment("moved-predictor")
                        ["metadata"]["labels"], 20)
        after = self.children()
        self.assertEqual({key: o["metadata"]["uid"] for key, o in after.items()}, uids, "no object was replaced")
        for key, o in after.items():
            if key[0] == "deployments":
                self.assertEqual(o["spec"], before[key]["spec"], key)
                self.assertEqual(o["metadata"]["generation"], before[key]["metadata"]["generation"], key)
        self.assertEqual({p["metadata"]["uid"] for p in self.pods("moved")}, pods, "no Pod was restarted")

    def test_dry_run_prints_the_changes_and_writes_nothing(self):
        self.apply(sklearn("tried"))
        self.wait_ready("tried")
        hand_to_kserve(self)
        versions = {key: o["metadata"]["resourceVersion"] for key, o in self.children().items()}
        lines = [line for line in self.world.dry_run() if self.namespace in line]
        self.assertTrue([line for line in lines if "tried-predictor" in line and "Deployment" in line], lines)
        self.assertEqual({key: o["metadata"]["resourceVersion"] for key, o in self.children().items()}, versions)


class FromReleases(ReconciledTest):
    """Nothing is built from a default that is not stored: the Pods of each release stay as they are."""

    def setUp(self):
        super().setUp()
        self.namespace = UNREVIEWED
        self.services = set()
        self.world.stop_reconcilers()

    def test_v0_13(self):
        self.take_over("v0.13")

    def test_v0_15(self):
        self.take_over("v0.15")

    def test_v0_20(self):
        self.take_over("v0.20")

    def take_over(self, release):
        self.store(yaml.safe_load_all((RELEASES / f"{release}.yaml").read_text()))
        names = [name for _, name in self.deployments()]
        self.eventually("the Deployments to be available", lambda: all(
            o.get("status", {}).get("availableReplicas") for o in self.deployments().values()), 30)
        before = self.deployments()
        self.world.start_reconciler()
        self.eventually("no other manager", lambda: all(
            managers(o) & {"modelgate-reconciler", KSERVES_MANAGER} == {"modelgate-reconciler"}
            for o in self.deployments().values()), 30)
        self.is_unchanged(before, names)
        # Defaults of the configuration apply to what is written after their change.
        self.configure("inferenceService", resource={"cpuLimit": "3", "cpuRequest": "3", "memoryLimit": "5Gi", "memoryRequest": "5Gi"})
        self.configure("ingress", ingressDomain="moved.example.com")
        self.eventually("the new configuration in each route", lambda: all(
            "moved.example.com" in json.dumps(o["spec"].get("hostnames")) for (kind, name), o in self.children().items()
            if kind == "httproutes" and name == self.owner[0]), 30)
        self.is_unchanged(before, names)

    def is_unchanged(self, before, names):
        after = self.deployments()
        self.assertEqual([name for _, name in after], names)
        for key, o in after.items():
            self.assertEqual(o["spec"], before[key]["spec"], key)
            self.assertEqual(o["metadata"]["generation"], before[key]["metadata"]["generation"], key)

    def deployments(self):
        return {key: o for key, o in sorted(self.children().items())
                if key[0] == "deployments" and o["metadata"]["ownerReferences"][0]["name"] in self.services}

    def store(self, objects):
        for o in objects:
            path = "/" + PLURALS[o["kind"]].format(f"namespaces/{self.namespace}")
            if o["kind"] == "Deployment":
                o["metadata"]["ownerReferences"] = [
                    {"apiVersion": f"{GROUP}/v1beta1", "kind": "InferenceService", "name": service, "uid": uid, "controller": True,
                     "blockOwnerDeletion": True} for service, uid in [self.owner]]
            name, status = o["metadata"]["name"], o.pop("status", None)
            stored = self.plane.post(f"{path}?fieldManager={KSERVES_MANAGER}", o)
            if o["kind"] != "Deployment":
                self.addCleanup(self.plane.kubectl, "delete", o["kind"], name, "-n", self.namespace, "--ignore-not-found")
            if o["kind"] == "InferenceService":
                self.owner = name, stored["metadata"]["uid"]
                self.services.add(name)
                self.assertEqual(stored["metadata"].get("annotations"), o["metadata"].get("annotations"), "stored as it is")
            if status:
                self.plane.put(f"{path}/{name}/status", stored | {"status": status})

    def configure(self, key, **fields):
        before = json.loads(self.plane.get(f"/api/v1/namespaces/{NAMESPACE}/configmaps/{CONFIG_MAP}")["data"][key])
        self.addCleanup(self.world.configure, key, **{name: before[name] for name in fields})
        self.world.configure(key, **fields)


class MovingOut(ReconciledTest):
    needs_kserve = True

    def test_every_object_is_valid_for_kserves_crds(self):
        self.apply(sklearn("leaving", component={"minReplicas": 1, "maxReplicas": 3}))
        self.wait_ready("leaving")
        self.world.stop_reconcilers()
        crd = next(item for item in json.loads(CRDS["kserve"].read_text())["items"]
                   if item["metadata"]["name"] == f"inferenceservices.{GROUP}")
        schema = crd["spec"]["versions"][0]["schema"]["openAPIV3Schema"]
        service = self.service("leaving")
        self.assertEqual(unknown(service["spec"], schema["properties"]["spec"], "spec"), [])
        # Only our CRD has `phase`; KServe's prunes it.
        left = unknown(service["status"], schema["properties"]["status"], "status")
        self.assertEqual(set(left) - {"status.phase"}, set(), yaml.safe_dump(service["status"]))


def hand_to_kserve(test):
    """Recreates all objects in the namespace with KServe's field manager and a field of an older version, without our
    reconciler. Returns the objects."""
    test.world.stop_reconcilers()
    for (plural, name), o in test.children().items():
        core = "/" not in o["apiVersion"]
        test.kubectl("delete", plural if core else f"{plural}.{o['apiVersion'].partition('/')[0]}", name, "--timeout=30s")
        test.plane.post(f"/{'api' if core else 'apis'}/{o['apiVersion']}/namespaces/{test.namespace}/{plural}"
                        f"?fieldManager={KSERVES_MANAGER}", as_made(o))
    statuses = {"deployments": "availableReplicas", "httproutes": "parents"}  # set by controllers and the gateway
    test.eventually("the Deployments to be available and the routes accepted", lambda: all(
        o.get("status", {}).get(statuses[plural]) for (plural, _), o in test.children().items() if plural in statuses), 30)
    return test.children()


def managers(o):
    return {entry["manager"] for entry in o["metadata"].get("managedFields", []) if not entry.get("subresource")}


def as_made(o):
    """The body to create this object."""
    o = copy.deepcopy(o)
    o.pop("status", None)
    o["metadata"] = {k: v for k, v in o["metadata"].items() if k in ("name", "labels", "annotations", "ownerReferences")}
    o["metadata"].get("annotations", {}).pop("deployment.kubernetes.io/revision", None)
    if o["kind"] == "Deployment":  # a label: a Deployment's annotations count for its generation
        o["metadata"].setdefault("labels", {})["from-older-version"] = "by-an-older-version"
    if o["spec"].get("clusterIP", "None") != "None":
        del o["spec"]["clusterIP"], o["spec"]["clusterIPs"]
    return o


def unknown(value, schema, path):
    """Paths in `value` that a structural schema does not have."""
    if isinstance(value, list):
        return sorted({p for item in value for p in unknown(item, schema.get("items", {}), path)})
    if not isinstance(value, dict) or schema.get("x-kubernetes-preserve-unknown-fields"):
        return []
    found = []
    for key, item in value.items():
        known = schema.get("properties", {}).get(key, schema.get("additionalProperties"))
        found += unknown(item, known, f"{path}.{key}") if isinstance(known, dict) else [f"{path}.{key}"] if known is None else []
    return sorted(set(found))
