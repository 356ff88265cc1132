# SPDX-License-Identifier: Apache-2.0
"""What the serving tests share: one cluster for all of them, and requests as clients send them."""
import http.client
import json
import os
import time
import urllib.parse
from contextlib import contextmanager
from pathlib import Path

import yaml

from installation import STAND_INS, Installation, reference_in
from prober import Prober
from waiting import WaitingTest

HERE = Path(__file__).resolve().parent
NAMESPACE = "models"
OTHER_NAMESPACE = "clients"
# Generous: a loaded machine takes several times as long.
READY_SECONDS = 300
CLIENT_SECONDS = 180
ANSWER_SECONDS = 20
# In a Pod: a request's status and body.
CLIENT = """
import json, sys, urllib.error, urllib.request
request = urllib.request.Request(sys.argv[1], sys.argv[2].encode(), {"Content-Type": "application/json"})
try:
    with urllib.request.urlopen(request, timeout=%d) as reply:
        print(json.dumps([reply.status, reply.read().decode()]))
except urllib.error.HTTPError as error:
    print(json.dumps([error.code, error.read().decode()]))
""" % ANSWER_SECONDS
SMALL = {"requests": {"cpu": "50m", "memory": "200Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}}


class ServingTest(WaitingTest):
    cluster = prober = programs = None
    client = False  # whether the Pod of ask_from_another_namespace() exists

    @classmethod
    def enter(cls, arguments):
        ServingTest.cluster = Installation(Path(os.environ["MODELGATE_NODE"]), arguments.state.resolve(), arguments.image)
        ServingTest.programs = arguments.bin.resolve()
        ServingTest.cluster.__enter__()
        ServingTest.prober = Prober(ServingTest.cluster.node)
        ServingTest.prober.start()

    @classmethod
    def leave(cls, failed):
        if ServingTest.prober:
            ServingTest.prober.stop()
            print(f"    prober: {ServingTest.prober}", flush=True)
        if ServingTest.cluster and ServingTest.cluster.node.processes:
            ServingTest.cluster.node.failed |= failed
            ServingTest.cluster.__exit__(None, None, None)

    def setUp(self):
        self.addCleanup(self.assert_ready_services_answered)

    def assert_ready_services_answered(self):
        self.assertEqual(self.prober.wrong(), [])

    def tearDown(self):
        # Before the cleanups, which delete the Pods.
        if not self._outcome.success:
            self.cluster.node.keep_logs(self.id())

    # ---- objects

    def kubectl(self, *arguments, **more):
        return self.cluster.node.kubectl(*arguments, **more)

    def apply(self, *objects):
        self.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(objects))

    def serve(self, name, predictor, labels=None, **spec):
        """Applies an InferenceService of the namespace `models`; it is deleted after the test."""
        self.apply({"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
                    "metadata": {"name": name, "namespace": NAMESPACE, "labels": labels or {}},
                    "spec": {"predictor": {"serviceAccountName": "s3-reader", **predictor}, **spec}})
        self.addCleanup(self.kubectl, "delete", "isvc", name, "-n", NAMESPACE, "--wait=false", "--ignore-not-found")

    def account(self, name, secret, annotations=None):
        """A ServiceAccount of the namespace `models` with a Secret. Both are deleted after the test."""
        self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": NAMESPACE,
                                                                       "annotations": annotations or {}}, "stringData": secret},
                   {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": NAMESPACE},
                    "secrets": [{"name": name}]})
        self.addCleanup(self.kubectl, "delete", f"secret/{name}", f"serviceaccount/{name}", "-n", NAMESPACE, "--wait=false")
        return name

    def service(self, name):
        return self.cluster.node.get(f"/apis/serving.kserve.io/v1beta1/namespaces/{NAMESPACE}/inferenceservices/{name}")

    def wait_ready(self, name, seconds=READY_SECONDS):
        """Waits for Ready; returns the service. Fails with its status."""
        def ready():
            conditions = self.service(name).get("status", {}).get("conditions", [])
            return any(c["type"] == "Ready" and c["status"] == "True" for c in conditions) and self.service(name)

        return self.eventually(f"{name} to be Ready", ready, seconds, lambda: self.describe(name))

    def describe(self, name):
        """For the message of a failure."""
        pods = self.kubectl("get", "pods", "-n", NAMESPACE, "-o", "wide", expect=None).stdout
        return f"{yaml.safe_dump(self.service(name).get('status', {}))}\n{pods}"

    def answers(self, model):
        """What the model says, computed when it was trained."""
        return json.loads((self.cluster.parts / "models" / model / "answers.json").read_text())

    # ---- requests

    @contextmanager
    def time_to_prediction(self, what):
        """Prints the seconds of the `with` block, or until stop() was called in it."""
        clock = Clock()
        yield clock
        print(f"    {clock.stop():5.1f} s to the first prediction: {what}", flush=True)

    def ask_from_another_namespace(self, url, document):
        """Status and body of one request of a Pod in the namespace `clients`."""
        if not ServingTest.client:
            self.start_client()
        done = self.kubectl("exec", "-n", OTHER_NAMESPACE, "client", "--", "/usr/bin/python3.11", "-c", CLIENT, url,
                            json.dumps(document))
        return tuple(json.loads(done.stdout))

    def start_client(self):
        pause = "import signal; signal.sigwait([signal.SIGTERM])"
        self.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": OTHER_NAMESPACE}},
                   {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "client", "namespace": OTHER_NAMESPACE},
                    "spec": {"containers": [{"name": "client", "image": image_of("storage-initializer"),
                                             "command": ["/usr/bin/python3.11", "-c", pause]}]}})
        self.kubectl("wait", "-n", OTHER_NAMESPACE, "pod/client", "--for=condition=Ready", "--timeout", f"{CLIENT_SECONDS}s")
        ServingTest.client = True


class Clock:
    def __init__(self):
        self.began, self.seconds = time.monotonic(), None

    def stop(self):
        if self.seconds is None:
            self.seconds = time.monotonic() - self.began
        return self.seconds


def post(url, document, seconds=ANSWER_SECONDS):
    """Status and body of one request, in the network of the node."""
    return request("POST", url, json.dumps(document), {"Content-Type": "application/json"}, seconds)


def get(url, seconds=ANSWER_SECONDS):
    return request("GET", url, None, {}, seconds)


def request(method, url, body, headers, seconds):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=seconds)
    try:
        connection.request(method, parts.path, body, headers)
        reply = connection.getresponse()
        return reply.status, reply.read().decode(errors="replace")
    finally:
        connection.close()


def image_of(name):
    """The reference under which the cluster has a stand-in image."""
    return reference_in(*STAND_INS[name])
