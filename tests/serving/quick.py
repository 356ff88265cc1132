# SPDX-License-Identifier: Apache-2.0
"""What the tests of traffic and lifecycles share: services with the quick server of images/, patches, watches, and what the
gateway's proxy has at this moment."""
import contextlib
import http.client
import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.parse
from pathlib import Path

import serving
from processes import ENVIRONMENT

IMAGE = "modelgate.test/quick:1"
ROUTES = f"/apis/gateway.networking.k8s.io/v1/namespaces/{serving.NAMESPACE}/httproutes"
DEPLOYMENTS = f"/apis/apps/v1/namespaces/{serving.NAMESPACE}/deployments"
PODS = f"/api/v1/namespaces/{serving.NAMESPACE}/pods"
SERVICES = f"/apis/serving.kserve.io/v1beta1/namespaces/{serving.NAMESPACE}/inferenceservices"
SMALL = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "1", "memory": "128Mi"}}
STEP_SECONDS = 120
WATCH_SECONDS = 600
ENVOY_ADMIN = "http://127.0.0.1:19000"
READ = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=10).read().decode())"


def container(version, *arguments, **fields):
    """A container with the quick server, whose readiness is looked at every second."""
    return {"name": "kserve-container", "image": IMAGE, "args": [f"--version={version}", *arguments],
            "ports": [{"containerPort": 8080, "protocol": "TCP"}], "resources": SMALL,
            "readinessProbe": {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1}, **fields}


def predictor(version, *arguments, replicas=1, **fields):
    """Of a service with canaries, which need a model: one that its server fetches itself, so that nothing is downloaded."""
    return {"minReplicas": replicas, "model": {"modelFormat": {"name": FORMAT}, "runtime": RUNTIME["metadata"]["name"],
                                               "args": [f"--version={version}", *arguments], "resources": SMALL, **fields}}


def canary(percent, version, *arguments, name="next", **more):
    return {"trafficPercent": percent, "predictor": {"name": name, **predictor(version, *arguments, **more)}}


FORMAT = "huggingface"
RUNTIME = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "ClusterServingRuntime", "metadata": {"name": "quick"},
           "spec": {"supportedModelFormats": [{"name": FORMAT}], "protocolVersions": ["v1"],
                    "containers": [{name: value for name, value in container("").items() if name != "args"}]}}


class QuickTest(serving.ServingTest):
    wait_seconds = STEP_SECONDS

    def setUp(self):
        super().setUp()
        self.apply(RUNTIME)

    def begin(self, name, version="1", *arguments, **more):
        """A service that is Ready. Returns the URL of its predictions."""
        self.serve(name, predictor(version, *arguments, **more))
        return f"{self.wait_ready(name)['status']['url']}/v1/models/{name}:predict"

    def patch(self, name, spec):
        self.kubectl("patch", "isvc", name, "-n", serving.NAMESPACE, "--type=merge", "-p", json.dumps({"spec": spec}))

    def get(self, path):
        return self.cluster.node.get(path)

    def pods(self, component):
        """Pods of a component's Deployment that are not being deleted."""
        found = self.get(f"{PODS}?labelSelector=app%3D{self.app(component)}")["items"]
        return [pod for pod in found if not pod["metadata"].get("deletionTimestamp")]

    @staticmethod
    def app(component):
        return f"isvc.{component}"

    def deployment(self, name):
        return self.get(f"{DEPLOYMENTS}/{name}")

    def wait_replicas(self, component, count):
        """Waits until the Deployment has that many Pods, all available, and no other ones."""
        def done():
            status = (self.deployment(component) or {}).get("status", {})
            found = self.get(f"{PODS}?labelSelector=app%3D{self.app(component)}")["items"]
            return status.get("availableReplicas", 0) == status.get("replicas", 0) == count == len(found)
        self.eventually(f"{component} to have {count} Pods", done,
                        failure=lambda: self.kubectl("get", "pods", "-n", serving.NAMESPACE).stdout)

    def status(self, name):
        return self.service(name).get("status", {})

    def show_status(self, name):
        return json.dumps(self.status(name), indent=1)

    # ---- weights

    def weights(self, name):
        """Backend -> weight of the route, without those that get nothing."""
        route = self.get(f"{ROUTES}/{name}")
        refs = [ref for rule in (route or {}).get("spec", {}).get("rules", []) for ref in rule["backendRefs"]]
        return {ref["name"]: ref["weight"] if len(refs) > 1 else 100 for ref in refs if ref["weight"]}

    def wait_weights(self, name, **wanted):
        """wanted: by the name of a version; `stable` is the predictor. Waits until the proxy has them."""
        wanted = {f"{name}-predictor" if version == "stable" else f"{name}-{version}-predictor": weight
                  for version, weight in wanted.items()}
        self.eventually(f"the weights {wanted} in the route", lambda: self.weights(name) == wanted,
                        failure=lambda: f"{self.weights(name)}\n{self.show_status(name)}")
        host = self.status(name)["url"].partition("//")[2]
        self.eventually(f"the weights {wanted} in the proxy", lambda: self.proxy_weights(host) == sorted(wanted.values()),
                        failure=lambda: str(self.proxy_weights(host)))

    def proxy_weights(self, host):
        """The weights that the proxy uses for a host, sorted. Envoy Gateway gives a rule one cluster, with the weight of each
        backend at its endpoints."""
        clusters = {rule.get("route", {}).get("cluster") for config in self.dump("dynamic_route_configs", "route_config")
                    for virtual in config.get("virtual_hosts", []) if host in virtual["domains"]
                    for rule in virtual.get("routes", [])}
        found = [group.get("load_balancing_weight", 0) for config in self.dump("dynamic_endpoint_configs", "endpoint_config")
                 if config["cluster_name"] in clusters for group in config.get("endpoints", []) if group.get("lb_endpoints")]
        return sorted(weight for weight in found if weight) if len(found) > 1 else [100] * len(found)

    def dump(self, resource, name):
        found = self.proxy(f"/config_dump?include_eds&resource={resource}").get("configs", [])
        return [config[name] for config in found if name in config]

    def proxy(self, path):
        """Of Envoy's administration, which listens within its Pod only."""
        pid = next(iter(processes("envoy")))
        done = subprocess.run(["nsenter", "-t", str(pid), "-n", sys.executable, "-c", READ, ENVOY_ADMIN + path],
                              capture_output=True, text=True, timeout=20, check=False, env=ENVIRONMENT)
        return json.loads(done.stdout) if done.returncode == 0 else {}


def processes(program):
    """Process ids in the node's namespaces -> their environment, of one of our programs or a container's."""
    found = {}
    for folder in Path("/proc").iterdir():
        if not folder.name.isdigit():
            continue
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
            if os.path.basename(words[0].decode()) == program:
                pairs = (folder / "environ").read_bytes().decode(errors="replace").split("\0")
                found[int(folder.name)] = dict(pair.partition("=")[::2] for pair in pairs if pair)
        except OSError:
            continue  # it ended
    return found


class Watch:
    """The changes of objects as the API server reports them, each with the time of its arrival.

        with Watch(node, path) as watch: ...; watch.events      # [(time.time(), object), ...]
    """

    def __init__(self, node, path):
        address = urllib.parse.urlsplit(node.server)
        self.events = []
        self.connection = http.client.HTTPSConnection(address.hostname, address.port, context=node.context, timeout=WATCH_SECONDS)
        self.connection.request("GET", f"{path}{'&' if '?' in path else '?'}watch=true&timeoutSeconds={WATCH_SECONDS}")
        self.reply = self.connection.getresponse()
        self.thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        with contextlib.suppress(OSError):
            self.connection.sock.shutdown(socket.SHUT_RDWR)
        self.thread.join(5)
        self.connection.close()

    def _run(self):
        with contextlib.suppress(OSError, ValueError, http.client.HTTPException):
            for line in self.reply:
                self.events.append((time.time(), json.loads(line)["object"]))

    def first(self, test, since=0):
        """The time of the first event after `since` for which test(object) is true, or None."""
        return next((at for at, found in list(self.events) if at >= since and test(found)), None)
