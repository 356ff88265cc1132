# SPDX-License-Identifier: Apache-2.0
"""The time from apply to the first prediction. Prints the waterfall, and draws the picture of the README with

    MODELGATE_WATERFALL=docs/waterfall.svg tests/serving/run.py -k test_first_prediction

Other work on the machine delays every step, and only delays: so the best of three services counts. Where this process itself
wakes up late meanwhile, the machine is not quiet: the times are printed, and not asserted."""
import os
import unittest
from pathlib import Path

import serving
import waterfall

ROUNDS = 3
# Admission, reconciler and status.
OURS_SECONDS = 0.3
# From the server's first accepted connection to the Pod's Ready: the startup probe runs every second, and the kubelet reports
# a change within some tenths of a second.
READY_SECONDS = 1.5
# 95 % of the sleeps of 5 ms end at most so late.
QUIET_SECONDS = 0.003


class FirstPrediction(serving.ServingTest):
    def test_is_as_fast_as_the_server(self):
        # The images and the model are in the caches of the node afterwards, as for any service but the first.
        rounds = [self.measure(f"waterfall-{i}") for i in range(ROUNDS + 1)][1:]
        best = min(rounds, key=waterfall.Moments.ours)
        print("\n" + waterfall.table(best))
        self.assertEqual(set(best.seconds), set(waterfall.STEPS))
        if place := os.environ.get("MODELGATE_WATERFALL"):
            Path(place).parent.mkdir(parents=True, exist_ok=True)
            Path(place).write_text(waterfall.picture(best), encoding="utf-8")
        # Whatever the machine does: ten seconds between two readiness probes, and a startup probe every second.
        container = self.server_of("waterfall-0")
        self.assertEqual(container["startupProbe"]["periodSeconds"], 1)
        self.assertEqual(container["readinessProbe"]["periodSeconds"], 10)
        late = min(m.late for m in rounds)
        if late > QUIET_SECONDS:
            print(f"            times are not asserted: the machine is busy (sleeps end up to {1000 * late:.0f} ms late)")
            return
        self.assertLess(min(m.ours() for m in rounds), OURS_SECONDS)
        self.assertLess(min(m.until_ready() for m in rounds), READY_SECONDS)

    def measure(self, name):
        self.addCleanup(self.kubectl, "delete", "isvc", name, "-n", serving.NAMESPACE, "--wait=false", "--ignore-not-found")
        service = {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
                   "metadata": {"name": name, "namespace": serving.NAMESPACE},
                   "spec": {"predictor": {"serviceAccountName": "s3-reader", "minReplicas": 1, "model": {
                       "modelFormat": {"name": "sklearn"}, "protocolVersion": "v1", "storageUri": "s3://models/iris/1",
                       "resources": serving.SMALL}}}}
        instances = self.answers("iris/1")["instances"]
        question = waterfall.Question(f"/v1/models/{name}:predict", {"instances": instances})
        return waterfall.measure(self.cluster.node, service, question)

    def server_of(self, name):
        path = f"/api/v1/namespaces/{serving.NAMESPACE}/pods?labelSelector=serving.kserve.io%2Finferenceservice%3D{name}"
        pod = self.cluster.node.get(path)["items"][0]
        return next(c for c in pod["spec"]["containers"] if c["name"] == "kserve-container")


class Picture(unittest.TestCase):
    """The table and the picture of given moments."""

    MOMENTS = waterfall.Moments({"applied": 0.05, "Deployment": 0.08, "Pod scheduled": 0.12, "initializer done": 2.1,
                                 "server up": 5.2, "Pod Ready": 5.9, "first 200": 5.95, "status Ready": 5.93})

    def test_shares(self):
        self.assertAlmostEqual(self.MOMENTS.ours(), 0.11)
        self.assertAlmostEqual(self.MOMENTS.until_ready(), 0.7)

    def test_table_has_the_steps_in_order(self):
        steps = [line[:18].strip() for line in waterfall.table(self.MOMENTS).splitlines()[:-1]]
        self.assertEqual(steps, list(waterfall.STEPS))

    def test_picture_has_a_bar_for_each_step(self):
        svg = waterfall.picture(self.MOMENTS)
        self.assertEqual(svg.count('height="14"'), len(waterfall.STEPS))
        self.assertIn("first prediction: 6.0 s", svg)
        self.assertIn("model server", svg)
