# SPDX-License-Identifier: Apache-2.0
"""The rules for ServingRuntime and ClusterServingRuntime: for each a pair of objects, one stored and one denied, sent
through the real API server; for both kinds, on our CRDs and on KServe's own."""
import copy
import re

from world import CATALOG_NAMESPACE, GROUP, ClusterTest

CONTAINER = {"name": "kserve-container", "image": "example/server:1"}
WORKER = {"name": "worker-container", "image": "example/server:1"}
BLOCKED_VARIABLE = "PYTHONPATH"


def spec(*formats, containers=None, protocols=("v2",), worker=None, **fields):
    out = {"supportedModelFormats": [dict(f) for f in formats] or [{"name": "mine", "version": "1"}],
           "containers": containers or [CONTAINER], "protocolVersions": list(protocols), **fields}
    if worker is not None:
        out["workerSpec"] = worker
    return out


def automatic(name, priority=None, version="1"):
    return {"name": name, "version": version, "autoSelect": True, **({"priority": priority} if priority else {})}


def with_env(container, *names):
    return {**container, "env": [{"name": name, "value": "1"} for name in names]}


def workers(**fields):
    return {"containers": [WORKER], **fields}


# rule -> (accepted, denied, the path that the denial names)
ONE_ALONE = {
    "one priority for a format": (
        spec(automatic("mine", 1, "1"), automatic("mine", 1, "2")),
        spec(automatic("mine", 1, "1"), automatic("mine", 2, "2")), "spec.supportedModelFormats[1].priority"),
    "one worker container": (
        spec(worker=workers()),
        spec(worker={"containers": [WORKER, {**WORKER, "name": "second"}]}), "spec.workerSpec.containers"),
    "pipelineParallelSize at least 1": (
        spec(worker=workers(pipelineParallelSize=1)),
        spec(worker=workers(pipelineParallelSize=0)), "spec.workerSpec.pipelineParallelSize"),
    "tensorParallelSize at least 1": (
        spec(worker=workers(tensorParallelSize=1)),
        spec(worker=workers(tensorParallelSize=0)), "spec.workerSpec.tensorParallelSize"),
    "PIPELINE_PARALLEL_SIZE is not a variable of several nodes": (
        spec(containers=[with_env(CONTAINER, "PIPELINE_PARALLEL_SIZE")]),
        spec(containers=[with_env(CONTAINER, "PIPELINE_PARALLEL_SIZE")], worker=workers()), "spec.containers[0].env[0]"),
    "TENSOR_PARALLEL_SIZE is not a variable of several nodes": (
        spec(containers=[with_env(CONTAINER, "TENSOR_PARALLEL_SIZE")]),
        spec(containers=[with_env(CONTAINER, "TENSOR_PARALLEL_SIZE")], worker=workers()), "spec.containers[0].env[0]"),
    "blocked variable": (
        spec(containers=[with_env(CONTAINER, "PYTHONPATHS")]),
        spec(containers=[with_env(CONTAINER, BLOCKED_VARIABLE)]), "spec.containers[0].env[0]"),
    "blocked variable of a worker": (
        spec(worker={"containers": [with_env(WORKER, "PYTHONPATHS")]}),
        spec(worker={"containers": [with_env(WORKER, BLOCKED_VARIABLE)]}), "spec.workerSpec.containers[0].env[0]"),
    "accelerator of several nodes is known": (
        spec(containers=[{**CONTAINER, "resources": {"limits": {"nvidia.com/gpu": "1"}}}], worker=workers()),
        spec(containers=[{**CONTAINER, "resources": {"limits": {"unknown.com/gpu": "1"}}}], worker=workers()),
        "spec.containers[0].resources"),
    "accelerator of a worker is known": (
        spec(worker={"containers": [{**WORKER, "resources": {"limits": {"nvidia.com/gpu": "1"}}}]}),
        spec(worker={"containers": [{**WORKER, "resources": {"limits": {"unknown.com/gpu": "1"}}}]}),
        "spec.workerSpec.containers[0].resources"),
    "a container named kserve-container": (
        spec(containers=[CONTAINER]),
        spec(containers=[{**CONTAINER, "name": "server"}]), "spec.containers"),
    "templates parse": (
        spec(containers=[{**CONTAINER, "args": ["--name={{.Name}}", "--model={{.StorageUri}}"]}]),
        spec(containers=[{**CONTAINER, "args": ["--name={{.Name"]}]), "spec.containers[0].args[0]"),
}
# Against the runtimes of catalog.yaml, which are there already.
BESIDE_ANOTHER = {
    "one runtime for a format and a priority": (
        spec(automatic("taken", 2)), spec(automatic("taken", 1)), "spec.supportedModelFormats[0].priority"),
    "another version is another format": (
        spec(automatic("taken", 1, "2")), spec(automatic("taken", 1, "1")), "spec.supportedModelFormats[0].priority"),
    "another protocol does not collide": (
        spec(automatic("taken", 1), protocols=["v1"]), spec(automatic("taken", 1), protocols=["v1", "v2"]),
        "spec.supportedModelFormats[0].priority"),
    "without autoSelect nothing collides": (
        spec({**automatic("taken", 1), "autoSelect": False}), spec(automatic("taken", 1)),
        "spec.supportedModelFormats[0].priority"),
    "a disabled one does not collide": (
        spec(automatic("taken", 1), disabled=True), spec(automatic("taken", 1), disabled=False),
        "spec.supportedModelFormats[0].priority"),
}


class Cases:
    kind = ""

    def manifest(self, name, body):
        return {"apiVersion": f"{GROUP}/v1alpha1", "kind": self.kind, "metadata": {"name": name},
                "spec": copy.deepcopy(body)}

    def pairs(self, rules, namespace=None):
        where = ["--namespace", namespace] if namespace else []
        stored = []
        for number, (rule, (accepted, denied, path)) in enumerate(rules.items()):
            name = f"{self.namespace}-{number}"
            with self.subTest(rule):
                self.kubectl(*where, "create", "-f", "-", stdin=self.manifest(name + "-good", accepted))
                stored.append(name + "-good")
                text = self.denied(*where, "create", "-f", "-", stdin=self.manifest(name + "-bad", denied))
                self.assertIn("is invalid", text)
                self.assertIn(path, text)
        self.kubectl(*where, "delete", self.kind.lower(), *stored)

    def test_pairs(self):
        self.pairs(ONE_ALONE)

    def test_pairs_beside_another_runtime(self):
        self.pairs(BESIDE_ANOTHER, namespace=CATALOG_NAMESPACE)

    def test_worker_spec_is_not_removed(self):
        self.kubectl("create", "-f", "-", stdin=self.manifest(self.namespace, spec(worker=workers())))
        self.kubectl("apply", "-f", "-", stdin=self.manifest(self.namespace, spec(worker=workers(tensorParallelSize=2))))
        text = self.denied("replace", "-f", "-", stdin=self.manifest(self.namespace, spec()))
        self.assertIn("spec.workerSpec", text)

    def test_all_errors_at_once(self):
        bad = spec(containers=[{**with_env(CONTAINER, BLOCKED_VARIABLE), "args": ["{{.Name"]}],
                   worker=workers(tensorParallelSize=0))
        text = self.denied("create", "-f", "-", stdin=self.manifest(self.namespace, bad))
        self.assertEqual(len(re.findall(r"(?m)^\* spec\.", text)), 3, text)


class ServingRuntimesOnOurCrds(Cases, ClusterTest):
    kind = "ServingRuntime"

    def test_another_namespace_does_not_collide(self):
        self.kubectl("create", "-f", "-", stdin=self.manifest("a", spec(automatic("taken", 1))))


class ClusterServingRuntimesOnOurCrds(Cases, ClusterTest):
    kind = "ClusterServingRuntime"


class ServingRuntimesOnKserveCrds(Cases, ClusterTest):
    kind, crds = "ServingRuntime", "kserve"


class ClusterServingRuntimesOnKserveCrds(Cases, ClusterTest):
    kind, crds = "ClusterServingRuntime", "kserve"
