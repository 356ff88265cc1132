# SPDX-License-Identifier: Apache-2.0
"""The rules for ServingRuntime and ClusterServingRuntime: for each rule an accepted and a denied object, through the real API
server; for both kinds, on our CRDs and on KServe's own."""
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
GPU_TYPES = "serving.kserve.io/gpu-resource-types"
# The rules for any container or Pod: accepted and denied parts of kserve-container, and the path.
OF_CONTAINERS = {
    "quantities parse": (
        {"resources": {"limits": {"cpu": "1500m"}}}, {"resources": {"limits": {"cpu": "1x"}}}, "resources.limits"),
    "resources have names that Kubernetes knows": (
        {"resources": {"limits": {"example.com/gpu": "1"}}}, {"resources": {"limits": {"gpu": "1"}}}, "resources.limits"),
    "no limit below its request": (
        {"resources": {"requests": {"cpu": "1"}, "limits": {"cpu": "1"}}},
        {"resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}}, "resources"),
    "a variable has one source": (
        {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]},
        {"env": [{"name": "A", "value": "1", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]}, "env[0]"),
    "a variable once": (
        {"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]},
        {"env": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]}, "env[1]"),
    "ports are ports": (
        {"ports": [{"containerPort": 65535}]}, {"ports": [{"containerPort": 65536}]}, "ports[0]"),
}
for rule, (good, bad, where) in OF_CONTAINERS.items():
    ONE_ALONE[rule] = (spec(containers=[{**CONTAINER, **good}]), spec(containers=[{**CONTAINER, **bad}]),
                       "spec.containers[0]." + where)
ONE_ALONE |= {
    "formats have names": (
        spec({"name": "mine"}), spec({"version": "1"}), "spec.supportedModelFormats[0].name"),
    "priority at least 1": (
        spec({**automatic("mine"), "priority": 1}), spec({**automatic("mine"), "priority": 0}),
        "spec.supportedModelFormats[0].priority"),
    "a format once": (
        spec({"name": "mine", "version": "1"}, {"name": "mine", "version": "2"}),
        spec({"name": "mine", "version": "1"}, {"name": "mine", "version": "1"}), "spec.supportedModelFormats[1]"),
    "protocols are known": (
        spec(protocols=["v1", "v2", "grpc-v1", "grpc-v2"]), spec(protocols=["v2", "v3"]), "spec.protocolVersions[1]"),
    "a worker has a container": (
        spec(worker=workers()), spec(worker={"containers": []}), "spec.workerSpec.containers"),
    "GPU types are a JSON list": (
        spec(annotations={GPU_TYPES: '["example.com/gpu"]'}), spec(annotations={GPU_TYPES: "example.com/gpu"}),
        "spec.annotations"),
    "blocked variable of a disabled runtime": (
        spec(containers=[with_env(CONTAINER, "PYTHONPATHS")], disabled=True),
        spec(containers=[with_env(CONTAINER, BLOCKED_VARIABLE)], disabled=True), "spec.containers[0].env[0]"),
    "labels are labels": (
        spec(labels={"team": "ml"}), spec(labels={"team": "m l"}), "spec.labels"),
    "container names are names": (
        spec(containers=[CONTAINER, {"name": "side-car", "image": "a"}]),
        spec(containers=[CONTAINER, {"name": "side_car", "image": "a"}]), "spec.containers[1]"),
    "a container's name once": (
        spec(containers=[CONTAINER, {"name": "side", "image": "a"}]),
        spec(containers=[CONTAINER, {"name": "side", "image": "a"}, {"name": "side", "image": "a"}]),
        "spec.containers[2]"),
    "volume names are names": (
        spec(volumes=[{"name": "data", "emptyDir": {}}]), spec(volumes=[{"name": "da_ta", "emptyDir": {}}]),
        "spec.volumes[0]"),
    "one mount at a path, whose volume may come from the service": (
        spec(containers=[{**CONTAINER, "volumeMounts": [{"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/b"}]}]),
        spec(containers=[{**CONTAINER, "volumeMounts": [{"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/a"}]}]),
        "spec.containers[0].volumeMounts[1]"),
    "tolerations are tolerations": (
        spec(tolerations=[{"key": "gpu", "operator": "Exists"}]),
        spec(tolerations=[{"key": "gpu", "operator": "Exist"}]), "spec.tolerations[0]"),
    "node selectors are labels": (
        spec(nodeSelector={"zone": "a"}), spec(nodeSelector={"zone": "a b"}), "spec.nodeSelector"),
}
# With the runtimes of catalog.yaml, which exist already.
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
