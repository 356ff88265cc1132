# SPDX-License-Identifier: Apache-2.0
"""The webhook under test as a process on the loopback, and its registration with the API server by URL.

    webhook = Webhook(plane, binary, manifests)
    webhook.start()
    webhook.register()

The port stays the same after a restart, like the address of a Service.
"""
import contextlib
import signal
import socket
import ssl
import urllib.error
import urllib.request
from pathlib import Path

from certificates import Authority
from processes import StartError, free_port

READY_SECONDS = 20
# The webhook drains until its last connection is closed; the API server keeps idle ones for 90 seconds.
DRAIN_SECONDS = 110
# The API server's own cache gets a registration some time after it is stored.
REGISTERED_SECONDS = 15
GROUP = "serving.kserve.io"
CONFIGURATION = "modelgate"
# Registered with KServe's names, which users know from denials and the audit log.
MUTATE = "inferenceservice.kserve-webhook-server.defaulter"
VALIDATE = "inferenceservice.kserve-webhook-server.validator"
# Objects that are being deleted skip the webhook.
NOT_BEING_DELETED = [{"name": "not-being-deleted", "expression": "!has(object.metadata.deletionTimestamp)"}]

# (name, path, version, resource, is mutating)
SERVING = [
    (MUTATE, "/mutate-serving-kserve-io-v1beta1-inferenceservice", "v1beta1", "inferenceservices", True),
    (VALIDATE, "/validate-serving-kserve-io-v1beta1-inferenceservice", "v1beta1", "inferenceservices", False),
    ("servingruntime.kserve-webhook-server.validator", "/validate-serving-kserve-io-v1alpha1-servingruntime",
     "v1alpha1", "servingruntimes", False),
    ("clusterservingruntime.kserve-webhook-server.validator",
     "/validate-serving-kserve-io-v1alpha1-clusterservingruntime", "v1alpha1", "clusterservingruntimes", False),
]


class Webhook:
    def __init__(self, plane, binary, manifests):
        self.plane, self.binary, self.manifests = plane, Path(binary), Path(manifests)
        self.port, self.health_port, self.metrics_port = free_port(), free_port(), free_port()
        self.certificates = plane.directory / "webhook-certificates"
        self.certificates.mkdir()
        self.ca = Authority(plane.directory, "webhook")
        self.ca.leaf("modelgate-webhook", names=["localhost"], addresses=["127.0.0.1"],
                     into=(self.certificates / "tls.crt", self.certificates / "tls.key"))
        self.process = None

    # ---- the process

    def start(self):
        if not self.binary.exists():
            raise StartError(f"{self.binary} does not exist: run `make build`")
        if self.process and self.process.poll() is None:
            self.kill()  # a failed test left it running, and its port is needed
        self.process = self.plane.processes.start("modelgate-webhook", [
            self.binary, "--manifests", self.manifests, "--webhook-cert-path", self.certificates,
            "--webhook-port", self.port, "--bind-address", "127.0.0.1",
            "--health-probe-bind-address", f"127.0.0.1:{self.health_port}",
            "--metrics-bind-address", f"127.0.0.1:{self.metrics_port}"],
            # After SIGTERM it drains for as long as the API server keeps its idle connections.
            stop_with=signal.SIGKILL)
        self.plane.processes.wait_for("the webhook to be ready", READY_SECONDS, self.ready)

    def ready(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health_port}/readyz", timeout=2) as reply:
                return reply.status == 200
        except OSError:
            return False

    def metrics(self):
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as reply:
            return reply.read().decode()

    def kill(self):
        """Kills it, as on a failed node."""
        self.process.kill()
        return self.plane.processes.stop(self.process)

    @contextlib.contextmanager
    def draining(self):
        """Sends SIGTERM. Within the block it still serves, because of a connection of ours. Afterwards it must exit with 0.

        Without that connection it may exit between the two calls of one write; in a cluster another replica answers the
        second call.
        """
        context = ssl.create_default_context(cafile=self.ca.certificate)
        with socket.create_connection(("127.0.0.1", self.port), timeout=10) as plain:
            with context.wrap_socket(plain, server_hostname="127.0.0.1"):
                self.process.send_signal(signal.SIGTERM)
                self.plane.processes.wait_for("the webhook to drain", READY_SECONDS, lambda: not self.ready())
                yield
        # It also waits for the API server's idle connections, which a write closes: this takes less than a minute.
        code = self.process.wait(DRAIN_SECONDS)
        self.plane.processes.stop(self.process)
        if code != 0:
            raise AssertionError(f"the webhook ended with {code} after SIGTERM")

    # ---- the registration

    def register(self, review_versions=("v1", "v1beta1")):
        """Registers all paths, and waits until the API server calls the webhook."""
        self.review_versions = list(review_versions)
        self.plane.kubectl("apply", "--server-side", "-f", "-", stdin={
            "apiVersion": "v1", "kind": "List", "items": [
                self._configuration("MutatingWebhookConfiguration",
                                    [self._serving(*row) for row in SERVING if row[4]] + [self._pods()]),
                self._configuration("ValidatingWebhookConfiguration",
                                    [self._serving(*row) for row in SERVING if not row[4]])]})
        self.plane.processes.wait_for("the API server to call the webhook", REGISTERED_SECONDS, self._asked)

    def unregister(self):
        self.plane.kubectl("delete", "mutatingwebhookconfiguration,validatingwebhookconfiguration", CONFIGURATION)
        self.plane.processes.wait_for("the API server to stop calling the webhook", REGISTERED_SECONDS,
                                      lambda: not self._asked())

    def _asked(self):
        """Whether an object is rejected that the API server alone accepts."""
        nothing = {"apiVersion": f"{GROUP}/v1beta1", "kind": "InferenceService",
                   "metadata": {"name": "nothing", "namespace": "default"}, "spec": {"predictor": {}}}
        return self.plane.kubectl("create", "--dry-run=server", "-f", "-", stdin=nothing, expect=None).returncode != 0

    def _configuration(self, kind, webhooks):
        return {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind,
                "metadata": {"name": CONFIGURATION}, "webhooks": webhooks}

    def _serving(self, name, path, version, resource, _):
        return {**self._webhook(name, path, timeout=5),
                "rules": [{"apiGroups": [GROUP], "apiVersions": [version], "resources": [resource],
                           "operations": ["CREATE", "UPDATE"], "scope": "*"}]}

    def _pods(self):
        return {**self._webhook("inferenceservice.kserve-webhook-server.pod-mutator", "/mutate-pods", timeout=10),
                "rules": [{"apiGroups": [""], "apiVersions": ["v1"], "resources": ["pods"], "operations": ["CREATE"],
                           "scope": "Namespaced"}],
                "objectSelector": {"matchExpressions": [{"key": GROUP + "/inferenceservice", "operator": "Exists"}]}}

    def _webhook(self, name, path, timeout):
        return {"name": name, "admissionReviewVersions": self.review_versions, "sideEffects": "None",
                "failurePolicy": "Fail", "matchPolicy": "Equivalent", "timeoutSeconds": timeout,
                "matchConditions": NOT_BEING_DELETED,
                "clientConfig": {"url": f"https://127.0.0.1:{self.port}{path}", "caBundle": self.ca.bundle()}}
