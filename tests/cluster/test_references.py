# SPDX-License-Identifier: Apache-2.0
"""What a service refers to and the cluster does not have yet, as the webhook sees it with the permissions that it is
installed with: a warning for each at `kubectl apply`, and none once it is there."""
from test_installed import InstalledTest

from installed import GROUP
from world import warnings

SERVICE = {
    "apiVersion": f"{GROUP}/v1beta1", "kind": "InferenceService", "metadata": {"name": "refers"},
    "spec": {"predictor": {
        "serviceAccountName": "reader", "imagePullSecrets": [{"name": "pull"}],
        "model": {"modelFormat": {"name": "sklearn"}, "storageUri": "pvc://models/iris"}}}}
OBJECTS = [
    {"kind": "ServiceAccount", "metadata": {"name": "reader"}},
    {"kind": "Secret", "metadata": {"name": "pull"}},
    {"kind": "PersistentVolumeClaim", "metadata": {"name": "models"},
     "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}}]


class References(InstalledTest):
    def told(self):
        return warnings(self.plane.kubectl("create", "--dry-run=server", "-n", self.namespace, "-f", "-", stdin=SERVICE).stderr)

    def missing(self):
        """Of OBJECTS those that are warned about: [(kind, name)]."""
        told = self.told()
        return [(o["kind"], o["metadata"]["name"]) for o in OBJECTS
                if any(f'there is no {o["kind"]} "{o["metadata"]["name"]}"' in warning for warning in told)]

    def test_are_warned_about_until_they_are_there(self):
        self.world.wait_ready(self.world.start_replica())
        left = [(o["kind"], o["metadata"]["name"]) for o in OBJECTS]
        self.assertEqual(self.missing(), left)
        for obj in OBJECTS:
            self.plane.kubectl("create", "-n", self.namespace, "-f", "-", stdin={"apiVersion": "v1", **obj})
            left.pop(0)
            self.assertEqual(self.missing(), left)
