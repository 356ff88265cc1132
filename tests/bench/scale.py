#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Measures the time of services from created to Ready on a real control plane, and the resources of both programs: `make bench`.

The control plane shares the machine, so a plain client creates the same objects first: the InferenceServices and their
children (copied from a service of the reconciler), and it patches each status once the Deployment is available. It decides
nothing. The ratio of the two times shows the cost of the reconciler. Routes are Ingresses, the default of an installation;
with --gateway-api two HTTPRoutes per service, which a stub of a gateway accepts.

  tests/bench/scale.py                          300 services, then 2,000 in all, a resync, 10,000 in all, some minutes
  tests/bench/scale.py --services 50 --all 0 --memory 0     a quick test
"""
import argparse
import collections
import contextlib
import http.client
import json
import os
import queue
import re
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests" / "cluster"))

from control_plane import BINARIES_VARIABLE, node  # noqa: E402
from reconciled import ACCEPTED, GROUP, Reconciled  # noqa: E402

# Targets, and the time of KServe v0.20 on the same machine.
TARGET_SECONDS, KSERVE_SECONDS, TARGET_MB = 15, 45, 100
CLIENTS = 16
WAIT_SECONDS = 1200
# The API server closes connections that are idle for 90 s.
IDLE_SECONDS = 30
# The pause between two watches.
PAUSE_SECONDS = 0.2
# The reconciler returns free memory to the kernel each minute.
TRIM_SECONDS = 65
NODES = 8
ROOMY = {"cpu": "10000", "memory": "100Ti", "pods": "2000"}
SERVICES = f"/apis/{GROUP}/v1beta1/namespaces/{{}}/inferenceservices"
DEPLOYMENTS = "/apis/apps/v1/namespaces/{}/deployments"
HTTP_ROUTES = "/apis/gateway.networking.k8s.io/v1/namespaces/{}/httproutes"
INGRESSES = "/apis/networking.k8s.io/v1/namespaces/{}/ingresses"
CHILDREN = [DEPLOYMENTS, "/api/v1/namespaces/{}/services", "/apis/autoscaling/v2/namespaces/{}/horizontalpodautoscalers"]
# Fields with an object's history.
HISTORY = ("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "ownerReferences")


def service(name, stopped=False):
    """A small service, so that thousands fit on the nodes. Its Deployment has an autoscaler."""
    small = {"cpu": "10m", "memory": "10Mi"}
    return {"apiVersion": f"{GROUP}/v1beta1", "kind": "InferenceService",
            "metadata": {"name": name, "annotations": {f"{GROUP}/autoscalerClass": "hpa",
                                                       **({f"{GROUP}/stop": "true"} if stopped else {})}},
            "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://models/iris",
                                             "resources": {"requests": small, "limits": small}}}}}


class Clients:
    """Calls of the API server, CLIENTS at a time, each with its own connection."""

    def __init__(self, plane):
        self.plane, self.jobs, self.failed = plane, queue.Queue(), []
        self.threads = [threading.Thread(target=self._run, daemon=True) for _ in range(CLIENTS)]
        for thread in self.threads:
            thread.start()

    def send(self, *calls):
        """Sends calls (method, path, body) one after another on one connection."""
        self.jobs.put(calls)

    def wait(self):
        self.jobs.join()
        if self.failed:
            sys.exit(f"{len(self.failed)} calls failed: {self.failed[0]}")

    def _run(self):
        connection = http.client.HTTPSConnection("127.0.0.1", self.plane.port, context=self.plane.context, timeout=60)
        used = 0.0
        while True:
            calls = self.jobs.get()
            if time.monotonic() - used > IDLE_SECONDS:
                connection.close()
            for call in calls:
                try:
                    self._call(connection, *call)
                except (OSError, http.client.HTTPException) as error:
                    connection.close()
                    self.failed.append(f"{call[0]} {call[1]}: {error}")
            used = time.monotonic()
            self.jobs.task_done()

    def _call(self, connection, method, path, body):
        kind = "application/merge-patch+json" if method == "PATCH" else "application/json"
        connection.request(method, path, json.dumps(body), {"Content-Type": kind})
        reply = connection.getresponse()
        text = reply.read()
        if reply.status >= 300:
            self.failed.append(f"{method} {path}: {reply.status} {text[:500]}")


class Watched:
    """Lists and watches a path, and calls `each` for each object. Twice for some objects after the API server has ended the
    watch, as it does with slow ones."""

    def __init__(self, plane, path, each):
        self.plane, self.path, self.each = plane, path, each
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        while True:
            with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
                listed = self.plane.get(self.path)
                for item in listed["items"]:
                    self.each(item)
                self._follow(listed["metadata"]["resourceVersion"])
            time.sleep(PAUSE_SECONDS)

    def _follow(self, version):
        connection = http.client.HTTPSConnection("127.0.0.1", self.plane.port, context=self.plane.context)
        connection.request("GET", f"{self.path}?watch=1&resourceVersion={version}")
        reply = connection.getresponse()
        while line := reply.readline():
            event = json.loads(line)
            if event["type"] == "ERROR":
                return
            self.each(event["object"])


class Count:
    """Counts distinct names."""

    def __init__(self):
        self.names, self.changed = set(), threading.Condition()

    def add(self, name):
        with self.changed:
            new = name not in self.names
            self.names.add(name)
            self.changed.notify_all()
            return new

    def wait(self, count, what):
        with self.changed:
            if not self.changed.wait_for(lambda: len(self.names) >= count, WAIT_SECONDS):
                sys.exit(f"{len(self.names)} of {count} {what} after {WAIT_SECONDS} s")


def condition(obj, kind):
    return next((c["status"] for c in obj.get("status", {}).get("conditions", []) if c["type"] == kind), "")


def kind_of(call):
    """"patch inferenceservices/status" of a verb and a URI."""
    verb, uri = call.split(" ")
    parts = uri.partition("?")[0].partition("/namespaces/")[2].split("/")
    return f"{verb} {parts[1]}" + (f"/{parts[3]}" if len(parts) > 3 else "") if len(parts) > 1 else call


class Scale:
    def __init__(self, cluster):
        self.cluster, self.plane = cluster, cluster.plane
        for i in range(NODES):
            self.plane.post("/api/v1/nodes", node(f"roomy-{i}", ROOMY))
        self.clients = Clients(self.plane)
        self.children = [*CHILDREN, HTTP_ROUTES if cluster.gateway_api else INGRESSES]
        self.reconciler = cluster.start_reconciler()

    def namespace(self, name):
        """Creates a namespace, in which a stub of a gateway accepts all HTTPRoutes."""
        self.plane.post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}})
        if not self.cluster.gateway_api:
            return name
        path, accepted = HTTP_ROUTES.format(name), Count()

        def accept(route):
            if not route.get("status", {}).get("parents") and accepted.add(route["metadata"]["name"]):
                conditions = [{"type": kind, "status": "True", "reason": kind, "message": "", "observedGeneration": 1,
                         "lastTransitionTime": "2026-01-01T00:00:00Z"} for kind in ACCEPTED]
                parent = {"parentRef": route["spec"]["parentRefs"][0], "controllerName": "example.com/gateway", "conditions": conditions}
                self.clients.send(("PATCH", f"{path}/{route['metadata']['name']}/status", {"status": {"parents": [parent]}}))

        Watched(self.plane, path, accept)
        return name

    # ---- the plain client

    def template(self):
        """The children of a service and its final status, as a function of name and namespace."""
        at, name = self.namespace("copied-from"), "copied-0000000"
        self.plane.post(SERVICES.format(at), service(name))
        self.plane.processes.wait_for("the template to be Ready", 60, lambda: self.cluster.is_ready(at, name))
        children = []
        for path in self.children:
            listed = self.plane.get(path.format(at))
            for item in listed["items"]:
                item["metadata"] = {k: v for k, v in item["metadata"].items() if k not in HISTORY}
                item["metadata"].pop("namespace")
                for field in ("clusterIP", "clusterIPs"):
                    if item.get("spec", {}).get(field) not in (None, "None", ["None"]):
                        item["spec"].pop(field)
                children.append((path, {"apiVersion": listed["apiVersion"], "kind": listed["kind"].removesuffix("List"), **item,
                                        "status": {}}))
        status = self.plane.get(f"{SERVICES.format(at)}/{name}")["status"]
        self.plane.kubectl("delete", "namespace", at, "--wait=false")
        text = json.dumps({"children": children, "status": status})
        return lambda new, where: json.loads(text.replace(name, new).replace(f'"{at}"', f'"{where}"'))

    def plain(self, count, template):
        """The seconds of the plain client, without a reconciler."""
        self.reconciler.terminate()
        at, available = self.namespace("plain"), Count()

        def deployment(obj):
            name = obj["metadata"]["name"].removesuffix("-predictor")
            if condition(obj, "Available") == "True" and available.add(name):
                self.clients.send(("PATCH", f"{SERVICES.format(at)}/{name}/status", {"status": template(name, at)["status"]}))

        Watched(self.plane, DEPLOYMENTS.format(at), deployment)
        began = time.monotonic()
        for i in range(count):
            name = f"plain-{i:07}"
            self.clients.send(("POST", SERVICES.format(at), service(name)), *(
                ("POST", path.format(at), child) for path, child in template(name, at)["children"]))
        available.wait(count, "Deployments are available")
        self.clients.wait()
        seconds = time.monotonic() - began
        self.plane.kubectl("delete", "namespace", at, "--timeout=300s", timeout=320)
        self.reconciler = self.cluster.start_reconciler()
        return seconds

    # ---- the reconciler

    def create(self, at, first, last, stopped=False):
        """Seconds until all are Ready, or until the status of stopped ones is Stopped."""
        ready, names = Count(), {f"scale-{i:07}" for i in range(first, last)}

        def seen(obj):
            if obj["metadata"]["name"] in names and condition(obj, "Stopped" if stopped else "Ready") == "True":
                ready.add(obj["metadata"]["name"])

        Watched(self.plane, SERVICES.format(at), seen)
        began = time.monotonic()
        for name in sorted(names):
            self.clients.send(("POST", SERVICES.format(at), service(name, stopped)))
        self.clients.wait()
        ready.wait(last - first, "services have the expected status")
        return time.monotonic() - began

    def calls(self):
        """Calls by method, including leases."""
        found = {}
        for name, value in self.reconciler.metrics().items():
            if name.startswith("rest_client_requests_total"):
                method = re.search(r'method="(\w+)"', name)[1]
                found[method] = found.get(method, 0) + int(value)
        return found

    def measured(self, what, count, run):
        before, used, written = self.calls(), self.processor_seconds(), len(self.writes())
        seconds = run()
        calls = {method: n - before.get(method, 0) for method, n in self.calls().items()}
        writes = sum(n for method, n in calls.items() if method != "GET")
        by_method = ", ".join(f"{method} {n}" for method, n in sorted(calls.items()))
        cpu = {name: self.processor_seconds()[name] - used[name] for name in used}
        print(f"{what}: {seconds:.1f} s; calls of the reconciler: {by_method}; {writes / count:.1f} writes per service; CPU "
              + ", ".join(f"{name} {cpu[name]:.1f} s" for name in cpu), flush=True)
        kinds = collections.Counter(kind_of(call) for call in self.writes()[written:])
        print("    writes: " + ", ".join(f"{kind} {n / count:.1f}" for kind, n in kinds.most_common()) + " per service", flush=True)
        return seconds

    def pids(self):
        found = {"webhook": self.cluster.replicas[0].process.pid, "reconciler": self.reconciler.process.pid}
        for process in self.plane.processes.running:
            if process.name in ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kwok"):
                found[process.name] = process.pid
        return found

    def processor_seconds(self):
        ticks = os.sysconf("SC_CLK_TCK")
        return {name: sum(map(int, Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:13])) / ticks
                for name, pid in self.pids().items()}

    def memory(self, what):
        sizes = {}
        for name in ("webhook", "reconciler"):
            text = Path(f"/proc/{self.pids()[name]}/status").read_text()
            sizes[name] = [int(re.search(rf"{key}:\s+(\d+)", text)[1]) / 1024 for key in ("VmRSS", "VmHWM")]
        both = sum(size for size, _ in sizes.values())
        print(f"resident memory, {what}: " + ", ".join(f"{name} {now:.1f} MB (maximum {most:.1f})"
                                                 for name, (now, most) in sizes.items()) + f"; both {both:.1f} MB", flush=True)
        return both

    def writes(self):
        return [f"{call['verb']} {call['requestURI']}" for call in self.cluster.reconciler_calls()
                if call["verb"] not in ("get", "list", "watch") and "/leases" not in call["requestURI"]]

    def settle(self):
        """Waits until there was no write for three seconds."""
        last, since = self.calls(), time.monotonic()
        while time.monotonic() - since < 3:
            time.sleep(0.5)
            now = self.calls()
            # Renewals of the lease continue.
            if sum(now.values()) - sum(last.values()) > 4:
                last, since = now, time.monotonic()

    def resync(self, count):
        """Counts the writes while a new reconciler reconciles all services twice."""
        self.settle()
        before = len(self.writes())
        self.reconciler.terminate()
        self.reconciler = self.cluster.start_reconciler("--resync=20s")

        def reconciles():
            return sum(v for k, v in self.reconciler.metrics().items() if k.startswith("controller_runtime_reconcile_total"))
        began = time.monotonic()
        while reconciles() < 2 * count and time.monotonic() - began < 300:
            time.sleep(0.5)
        reconciled, took = reconciles(), time.monotonic() - began
        written = self.writes()[before:]
        print(f"resync of {count} services: {reconciled:.0f} reconciles in {took:.1f} s, {len(written)} writes (expected: none)"
              + "".join(f"\n    {call}" for call in written[:5]), flush=True)


def measure(cluster, wanted):
    scale = Scale(cluster)
    scale.memory("idle")
    plain = scale.plain(wanted.services, scale.template()) if wanted.plain else 0
    if plain:
        print(f"{wanted.services} services by the plain client, all Deployments available: {plain:.1f} s", flush=True)
    at = scale.namespace("scale")
    ours = scale.measured(f"{wanted.services} services from created to Ready", wanted.services,
                          lambda: scale.create(at, 0, wanted.services))
    ratio = f"{ours / plain:.2f} x the plain client; " if plain else ""
    print(f"    {ratio}{TARGET_SECONDS} s is the target for 300, KServe v0.20 took {KSERVE_SECONDS} s")
    scale.memory(f"{wanted.services} services")
    count = wanted.services
    if wanted.all > count:
        scale.measured(f"{wanted.all} services in total, the additional {wanted.all - count}", wanted.all - count,
                       lambda: scale.create(at, count, wanted.all))
        count = wanted.all
        scale.memory(f"{count} services")
    if wanted.resync:
        scale.resync(count)
        scale.memory(f"{count} services, after a start")
    if wanted.memory > count:
        scale.measured(f"{wanted.memory} services in total, the additional ones {'stopped' if wanted.stopped else 'running'}",
                       wanted.memory - count, lambda: scale.create(at, count, wanted.memory, wanted.stopped))
        time.sleep(TRIM_SECONDS)
        scale.memory(f"{wanted.memory} services; {TARGET_MB} MB is the target for 10,000")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=Path(os.environ.get("BUILD", "build")))
    parser.add_argument("--services", type=int, default=300, help="services at first")
    parser.add_argument("--all", type=int, default=2000, help="then services in total; 0: skip")
    parser.add_argument("--memory", type=int, default=10000, help="finally services in total; 0: skip")
    parser.add_argument("--stopped", type=int, default=1, help="0: the last ones run, which takes three times as long")
    parser.add_argument("--gateway-api", action="store_true", help="HTTPRoutes instead of Ingresses")
    parser.add_argument("--plain", type=int, default=1, help="0: skip the plain client")
    parser.add_argument("--resync", type=int, default=1, help="0: skip the resync")
    wanted = parser.parse_args()
    if not os.environ.get(BINARIES_VARIABLE):
        os.environ[BINARIES_VARIABLE] = subprocess.run([str(ROOT / ".ci" / "control-plane")], check=True, text=True,
                                                       stdout=subprocess.PIPE).stdout.strip()
    Reconciled.gateway_api = wanted.gateway_api
    with Reconciled(wanted.build.resolve() / "bin") as cluster:
        measure(cluster, wanted)


if __name__ == "__main__":
    main()
