#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes recorded/, the reduced set of KServe's recordings, from all recordings in ../shared/conformance.

  tests/conformance/reduce.py

Children and routes are the cases below, each with its reason. Pods are chosen so that each annotation, each variable of an
init container, each pair of scheme and container, and each kind of denial occurs. Recorded Pods of children are cut to what
children.py reads.
"""
import json

from recordings import ALL, REDUCED

SPDX = "# SPDX-License-Identifier: Apache-2.0\n"
CHILDREN = {
    "dev-001": "Hugging Face by a framework field, tolerations",
    "dev-003": "transformer, batcher",
    "dev-005": "Triton, autoscaler class",
    "dev-007": "a container of the service's own",
    "dev-015": "deployment strategy",
    "dev-017": "logger, no autoscaler",
    "dev-025": "canary behind an Ingress",
    "dev-026": "transformer and explainer",
    "dev-030": "explainer",
    "dev-032": "a predictor that is not ready",
    "dev-044": "TensorFlow",
    "dev-047": "a runtime that does not support the format",
    "dev-048": "image pull Secrets, annotations of the predictor",
}
KNATIVE = {
    "knd-001": "canary from the beginning",
    "knd-006": "explainer, metric, target",
    "knd-008": "a Pod that finds no node, tags",
    "knd-014": "transformer and explainer within the cluster",
    "knd-017": "a stopped service",
    "knd-026": "a transformer that Knative refuses",
}
SEQUENCES = {"sqd-000": "canary, rollback, promotion", "sqtd-000": "a transformer that comes and goes"}
ROUTES = {
    "rt-001": "canary with HTTPRoutes",
    "rt-002": "a stopped service",
    "rt-006": "KEDA and an explainer",
    "rt-010": "OpenTelemetry collector",
    "rt-012": "several canaries, autoscaling metrics",
    "rt-014": "a service that KServe gives up half way",
}


def read(name):
    return [json.loads(line) for line in (ALL / name).read_text().splitlines()]


def write(name, cases):
    lines = [json.dumps(c, separators=(",", ":"), ensure_ascii=False) for c in cases]
    (REDUCED / name).write_text("\n".join(lines) + "\n")
    print("%s: %d cases" % (name, len(lines)))


def without_pods(case):
    """A recorded Pod is compared by pods.jsonl; of a child only its labels are read."""
    children = [c if c["kind"] != "Pod" else {"kind": "Pod", "metadata": {k: c["metadata"][k] for k in ("name", "labels")}}
                for c in case["expect"]["children"]]
    return case | {"expect": case["expect"] | {"children": children}}


def features(case):
    annotations = case["object"]["metadata"].get("annotations", {})
    after = case["expect"].get("object") or {}
    names = {c["name"] for kind in ("containers", "initContainers") for c in after.get("spec", {}).get(kind, [])}
    uri = annotations.get("internal.serving.kserve.io/storage-initializer-sourceuri", "")
    if not case["expect"].get("allowed"):
        return {case["expect"].get("message", "")[:40]}
    scheme = uri.split("://")[0]
    env = {e["name"] for c in after.get("spec", {}).get("initContainers", []) for e in c.get("env", [])}
    return set(annotations) | env | {scheme + " " + name for name in names}


def covering(cases):
    """Greedily, the case with the most new features next, the shortest of several."""
    covered, out = set(), []
    while True:
        best = max(cases, key=lambda c: (len(features(c) - covered), -len(json.dumps(c))))
        if not features(best) - covered:
            return sorted(out, key=lambda c: c["id"])
        covered |= features(best)
        out.append(best)


def main():
    REDUCED.mkdir(exist_ok=True)
    for name, chosen in (("children.jsonl", CHILDREN), ("routes.jsonl", ROUTES), ("knative.jsonl", KNATIVE)):
        write(name, [without_pods(c) for c in read(name) if c["id"] in chosen])
    write("sequences.jsonl", [c for c in read("sequences.jsonl") if c["id"] in SEQUENCES])
    write("pods.jsonl", covering(read("pods.jsonl")))
    for name in ("cluster.json", "fixtures.yaml"):
        text = (ALL / name).read_text()
        (REDUCED / name).write_text(text.rstrip("\n") + "\n" if name.endswith(".json") else SPDX + text)


if __name__ == "__main__":
    main()
