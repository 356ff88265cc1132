# SPDX-License-Identifier: Apache-2.0
"""Objects that a service refers to and that do not exist yet: a warning for each at `kubectl apply`, and none once it exists.
The webhook has the permissions of its installation."""
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
    def warnings(self):
        return warnings(self.plane.kubectl("create", "--dry-run=server", "-n", self.namespace, "-f", "-", stdin=SERVICE).stderr)

    def missing(self):
        """The OBJECTS with a warning: [(kind, name)]."""
        shown = self.warnings()
        return [(o["kind"], o["metadata"]["name"]) for o in OBJECTS
                if any(f'there is no {o["kind"]} "{o["metadata"]["name"]}"' in warning for warning in shown)]

    def test_missing_objects_get_warnings_until_they_exist(self):
        self.world.wait_ready(self.world.start_replica())
        left = [(o["kind"], o["metadata"]["name"]) for o in OBJECTS]
        self.assertEqual(self.missing(), left)
        for obj in OBJECTS:
            self.plane.kubectl("create", "-n", self.namespace, "-f", "-", stdin={"apiVersion": "v1", **obj})
            left.pop(0)
            self.assertEqual(self.missing(), left)
