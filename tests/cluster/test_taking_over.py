# SPDX-License-Identifier: Apache-2.0
"""Migration from and to KServe, in a cluster with objects of KServe's field manager."""
import copy
import json

import yaml

from reconciled import GROUP
from test_reconciler import ReconciledTest, sklearn
from world import CRDS

KSERVES_MANAGER = "manager"


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
