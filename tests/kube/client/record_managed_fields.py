#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Records objects with their managedFields as a real API server makes them, as managed_fields.jsonl, which
managed_fields_test.cc reads.

    MODELGATE_CONTROL_PLANE=$(.ci/control-plane) tests/kube/client/record_managed_fields.py

A line is {"name", "sent", "live"}: what OURS applied last, or null, and what the API server has afterwards. A case is a
list of writes, each by one manager. Nothing here runs: no node takes the Deployments' Pods.
"""
import json
import pathlib
import sys
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "cluster"))
from control_plane import ControlPlane  # noqa: E402

OURS, KSERVE, OTHER = "modelgate-reconciler", "manager", "somebody"
PATHS = {"Deployment": "/apis/apps/v1/namespaces/default/deployments", "Service": "/api/v1/namespaces/default/services",
         "ConfigMap": "/api/v1/namespaces/default/configmaps",
         "HorizontalPodAutoscaler": "/apis/autoscaling/v2/namespaces/default/horizontalpodautoscalers"}
VERSIONS = {"Deployment": "apps/v1", "Service": "v1", "ConfigMap": "v1", "HorizontalPodAutoscaler": "autoscaling/v2"}
LABELS = {"app": "m"}
TYPES = {"apply": "application/apply-patch+yaml", "merge": "application/merge-patch+json", "create": "application/json"}


def thing(kind, name, metadata=None, **rest):
    return {"apiVersion": VERSIONS[kind], "kind": kind, "metadata": {"name": name, **(metadata or {})}, **rest}


def deployment(name, container, metadata=None, pod=None, **spec):
    container = {"name": "main", "image": "i", **container}
    return thing("Deployment", name, {"labels": LABELS, **(metadata or {})}, spec={
        "selector": {"matchLabels": LABELS}, **spec,
        "template": {"metadata": {"labels": LABELS}, "spec": {"schedulerName": "none", "containers": [container], **(pod or {})}}})


FULL = {"args": ["--a", "--b"], "env": [{"name": "Z", "value": "1"}, {"name": "A", "value": "2"}],
        "ports": [{"containerPort": 8080}, {"containerPort": 9000, "protocol": "UDP"}],
        "resources": {"requests": {"cpu": "100m", "memory": "1Gi"}, "limits": {"cpu": "1"}},
        "volumeMounts": [{"name": "scratch", "mountPath": "/scratch"}]}
SCRATCH = {"volumes": [{"name": "scratch", "emptyDir": {}}], "nodeSelector": {"zone": "z1"},
           "tolerations": [{"key": "gpu", "operator": "Exists", "effect": "NoSchedule"}]}

# name: [(verb, manager, object or patch)]
CASES = {
    "full": [("apply", OURS, deployment("full", FULL, pod=SCRATCH, replicas=2))],
    # The same number twice, distinguished by the protocol, which one of them omits.
    "protocols": [("apply", OURS, deployment("protocols", {"ports": [{"containerPort": 53}, {"containerPort": 53, "protocol": "UDP"}]}))],
    "service": [("apply", OURS, thing("Service", "service", spec={
        "selector": LABELS, "ports": [{"name": "http", "port": 80, "targetPort": 8080}, {"name": "dns", "port": 80, "protocol": "UDP"}]}))],
    "autoscaler": [("apply", OURS, thing("HorizontalPodAutoscaler", "autoscaler", spec={
        "minReplicas": 1, "maxReplicas": 3, "scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "full"},
        "behavior": {"scaleDown": {"stabilizationWindowSeconds": 60}},
        "metrics": [{"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]}))],
    # Others put items, members and elements of a set beside ours, and change one of ours.
    "beside": [("apply", OURS, deployment("beside", {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
                                          metadata={"finalizers": ["example.com/ours"], "annotations": {"ours": "1"}}, replicas=1)),
               ("apply", OTHER, deployment("beside", {"env": [{"name": "C", "value": "3"}]}, metadata={
                   "finalizers": ["example.com/theirs"], "annotations": {"theirs": "1"}})),
               ("merge", "kubectl-scale", {"spec": {"replicas": 5}}),
               ("merge", "kubectl-edit", {"metadata": {"annotations": {"ours": "2"}}})],
    # An autoscaler's write: the manager of the replicas becomes one of a subresource. (If they had no manager, they
    # have none afterwards.)
    "scaled": [("apply", OURS, deployment("scaled", {}, replicas=2)),
               ("scale", "kube-controller-manager", {"spec": {"replicas": 7}})],
    # Fields that we no longer send are not ours.
    "fewer": [("apply", OURS, thing("ConfigMap", "fewer", data={"a": "1", "b": "2"})),
              ("apply", OTHER, thing("ConfigMap", "fewer", data={"b": "2"})),
              ("apply", OURS, thing("ConfigMap", "fewer", data={"a": "1"}))],
    # Created and changed by KServe's controller; the status is the Deployment controller's.
    "kserve": [("create", KSERVE, deployment("kserve", FULL, pod=SCRATCH, replicas=2)),
               ("merge", KSERVE, {"metadata": {"annotations": {"kserve": "1"}}})],
    # Created by KServe, applied by us, without renaming its entry.
    "both": [("create", KSERVE, thing("ConfigMap", "both", metadata={"labels": {"old": "1"}}, data={"a": "1"})),
             ("apply", OURS, thing("ConfigMap", "both", data={"a": "1", "b": "2"}))],
}


def write(plane, verb, manager, body, path):
    query = "?fieldManager=" + manager + ("&force=true" if verb == "apply" else "")
    method, kind = ("POST", "create") if verb == "create" else ("PATCH", "merge" if verb == "scale" else verb)
    path = {"create": path.rpartition("/")[0], "scale": path + "/scale"}.get(verb, path)
    request = urllib.request.Request(plane.server + path + query, json.dumps(body).encode(), {"Content-Type": TYPES[kind]}, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=plane.context))
    opener.open(request, timeout=30).close()


def settled(plane, path, kind):
    """Whether the Deployment controller has an entry."""
    if kind == "Deployment":
        plane.processes.wait_for("the status of " + path, 30, lambda: plane.get(path).get("status", {}).get("observedGeneration")
                                 == plane.get(path)["metadata"]["generation"])
    return plane.get(path)


def main():
    lines = []
    with ControlPlane() as plane:
        for name, writes in CASES.items():
            kind = writes[0][2]["kind"]
            path = f"{PATHS[kind]}/{name}"
            for verb, manager, body in writes:
                write(plane, verb, manager, body, path)
                settled(plane, path, kind)
            sent = [body for verb, manager, body in writes if (verb, manager) == ("apply", OURS)]
            lines.append(json.dumps({"name": name, "sent": sent[-1] if sent else None, "live": settled(plane, path, kind)},
                                    separators=(",", ":")) + "\n")
    (HERE / "managed_fields.jsonl").write_text("".join(lines))


if __name__ == "__main__":
    main()
