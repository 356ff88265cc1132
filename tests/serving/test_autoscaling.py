# SPDX-License-Identifier: Apache-2.0
"""A HorizontalPodAutoscaler by CPU, with metrics-server, adds a replica under load and removes it afterwards; meanwhile
no request fails."""
import concurrent.futures
import json
import threading
from pathlib import Path

import serving

METRICS = Path(__file__).resolve().parent / "node" / "metrics.yaml"
METRICS_SECONDS, UP_SECONDS, DOWN_SECONDS = 60, 180, 120
CLIENTS = 2
INSTANCES = 2000  # of a request: enough work for a replica to be busy


class Autoscaling(serving.ServingTest):
    def test_by_cpu(self):
        self.start_metrics_server()
        self.serve("scaled", {"minReplicas": 1, "maxReplicas": 2, "scaleMetric": "cpu", "scaleTarget": 50,
                              "model": {"modelFormat": {"name": "sklearn"}, "protocolVersion": "v1",
                                        "storageUri": "s3://models/iris/1",
                                        "resources": {"requests": {"cpu": "100m", "memory": "200Mi"},
                                                      "limits": {"cpu": "1", "memory": "1Gi"}}}})
        url = self.wait_ready("scaled")["status"]["url"]
        self.assertEqual(self.replicas(), 1)
        stop, answers = threading.Event(), []
        with concurrent.futures.ThreadPoolExecutor(CLIENTS) as pool:
            loads = [pool.submit(self.load, url, stop, answers) for _ in range(CLIENTS)]
            try:
                self.eventually("2 ready replicas under load", lambda: self.replicas() == 2, UP_SECONDS)
            finally:
                stop.set()
            for load in loads:
                load.result()
        self.eventually("1 replica after the load", lambda: self.replicas() == 1, DOWN_SECONDS)
        self.assertGreater(len(answers), 0)
        failed = [answer for answer in answers if answer != 200]
        self.assertEqual(failed, [], f"{len(failed)} of {len(answers)} requests failed")
        print(f"    autoscaling: {len(answers)} requests, 0 failed")

    def replicas(self):
        deployment = self.cluster.node.get(f"/apis/apps/v1/namespaces/{serving.NAMESPACE}/deployments/scaled-predictor")
        status = deployment.get("status", {})
        return status.get("readyReplicas", 0) if status.get("replicas") == status.get("readyReplicas") else None

    def load(self, url, stop, answers):
        wanted = self.answers("iris/1")
        times = INSTANCES // len(wanted["instances"]) + 1
        while not stop.is_set():
            status, body = serving.post(f"{url}/v1/models/scaled:predict", {"instances": wanted["instances"] * times})
            right = status == 200 and json.loads(body)["predictions"] == wanted["predictions"] * times
            answers.append(200 if right else f"{status} {body[:200]}")

    def start_metrics_server(self):
        self.kubectl("apply", "--server-side", "-f", METRICS)
        self.addCleanup(self.kubectl, "delete", "-f", METRICS, "--wait=false")
        self.kubectl("rollout", "status", "-n", "metrics", "deployment/metrics-server", "--timeout", f"{METRICS_SECONDS}s",
                     timeout=METRICS_SECONDS + 10)
        self.eventually("metrics of the node", lambda: "node-0" in self.kubectl(
            "get", "--raw", "/apis/metrics.k8s.io/v1beta1/nodes", expect=None).stdout, METRICS_SECONDS)
