# SPDX-License-Identifier: Apache-2.0
"""Our rules about the objects of a service, compared with the API server's. Each row of tests/validation/pod_fields.jsonl is a
service; `modelgate review --render` prints its Deployment, Service, autoscaler and Ingress, and the API server gets each, and a
Pod of the template, as a dry run. It must reject what we deny, and accept what we admit.

The same for generated Pods (odd_pods.py), except for the differences listed below.
"""
import json
import re
import subprocess
import urllib.error

from applied import PlaneTest
from odd_pods import odd_pods
from world import ROOT, ClusterTest

ROWS = ROOT / "tests" / "validation" / "pod_fields.jsonl"
NAMESPACE = "default"
ACCOUNT_SECONDS = 60
CONTAINER = {"name": "kserve-container", "image": "example.com/server:v1"}
PREPARE = {"name": "prepare", "image": "example.com/a:v1"}
PATHS = {"Deployment": "/apis/apps/v1", "Service": "/api/v1", "Ingress": "/apis/networking.k8s.io/v1", "Pod": "/api/v1",
         "HorizontalPodAutoscaler": "/apis/autoscaling/v2"}
PLURALS = {"Ingress": "ingresses"}
# What the API server rejects by objects, classes and flags of the cluster, or before it validates.
NOT_OURS = re.compile("PriorityClass|priority|RuntimeClass|service account|disallowed by cluster policy|parsing time")
# What it accepts: Pods that never run, duplicates that server-side apply rejects, names that no object can have, containers that
# got resources by default, fields of features that are off in this API server.
STRICTER = re.compile("has no port of this name|sum of the containers' requests|at most the limit of the Pod|Duplicate value|"
                      r"\.image: |image\.reference|claimName|ecretRef\.name|imagePullSecrets|schedulingGroup|"
                      "clusterTrustBundle|other init containers end")
EACH_OF_ODD_PODS = 5


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


def service_of(i, pod):
    return {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "spec": {"predictor": pod},
            "metadata": {"name": f"odd-{i}", "namespace": NAMESPACE}}


def deployment_of(i, pod):
    labels = {"app": "odd"}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": f"odd-{i}", "namespace": NAMESPACE},
            "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}}


class ApiTest(PlaneTest):
    def setUp(self):
        self.plane.processes.wait_for("the account of Pods", ACCOUNT_SECONDS, lambda: self.plane.get(
            f"/api/v1/namespaces/{NAMESPACE}/serviceaccounts/default"))

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


class ApiRules(ApiTest):
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

    def test_agree_with_the_api_server(self):
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


class OddPods(ApiTest):
    step = EACH_OF_ODD_PODS

    def errors(self, pods):
        """Our errors about each Pod, by its index: `modelgate review` prints the line of each."""
        path = self.plane.directory / "odd.yaml"
        path.write_text("".join(f"---\n{json.dumps(service_of(i, pod))}\n" for i, pod in enumerate(pods)))
        done = subprocess.run([ClusterTest.binaries / "modelgate", "review", path], stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE, text=True, check=False)
        found = {}
        for line, text in re.findall(r"^\S+?:(\d+): (?!warning: )(.*)", done.stderr, re.M):
            found.setdefault(int(line) // 2 - 1, []).append(text)
        return found

    def test_agree_with_the_api_server(self):
        chosen = list(odd_pods())[::self.step]
        self.assertGreater(len(chosen), 500)
        ours = self.errors([pod for _, pod in chosen])
        for i, (field, pod) in enumerate(chosen):
            theirs = self.rejections([deployment_of(i, pod)])
            expected = [text for text in ours.get(i, []) if theirs or not STRICTER.search(text)]
            if bool(theirs) == bool(expected) or NOT_OURS.search("".join(theirs)):
                continue
            with self.subTest(field):
                self.assertEqual(theirs, expected, json.dumps(pod))
