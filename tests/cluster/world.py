# SPDX-License-Identifier: Apache-2.0
"""The environments of the cluster tests: a control plane with CRDs, our registered webhook, and a catalog.

    world = World("ours", binaries)      or World("kserve", binaries), on KServe's own CRDs
    with world: world.plane.kubectl(...)

`ClusterTest` creates the world of a test. Tests with the same world share it, and only one world exists at a time. The world
"installed" is installed.Installed, "reconciled" is reconciled.Reconciled.
"""
import itertools
import shutil
import time
from pathlib import Path

import yaml

from cluster import Cluster
from installed import Installed
from reconciled import Reconciled
from waiting import WaitingTest
from webhook import GROUP, Webhook

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
EXAMPLES = sorted((ROOT / "deploy" / "examples").glob("*.yaml"))
CRDS = {"ours": ROOT / "deploy" / "crds", "kserve": ROOT.parent / "shared" / "conformance" / "crds.json"}
RESOURCES = ["v1beta1/inferenceservices", "v1alpha1/servingruntimes", "v1alpha1/clusterservingruntimes",
             "v1alpha1/clusterstoragecontainers"]
INSTALLATIONS = {"installed": Installed, "reconciled": Reconciled}
SERVED_SECONDS = 60
# Runtimes in the catalog in addition to the stock ones, for conflicts with new runtimes.
CATALOG = HERE / "catalog.yaml"
# The namespace of the runtimes in catalog.yaml.
CATALOG_NAMESPACE = "catalog"


class World(Cluster):
    def __init__(self, crds, binaries):
        super().__init__(binaries)
        self.crds = crds

    def _install(self):
        plane, crds = self.plane, CRDS[self.crds]
        plane.kubectl("apply", "--server-side", "-k" if crds.is_dir() else "-f", crds)
        plane.processes.wait_for("the CRDs to be served", SERVED_SECONDS, self._served)
        manifests = plane.directory / "manifests"
        manifests.mkdir()
        for source in sorted((ROOT / "deploy").glob("runtimes/*.yaml")) + sorted((ROOT / "deploy").glob("config/*.yaml")):
            shutil.copy(source, manifests)
        shutil.copy(CATALOG, manifests)
        self.webhook = Webhook(plane, self.binaries / "modelgate-webhook", manifests)
        self.webhook.start()
        self.webhook.register()
        plane.kubectl("create", "namespace", CATALOG_NAMESPACE)

    def _served(self):
        return all(self.plane.get(f"/apis/{GROUP}/{path}?limit=1") for path in RESOURCES)


class ClusterTest(WaitingTest):
    """A test in a world, with its own namespace, `self.namespace`."""

    crds = "ours"
    binaries = None  # set by run.py
    current = None
    numbers = itertools.count(1)
    maxDiff = 4000

    @classmethod
    def setUpClass(cls):
        if ClusterTest.current is None or ClusterTest.current.crds != cls.crds:
            ClusterTest.leave()
            world = INSTALLATIONS[cls.crds](cls.binaries) if cls.crds in INSTALLATIONS else World(cls.crds, cls.binaries)
            world.__enter__()
            world.crds = cls.crds
            ClusterTest.current = world
        cls.world, cls.plane, cls.webhook = ClusterTest.current, ClusterTest.current.plane, ClusterTest.current.webhook

    @staticmethod
    def leave(failed=False):
        if ClusterTest.current is not None:
            ClusterTest.current.plane.failed |= failed
            ClusterTest.current.__exit__(None, None, None)
            ClusterTest.current = None

    def setUp(self):
        self.namespace = f"test-{next(ClusterTest.numbers)}"
        self.plane.post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace",
                                               "metadata": {"name": self.namespace}})

    def kubectl(self, *arguments, **options):
        """kubectl in this test's namespace."""
        return self.plane.kubectl("--namespace", self.namespace, *arguments, **options)

    def denied(self, *arguments, **options):
        """kubectl's error text; fails if kubectl succeeds."""
        return self.kubectl(*arguments, expect=1, **options).stderr

    def service(self, name, kind="inferenceservice"):
        return yaml.safe_load(self.kubectl("get", kind, name, "-o", "yaml").stdout)

    def shown(self, *arguments, **options):
        """The object that kubectl prints."""
        return yaml.safe_load(self.kubectl(*arguments, "-o", "yaml", **options).stdout)

    def generation(self, name):
        return self.service(name)["metadata"]["generation"]


def inference_service(name, predictor=None, annotations=None, **spec):
    """An InferenceService; by default with an ordinary predictor."""
    metadata = {"name": name, **({"annotations": annotations} if annotations else {})}
    return {"apiVersion": f"{GROUP}/v1beta1", "kind": "InferenceService", "metadata": metadata,
            "spec": {"predictor": predictor or {"model": model()}, **spec}}


def model(**fields):
    """A model for the runtime `bare` of catalog.yaml, which has no resources, so that they are defaulted."""
    return {"modelFormat": {"name": "bare"}, "storageUri": "s3://models/iris", **fields}


def warnings(stderr):
    """The API server's warnings in kubectl's output."""
    return [line[len("Warning: "):] for line in stderr.splitlines() if line.startswith("Warning: ")]
