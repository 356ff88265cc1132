# SPDX-License-Identifier: Apache-2.0
"""An installation with both programs, in which an applied InferenceService becomes Ready. Used by the tests of the
reconciler and by `make cluster`.

    with Reconciled(binaries) as cluster:             # about ten seconds
        cluster.start_reconciler()
        cluster.plane.kubectl("apply", "-f", "deploy/examples/sklearn.yaml")
        cluster.ready("default", "iris")

In addition to installed.Installed: third-party CRDs (.ci/third-party-crds), nodes with accelerators, and reconcilers as processes
with the token of their ServiceAccount. There is no gateway; the class Gateway accepts the routes.
"""
import json
import subprocess
import threading
import urllib.error

from cluster import Program
from control_plane import node
from installed import CONFIG_MAP, GROUP, NAMESPACE, ROOT, Installed
from processes import StartError

ACCOUNT = LEASE = "modelgate-reconciler"
READY_SECONDS = 30
SERVED_SECONDS = 60
# In addition to control_plane.NODES: accelerators for the examples, and room for the Pods of all tests.
MORE_NODES = {
    "large-0": {"cpu": "1000", "memory": "4Ti", "pods": "5000"},
    "mixed-0": {"amd.com/gpu": "8", "nvidia.com/gpu": "8", "nvidia.com/mig-1g.5gb": "8", "habana.ai/gaudi": "8"},
}
# Of the configuration; it has no controller here.
INGRESS_CLASS = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "istio"},
                 "spec": {"controller": "example.com/none"}}
ROUTES = "/apis/gateway.networking.k8s.io/v1"
ACCEPTED = ("Accepted", "ResolvedRefs")
# How often the gateway checks for new routes.
CHECK_SECONDS = 0.2


class Reconciled(Installed):
    """gateway_api: use HTTPRoutes, which can split traffic, instead of Ingresses."""

    gateway_api = True

    def _install(self):
        super()._install()
        plane = self.plane
        self.reconcilers, self.reconciler_names = [], 0
        if not (self.binaries / "modelgate-reconciler").exists():
            raise StartError(f"{self.binaries / 'modelgate-reconciler'} does not exist: run `make build`")
        found = subprocess.run([str(ROOT / ".ci" / "third-party-crds")], check=True, text=True, stdout=subprocess.PIPE)
        plane.kubectl("apply", "--server-side", "-f", found.stdout.strip())
        for name, extended in MORE_NODES.items():
            plane.post("/api/v1/nodes", node(name, extended))
        plane.processes.wait_for("the third-party kinds to be served", SERVED_SECONDS, lambda: self._is_served(ROUTES))
        self.reconciler_kubeconfig = self.kubeconfig_for(plane.server, ACCOUNT)
        if self.gateway_api:
            self.configure("ingress", enableGatewayApi=True)
        else:
            plane.kubectl("apply", "-f", "-", stdin=INGRESS_CLASS)
        self.start_replica()
        self.wait_asked()

    def _is_served(self, group):
        try:
            return self.plane.get(f"{group}/httproutes?limit=1")
        except urllib.error.HTTPError:
            return None

    def configure(self, key, **fields):
        """Sets fields in a key of the configuration."""
        path = f"/api/v1/namespaces/{NAMESPACE}/configmaps/{CONFIG_MAP}"
        section = {**json.loads(self.plane.get(path)["data"][key]), **fields}
        self.plane.kubectl("patch", "configmap", CONFIG_MAP, "-n", NAMESPACE, "--type=merge", "-p",
                           json.dumps({"data": {key: json.dumps(section)}}))

    # ---- reconcilers

    def start_reconciler(self, *flags, wait=True):
        self.reconciler_names += 1
        reconciler = Reconciler(self, f"{ACCOUNT}-{self.reconciler_names}", flags)
        self.reconcilers.append(reconciler)
        if wait:
            reconciler.wait_ready()
        return reconciler

    def stop_reconcilers(self):
        for reconciler in list(self.reconcilers):
            reconciler.terminate()

    def dry_run(self, *flags, timeout=60):
        """The output of --dry-run, as lines."""
        done = subprocess.run([str(self.binaries / "modelgate-reconciler"), "--dry-run", "--kubeconfig",
                               str(self.reconciler_kubeconfig), "--namespace", NAMESPACE, *flags],
                              capture_output=True, text=True, timeout=timeout)
        if done.returncode != 0:
            raise AssertionError(f"--dry-run ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout.splitlines()

    def reconciler_calls(self):
        """Its calls to the API server, from the audit log."""
        return [event for event in self.plane.audit_events()
                if event["user"].get("username") == f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"]

    # ---- services

    def service(self, namespace, name):
        return self.plane.get(f"/apis/{GROUP}/v1beta1/namespaces/{namespace}/inferenceservices/{name}")

    def condition(self, namespace, name, condition):
        """{"status", "reason", "message"}; empty if there is none."""
        service = self.service(namespace, name) or {}
        return next((c for c in service.get("status", {}).get("conditions", []) if c["type"] == condition), {})

    def is_ready(self, namespace, name):
        return self.condition(namespace, name, "Ready").get("status") == "True"


class Reconciler(Program):
    """One process of the reconciler. Its log is NAME.log."""

    def __init__(self, cluster, name, flags):
        super().__init__(cluster, name)
        self.process = cluster.plane.processes.start(name, [
            cluster.binaries / "modelgate-reconciler", "--kubeconfig", cluster.reconciler_kubeconfig, "--namespace", NAMESPACE,
            "--health-probe-bind-address", f"127.0.0.1:{self.health_port}",
            "--metrics-bind-address", f"127.0.0.1:{self.metrics_port}", *flags],
            environment={"POD_NAME": name, "POD_NAMESPACE": NAMESPACE})

    def wait_ready(self, seconds=READY_SECONDS):
        self.cluster.plane.processes.wait_for(f"{self.name} to be ready", seconds, self.ready)

    def leads(self):
        return any(value == 1 for name, value in self.metrics().items() if name.startswith("leader_election_master_status"))

    def terminate(self, seconds=20):
        """As for a deleted Pod. Returns its exit code."""
        self.process.terminate()
        code = self.process.wait(seconds)
        self._forget()
        return code

    def kill(self):
        self.process.kill()
        self._forget()

    def _forget(self):
        self.cluster.plane.processes.stop(self.process)
        if self in self.cluster.reconcilers:
            self.cluster.reconcilers.remove(self)


class Gateway:
    """Accepts all HTTPRoutes within the block, like the controller of a gateway."""

    def __init__(self, cluster):
        self.plane = cluster.plane
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.done.set()
        self.thread.join(10)

    def _run(self):
        while not self.done.wait(CHECK_SECONDS):
            try:
                for route in self.plane.get(ROUTES + "/httproutes")["items"]:
                    if accepted_generation(route) < route["metadata"]["generation"]:
                        self._accept(route)
            except (OSError, ValueError):
                pass  # deleted in between, or the API server restarts: try again

    def _accept(self, route):
        conditions = [{"type": kind, "status": "True", "reason": kind, "message": "", "lastTransitionTime": "2026-01-01T00:00:00Z",
                 "observedGeneration": route["metadata"]["generation"]} for kind in ACCEPTED]
        route["status"] = {"parents": [{"parentRef": route["spec"]["parentRefs"][0],
                                        "controllerName": "example.com/gateway", "conditions": conditions}]}
        meta = route["metadata"]
        self.plane.put(f"{ROUTES}/namespaces/{meta['namespace']}/httproutes/{meta['name']}/status", route)


def accepted_generation(route):
    return max((c.get("observedGeneration", 0) for parent in route.get("status", {}).get("parents", [])
                for c in parent["conditions"]), default=0)
