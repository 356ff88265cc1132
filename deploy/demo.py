#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Demonstrates admission without a cluster: runs the InferenceServices of deploy/examples through the webhook.

    deploy/demo.py [--webhook build/bin/modelgate-webhook] [--color auto|always|never] [FILE...]

Starts the webhook on a free port of the loopback interface, with the built-in runtimes and configuration and its own
certificate. Sends each object as the API server does: an AdmissionReview over HTTPS for mutation, and another one with the
patched object for validation. Prints the YAML before and after as a diff, the warnings, and every error of a denied object.
Needs python3-yaml.

Exit status: 0 if broken.yaml is denied with five errors and everything else is admitted.
"""
import argparse
import base64
import copy
import difflib
import http.client
import json
import os
import pathlib
import signal
import ssl
import subprocess
import sys
import tempfile
import time
import uuid

try:
    import yaml
except ImportError:
    sys.exit("deploy/demo.py needs python3-yaml: apt-get install python3-yaml, or run it with /usr/bin/python3")

ROOT = pathlib.Path(__file__).resolve().parent.parent
EXAMPLES = ROOT / "deploy" / "examples"
START_SECONDS = 8
REQUEST_SECONDS = 5
STOP_SECONDS = 5
BROKEN_ERRORS = 5
WIDTH = 112  # of a YAML line; our own annotation is longer

# The first examples, in order; the others follow by name, and broken.yaml is the last.
FIRST = ["sklearn", "xgboost", "lightgbm", "pytorch", "tensorflow", "triton", "onnx", "huggingface", "paddle", "gpu", "legacy",
         "canary-old-spelling", "canary-percent-old-spelling", "canary", "hpa", "logger", "custom-runtime"]

# The webhook's paths by kind: apiVersion, plural, mutate, validate.
PATHS = {
    "InferenceService": ("serving.kserve.io/v1beta1", "inferenceservices",
                         "/mutate-serving-kserve-io-v1beta1-inferenceservice",
                         "/validate-serving-kserve-io-v1beta1-inferenceservice"),
    "ServingRuntime": ("serving.kserve.io/v1alpha1", "servingruntimes", None,
                       "/validate-serving-kserve-io-v1alpha1-servingruntime"),
    "ClusterServingRuntime": ("serving.kserve.io/v1alpha1", "clusterservingruntimes", None,
                              "/validate-serving-kserve-io-v1alpha1-clusterservingruntime"),
}


class DemoError(Exception):
    """An error that the user can fix."""


class Webhook:
    """The webhook as a child process, and one connection to it."""

    def __init__(self, program):
        self.program, self.process, self.connection = program, None, None

    def __enter__(self):
        if not os.access(self.program, os.X_OK):
            raise DemoError(f"{self.program} does not exist; `make build` builds it")
        self.directory = tempfile.TemporaryDirectory(prefix="modelgate-demo-")
        home = pathlib.Path(self.directory.name)
        ca, address, self.log = home / "ca.crt", home / "address", home / "log"
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(
                [self.program, "--bind-address", "127.0.0.1", "--webhook-port", "0", "--health-probe-bind-address", "0",
                 "--metrics-bind-address", "0", "--drain-timeout", "1s", "--ca-out", ca, "--address-out", address],
                stdout=log, stderr=log, stdin=subprocess.DEVNULL)
        try:
            self._connect(ca, address)
        except BaseException:
            self.__exit__()
            raise
        return self

    def _connect(self, ca, address):
        deadline = time.monotonic() + START_SECONDS
        while not (ca.exists() and address.exists() and address.read_text().endswith("\n")):
            if self.process.poll() is not None:
                raise DemoError(f"the webhook exited with status {self.process.returncode}:\n{self.log.read_text()}")
            if time.monotonic() > deadline:
                raise DemoError(f"the webhook was not ready after {START_SECONDS} s:\n{self.log.read_text()}")
            time.sleep(0.01)
        # One line for each listener: "https 127.0.0.1:41234".
        self.address = dict(line.split() for line in address.read_text().splitlines())["https"]
        host, _, port = self.address.rpartition(":")
        context = ssl.create_default_context(cafile=str(ca))
        self.connection = http.client.HTTPSConnection(host, int(port), timeout=REQUEST_SECONDS, context=context)

    def __exit__(self, *_):
        if self.connection:
            self.connection.close()
        if self.process and self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            try:
                self.process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.directory.cleanup()

    def review(self, path, obj):
        """The response to an AdmissionReview for creating the object."""
        group, _, version = obj["apiVersion"].partition("/")
        plural = PATHS[obj["kind"]][1]
        uid = str(uuid.uuid4())
        body = json.dumps({
            "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
            "request": {"uid": uid, "operation": "CREATE", "dryRun": False,
                        "kind": {"group": group, "version": version, "kind": obj["kind"]},
                        "resource": {"group": group, "version": version, "resource": plural},
                        "name": obj["metadata"]["name"], "namespace": obj["metadata"].get("namespace", "default"),
                        "userInfo": {"username": "demo"}, "object": obj, "oldObject": None}})
        try:
            self.connection.request("POST", path + "?timeout=5s", body, {"Content-Type": "application/json"})
            answer = self.connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException) as error:
            raise DemoError(f"no answer from {path}: {error}\n{self.log.read_text()}") from error
        if answer.status != 200:
            raise DemoError(f"{path} answered {answer.status}: {text.decode(errors='replace')}")
        response = json.loads(text)["response"]
        if response["uid"] != uid:
            raise DemoError(f"{path} responded to another request")
        return response


def apply_patch(document, operations):
    """RFC 6902: add, remove and replace, on a copy."""
    root = [copy.deepcopy(document)]
    for operation in operations:
        keys = [0] + [k.replace("~1", "/").replace("~0", "~") for k in operation["path"].split("/")[1:]]
        parent = root
        for key in keys[:-1]:
            parent = parent[int(key) if isinstance(parent, list) else key]
        last = keys[-1]
        if isinstance(parent, dict):
            if operation["op"] == "remove":
                del parent[last]
            else:
                parent[last] = operation["value"]
            continue
        index = len(parent) if last == "-" else int(last)
        if operation["op"] == "add":
            parent.insert(index, operation["value"])
        elif operation["op"] == "replace":
            parent[index] = operation["value"]
        else:
            del parent[index]
    return root[0]


class Screen:
    """Prints, optionally in colors."""

    COLORS = {"title": "1;36", "dim": "2", "-": "31", "+": "32", "error": "1;31", "warning": "33", "good": "1;32"}

    def __init__(self, color):
        self.color = color

    def paint(self, text, style):
        return f"\033[{self.COLORS[style]}m{text}\033[0m" if self.color and style in self.COLORS else text

    def line(self, text="", style=""):
        print(self.paint(text, style))

    def diff(self, before, after):
        """The whole text, with removed and added lines."""
        before, after = (yaml.safe_dump(d, sort_keys=False, width=10**6).splitlines() for d in (before, after))
        rows = list(difflib.ndiff(before, after))
        for row in rows:
            if not row.startswith("?"):
                text = row[2:] if len(row) <= WIDTH else row[2:WIDTH] + "…"
                self.line(f"  {row[0]} {text}", row[0])


class Demo:
    def __init__(self, webhook, screen):
        self.webhook, self.screen = webhook, screen
        self.admitted, self.denied, self.surprises = 0, 0, []
        self.milliseconds = []

    def file(self, path):
        text = path.read_text()
        self.screen.line(f"── {path.name} " + "─" * max(0, 96 - len(path.name)), "title")
        for line in text.splitlines():
            if not line.startswith("#"):
                break
            self.screen.line("  " + line[2:], "dim")
        for obj in yaml.safe_load_all(text):
            self.object(path, obj)

    def object(self, path, obj):
        if obj["kind"] not in PATHS:
            raise DemoError(f"{path}: the webhook does not review a {obj['kind']}")
        _, _, mutate, validate = PATHS[obj["kind"]]
        final, warnings, response = obj, [], {"allowed": True}
        self.screen.line()
        for step in (mutate, validate):
            if not step or not response["allowed"]:
                continue
            start = time.perf_counter()
            response = self.webhook.review(step, final)
            self.milliseconds.append((time.perf_counter() - start) * 1000)
            warnings += [w for w in response.get("warnings") or [] if w not in warnings]
            if response.get("patch"):
                final = apply_patch(final, json.loads(base64.b64decode(response["patch"])))
        self.screen.diff(obj, final)
        self.outcome(path, obj, response, warnings)

    def outcome(self, path, obj, response, warnings):
        self.screen.line()
        for warning in warnings:
            self.screen.line(f"  warning: {warning}", "warning")
        if response["allowed"]:
            self.admitted += 1
            self.screen.line(f"  {obj['kind']} {obj['metadata']['name']}: admitted", "good")
        else:
            self.denied += 1
            status = response["status"]
            causes = status.get("details", {}).get("causes", [])
            self.screen.line(f"  {obj['kind']} {obj['metadata']['name']}: denied, {len(causes)} errors", "error")
            for cause in causes:
                self.screen.line(f"    {cause['field']}: {cause['message']}", "error")
            if not causes:
                self.screen.line("    " + status.get("message", ""), "error")
        expected = (BROKEN_ERRORS if path.name == "broken.yaml" else 0)
        found = 0 if response["allowed"] else len(response["status"].get("details", {}).get("causes", [])) or 1
        if found != expected:
            self.surprises.append(f"{path.name}: {obj['kind']} {obj['metadata']['name']} has {found} errors, expected {expected}")
        self.screen.line()


def chosen_files(names):
    if names:
        return [pathlib.Path(n) if pathlib.Path(n).exists() else EXAMPLES / n for n in names]
    files = {p.stem: p for p in EXAMPLES.glob("*.yaml")}
    if not files:
        raise DemoError(f"no examples in {EXAMPLES}")
    order = {name: i for i, name in enumerate(FIRST)}
    return sorted(files.values(), key=lambda p: (p.stem == "broken", order.get(p.stem, len(order)), p.stem))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--webhook", default=ROOT / "build" / "bin" / "modelgate-webhook", type=pathlib.Path)
    parser.add_argument("--color", choices=["auto", "always", "never"], default="auto")
    parser.add_argument("files", nargs="*", metavar="FILE", help="a file, or a name in deploy/examples; default: all examples")
    args = parser.parse_args()
    color = args.color == "always" or (args.color == "auto" and sys.stdout.isatty() and not os.environ.get("NO_COLOR"))
    screen, start = Screen(color), time.monotonic()
    with Webhook(args.webhook) as webhook:
        demo = Demo(webhook, screen)
        screen.line(f"modelgate-webhook at https://{webhook.address}, ready after {time.monotonic() - start:.2f} s\n", "dim")
        for path in chosen_files(args.files):
            demo.file(path)
    times = sorted(demo.milliseconds) or [0.0]
    screen.line(f"{demo.admitted} admitted, {demo.denied} denied; {len(times)} reviews, {times[len(times) // 2]:.1f} ms "
                f"median measured in Python; {time.monotonic() - start:.1f} s in total", "title")
    for surprise in demo.surprises:
        screen.line(f"unexpected: {surprise}", "error")
    return 1 if demo.surprises else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except DemoError as failure:
        sys.exit(f"demo: {failure}")
    except (OSError, yaml.YAMLError) as failure:
        sys.exit(f"demo: {failure}")
    except KeyboardInterrupt:
        sys.exit(130)
