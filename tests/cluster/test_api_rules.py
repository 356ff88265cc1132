# SPDX-License-Identifier: Apache-2.0
"""Our rules about the objects of a service, compared with the API server's. Each row of tests/validation/pod_fields.jsonl is a
service; `modelgate review --render` prints its Deployment, Service, autoscaler and Ingress, and the API server gets each, and a
Pod of the template, as a dry run. It must reject what we deny, and accept what we admit.
"""
import json
import subprocess
import urllib.error

from applied import PlaneTest
from world import ROOT, ClusterTest

ROWS = ROOT / "tests" / "validation" / "pod_fields.jsonl"
NAMESPACE = "default"
ACCOUNT_SECONDS = 60
CONTAINER = {"name": "kserve-container", "image": "example.com/server:v1"}
PREPARE = {"name": "prepare", "image": "example.com/a:v1"}
PATHS = {"Deployment": "/apis/apps/v1", "Service": "/api/v1", "Ingress": "/apis/networking.k8s.io/v1", "Pod": "/api/v1",
         "HorizontalPodAutoscaler": "/apis/autoscaling/v2"}
PLURALS = {"Ingress": "ingresses"}


def service(name, row):
    place, members = row["in"], row["members"]
    container = members.get("container", {}) if place == "both" else members if place == "container" else {}
    beside = members.get("pod", {}) if place == "both" else members if place in ("pod", "component") else {}
    if "ports" in container:  # the default of the CRD, as in a stored service
        container = {**container, "ports": [{"protocol": "TCP", **port} for port in container["ports"]]}
    predictor = {"containers": [{**CONTAINER, **container}], **beside}
    if place == "init":
        predictor["initContainers"] = [{**PREPARE, **members}]
    annotations = {"serving.kserve.io/deploymentMode": "Standard", **(members if place == "annotations" else {})}
    return {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "spec": {"predictor": predictor},
            "metadata": {"name": name, "namespace": NAMESPACE, "annotations": annotations}}


def pod_of(deployment):
    template = deployment["spec"]["template"]
    return {"apiVersion": "v1", "kind": "Pod", "spec": template["spec"],
            "metadata": {**template["metadata"], "name": deployment["metadata"]["name"], "namespace": NAMESPACE}}


class ApiRules(PlaneTest):
    def rendered(self, services):
        """The objects of each service by its name. The services count as stored, so that errors do not stop the review."""
        path = self.plane.directory / "services.json"
        path.write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": services}))
        done = subprocess.run([ClusterTest.binaries / "modelgate", "review", "--render", "-o", "json", "--old", path, path],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, check=False)
        self.assertEqual(done.returncode, 0, "\n".join(line for line in done.stderr.splitlines() if "(pre-existing)" not in line))
        objects = {s["metadata"]["name"]: [] for s in services}
        for item in json.loads(done.stdout)["items"]:
            owners = item["metadata"].pop("ownerReferences", [])
            if owners:
                objects[owners[0]["name"]].append(item)
        return objects

    def rejection(self, item):
        """The API server's message, or None."""
        kind = item["kind"]
        plural = PLURALS.get(kind, kind.lower() + "s")
        try:
            self.plane.post(f"{PATHS[kind]}/namespaces/{NAMESPACE}/{plural}?dryRun=All", item)
        except urllib.error.HTTPError as error:
            return json.load(error)["message"]
        return None

    def rejections(self, objects):
        with_pods = objects + [pod_of(o) for o in objects if o["kind"] == "Deployment"]
        return [message for message in map(self.rejection, with_pods) if message]

    def test_agree_with_the_api_server(self):
        self.plane.processes.wait_for("the account of Pods", ACCOUNT_SECONDS, lambda: self.plane.get(
            f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default"))
        rows = {f"row-{i}": row for i, row in enumerate(map(json.loads, ROWS.read_text().splitlines()))
                if row.get("server") != "schema"}
        objects = self.rendered([service(name, row) for name, row in rows.items()])
        for name, row in rows.items():
            with self.subTest(row["name"]):
                kinds = {o["kind"] for o in objects[name]}
                self.assertLessEqual({"Deployment", "Service"}, kinds)
                found = self.rejections(objects[name])
                expected = "errors" in row and row.get("server") != "accepts"
                self.assertEqual(bool(found), expected, "\n".join(found) or "accepted")
