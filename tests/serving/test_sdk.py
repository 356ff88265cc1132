# SPDX-License-Identifier: Apache-2.0
"""KServe's Python SDK as a client: the exact release of images/sklearnserver.lock, with that image's Python, so that it is the
same on every host. It is unpacked once and kept, by the content of the image, in the folder of the cluster."""
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import serving
from processes import ENVIRONMENT

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(ROOT / ".ci"), str(ROOT / "deploy" / "image"), str(HERE / "images")]

import oci  # noqa: E402
import recipes  # noqa: E402

IMAGE = "sklearnserver"
CLIENT_SECONDS = 600
# Flowers of the training data that the first version of the model takes for another kind, and the second one knows.
BETWEEN = [[5.9, 3.2, 4.8, 1.8], [6.0, 2.7, 5.1, 1.6]]


class Sdk(serving.ServingTest):
    def test_create_wait_predict_patch_replace_delete(self):
        first, second = self.answers("iris/1"), self.answers("iris/2")
        known = len(first["instances"])
        steps = self.run_client("sdk", "s3://models/iris/1", "s3://models/iris/2", first["instances"] + BETWEEN)
        self.assertEqual(steps["predict"][:known], first["predictions"])
        self.assertEqual(steps["predict the second"][:known], second["predictions"])
        self.assertNotEqual(steps["predict"], steps["predict the second"])
        self.assertEqual(steps["replace"]["spec"]["predictor"]["minReplicas"], 2)
        self.assertIn("sdk", steps["list"])
        self.assertIn("ftp://", steps["refused"])
        self.assertIs(steps["gone"], True)

    def run_client(self, name, first, second, instances):
        """Step -> result, as sdk_client.py prints them."""
        self.addCleanup(self.kubectl, "delete", "isvc", name, "-n", serving.NAMESPACE, "--ignore-not-found", "--wait=false")
        node = self.cluster.node
        root = unpacked(self.cluster.parts / "images" / IMAGE, node.state)
        libraries = f"{root / recipes.LIBRARIES}:{root / 'lib/x86_64-linux-gnu'}"
        done = subprocess.run(
            [root / recipes.LOADER, "--library-path", libraries, root / recipes.PYTHON_PROGRAM.lstrip("/"), HERE / "sdk_client.py",
             node.kubeconfig, serving.NAMESPACE, name, first, second, json.dumps(instances)],
            capture_output=True, text=True, timeout=CLIENT_SECONDS, check=False,
            env={**ENVIRONMENT, "PYTHONHOME": str(root / "usr"), "PYTHONPATH": str(root / recipes.PACKAGES),
                 "PYTHONDONTWRITEBYTECODE": "1"})
        self.assertEqual(done.returncode, 0, f"{done.stdout}\n{done.stderr[-5000:]}")
        steps = [json.loads(line.removeprefix("result ")) for line in done.stdout.splitlines() if line.startswith("result ")]
        print("            " + ", ".join(f"{step['step']} {step['seconds']:.1f} s" for step in steps), flush=True)
        return {step["step"]: step["result"] for step in steps}


def unpacked(layout, state):
    """The folder with the files of an image."""
    folder = state / f"{layout.name}-{layout.resolve().name}"
    if not folder.is_dir():
        for other in state.glob(f"{layout.name}-*"):
            shutil.rmtree(other, ignore_errors=True)
        with tempfile.TemporaryDirectory(dir=state) as work:
            for layer in oci.layers(layout):
                subprocess.run(["tar", "-C", work, "-xf", layer], check=True)
            os.rename(work, folder)
            Path(work).mkdir()
    return folder
