#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""What we would make for an InferenceService in Standard mode, against what KServe v0.20 made, without a cluster.

  tests/conformance/children.py --bin build/bin [--only dev-003] [--show]

Reads the recorded cases beside the source tree (children.jsonl, routes.jsonl), has render_children build the
objects for each, completes them as an API server would, and compares them as the recording's own check.py does:
Pods aside, which need a cluster. The state of Deployments, Pods and routes is not recorded; it is made up so that
it could have given the recorded status, and then the status that we make of it is compared, too.
Prints a line for each case that differs, then "N/M agree"; exit 1 where any differs, 77 (skipped) where nothing is
recorded.
"""
import argparse
import copy
import importlib.util
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from run import COMPATIBLE, SHARED  # noqa: E402

SKIPPED = 77
MODE = "serving.kserve.io/deploymentMode"
# Cases and what their cluster's "ingress" key had beside the rest.
RECORDINGS = {"children.jsonl": {}, "routes.jsonl": {"enableGatewayApi": True}}


def check_module():
    spec = importlib.util.spec_from_file_location("check", SHARED / "check.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def cluster(ingress):
    """The recorded cluster, in the settings under which we answer as KServe does."""
    state = json.loads((SHARED / "cluster.json").read_text())
    for item in state["items"]:
        if item["kind"] == "ConfigMap":
            item["data"]["modelgate"] = json.dumps(COMPATIBLE)
            item["data"]["ingress"] = json.dumps(json.loads(item["data"]["ingress"]) | ingress)
    return state


def deployment(name, up):
    said = [{"type": "Available", "status": str(up), "reason": "MinimumReplicas%s" % ("Available" if up else "Unavailable")},
            {"type": "Progressing", "status": "True", "reason": "NewReplicaSetAvailable" if up else "ReplicaSetUpdated"}]
    return {"metadata": {"name": name}, "status": {"availableReplicas": int(up), "conditions": said}}


def pod(app, up):
    said = [{"type": "Ready", "status": str(up)}]
    return {"metadata": {"name": app + "-x", "labels": {"app": app}}, "status": {"phase": "Running" if up else "Pending", "conditions": said}}


def observed(case):
    """The cluster behind a recorded status: the recording holds no object's own status."""
    status, children = case["expect"]["status"], case["expect"]["children"]
    is_true = {c["type"] for c in status.get("conditions", []) if c["status"] == "True"}
    canaries = {"%s-%s-predictor" % (case["id"], c["name"]): bool(c.get("ready")) for c in status.get("canaryStatuses", [])}
    up = {"%s-%s" % (case["id"], kind.lower()): kind + "Ready" in is_true for kind in ("Predictor", "Transformer", "Explainer")} | canaries
    deployments = [deployment(c["metadata"]["name"], up.get(c["metadata"]["name"], False)) for c in children if c["kind"] == "Deployment"]
    app = "isvc.%s-predictor" % case["id"]
    ready = status.get("modelStatus", {}).get("copies", {}).get("totalCopies", 0)
    there = [c for c in children if c["kind"] == "Pod" and c["metadata"]["labels"]["app"] == app]
    pods = [pod(app, i < ready) for i in range(max(ready, len(there)))]
    accepted = {"parents": [{"conditions": [{"type": "Accepted", "status": "True"}]}]}
    routes = [{"metadata": c["metadata"], "status": accepted} for c in children if c["kind"] == "HTTPRoute"]
    return {"deployments": deployments, "pods": pods, "httpRoutes": routes}


def render(binary, ingress, cases):
    with tempfile.TemporaryDirectory() as directory:
        state = pathlib.Path(directory) / "cluster.json"
        state.write_text(json.dumps(cluster(ingress)))
        lines = [json.dumps({"id": c["id"], "object": c["object"], "observed": observed(c)}) for c in cases]
        done = subprocess.run([binary, state, SHARED / "fixtures.yaml"], input="\n".join(lines) + "\n", text=True,
                              stdout=subprocess.PIPE, timeout=60, check=True)
    return {r["id"]: r for r in map(json.loads, done.stdout.splitlines())}


# What an API server (and a CRD's schema) fills in. Only what it would: a value of ours stays.

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
    """Only where there is a behavior, and be it an empty one."""
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


def compare(check, case, got):
    """What differs, as check.py words it."""
    kept = lambda objects: [(o["kind"], o) for o in objects if o["kind"] not in ("ConfigMap", "Pod")]
    want = check.listed(kept(case["expect"]["children"]), [case["id"]])[case["id"]]
    have = check.listed(kept(map(complete, got["objects"])), [case["id"]])[case["id"]]
    plain = lambda o: {k: v for k, v in o.items() if k not in ("apiVersion", "kind")}
    found = []
    for key in sorted(set(want) | set(have)):
        if key not in have:
            found.append("no %s %s" % key)
        elif key not in want:
            found.append("extra %s %s" % key)
        else:
            found += ["%s %s" % key + d for d in check.differences(plain(want[key]), plain(have[key]))]
    return found + ["status" + d for d in check.differences(check.seen(case["expect"]["status"]), check.seen(got["status"]))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=pathlib.Path, help="where render_children is")
    parser.add_argument("--only", help="the id of one case")
    parser.add_argument("--show", action="store_true", help="every difference, and our objects")
    args = parser.parse_args()
    if not SHARED.exists():
        print("nothing is recorded beside the source tree")
        return SKIPPED
    check, agree, total = check_module(), 0, 0
    for name, ingress in RECORDINGS.items():
        cases = [json.loads(line) for line in (SHARED / name).read_text().splitlines()]
        cases = [c for c in cases if c["object"]["metadata"]["annotations"][MODE] == "Standard"
                 and args.only in (None, c["id"])]
        wanted = render(args.bin / "render_children", ingress, cases)
        for case in cases:
            found = compare(check, case, wanted[case["id"]])
            total, agree = total + 1, agree + (not found)
            if found:
                print("%s: %d differences: %s" % (case["id"], len(found), "; ".join(found if args.show else found[:3])))
            if args.show:
                print(json.dumps(wanted[case["id"]], indent=1))
    print("%d/%d agree" % (agree, total))
    return agree != total


if __name__ == "__main__":
    sys.exit(main())
