# SPDX-License-Identifier: Apache-2.0
"""A complete installation: `kubectl apply --server-side -k deploy/`, and replicas of the webhook with the token of its
ServiceAccount, with one address. Used by test_installed.py, test_rolling.py,
test_permissions.py and soak.py.

    with Installed(binaries) as cluster:              # about eight seconds
        replica = cluster.start_replica()
        with cluster.load() as load: ...
        load.results()

Differences from a real cluster: the replicas are processes, not Pods; and since there is no kube-proxy for Services, the
registrations have the URL of `cluster-forwarder`, which uses /readyz. The webhook writes the caBundle, as in a cluster.
"""
import base64
import contextlib
import json
import re
import shutil
import signal
import ssl
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

import yaml

from cluster import Cluster, Program
from excuses import Down, Killed
from processes import StartError, free_port

ROOT = Path(__file__).resolve().parent.parent.parent
DEPLOY = ROOT / "deploy"
GROUP = "serving.kserve.io"
NAMESPACE = "kserve"
ACCOUNT = SERVICE = LEASE = "modelgate-webhook"
SECRET = "modelgate-webhook-ca"
CONFIG_MAP = "inferenceservice-config"
REGISTRATION = "modelgate"
REGISTRATIONS = ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"]
# Not in the audit log: control_plane.AUDIT_POLICY.
LOAD_NAMESPACE = "load"
READY_SECONDS = 30
# Longer than the forwarder needs to detect a change: it checks a hundred times a second.
SHUTDOWN_DELAY = "1s"
NOTICED_SECONDS = 5
ROTATE = "modelgate.io/rotate-ca"


class Installed(Cluster):
    """flags: additional flags of each replica."""

    def __init__(self, binaries, flags=()):
        super().__init__(binaries)
        self.flags = list(flags)
        self.replicas, self.in_service = [], []
        self.names = 0

    def _install(self):
        plane = self.plane
        for program in ("modelgate-webhook", "cluster-forwarder", "cluster-load"):
            if not (self.binaries / program).exists():
                raise StartError(f"{self.binaries / program} does not exist: run `make all`")
        self.applied = plane.kubectl("apply", "--server-side", "-k", DEPLOY)
        self.kubeconfig = self.kubeconfig_for(plane.server)
        self.port = free_port()
        self.endpoints = plane.directory / "endpoints"
        self.endpoints.write_text("")
        self.forwarder = plane.processes.start("forwarder", [self.binaries / "cluster-forwarder", self.port, self.endpoints])
        self.register()
        plane.post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": LOAD_NAMESPACE}})

    def kubeconfig_for(self, server, account=ACCOUNT):
        """A kubeconfig with a token of a program's ServiceAccount, for an address of the API server."""
        token = self.plane.kubectl("create", "token", account, "-n", NAMESPACE, "--duration", "24h").stdout.strip()
        path = self.plane.directory / f"{account}-{server.rsplit(':', 1)[1]}.kubeconfig"
        path.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": account,
            "clusters": [{"name": "here", "cluster": {"server": server, "certificate-authority": str(self.plane.ca.certificate)}}],
            "users": [{"name": account, "user": {"token": token}}],
            "contexts": [{"name": account, "context": {"cluster": "here", "user": account, "namespace": NAMESPACE}}]}))
        return path

    def register(self):
        """Replaces the Service in the registrations by the forwarder's URL."""
        for kind in REGISTRATIONS:
            patch = []
            for index, hook in enumerate(self.registration(kind)["webhooks"]):
                at, service = f"/webhooks/{index}/clientConfig", hook["clientConfig"].get("service")
                if service:
                    patch += [{"op": "remove", "path": at + "/service"},
                              {"op": "add", "path": at + "/url", "value": f"https://127.0.0.1:{self.port}{service['path']}"}]
            if patch:
                self.plane.kubectl("patch", kind, REGISTRATION, "--type=json", "-p", json.dumps(patch))

    def registration(self, kind):
        return self.plane.get(f"/apis/admissionregistration.k8s.io/v1/{kind}/{REGISTRATION}")

    def bundles(self):
        """The caBundle of each registered webhook, in PEM; "" if it has none."""
        return [base64.b64decode(hook["clientConfig"].get("caBundle", "")).decode()
                for kind in REGISTRATIONS for hook in self.registration(kind)["webhooks"]]

    def secret(self):
        """The data of the CAs' Secret, decoded; None if it does not exist."""
        found = self.plane.get(f"/api/v1/namespaces/{NAMESPACE}/secrets/{SECRET}")
        return found and {key: base64.b64decode(value).decode() for key, value in found.get("data", {}).items()}

    # ---- replicas

    def start_replica(self, *flags, wait=True, kubeconfig=None, in_service=True):
        """Starts a replica. in_service: the forwarder uses it."""
        self.names += 1
        replica = Replica(self, f"modelgate-webhook-{self.names}", flags, kubeconfig or self.kubeconfig)
        self.replicas.append(replica)
        if in_service:
            self.in_service.append(replica)
            self._update_forwarder()
        if wait:
            self.wait_ready(replica)
        return replica

    def wait_ready(self, *replicas):
        for replica in replicas:
            deadline = time.monotonic() + READY_SECONDS
            while not replica.ready():
                if replica.process.poll() is not None:
                    raise StartError(f"{replica.name} ended with {replica.process.returncode}\n{self.plane.processes.tail(replica.name)}")
                if time.monotonic() > deadline:
                    raise StartError(f"{replica.name} is not ready after {READY_SECONDS} s: {replica.readiness()}\n"
                                     f"{self.plane.processes.tail(replica.name)}")
                time.sleep(0.01)
            if replica in self.in_service:
                # As with minReadySeconds: a rolling update continues when the proxies know the replica.
                self.plane.processes.wait_for(f"the forwarder to use {replica.name}", NOTICED_SECONDS, replica.is_known)

    def forget(self, replica):
        """Removes it from the Service: it gets no new connections."""
        if replica in self.replicas:
            self.replicas.remove(replica)
        if replica in self.in_service:
            self.in_service.remove(replica)
        self._update_forwarder()

    def stop_replicas(self):
        """Kills all replicas."""
        for replica in list(self.replicas):
            replica.kill()

    def _update_forwarder(self):
        new = self.endpoints.with_suffix(".new")
        new.write_text("".join(f"{replica.port} {replica.health_port}\n" for replica in self.in_service))
        new.rename(self.endpoints)

    def restart_apiserver(self, gently=False):
        stopped = time.time()
        self.plane.stop_apiserver(gently)
        return Down(stopped, self.plane.start_apiserver())

    def uncertify(self):
        """Removes Secret, Lease and caBundles: for the webhook, the state of a new cluster."""
        self.plane.kubectl("delete", "-n", NAMESPACE, f"secret/{SECRET}", f"lease/{LEASE}", "--ignore-not-found")
        for kind in REGISTRATIONS:
            hooks = self.registration(kind)["webhooks"]
            patch = [{"op": "remove", "path": f"/webhooks/{i}/clientConfig/caBundle"}
                     for i, hook in enumerate(hooks) if hook["clientConfig"].get("caBundle")]
            if patch:
                self.plane.kubectl("patch", kind, REGISTRATION, "--type=json", "-p", json.dumps(patch))

    def wait_asked(self, seconds=15):
        """Waits until the API server calls a webhook: its own cache gets a registration some time after it is stored."""
        self.plane.processes.wait_for("the API server to call the webhook", seconds, lambda: "is invalid" in self.probe())

    def probe(self):
        """kubectl's error output for a service that admission must deny."""
        nothing = {"apiVersion": f"{GROUP}/v1beta1", "kind": "InferenceService",
                   "metadata": {"name": "nothing", "namespace": "default"}, "spec": {"predictor": {}}}
        return self.plane.kubectl("create", "--dry-run=server", "-f", "-", stdin=nothing, expect=None).stderr

    # ---- load

    def load(self, body=None, resource="inferenceservices", rate=0, connections=8):
        return Load(self, body or ordinary(), resource, rate, connections)

    def calls(self):
        """The webhook's own calls to the API server, from its audit log."""
        return [event for event in self.plane.audit_events()
                if event["user"].get("username") == f"system:serviceaccount:{NAMESPACE}:{ACCOUNT}"]


class Replica(Program):
    """One process of the webhook. Its log is NAME.log."""

    def __init__(self, cluster, name, flags, kubeconfig):
        super().__init__(cluster, name)
        self.port = free_port()
        # Ignore the forwarder's earlier output: an earlier replica may have had the same port.
        self.forwarder_log = cluster.plane.processes.logs / "forwarder.log"
        self.forwarder_log_start = self.forwarder_log.stat().st_size
        self.began = time.monotonic()
        self.process = cluster.plane.processes.start(name, [
            cluster.binaries / "modelgate-webhook", "--kubeconfig", kubeconfig, "--namespace", NAMESPACE,
            "--bind-address", "127.0.0.1", "--webhook-port", self.port,
            "--health-probe-bind-address", f"127.0.0.1:{self.health_port}",
            "--metrics-bind-address", f"127.0.0.1:{self.metrics_port}",
            "--cert-host", "127.0.0.1", "--shutdown-delay", SHUTDOWN_DELAY, *cluster.flags, *flags],
            environment={"POD_NAME": name, "POD_NAMESPACE": NAMESPACE}, stop_with=signal.SIGKILL)

    def is_known(self):
        """Whether the forwarder has reported it as ready."""
        with open(self.forwarder_log, encoding="utf-8") as log:
            log.seek(self.forwarder_log_start)
            states = [line.split()[2:] for line in log if line.split()[1:2] == [str(self.port)]]
        return bool(states) and states[-1][0] == "ready:"

    def leaf(self):
        """The certificate that it serves, in PEM."""
        return ssl.get_server_certificate(("127.0.0.1", self.port), timeout=10)

    def terminate(self):
        """As for a deleted Pod: SIGTERM, and removal from the Service. It drains; see reap()."""
        self.cluster.plane.processes.let_end(self.process)
        self.process.send_signal(signal.SIGTERM)

    def reap(self, seconds=110):
        """Waits until it exits after terminate(), and returns its exit code."""
        code = self.process.wait(seconds)
        self.cluster.forget(self)
        self.cluster.plane.processes.stop(self.process)
        return code

    def kill(self):
        sent = time.time()
        self.process.kill()
        self.process.wait()  # after that the kernel has closed its files
        dead = time.time()
        self.cluster.plane.processes.stop(self.process)
        self.cluster.forget(self)
        return Killed(sent, dead)


@dataclass
class Results:
    writes: int
    seconds: float
    p50_ms: float
    p99_ms: float
    max_ms: float
    refused: list  # {"began", "ended", "code", "text"}
    away: list     # {"began", "ended", "away"}

    def __str__(self):
        return (f"{self.writes} writes in {self.seconds:.1f} s, {self.writes / max(self.seconds, 0.001):.0f}/s, "
                f"p50 {self.p50_ms:.1f} ms, p99 {self.p99_ms:.1f} ms, max {self.max_ms:.0f} ms, "
                f"{len(self.refused)} refused, {len(self.away)} without an API server")


class Load:
    """Repeated dry runs of one object until the block ends."""

    numbers = 0

    def __init__(self, cluster, body, resource, rate, connections):
        Load.numbers += 1
        at = cluster.plane.directory
        self.cluster, self.out = cluster, at / f"load-{Load.numbers}.jsonl"
        body_file = at / f"load-{Load.numbers}.json"
        body_file.write_text(json.dumps(body))
        group = "/api/v1" if body["apiVersion"] == "v1" else "/apis/" + body["apiVersion"]
        self.command = [cluster.binaries / "cluster-load", "--port", cluster.plane.port, "--ca", cluster.plane.ca.certificate,
                        "--certificate", cluster.plane.admin.certificate, "--key", cluster.plane.admin.key,
                        "--path", f"{group}/namespaces/{LOAD_NAMESPACE}/{resource}?dryRun=All&fieldValidation=Ignore",
                        "--body", body_file, "--connections", connections, "--rate", rate, "--out", self.out]

    def __enter__(self):
        self.process = self.cluster.plane.processes.start(f"load-{Load.numbers}", self.command)
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(60)
        self.cluster.plane.processes.stop(self.process)

    def failed_so_far(self):
        text = self.out.read_text(errors="replace") if self.out.exists() else ""
        lines = text[:text.rfind("\n") + 1].splitlines()
        return [json.loads(line) for line in lines if '"began"' in line]

    def results(self):
        lines = [json.loads(line) for line in self.out.read_text(errors="replace").splitlines()]
        total = lines.pop()
        return Results(total["writes"], total["seconds"], total["p50_ms"], total["p99_ms"], total["max_ms"],
                       [line for line in lines if "code" in line], [line for line in lines if "away" in line])


class Cutter:
    """A proxy between a webhook and the API server that can cut all connections."""

    def __init__(self, cluster):
        self.cluster, self.port = cluster, free_port()
        target = cluster.plane.directory / f"cutter-{self.port}"
        target.write_text(f"{cluster.plane.port} 0\n")
        self.target = target
        self.process = cluster.plane.processes.start("cutter", [cluster.binaries / "cluster-forwarder", self.port, target])
        self.kubeconfig = cluster.kubeconfig_for(f"https://127.0.0.1:{self.port}")

    def cut(self):
        self.process.send_signal(signal.SIGUSR1)

    @contextlib.contextmanager
    def shut(self):
        """Within the block existing connections are cut, and new ones are reset."""
        text = self.target.read_text()
        self.target.write_text("")
        time.sleep(0.2)  # it checks a hundred times a second
        self.cut()
        yield
        self.target.write_text(text)

    @contextlib.contextmanager
    def silent(self):
        """Within the block data is neither forwarded nor rejected, as with dropped packets."""
        self.process.send_signal(signal.SIGSTOP)
        try:
            yield
        finally:
            self.process.send_signal(signal.SIGCONT)

    def close(self):
        self.cluster.plane.processes.stop(self.process)


def ordinary():
    """An InferenceService that needs no lookup."""
    return {"apiVersion": f"{GROUP}/v1beta1", "kind": "InferenceService", "metadata": {"generateName": "load-"},
            "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://models/iris"}}}}


def pod():
    """A Pod of a service, as created by a Deployment."""
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"generateName": "load-", "labels": {f"{GROUP}/inferenceservice": "iris"}},
            "spec": {"containers": [{"name": "kserve-container", "image": "a"}]}}


def with_unknown_runtime():
    """One whose runtime is looked up in the cluster, since it is not in the catalog."""
    service = ordinary()
    service["spec"]["predictor"]["model"]["runtime"] = "not-there"
    return service


def with_claim():
    """One whose model is on a claim, which is looked up."""
    service = ordinary()
    service["spec"]["predictor"]["model"]["storageUri"] = "pvc://not-there/iris"
    return service


def pod_with_model():
    """A Pod whose model must be downloaded: its account and that account's credentials are looked up."""
    body = pod()
    body["metadata"]["annotations"] = {f"internal.{GROUP}/storage-initializer-sourceuri": "s3://models/iris"}
    return body


def pod_with_missing_parts():
    """One with a Secret and a service to log for that do not exist: rejected."""
    body = pod_with_model()
    body["metadata"]["annotations"] |= {f"{GROUP}/storageSecretName": "not-there", f"internal.{GROUP}/logger": "true"}
    return body


def pod_with_unknown_fetcher():
    """One with a ClusterStorageContainer that is looked up in the cluster: rejected."""
    body = pod_with_model()
    body["metadata"]["annotations"][f"internal.{GROUP}/storage-container-name"] = "not-there"
    return body


def certificates(pem):
    """The certificates in a text, as a list."""
    return re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n?", pem, re.DOTALL)


def verifies(leaf, bundle, directory):
    """Whether a client that trusts `bundle` trusts `leaf`, both PEM."""
    folder = Path(directory) / "verify"
    folder.mkdir(exist_ok=True)
    (folder / "leaf").write_text(leaf)
    (folder / "bundle").write_text(bundle)
    done = subprocess.run(["openssl", "verify", "-CAfile", folder / "bundle", folder / "leaf"], capture_output=True, timeout=30)
    shutil.rmtree(folder)
    return done.returncode == 0
