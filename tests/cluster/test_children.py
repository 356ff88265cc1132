# SPDX-License-Identifier: Apache-2.0
"""The recorded cases of KServe v0.20 on the real control plane: objects, Pods and status of each service in Standard mode.

The recordings are next to the repository; without them these tests are skipped.
"""
import json
import subprocess
import sys

from installed import CONFIG_MAP, NAMESPACE
from test_pods import COMPATIBLE, RECORDED
from test_reconciler import ReconciledTest

# The cases wait until nothing changes for twenty seconds.
SECONDS = 400


class RecordedChildren(ReconciledTest):
    needs_kserve = True

    def test_children(self):
        self.compare("children.jsonl", enableGatewayApi=False)

    def test_routes(self):
        self.compare("routes.jsonl", enableGatewayApi=True)

    def compare(self, cases, **ingress):
        path = f"/api/v1/namespaces/{NAMESPACE}/configmaps/{CONFIG_MAP}"
        before = self.plane.get(path)["data"]
        self.addCleanup(self.configure, before)
        recorded = json.loads((RECORDED / "cluster.json").read_text())["items"]
        data = next(item["data"] for item in recorded if item["kind"] == "ConfigMap")
        data = {**data, "ingress": json.dumps(json.loads(data["ingress"]) | ingress), "modelgate": json.dumps(COMPATIBLE)}
        runtimes = [item for item in recorded if item["kind"] != "ConfigMap"]
        recorded_runtimes = {"apiVersion": "v1", "kind": "List", "items": runtimes}
        # What exists is replaced: an apply would leave what only our own runtimes have. The others are created.
        self.plane.kubectl("replace", "-f", "-", stdin=recorded_runtimes, expect=None)
        self.plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-", stdin=recorded_runtimes)
        self.plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", RECORDED / "fixtures.yaml")
        self.configure(data)
        self.eventually("the configuration", lambda: "is invalid" in self.world.probe())
        checked = subprocess.run(
            [sys.executable, RECORDED / "check.py", "children", "--mode", "Standard", "--api", self.plane.server,
             "--cacert", self.plane.ca.certificate, "--cert", self.plane.admin.certificate, "--key", self.plane.admin.key,
             RECORDED / cases], capture_output=True, text=True, timeout=SECONDS)
        *differences, summary = checked.stdout.strip().splitlines() or [checked.stderr]
        self.assertEqual(differences, [], summary)
        print(f"            {summary}")

    def configure(self, data):
        self.plane.kubectl("patch", "configmap", CONFIG_MAP, "-n", NAMESPACE, "--type=merge", "-p", json.dumps({"data": data}))
