# SPDX-License-Identifier: Apache-2.0
"""What the serving tests share: one cluster for all of them, and requests as clients send them."""
import http.client
import json
import os
import time
import unittest
import urllib.parse
from pathlib import Path

import yaml

from installation import Installation

NAMESPACE = "models"
# Generous: a loaded machine takes several times as long.
READY_SECONDS = 300
ANSWER_SECONDS = 20
SMALL = {"requests": {"cpu": "50m", "memory": "200Mi"}, "limits": {"cpu": "2", "memory": "1Gi"}}


class ServingTest(unittest.TestCase):
    cluster = None

    @classmethod
    def enter(cls, arguments):
        ServingTest.cluster = Installation(Path(os.environ["MODELGATE_NODE"]), arguments.state.resolve(), arguments.image)
        ServingTest.cluster.__enter__()

    @classmethod
    def leave(cls, failed):
        if ServingTest.cluster and ServingTest.cluster.node.processes:
            ServingTest.cluster.node.failed |= failed
            ServingTest.cluster.__exit__(None, None, None)

    def tearDown(self):
        # Before the cleanups, which delete the Pods.
        if not self._outcome.success:
            self.cluster.node.keep_logs(self.id())

    # ---- objects

    def kubectl(self, *arguments, **more):
        return self.cluster.node.kubectl(*arguments, **more)

    def apply(self, *objects):
        self.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(objects))

    def serve(self, name, predictor, **spec):
        """Applies an InferenceService of the namespace `models`; it is deleted after the test."""
        self.apply({"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
                    "metadata": {"name": name, "namespace": NAMESPACE},
                    "spec": {"predictor": {"serviceAccountName": "s3-reader", **predictor}, **spec}})
        self.addCleanup(self.kubectl, "delete", "isvc", name, "-n", NAMESPACE, "--wait=false")

    def service(self, name):
        return self.cluster.node.get(f"/apis/serving.kserve.io/v1beta1/namespaces/{NAMESPACE}/inferenceservices/{name}")

    def wait_ready(self, name, seconds=READY_SECONDS):
        """Waits for Ready; returns the service. Fails with its status."""
        deadline = time.monotonic() + seconds
        while True:
            status = self.service(name).get("status", {})
            ready = [c for c in status.get("conditions", []) if c["type"] == "Ready" and c["status"] == "True"]
            if ready:
                return self.service(name)
            if time.monotonic() > deadline:
                pods = self.kubectl("get", "pods", "-n", NAMESPACE, "-o", "wide", expect=None).stdout
                self.fail(f"{name} is not Ready after {seconds} s\n{yaml.safe_dump(status)}\n{pods}")
            time.sleep(0.1)

    def answers(self, model):
        """What the model says, computed when it was trained."""
        return json.loads((self.cluster.parts / "models" / model / "answers.json").read_text())


def post(url, document, seconds=ANSWER_SECONDS):
    """Status and body of one request, in the network of the node."""
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=seconds)
    try:
        connection.request("POST", parts.path, json.dumps(document), {"Content-Type": "application/json"})
        reply = connection.getresponse()
        return reply.status, reply.read().decode(errors="replace")
    finally:
        connection.close()
