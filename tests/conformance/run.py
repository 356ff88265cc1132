#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks the built webhook for conformance with KServe v0.20.

  tests/conformance/run.py --bin build/bin

Starts modelgate-webhook on the loopback with the compatible settings and
  1. replays the project's own cases (tests/conformance/cases/*.jsonl);
  2. if ../shared/conformance exists, replays the recorded ones with its check.py and the recorded cluster
     state, and compares each recorded denial with reasons.json: it must be denied for the same reason.
Exits with 0 if all agree. The last line is "N passed, N failed".
"""
import argparse
import base64
import contextlib
import json
import pathlib
import re
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.request

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SHARED = ROOT.parent / "shared" / "conformance"
# In SHARED; for the report that they were skipped.
RECORDED_REQUESTS = 500
START_SECONDS = 60

# The settings for the same answers as KServe (docs in deploy/config).
COMPATIBLE = {"validation": "Compatible", "runtimeSelection": "Defer", "resourceDefaults": False,
              "gpuTolerations": [], "podInjection": "Admission"}

KINDS = {
    "InferenceService": ("v1beta1", "inferenceservices", "/mutate-serving-kserve-io-v1beta1-inferenceservice",
                         "/validate-serving-kserve-io-v1beta1-inferenceservice"),
    "ServingRuntime": ("v1alpha1", "servingruntimes", None, "/validate-serving-kserve-io-v1alpha1-servingruntime"),
    "ClusterServingRuntime": ("v1alpha1", "clusterservingruntimes", None,
                              "/validate-serving-kserve-io-v1alpha1-clusterservingruntime"),
    "Pod": ("v1", "pods", "/mutate-pods", None),
}


def write_manifests(directory, objects, fixtures=None):
    """The cluster state as manifests, with the compatible settings put into its ConfigMap."""
    for item in objects:
        if item["kind"] == "ConfigMap" and item["metadata"]["name"] == "inferenceservice-config":
            item["data"]["modelgate"] = json.dumps(COMPATIBLE)
    (directory / "cluster.json").write_text(json.dumps({"apiVersion": "v1", "kind": "List", "items": objects}))
    if fixtures and fixtures.exists():
        (directory / "fixtures.yaml").write_text(fixtures.read_text())


def own_cluster():
    """The objects of a new installation: deploy/config and deploy/runtimes, with KServe's default of scraping."""
    files = [p for folder in ("config", "runtimes") for p in sorted((ROOT / "deploy" / folder).glob("*.yaml"))]
    objects = [d for p in files for d in yaml.safe_load_all(p.read_text()) if d]
    compatible = yaml.safe_load((ROOT / "deploy" / "components" / "compatible" / "settings.yaml").read_text())["data"]
    for item in objects:
        if item["kind"] == "ConfigMap":
            item["data"]["metricsAggregator"] = compatible["metricsAggregator"]
    return objects


@contextlib.contextmanager
def webhook(binary, manifests):
    """A running webhook: (url, path of its CA)."""
    with tempfile.TemporaryDirectory() as tmp:
        ca, address, log = (pathlib.Path(tmp) / n for n in ("ca.crt", "address", "log"))
        with open(log, "w") as out:
            process = subprocess.Popen(
                [str(binary), "--bind-address", "127.0.0.1", "--webhook-port", "0", "--health-probe-bind-address", "0",
                 "--metrics-bind-address", "0", "--manifests", str(manifests), "--ca-out", str(ca), "--address-out",
                 str(address)], stdout=out, stderr=out)
        try:
            deadline = time.monotonic() + START_SECONDS
            while not (address.exists() and address.read_text().endswith("\n") and ca.exists()):
                if process.poll() is not None or time.monotonic() > deadline:
                    raise SystemExit("the webhook did not start:\n" + log.read_text())
                time.sleep(0.02)
            yield "https://" + address.read_text().split()[1], ca
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


class Client:
    def __init__(self, url, ca):
        self.url, self.context = url, ssl.create_default_context(cafile=str(ca))

    def review(self, path, operation, obj, old):
        version, resource, _, _ = KINDS[obj["kind"]]
        group = "" if obj["kind"] == "Pod" else "serving.kserve.io"
        gvk = {"group": group, "version": version, "kind": obj["kind"]}
        gvr = {"group": group, "version": version, "resource": resource}
        body = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "1", "kind": gvk, "resource": gvr, "name": obj["metadata"].get("name", ""),
            "namespace": obj["metadata"].get("namespace", "default"), "operation": operation, "object": obj,
            "oldObject": old, "userInfo": {}, "options": None}}
        request = urllib.request.Request(self.url + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, context=self.context, timeout=10) as answer:
            return json.load(answer)["response"]

    def admit(self, operation, obj, old):
        """(allowed, object after mutation, causes)"""
        _, _, mutate, validate = KINDS[obj["kind"]]
        if mutate:
            r = self.review(mutate, operation, obj, old)
            if not r["allowed"]:
                return False, obj, r["status"]["details"]["causes"]
            obj = apply(obj, json.loads(base64.b64decode(r["patch"])) if "patch" in r else [])
        if not validate:
            return True, obj, []
        r = self.review(validate, operation, obj, old)
        return r["allowed"], obj, r.get("status", {}).get("details", {}).get("causes", [])


def apply(document, patch):
    """RFC 6902, with the three operations that we send."""
    document = json.loads(json.dumps(document))
    for op in patch:
        tokens = [t.replace("~1", "/").replace("~0", "~") for t in op["path"].split("/")[1:]]
        at = document
        for t in tokens[:-1]:
            at = at[int(t)] if isinstance(at, list) else at[t]
        last = tokens[-1]
        if isinstance(at, list):
            if op["op"] == "add":
                at.append(op["value"]) if last == "-" else at.insert(int(last), op["value"])
            elif op["op"] == "replace":
                at[int(last)] = op["value"]
            else:
                del at[int(last)]
        elif op["op"] == "remove":
            del at[last]
        else:
            at[last] = op["value"]
    return document


def denied_for_the_right_reason(client, cases, reasons):
    """For each recorded denial other than a crash: one of our causes has the path and type that reasons.json names."""
    failures, checked = [], 0
    for case in cases:
        expected = case["expect"]
        if expected.get("allowed") or "panic" in expected.get("message", ""):
            continue
        row = next((r for r in reasons if re.search(r["message"], expected["message"])), None)
        checked += 1
        if not row:
            failures.append("%s: no row in reasons.json for: %s" % (case["id"], expected["message"][:160]))
            continue
        allowed, _, causes = client.admit(case["operation"], case["object"], case.get("oldObject"))
        if allowed or not any(re.fullmatch(row["field"], c["field"]) and re.fullmatch(row["reason"], c["reason"]) for c in causes):
            failures.append("%s: expected %s at %s, got %s" % (case["id"], row["reason"], row["field"],
                                                             [(c["field"], c["reason"]) for c in causes]))
    return checked, failures


def own_cases(client):
    """tests/conformance/cases: an object and the expected result; see README.md."""
    failures, checked = [], 0
    for path in sorted((HERE / "cases").glob("*.jsonl")):
        for line in path.read_text().splitlines():
            case = json.loads(line)
            checked += 1
            allowed, after, causes = client.admit(case["operation"], case["object"], case.get("oldObject"))
            expected = case["expect"]
            if allowed != expected["allowed"]:
                failures.append("%s: expected %s, got %s %s" % (case["id"], expected["allowed"], allowed, causes))
            elif allowed and expected.get("object") is not None and strip(after) != strip(expected["object"]):
                failures.append("%s: another object: %s" % (case["id"], json.dumps(strip(after))))
            elif not allowed and expected.get("causes"):
                got = sorted([c["field"], c["reason"]] for c in causes)
                if got != sorted(expected["causes"]):
                    failures.append("%s: other causes: %s" % (case["id"], got))
    return checked, failures


def strip(value):
    """Without our annotations, which record the defaults."""
    value = json.loads(json.dumps(value))
    annotations = value.get("metadata", {}).get("annotations", {})
    for key in [k for k in annotations if k.startswith("modelgate")]:
        del annotations[key]
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=pathlib.Path, default=ROOT / "build" / "bin")
    args = parser.parse_args()
    binary = args.bin / "modelgate-webhook"
    passed, failures = 0, []

    def count(what, checked, failed):
        nonlocal passed
        print("%s: %d of %d agree" % (what, checked - len(failed), checked), flush=True)
        passed += checked - len(failed)
        failures.extend(failed)

    with tempfile.TemporaryDirectory() as tmp:
        manifests = pathlib.Path(tmp)
        write_manifests(manifests, own_cluster())
        with webhook(binary, manifests) as (url, ca):
            count("own cases", *own_cases(Client(url, ca)))

    if SHARED.exists():
        with tempfile.TemporaryDirectory() as tmp:
            manifests = pathlib.Path(tmp)
            write_manifests(manifests, json.loads((SHARED / "cluster.json").read_text())["items"], SHARED / "fixtures.yaml")
            with webhook(binary, manifests) as (url, ca):
                files = [str(SHARED / n) for n in ("inferenceservices.jsonl", "runtimes.jsonl", "pods.jsonl")]
                check = subprocess.run([sys.executable, str(SHARED / "check.py"), "admission", "--url", url, "--cacert",
                                        str(ca)] + files, stdout=subprocess.PIPE, text=True, timeout=300)
                *lines, summary = check.stdout.strip().splitlines()
                agree, total = (int(n) for n in re.fullmatch(r"(\d+)/(\d+) agree", summary).groups())
                count("check.py admission", total, lines)
                cases = [json.loads(line) for f in files for line in open(f)]
                reasons = json.loads((HERE / "reasons.json").read_text())
                count("reasons of denials", *denied_for_the_right_reason(Client(url, ca), cases, reasons))

    for failure in failures:
        print("  " + failure)
    if not SHARED.exists():
        # .ci/stages.py repeats this line in its summary.
        print("skipped: %d recorded admission requests of KServe (there is no ../shared/conformance)" % RECORDED_REQUESTS)
    print("%d passed, %d failed" % (passed, len(failures)))
    sys.exit(bool(failures))


if __name__ == "__main__":
    main()
