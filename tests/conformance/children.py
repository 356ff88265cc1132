#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the objects that we build for an InferenceService in Standard mode with those of KServe v0.20, without a cluster.

  tests/conformance/children.py --bin build/bin [--only dev-003] [--show]

For each recorded case (recordings.py), render_children builds the objects. They are completed as an API server would do it,
and compared as comparison.py says; Pods are not compared. The recordings have no status of Deployments, Pods and routes:
one is constructed that fits the recorded status of the service, and the status that we compute from it is compared, too.
Prints a line for each case that differs, then "N/M agree" and which recordings were used. Exit code 1 if a case differs.
"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from comparison import comparable, comparable_status, differences  # noqa: E402
from recordings import arguments, recordings  # noqa: E402
from run import COMPATIBLE  # noqa: E402

MODE = "serving.kserve.io/deploymentMode"
# Files of cases, and what the cluster's "ingress" key had in addition.
RECORDINGS = {"children.jsonl": {}, "routes.jsonl": {"enableGatewayApi": True}}


def cluster(folder, ingress):
    """The recorded cluster, with the settings under which we answer as KServe does."""
    state = json.loads((folder / "cluster.json").read_text())
    for item in state["items"]:
        if item["kind"] == "ConfigMap":
            item["data"]["modelgate"] = json.dumps(COMPATIBLE)
            item["data"]["ingress"] = json.dumps(json.loads(item["data"]["ingress"]) | ingress)
    return state


def deployment(name, up):
    conditions = [{"type": "Available", "status": str(up), "reason": "MinimumReplicas%s" % ("Available" if up else "Unavailable")},
            {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable" if up else "ReplicaSetUpdated"}]
    return {"metadata": {"name": name}, "status": {"availableReplicas": int(up), "conditions": conditions}}


def pod(app, up):
    conditions = [{"type": "Ready", "status": str(up)}]
    return {"metadata": {"name": app + "-x", "labels": {"app": app}}, "status": {"phase": "Running" if up else "Pending", "conditions": conditions}}


def observed(case):
    """Deployments, Pods and routes that fit the recorded status of the service."""
    status, children = case["expect"]["status"], case["expect"]["children"]
    is_true = {c["type"] for c in status.get("conditions", []) if c["status"] == "True"}
    canaries = {"%s-%s-predictor" % (case["id"], c["name"]): bool(c.get("ready")) for c in status.get("canaryStatuses", [])}
    up = {"%s-%s" % (case["id"], kind.lower()): kind + "Ready" in is_true for kind in ("Predictor", "Transformer", "Explainer")} | canaries
    deployments = [deployment(c["metadata"]["name"], up.get(c["metadata"]["name"], False)) for c in children if c["kind"] == "Deployment"]
    app = "isvc.%s-predictor" % case["id"]
    ready = status.get("modelStatus", {}).get("copies", {}).get("totalCopies", 0)
    recorded = [c for c in children if c["kind"] == "Pod" and c["metadata"]["labels"]["app"] == app]
    pods = [pod(app, i < ready) for i in range(max(ready, len(recorded)))]
    accepted = {"parents": [{"conditions": [{"type": "Accepted", "status": "True"}]}]}
    routes = [{"metadata": c["metadata"], "status": accepted} for c in children if c["kind"] == "HTTPRoute"]
    return {"deployments": deployments, "pods": pods, "httpRoutes": routes}


def render(binary, folder, ingress, cases):
    with tempfile.TemporaryDirectory() as directory:
        state = pathlib.Path(directory) / "cluster.json"
        state.write_text(json.dumps(cluster(folder, ingress)))
        lines = [json.dumps({"id": c["id"], "object": c["object"], "observed": observed(c)}) for c in cases]
        done = subprocess.run([binary, state, folder / "fixtures.yaml"], input="\n".join(lines) + "\n", text=True,
                              stdout=subprocess.PIPE, timeout=60, check=True)
    return {r["id"]: r for r in map(json.loads, done.stdout.splitlines())}


# The defaults of the API server and of CRDs. A value of ours is not changed.

def fill(target, **defaults):
    for key, value in defaults.items():
        target.setdefault(key, value)


def complete_probe(probe):
    fill(probe, timeoutSeconds=1, periodSeconds=10, successThreshold=1, failureThreshold=3)
    if "httpGet" in probe:
        fill(probe["httpGet"], scheme="HTTP", path="/")


def complete_container(container):
    fill(container, terminationMessagePath="/dev/termination-log", terminationMessagePolicy="File",
         imagePullPolicy="Always" if container.get("image", "").endswith(":latest") else "IfNotPresent")
    for port in container.get("ports", []):
        fill(port, protocol="TCP")
    for env in container.get("env", []):
        if "fieldRef" in env.get("valueFrom", {}):
            fill(env["valueFrom"]["fieldRef"], apiVersion="v1")
    for name in ("readinessProbe", "livenessProbe", "startupProbe"):
        if name in container:
            complete_probe(container[name])


def complete_pod(pod):
    for container in pod.get("containers", []) + pod.get("initContainers", []):
        complete_container(container)
    if "serviceAccountName" in pod:
        fill(pod, serviceAccount=pod["serviceAccountName"])
    for volume in pod.get("volumes", []):
        for kind in ("secret", "configMap"):
            if kind in volume:
                fill(volume[kind], defaultMode=420)


def complete_deployment(spec):
    complete_pod(spec["template"]["spec"])
    fill(spec, strategy={}, revisionHistoryLimit=10, progressDeadlineSeconds=600)
    fill(spec["strategy"], type="RollingUpdate")
    if spec["strategy"]["type"] == "RollingUpdate":
        fill(spec["strategy"], rollingUpdate={})
        fill(spec["strategy"]["rollingUpdate"], maxSurge="25%", maxUnavailable="25%")


def complete_service(spec):
    fill(spec, type="ClusterIP", sessionAffinity="None", ipFamilies=["IPv4"], ipFamilyPolicy="SingleStack",
         internalTrafficPolicy="Cluster")


def complete_autoscaler(spec):
    """Defaults apply only if there is a behavior, even an empty one."""
    per_cent = {"type": "Percent", "value": 100, "periodSeconds": 15}
    if "behavior" in spec:
        fill(spec["behavior"], scaleUp={"stabilizationWindowSeconds": 0, "selectPolicy": "Max",
                                        "policies": [{"type": "Pods", "value": 4, "periodSeconds": 15}, per_cent]},
             scaleDown={"selectPolicy": "Max", "policies": [per_cent]})


def complete_collector(spec):
    fill(spec, configVersions=3, ipFamilyPolicy="SingleStack", managementState="managed",
         targetAllocator={"allocationStrategy": "consistent-hashing", "filterStrategy": "relabel-config",
                          "prometheusCR": {"scrapeInterval": "30s"}})


COMPLETE = {"Deployment": complete_deployment, "Service": complete_service,
            "HorizontalPodAutoscaler": complete_autoscaler, "OpenTelemetryCollector": complete_collector}


def complete(obj):
    obj = copy.deepcopy(obj)
    COMPLETE.get(obj["kind"], lambda spec: None)(obj.get("spec", {}))
    return obj


def by_name(objects):
    """(kind, name) -> the object as it is compared."""
    return {(o["kind"], o["metadata"]["name"]): comparable(o) for o in objects if o["kind"] not in ("ConfigMap", "Pod")}


def compare(case, got):
    want, have = by_name(case["expect"]["children"]), by_name(map(complete, got["objects"]))
    found = []
    for key in sorted(set(want) | set(have)):
        if key not in have:
            found.append("no %s %s" % key)
        elif key not in want:
            found.append("extra %s %s" % key)
        else:
            found += ["%s %s" % key + d for d in differences(want[key], have[key])]
    status = differences(comparable_status(case["expect"]["status"]), comparable_status(got["status"]))
    return found + ["status" + d for d in status]


def main():
    args = arguments(__doc__)
    folder, name_of_recordings = recordings()
    agree, total = 0, 0
    for name, ingress in RECORDINGS.items():
        cases = [json.loads(line) for line in (folder / name).read_text().splitlines()]
        cases = [c for c in cases if c["object"]["metadata"]["annotations"][MODE] == "Standard"
                 and args.only in (None, c["id"])]
        wanted = render(args.bin / "render_children", folder, ingress, cases)
        for case in cases:
            found = compare(case, wanted[case["id"]])
            total, agree = total + 1, agree + (not found)
            if found:
                print("%s: %d differences: %s" % (case["id"], len(found), "; ".join(found if args.show else found[:3])))
            if args.show:
                print(json.dumps(wanted[case["id"]], indent=1))
    print("%d/%d agree with %s" % (agree, total, name_of_recordings))
    return agree != total


if __name__ == "__main__":
    sys.exit(main())
