# SPDX-License-Identifier: Apache-2.0
"""The golden objects of tests/workload on a real API server, with the CRDs of their kinds: each is accepted, and no field is
dropped or changed.
"""
import json
import subprocess

import yaml

from applied import PlaneTest
from world import ROOT

GOLDEN = ROOT / "tests" / "workload" / "children" / "golden"
SERVED_SECONDS = 60
FIELD_MANAGER = "modelgate-reconciler"
THIRD_PARTY = ("/apis/gateway.networking.k8s.io/v1/httproutes", "/apis/keda.sh/v1alpha1/scaledobjects",
              "/apis/networking.istio.io/v1beta1/virtualservices", "/apis/opentelemetry.io/v1beta1/opentelemetrycollectors")


def lost(sent, stored, path=""):
    """Paths of the sent fields that are missing or different in the stored object."""
    if isinstance(sent, dict) and isinstance(stored, dict):
        return [p for key, value in sent.items() for p in lost(value, stored.get(key), f"{path}.{key}")]
    if isinstance(sent, list) and isinstance(stored, list) and len(sent) == len(stored):
        return [p for i, value in enumerate(sent) for p in lost(value, stored[i], f"{path}[{i}]")]
    return [] if sent == stored else [f"{path}: {sent!r} became {stored!r}"]


class GoldenChildren(PlaneTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        found = subprocess.run([str(ROOT / ".ci" / "third-party-crds")], check=True, text=True, stdout=subprocess.PIPE)
        cls.plane.kubectl("apply", "--server-side", "-f", found.stdout.strip())
        for path in THIRD_PARTY:
            cls.plane.processes.wait_for(path, SERVED_SECONDS, lambda path=path: cls.is_served(path))

    @classmethod
    def is_served(cls, path):
        try:
            return cls.plane.get(path + "?limit=1")
        except OSError:
            return None

    def test_each_is_accepted(self):
        folders = sorted(path.parent for path in GOLDEN.glob("*/objects.yaml"))
        self.assertGreater(len(folders), 10)
        for folder in folders:
            for sent in yaml.safe_load_all((folder / "objects.yaml").read_text()):
                with self.subTest(f"{folder.name} {sent['kind']} {sent['metadata']['name']}"):
                    done = self.plane.kubectl("apply", "--server-side", "--dry-run=server", "--validate=strict",
                                              f"--field-manager={FIELD_MANAGER}", "-o", "json", "-f", "-", stdin=sent)
                    self.assertEqual(done.stderr, "")
                    self.assertEqual(lost(sent, json.loads(done.stdout)), [])
