#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Compares the objects and the status of an InferenceService in Knative mode with those of KServe v0.20, without a cluster.

  tests/conformance/knative.py --bin build/bin [--only knd-003] [--show]

The recordings (recordings.py) were made with the real controller of Knative Serving. render_children builds the objects from
what Knative reported in the end; they are completed as Knative's webhook does it, and compared as comparison.py says. Each
service is built again with the status that was computed first, until nothing changes, and each step of a sequence begins with
the status of the step before. What the API server or Knative refused is taken from the recording. Prints a line for each
case that differs, then "N/M agree". Exit code 1 if a case differs.
"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from children import cluster, fill  # noqa: E402
from comparison import comparable, comparable_status, differences, meaning  # noqa: E402
from recordings import arguments, recordings  # noqa: E402

MODE = "serving.kserve.io/deploymentMode"
SERVING = "serving.knative.dev/v1"
COMPONENTS = ("predictor", "transformer", "explainer")
REVISIONS = ("latestCreatedRevision", "latestReadyRevision", "latestRolledoutRevision", "previousRolledoutRevision", "traffic")
# KServe's name for a condition of a component, and Knative's for that of its Service.
CONDITIONS = {"Ready": ("Ready", "Ready", "Ready"), "RoutesReady": ("RouteReady", "RouteReady", "RoutesReady"),
              "ConfigurationsReady": ("ConfigurationReady",) * 3}
# Set by Knative's webhook, without an owner.
SET_BY_KNATIVE = ("serving.knative.dev/creator", "serving.knative.dev/lastModifier")
ROUNDS = 3


def merged(target, patch):
    """RFC 7386."""
    if not isinstance(patch, dict):
        return patch
    out = dict(target) if isinstance(target, dict) else {}
    for key, value in patch.items():
        if value is None:
            out.pop(key, None)
        else:
            out[key] = merged(out.get(key), value)
    return out


def conditions_of(status):
    return {c["type"]: c for c in status.get("conditions", [])}


def refused(status):
    """Components whose object was refused, with KServe's message."""
    conditions = conditions_of(status)
    found = {c: conditions.get(c.capitalize() + "Ready", {}) for c in COMPONENTS}
    return {c: found[c].get("message", "") for c in COMPONENTS if found[c].get("reason") == "ReconcileFailed"}


def knative_status(status, index, component):
    """The status of the component's Knative Service, from the service's."""
    entry, conditions = status.get("components", {}).get(component), conditions_of(status)
    if not entry:
        return None
    out = {"conditions": [], "traffic": entry.get("traffic", [])}
    for theirs, ours in CONDITIONS.items():
        condition = conditions.get(component.capitalize() + ours[index])
        if condition:
            out["conditions"].append({"type": theirs} | {k: condition[k] for k in ("status", "reason", "message") if k in condition})
    for theirs, ours in (("latestCreatedRevisionName", "latestCreatedRevision"), ("latestReadyRevisionName", "latestReadyRevision"),
                         ("url", "url"), ("address", "address")):
        if ours in entry:
            out[theirs] = entry[ours]
    return out


def first_traffic(seen):
    """Before KServe knew a revision that was rolled out, the latest one had all traffic."""
    ready = seen.get("latestReadyRevisionName")
    return seen | ({"traffic": [{"latestRevision": True, "percent": 100, "revisionName": ready}]} if ready else {})


def observed(name, expect, before):
    """`before`: the status of the service so far."""
    status, denied = expect["status"], refused(expect["status"])
    services = []
    for index, component in enumerate(COMPONENTS):
        seen = knative_status(status, index, component)
        if seen and component not in denied:
            if not before.get("components", {}).get(component):
                seen = first_traffic(seen)
            services.append({"metadata": {"name": "%s-%s" % (name, component)}, "status": seen})
    revision = status.get("components", {}).get("predictor", {}).get("latestCreatedRevision", "")
    ready = status.get("modelStatus", {}).get("copies", {}).get("totalCopies", 0)
    recorded = [c for c in expect["children"] if c.get("kind") == "Pod"]
    mine = [c for c in recorded if c["metadata"].get("labels", {}).get("serving.knative.dev/revision") == revision]
    pods = [{"metadata": {"name": "%s-%d" % (revision, i), "labels": {"serving.knative.dev/revision": revision}},
             "status": {"phase": "Running" if i < ready else "Pending", "conditions": [{"type": "Ready", "status": str(i < ready)}]}}
            for i in range(max(ready, len(mine)))]
    routes = [{"metadata": c["metadata"]} for c in expect["children"] if c.get("kind") == "VirtualService"]
    return {"knativeServices": services, "pods": pods, "virtualServices": routes}


def complete(obj):
    """As Knative's webhook and the API server do it."""
    obj = copy.deepcopy(obj)
    if obj.get("apiVersion") != SERVING:
        return obj
    spec = obj["spec"]["template"]["spec"]
    fill(spec, containerConcurrency=0, timeoutSeconds=300, enableServiceLinks=False)
    containers = spec["containers"]
    serving = next((c for c in containers if c.get("ports")), containers[0])
    for container in containers:
        if container is serving:
            probe = container.setdefault("readinessProbe", {})
            if not {"httpGet", "exec", "grpc"} & set(probe):
                fill(probe, tcpSocket={"port": 0})
            fill(probe, successThreshold=1)
        for kind in ("httpGet", "tcpSocket"):
            for name in ("readinessProbe", "livenessProbe"):
                action = container.get(name, {}).get(kind)
                if action and (name == "livenessProbe" or kind == "httpGet"):
                    fill(action, port=0)
                if action and kind == "httpGet":
                    fill(action, path="/")
        for port in container.get("ports", []):
            fill(port, protocol="TCP", name="user-port")
    return obj


def key_of(obj):
    return ("Knative " if obj.get("apiVersion") == SERVING else "") + obj["kind"], obj["metadata"]["name"]


def by_name(objects):
    out = {}
    for obj in objects:
        if obj.get("kind") in ("ConfigMap", "Pod"):
            continue
        annotations = obj["metadata"].get("annotations", {})
        kept = {k: v for k, v in annotations.items() if k not in SET_BY_KNATIVE}
        out[key_of(obj)] = comparable(obj | {"metadata": obj["metadata"] | {"annotations": kept}})
    return out


def seen(status):
    entries = {name: {f: entry.get(f) for f in REVISIONS} for name, entry in status.get("components", {}).items()}
    return comparable_status(status) | {"revisions": meaning(entries)}


def without_refused(objects, denied):
    """KServe stops at the first object that is refused."""
    if not denied:
        return objects
    first = min(COMPONENTS.index(c) for c in denied)
    names = {"-" + c for c in COMPONENTS[:first]}
    return [o for o in objects if any(o["metadata"]["name"].endswith(n) for n in names)]


class Renderer:
    def __init__(self, binary, folder):
        self.binary, self.folder = binary, folder
        self.directory = tempfile.TemporaryDirectory()
        self.state = pathlib.Path(self.directory.name) / "cluster.json"
        self.state.write_text(json.dumps(cluster(folder, {})))

    def render(self, cases):
        """[(id, object, expect)] -> by id; each begins with the status in its object."""
        statuses = {}
        for _ in range(ROUNDS):
            lines = []
            for i, o, e in cases:
                o = o | ({"status": statuses[i]} if i in statuses else {})
                seen = observed(o["metadata"]["name"], e, o.get("status", {}))
                lines.append(json.dumps({"id": i, "object": o, "observed": seen, "refused": refused(e["status"])}))
            done = subprocess.run([self.binary, self.state, self.folder / "fixtures.yaml"], input="\n".join(lines) + "\n", text=True,
                                  stdout=subprocess.PIPE, timeout=120, check=True)
            results = {r["id"]: r for r in map(json.loads, done.stdout.splitlines())}
            statuses = {i: r["status"] for i, r in results.items()}
        return results


def compare(expect, got, kept):
    """`kept`: keys of objects that exist and are not deleted."""
    denied = refused(expect["status"])
    want = by_name(expect["children"])
    have = by_name(map(complete, without_refused(got["objects"], denied)))
    found = []
    for key in sorted(set(want) | set(have)):
        if key not in have and key not in kept:
            found.append("no %s %s" % key)
        elif key not in want:
            found.append("extra %s %s" % key)
        elif key in have:
            found += ["%s %s" % key + d for d in differences(want[key], have[key])]
    return found + ["status" + d for d in differences(seen(expect["status"]), seen(got["status"]))], set(have)


def steps_of(folder):
    """Rounds of [(id, object, expect)], where an object of a later round continues the one of an earlier round."""
    first = [json.loads(line) for line in (folder / "knative.jsonl").read_text().splitlines()]
    rounds = [[(c["id"], c["object"], c["expect"]) for c in first]]
    if not (folder / "sequences.jsonl").exists():
        return rounds
    for case in map(json.loads, (folder / "sequences.jsonl").read_text().splitlines()):
        obj = case["object"]
        for index, step in enumerate(case["steps"]):
            obj = merged(obj, step["patch"] or {})
            while len(rounds) <= index:
                rounds.append([])
            rounds[index].append((case["id"], obj, step["expect"]))
    return rounds


def main():
    args = arguments(__doc__)
    folder, name_of_recordings = recordings()
    renderer = Renderer(args.bin / "render_children", folder)
    agree, total, statuses, kept = 0, 0, {}, {}
    for number, cases in enumerate(steps_of(folder)):
        cases = [(i, o | ({"status": statuses[i]} if i in statuses else {}), e) for i, o, e in cases if args.only in (None, i)]
        results = renderer.render(cases) if cases else {}
        for i, _, expect in cases:
            got = results[i]
            found, have = compare(expect, got, kept.get(i, set()))
            statuses[i] = got["status"]
            is_true = {t for t, c in conditions_of(expect["status"]).items() if c["status"] == "True"}
            kept[i] = set() if "Stopped" in is_true else kept.get(i, set()) | have
            total, agree = total + 1, agree + (not found)
            if found:
                print("%s step %d: %d differences: %s" % (i, number, len(found), "; ".join(found if args.show else found[:3])))
            if args.show:
                print(json.dumps(got, indent=1))
    print("%d/%d agree with %s" % (agree, total, name_of_recordings))
    return agree != total


if __name__ == "__main__":
    sys.exit(main())
