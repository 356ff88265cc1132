# SPDX-License-Identifier: Apache-2.0
"""Models from each kind of storage: the Deployment of a service gets the expected Pods, or reports why not.

The Deployments are like the reconciler's: the Pod template has only the annotations, and the webhook injects the model into
each Pod. The expected Pods are those recorded from KServe v0.20, and those of `modelgate review`, without a cluster.
"""
import copy
import json
import subprocess
from dataclasses import dataclass, field

import yaml

from installed import DEPLOY, GROUP
from test_pods import COMPATIBLE, INTERNAL, RECORDED, PodsTest

LABEL = f"{GROUP}/inferenceservice"
SCHEME = "modelgate.test/scheme"
READY_SECONDS = 30
PLACEHOLDER = "<scheme-placeholder>"


@dataclass
class Scheme:
    uri: str
    secret: dict = field(default_factory=dict)  # of the Pod's account; none: the default account
    annotations: dict = field(default_factory=dict)
    spec: dict = field(default_factory=dict)    # in addition to the container
    # The result: the added containers, and a variable of the container that downloads.
    adds: tuple = ("storage-initializer",)
    env: str = ""

    @property
    def known_by(self):
        """The key of the Secret that identifies the storage."""
        return next(key for key in self.secret if key not in ("AWS_ACCESS_KEY_ID", "headers"))


S3 = {"AWS_ACCESS_KEY_ID": "sentinel", "AWS_SECRET_ACCESS_KEY": "sentinel"}
AZURE = {f"AZURE_{name}": "sentinel" for name in ("CLIENT_ID", "CLIENT_SECRET", "SUBSCRIPTION_ID", "TENANT_ID")}
HDFS = {"HDFS_NAMENODE": "sentinel", "HDFS_ROOTPATH": "/"}
SEVERAL = ["s3://models/base", "/mnt/models/base", "hf://org/adapter", "/mnt/models/adapter"]

SCHEMES = {
    "gcs": Scheme("gs://models/iris", {"gcloud-application-credentials.json": "sentinel"}, env="GOOGLE_APPLICATION_CREDENTIALS"),
    "s3": Scheme("s3://models/iris", S3, env="AWS_SECRET_ACCESS_KEY"),
    "azure-blob": Scheme("https://account.blob.core.windows.net/models/iris", AZURE, env="AZURE_CLIENT_SECRET"),
    "azure-files": Scheme("https://account.file.core.windows.net/share/iris", {"AZURE_STORAGE_ACCESS_KEY": "sentinel"},
                          env="AZURE_STORAGE_ACCESS_KEY"),
    "http": Scheme("http://example.com/iris.zip"),
    "https": Scheme("https://example.com/iris.tar.gz", {"https-host": "example.com", "headers": "X: sentinel"},
                    env="example.com-headers"),
    "hdfs": Scheme("hdfs://namenode/iris", HDFS),
    "webhdfs": Scheme("webhdfs://namenode/iris", HDFS),
    "hugging-face": Scheme("hf://org/iris", {"HF_TOKEN": "sentinel"}, env="HF_TOKEN"),
    "claim": Scheme("pvc://models", adds=()),
    "claim-sub-path": Scheme("pvc://models/iris/v3", adds=()),
    "oci-sidecar": Scheme("oci://registry.example.com/iris:1", adds=("modelcar", "modelcar-init")),
    "oci-volume": Scheme("oci+native://registry.example.com/iris:1", adds=()),
    # KServe v0.20 adds a sidecar here as well.
    "oci-fetched": Scheme("oci+fetch://registry.example.com/iris:1", adds=("modelcar", "modelcar-init")),
    "storage-config": Scheme(f"{PLACEHOLDER}://iris", env="STORAGE_CONFIG",
                             annotations={"storage-spec": "true", "storage-spec-key": "minio"}),
    "storage-container": Scheme("tide://iris", adds=("storage-initializer",), env="TIDE"),
    # Several sources: the reconciler adds them to the template, without annotations.
    "several": Scheme("", spec={
        "initContainers": [{"name": "storage-initializer", "image": "kserve/storage-initializer:v0.20.0", "args": SEVERAL,
                            "volumeMounts": [{"name": "mnt-models", "mountPath": "/mnt/models"}]}],
        "volumes": [{"name": "mnt-models", "emptyDir": {}}]}),
}
# Schemes that need their Secret.
WITH_SECRET = {name: scheme for name, scheme in SCHEMES.items() if scheme.secret}


def template(name, scheme):
    """A Pod template as the reconciler creates it."""
    annotations = {f"{INTERNAL}/{key}": value for key, value in scheme.annotations.items()}
    if scheme.uri:
        annotations[f"{INTERNAL}/storage-initializer-sourceuri"] = scheme.uri
    account = {"serviceAccountName": name} if scheme.secret else {}
    return {"metadata": {"labels": {LABEL: name, SCHEME: name}, "annotations": annotations},
            "spec": {"containers": [{"name": "kserve-container", "image": "server:1",
                                     "ports": [{"containerPort": 8080, "protocol": "TCP"}]}], **account, **scheme.spec}}


def deployment(name, namespace, pod):
    labels = {SCHEME: pod["metadata"]["labels"][SCHEME]}
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "namespace": namespace, "labels": labels},
            "spec": {"replicas": 1, "selector": {"matchLabels": labels}, "template": pod}}


def account(name, namespace, secret):
    return {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": namespace},
            "secrets": [{"name": secret}]}


def secret_of(name, namespace, data):
    return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": namespace}, "stringData": data}


def claim(name, namespace):
    """A claim with its own volume: there is no provisioner, and the scheduler waits for a volume."""
    volume, size = f"{namespace}-{name}", {"storage": "1Gi"}
    return [{"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": volume},
             "spec": {"capacity": size, "accessModes": ["ReadWriteMany"], "hostPath": {"path": "/models"},
                      "claimRef": {"namespace": namespace, "name": name}, "storageClassName": ""}},
            {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": name, "namespace": namespace},
             "spec": {"accessModes": ["ReadWriteMany"], "storageClassName": "", "volumeName": volume,
                      "resources": {"requests": size}}}]


def given(pod):
    """The Pod before scheduling, without the API server's own volume, which has a random name."""
    spec = copy.deepcopy(pod["spec"])
    spec.pop("nodeName", None)
    own = {v["name"] for v in spec.get("volumes", []) if v["name"].startswith("kube-api-access-")}
    spec["volumes"] = [v for v in spec.get("volumes", []) if v["name"] not in own]
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        container["volumeMounts"] = [m for m in container.get("volumeMounts", []) if m["name"] not in own]
    metadata = {kind: {k: v for k, v in pod["metadata"].get(kind, {}).items() if k not in ("pod-template-hash", SCHEME)}
                for kind in ("labels", "annotations")}
    return {**metadata, "spec": spec}


class SchemesTest(PodsTest):
    maxDiff = 8000

    def deploy(self, deployments):
        self.apply(*deployments)
        self.addCleanup(self.plane.kubectl, "delete", "deployments", "-A", "-l", SCHEME, "--wait=false")

    def deployments(self, namespace):
        items = self.plane.get(f"/apis/apps/v1/namespaces/{namespace}/deployments?labelSelector={SCHEME}")["items"]
        return {item["metadata"]["labels"][SCHEME]: item for item in items}

    def pods_of(self, namespace, expected):
        """Each Deployment's Pod, once all are ready."""
        def waiting():
            found = self.deployments(namespace)
            return {name: found.get(name, {}).get("status", {}).get("conditions") for name in expected
                    if found.get(name, {}).get("status", {}).get("readyReplicas") != 1}
        try:
            self.eventually("all are ready", lambda: not waiting(), READY_SECONDS)
        except AssertionError:
            self.fail("not ready: " + json.dumps(waiting(), indent=1))
        items = self.plane.get(f"/api/v1/namespaces/{namespace}/pods?labelSelector={SCHEME}")["items"]
        return {item["metadata"]["labels"][SCHEME]: item for item in items}

    def as_stored(self, pod, namespace):
        """The API server's result for a complete Pod."""
        body = {"apiVersion": "v1", "kind": "Pod", "spec": pod["spec"],
                "metadata": {"generateName": "as-", **{k: pod["metadata"].get(k, {}) for k in ("labels", "annotations")}}}
        return self.plane.post(f"/api/v1/namespaces/{namespace}/pods?dryRun=All", body)


class StorageSchemes(SchemesTest):
    def test_each_becomes_ready_with_the_predicted_pod(self):
        space = self.namespace
        known = [secret_of("storage-config", space, {"minio": json.dumps({"type": "s3", "bucket": "models"})}),
                 {"apiVersion": f"{GROUP}/v1alpha1", "kind": "ClusterStorageContainer", "metadata": {"name": "tide"},
                  "spec": {"container": {"name": "storage-initializer", "image": "tide:1", "env": [{"name": "TIDE", "value": "in"}]},
                           "supportedUriFormats": [{"prefix": "tide://"}]}}]
        for name, scheme in WITH_SECRET.items():
            known += [account(name, space, name), secret_of(name, space, scheme.secret)]
        self.addCleanup(self.plane.kubectl, "delete", "clusterstoragecontainer", "tide")
        self.addCleanup(self.plane.kubectl, "delete", "pv", f"{space}-models", "--wait=false")
        self.apply(*known, *claim("models", space))
        templates = {name: template(name, scheme) for name, scheme in SCHEMES.items()}
        self.deploy([deployment(name, space, pod) for name, pod in templates.items()])
        predicted = self.predicted(templates, known)
        for name, pod in self.pods_of(space, SCHEMES).items():
            with self.subTest(name):
                self.assertEqual(given(pod), given(self.as_stored(predicted[name], space)))
                self.assert_has_its_model(pod, SCHEMES[name])

    def assert_has_its_model(self, pod, scheme):
        containers = {c["name"]: c for c in [*pod["spec"]["containers"], *pod["spec"].get("initContainers", [])]}
        self.assertEqual(set(containers), {"kserve-container", *scheme.adds})
        mounts = containers["kserve-container"]["volumeMounts"]
        if scheme.uri:
            self.assertTrue([m for m in mounts if m["mountPath"].startswith("/mnt")], mounts)
        if scheme.env:
            self.assertIn(scheme.env, [e["name"] for e in containers["storage-initializer"]["env"]])
        self.assertNotIn("sentinel", json.dumps(pod))

    def predicted(self, templates, known):
        """The Pods by `modelgate review`, from manifests only."""
        folder = self.plane.directory / f"manifests-{self.namespace}"
        folder.mkdir()
        for source in (DEPLOY / "config").glob("*.yaml"):
            (folder / source.name).write_text(source.read_text())
        (folder / "known.yaml").write_text(yaml.safe_dump_all(known))
        pods = folder / "pods"
        pods.write_text(yaml.safe_dump_all({"apiVersion": "v1", "kind": "Pod", "spec": pod["spec"],
                                            "metadata": {"name": name, **pod["metadata"]}} for name, pod in templates.items()))
        done = subprocess.run([self.world.binaries / "modelgate", "review", "-o", "json", "-n", self.namespace,
                               "--manifests", folder, pods], capture_output=True, text=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stderr)
        return {pod["metadata"]["name"]: pod for pod in json.loads(done.stdout)["items"]}

    def test_without_its_secret_the_deployment_reports_what_to_create(self):
        space = self.namespace
        self.apply(*[account(name, space, f"{name}-secret") for name in WITH_SECRET])
        self.deploy([deployment(name, space, template(name, scheme)) for name, scheme in WITH_SECRET.items()])
        for name, scheme in WITH_SECRET.items():
            with self.subTest(name):
                words = [f'Pod "{name}-', f'"{name}-secret"', f'ServiceAccount "{name}"', scheme.known_by]
                text = self.eventually("the condition", lambda n=name: self.replica_failure(n))
                self.assert_contains(text, words)
                self.assert_contains(self.eventually("the event", lambda n=name: self.failed_create(n)), words)
        self.apply(secret_of("s3-secret", space, S3))
        self.eventually("it starts once the Secret exists",
                        lambda: self.deployments(space)["s3"]["status"].get("readyReplicas") == 1, READY_SECONDS)

    def assert_contains(self, text, words):
        for word in words:
            self.assertIn(word, text)
        self.assertNotIn("sentinel", text)

    def replica_failure(self, name):
        for condition in self.deployments(self.namespace)[name].get("status", {}).get("conditions", []):
            if condition["type"] == "ReplicaFailure":
                self.assertEqual((condition["status"], condition["reason"]), ("True", "FailedCreate"))
                return condition["message"]
        return None

    def failed_create(self, name):
        events = self.plane.get(f"/api/v1/namespaces/{self.namespace}/events?fieldSelector=reason=FailedCreate")["items"]
        return next((e["message"] for e in events if e["involvedObject"]["name"].rpartition("-")[0] == name), None)


class RecordedSchemes(SchemesTest):
    """The same with the answers recorded from KServe v0.20, its modes and its cluster state."""
    needs_kserve = True

    def test_each_becomes_ready_with_the_recorded_pod(self):
        self.use_recorded_cluster()
        self.addCleanup(self.plane.kubectl, "delete", "pv", "default-claim", "--wait=false")
        self.apply(*claim("claim", "default"))
        cases = recorded_cases()
        self.assertGreater(len(cases), 10)
        self.deploy([deployment(name, "default", self.recorded_template(name, case)) for name, case in cases.items()])
        for name, pod in self.pods_of("default", cases).items():
            with self.subTest(name):
                want = given(self.as_stored(cases[name]["expect"]["object"], "default"))
                self.assertEqual(given(pod), want)
        print("            " + ", ".join(sorted(uri_of(case) for case in cases.values())))

    @staticmethod
    def recorded_template(name, case):
        metadata = case["object"]["metadata"]
        return {"metadata": {"labels": {**metadata["labels"], SCHEME: name}, "annotations": metadata["annotations"]},
                "spec": case["object"]["spec"]}


def uri_of(case):
    return case["object"]["metadata"].get("annotations", {}).get(f"{INTERNAL}/storage-initializer-sourceuri", "")


def takes_part(spec):
    """Some recorded Pods mount volumes that they do not have, which the API server rejects. And an agent gets the Pod's name and
    the probe as they are without an API server."""
    volumes = {v["name"] for v in spec.get("volumes", [])}
    containers = [*spec["containers"], *spec.get("initContainers", [])]
    return (all(m["name"] in volumes for c in containers for m in c.get("volumeMounts", []))
            and "agent" not in [c["name"] for c in containers] and "nodeSelector" not in spec)


# The recorded account whose Secret is for this scheme.
ACCOUNTS = {"s3://": "sa-s3", "gs://": "sa-gcs", "hf://": "sa-hf", "hdfs://": "sa-hdfs", "https://acct.blob": "sa-az",
            "https://acct.file": "sa-azkey", "https://example": "sa-http", "webhdfs://": "sa-hdfs"}


def recorded_cases():
    """A case for each recorded URI: an allowed Pod that fits on a node here. Preferably one whose account has credentials for
    it."""
    accounts = {"default", *(d["metadata"]["name"] for d in yaml.safe_load_all((RECORDED / "fixtures.yaml").read_text())
                             if d["kind"] == "ServiceAccount")}
    found = {}
    for line in (RECORDED / "pods.jsonl").read_text().splitlines():
        case = json.loads(line)
        uri, spec = uri_of(case), case["object"]["spec"]
        name = spec.get("serviceAccountName", "default")
        usable = (case["expect"]["allowed"] and uri.partition("://")[2] and LABEL in case["object"]["metadata"].get("labels", {})
                  and name in accounts and takes_part(case["expect"]["object"]["spec"]))
        fits = any(uri.startswith(prefix) and name == account_name for prefix, account_name in ACCOUNTS.items())
        if usable and (uri not in found or fits > found[uri][0]):
            found[uri] = (fits, case)
    return {case["id"]: case for _, case in found.values()}
