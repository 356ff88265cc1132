# SPDX-License-Identifier: Apache-2.0
"""A real Kubernetes control plane on this machine, without containers: etcd, kube-apiserver, kube-controller-manager,
kube-scheduler, and kwok in place of kubelets. Used by the cluster tests, deploy/crds/compose.py and `make cluster`.

    with ControlPlane() as plane:                 # about four seconds
        plane.kubectl("apply", "-f", "-", stdin=manifest)
        plane.audit_events()

All processes listen on 127.0.0.1, use one temporary directory and are stopped by their pids in any case. The directory is
removed, unless there was a failure: then its path is printed.
"""
import json
import os
import shutil
import ssl
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path

import yaml

from certificates import Authority, key_pair
from processes import ENVIRONMENT, Processes, StartError, free_port, stop_on_termination

# The folder of `.ci/control-plane` with bin/ and stages/.
BINARIES_VARIABLE = "MODELGATE_CONTROL_PLANE"
# A loaded machine takes many times as long as the usual four seconds.
READY_SECONDS = 240
# A /16: a /24 has room for 254 Services only.
SERVICE_RANGE = "10.96.0.0/16"
# A free port may be taken before the program binds it. Then everything is started again.
START_ATTEMPTS = 3

NODE_CAPACITY = {"cpu": "32", "memory": "256Gi", "pods": "500", "ephemeral-storage": "1Ti"}
NODES = {"cpu-0": {}, "gpu-0": {"nvidia.com/gpu": "8"}}

# The users of our programs in an installation.
WEBHOOK_USER = "system:serviceaccount:kserve:modelgate-webhook"
RECONCILER_USER = "system:serviceaccount:kserve:modelgate-reconciler"
# The level Metadata includes annotations of webhooks. The log has requests for our kinds and all requests of our programs.
# Without those of the namespace `load`, which would be too many.
AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1", "kind": "Policy", "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata", "users": [WEBHOOK_USER, RECONCILER_USER]},
              {"level": "None", "namespaces": ["load"]},
              {"level": "Metadata", "resources": [{"group": "serving.kserve.io"}]}, {"level": "None"}],
}


class KubectlError(AssertionError):
    """kubectl exited with an unexpected code."""


class ControlPlane:
    """Subclasses can change where the API server listens, and what runs the Pods."""
    address = "127.0.0.1"
    authorization = "RBAC"
    apiserver_flags = ("--endpoint-reconciler-type", "none")
    controller_flags = ()

    def __init__(self, binaries=None):
        directory = binaries or os.environ.get(BINARIES_VARIABLE)
        if not directory:
            raise StartError(f"set {BINARIES_VARIABLE} to what .ci/control-plane prints, or use `make test`")
        self.binaries = Path(directory) / "bin"
        self.stages = Path(directory) / "stages"
        self.directory = self.processes = None
        self.failed = False

    def __enter__(self):
        stop_on_termination()
        self.start()
        return self

    def __exit__(self, kind, *_):
        self.failed |= kind is not None and kind not in (KeyboardInterrupt, SystemExit)
        self.stop()

    # ---- starting and stopping

    def start(self):
        for attempt in range(START_ATTEMPTS):
            self.directory = Path(tempfile.mkdtemp(prefix="modelgate-cluster-"))
            self.processes = Processes(self.directory / "logs")
            try:
                self._start_all()
                return
            except BaseException as error:
                taken = isinstance(error, StartError) and "address already in use" in str(error)
                retry = taken and attempt + 1 < START_ATTEMPTS
                self.failed = not retry and isinstance(error, Exception)
                self.stop()
                if not retry:
                    raise

    def stop(self):
        if self.processes:
            self.processes.stop_all()
        if self.failed:
            print(f"the control plane's logs are in {self.directory}", file=sys.stderr)
        elif self.directory:
            shutil.rmtree(self.directory, ignore_errors=True)
        self.processes = None

    def _start_all(self):
        self._write_files()
        self._start_etcd()
        self._start_apiserver()
        self.processes.wait_for("the API server to be ready", READY_SECONDS, self._ready)
        self._start_controllers()
        self._start_nodes()
        self.processes.wait_for("the nodes to be Ready", READY_SECONDS, self._nodes_ready)
        self.processes.wait_for("the default service account", READY_SECONDS,
                                lambda: self.get("/api/v1/namespaces/default/serviceaccounts/default"))

    def _write_files(self):
        at = self.directory
        self.port, self.etcd_port, self.etcd_peer_port = free_port(), free_port(), free_port()
        self.server = f"https://{self.address}:{self.port}"
        self.ca = Authority(at, "cluster")
        self.serving = self.ca.leaf("kube-apiserver", names=["localhost", "kubernetes", "kubernetes.default.svc"],
                                    addresses=["127.0.0.1", self.address, "10.96.0.1"])
        self.admin = self.ca.leaf("admin", organization="system:masters")
        key_pair(at / "service-account.key", at / "service-account.pub")
        (at / "audit-policy.yaml").write_text(yaml.safe_dump(AUDIT_POLICY))
        self.kubeconfig = at / "kubeconfig"
        self.kubeconfig.write_text(yaml.safe_dump(kubeconfig(self.server, self.ca, self.admin)))
        self.context = ssl.create_default_context(cafile=self.ca.certificate)
        self.context.load_cert_chain(self.admin.certificate, self.admin.key)

    def stop_apiserver(self, gently=False):
        """gently: it closes its connections in order, which takes ten seconds."""
        if not gently:
            self.apiserver.kill()
        self.processes.stop(self.apiserver)

    def start_apiserver(self):
        """After stop_apiserver(), with the same address, keys and data. Returns the time when it was ready."""
        self._start_apiserver()
        self.processes.wait_for("the API server to be ready again", READY_SECONDS, self._ready)
        return time.time()

    def _start_etcd(self):
        at, peer = self.directory, f"http://127.0.0.1:{self.etcd_peer_port}"
        etcd = self.etcd = f"http://127.0.0.1:{self.etcd_port}"
        self.processes.start("etcd", [
            self.binaries / "etcd", "--data-dir", at / "etcd", "--unsafe-no-fsync", "--log-level", "warn",
            "--listen-client-urls", etcd, "--advertise-client-urls", etcd, "--listen-peer-urls", peer,
            "--initial-advertise-peer-urls", peer, "--initial-cluster", f"default={peer}"])

    def _start_apiserver(self):
        at = self.directory
        self.apiserver = self.processes.start("kube-apiserver", [
            self.binaries / "kube-apiserver", "--etcd-servers", self.etcd, "--bind-address", self.address,
            "--advertise-address", self.address, "--secure-port", self.port, "--cert-dir", at / "apiserver",
            "--tls-cert-file", self.serving.certificate, "--tls-private-key-file", self.serving.key,
            "--client-ca-file", self.ca.certificate, "--service-account-issuer", self.server,
            "--service-account-signing-key-file", at / "service-account.key",
            "--service-account-key-file", at / "service-account.pub",
            "--service-cluster-ip-range", SERVICE_RANGE, "--authorization-mode", self.authorization,
            *self.apiserver_flags,
            "--audit-policy-file", at / "audit-policy.yaml", "--audit-log-path", at / "audit.log"])

    def _start_controllers(self):
        self.processes.start("kube-controller-manager", [
            self.binaries / "kube-controller-manager", "--kubeconfig", self.kubeconfig, "--secure-port", "0",
            "--use-service-account-credentials", "--leader-elect=false", "--root-ca-file", self.ca.certificate,
            "--service-account-private-key-file", self.directory / "service-account.key",
            "--kube-api-qps", "200", "--kube-api-burst", "400", *self.controller_flags])
        self.processes.start("kube-scheduler", [
            self.binaries / "kube-scheduler", "--kubeconfig", self.kubeconfig, "--secure-port", "0",
            "--leader-elect=false"])

    def _start_nodes(self):
        stages = sorted(self.stages.glob("*.yaml"))
        if not stages:
            raise StartError(f"no kwok stages in {self.stages}")
        self.processes.start("kwok", [
            self.binaries / "kwok", "--kubeconfig", self.kubeconfig,
            "--manage-nodes-with-annotation-selector", "kwok.x-k8s.io/node=fake",
            *[part for stage in stages for part in ("-c", stage)]])
        for name, extended in NODES.items():
            self.post("/api/v1/nodes", node(name, extended))

    def _ready(self):
        try:
            with self._open("GET", "/readyz"):
                return True
        except OSError:
            return False

    def _nodes_ready(self):
        return self._ready_nodes() == len(NODES)

    def _ready_nodes(self):
        return len([n for n in self.get("/api/v1/nodes")["items"] for c in n.get("status", {}).get("conditions", [])
                    if c["type"] == "Ready" and c["status"] == "True"])

    # ---- requests to the API server

    def _open(self, method, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.server + path, data, {"Content-Type": "application/json"}, method=method)
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}),
                                             urllib.request.HTTPSHandler(context=self.context))
        return opener.open(request, timeout=30)

    def get(self, path):
        """The object at `path`, or None."""
        try:
            with self._open("GET", path) as reply:
                return json.load(reply)
        except urllib.error.HTTPError as error:
            if error.code == 404:
                return None
            raise

    def post(self, path, body):
        with self._open("POST", path, body) as reply:
            return json.load(reply)

    def put(self, path, body):
        with self._open("PUT", path, body) as reply:
            return json.load(reply)

    def kubectl(self, *arguments, stdin=None, expect=0, timeout=60):
        """Runs kubectl. expect: the exit code, or None for any. Returns stdout, stderr and returncode."""
        command = [str(self.binaries / "kubectl"), *map(str, arguments)]
        text = stdin if stdin is None or isinstance(stdin, str) else yaml.safe_dump(stdin)
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=timeout,
                              env={**ENVIRONMENT, "KUBECONFIG": str(self.kubeconfig),
                                   "KUBECACHEDIR": str(self.directory / "kubectl-cache")})
        if expect is not None and done.returncode != expect:
            raise KubectlError(f"kubectl {' '.join(map(str, arguments))}: exit code {done.returncode}, not {expect}\n"
                               f"{done.stdout}{done.stderr}")
        return done

    def audit_events(self):
        """All audit events so far, oldest first."""
        with open(self.directory / "audit.log", encoding="utf-8") as log:
            return [json.loads(line) for line in log if line.endswith("\n")]


def kubeconfig(server, ca, admin):
    return {
        "apiVersion": "v1", "kind": "Config", "current-context": "modelgate",
        "clusters": [{"name": "modelgate", "cluster": {"server": server, "certificate-authority": str(ca.certificate)}}],
        "users": [{"name": "admin", "user": {"client-certificate": str(admin.certificate),
                                             "client-key": str(admin.key)}}],
        "contexts": [{"name": "modelgate", "context": {"cluster": "modelgate", "user": "admin"}}],
    }


def node(name, extended):
    """A node managed by kwok. extended: its extended resources."""
    capacity = {**NODE_CAPACITY, **extended}
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "annotations": {"kwok.x-k8s.io/node": "fake"},
                     "labels": {"kubernetes.io/hostname": name, "kubernetes.io/os": "linux",
                                "kubernetes.io/arch": "amd64"}},
        "status": {"capacity": capacity, "allocatable": capacity},
    }
