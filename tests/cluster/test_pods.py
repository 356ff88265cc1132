# SPDX-License-Identifier: Apache-2.0
"""Pods of a service through a real API server: the injected containers, volumes and credentials, from Secrets and accounts in
the cluster. The API server accepts only valid Pods.
"""
import json
import subprocess
import sys

from installed import CONFIG_MAP, DEPLOY, GROUP, NAMESPACE, ordinary, pod
from test_installed import InstalledTest
from world import CRDS

RECORDED = CRDS["kserve"].parent
INTERNAL = f"internal.{GROUP}"
POD_ROLE = "/apis/rbac.authorization.k8s.io/v1/clusterroles/modelgate-webhook-pods"
COMPATIBLE = {"validation": "Compatible", "runtimeSelection": "Defer", "resourceDefaults": False, "gpuTolerations": [],
              "podInjection": "Admission"}

# Each scheme: the model's URI, the data of the credentials' Secret, and a variable that the init container gets.
SCHEMES = {
    "s3": ("s3://models/iris", {"AWS_ACCESS_KEY_ID": "sentinel", "AWS_SECRET_ACCESS_KEY": "sentinel"}, "AWS_SECRET_ACCESS_KEY"),
    "gcs": ("gs://models/iris", {"gcloud-application-credentials.json": "sentinel"}, "GOOGLE_APPLICATION_CREDENTIALS"),
    "azure": ("https://acct.blob.core.windows.net/models/iris", {"AZURE_CLIENT_ID": "sentinel", "AZURE_TENANT_ID": "sentinel",
              "AZURE_CLIENT_SECRET": "sentinel", "AZURE_SUBSCRIPTION_ID": "sentinel"}, "AZURE_CLIENT_SECRET"),
    "azure-files": ("https://acct.file.core.windows.net/share/iris", {"AZURE_STORAGE_ACCESS_KEY": "sentinel"},
                    "AZURE_STORAGE_ACCESS_KEY"),
    "https": ("https://example.com/iris.tar.gz", {"https-host": "example.com", "headers": "X: sentinel"}, "example.com-headers"),
    "hdfs": ("hdfs://namenode/iris", {"HDFS_NAMENODE": "sentinel"}, None),
    "webhdfs": ("webhdfs://namenode/iris", {"HDFS_NAMENODE": "sentinel"}, None),
    "hugging-face": ("hf://org/iris", {"HF_TOKEN": "sentinel"}, "HF_TOKEN"),
}


def pod_of(annotations, account=""):
    body = pod()
    body["metadata"]["annotations"] = {f"{INTERNAL}/{name}": value for name, value in annotations.items()}
    if account:
        body["spec"]["serviceAccountName"] = account
    return body


class PodsTest(InstalledTest):
    def setUp(self):
        super().setUp()
        self.account("default")
        self.replica = self.world.start_replica()
        self.world.wait_asked()

    def apply(self, *objects):
        self.plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", "-",
                           stdin={"apiVersion": "v1", "kind": "List", "items": list(objects)})

    def account(self, name, *secrets):
        self.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": name, "namespace": "default"},
                    "secrets": [{"name": secret} for secret in secrets]})

    def use_recorded_cluster(self):
        """The configuration and objects of the recording of KServe v0.20."""
        before = self.plane.get(f"/api/v1/namespaces/{NAMESPACE}/configmaps/{CONFIG_MAP}")["data"]
        self.addCleanup(lambda: self.configure(**before))
        recorded = json.loads((RECORDED / "cluster.json").read_text())["items"]
        data = next(item["data"] for item in recorded if item["kind"] == "ConfigMap")
        self.configure(**data, modelgate=json.dumps(COMPATIBLE))
        self.addCleanup(self.plane.kubectl, "apply", "--server-side", "--force-conflicts", "-f", DEPLOY / "config" / "storage-container.yaml")
        self.addCleanup(self.plane.kubectl, "delete", "-f", RECORDED / "fixtures.yaml", "--wait=false")
        self.plane.kubectl("apply", "--server-side", "--force-conflicts", "-f", RECORDED / "fixtures.yaml")
        self.eventually("the configuration is used", lambda: isinstance(self.dry_run(pod_of(
            {"storage-initializer-sourceuri": "nothing-that-strict-takes"}), "pods"), dict))

    def initializer(self, body):
        made = self.dry_run(body, "pods")
        self.assertIsInstance(made, dict, made)
        return made, {c["name"]: c for c in made["spec"].get("initContainers", [])}.get("storage-initializer")


class Pods(PodsTest):
    def test_each_scheme_gets_its_credentials_and_no_secret(self):
        for name, (uri, data, expected) in SCHEMES.items():
            with self.subTest(name):
                self.account(name, name)
                refused = self.dry_run(pod_of({"storage-initializer-sourceuri": uri}, name), "pods")
                self.assertIn(f'"{name}"', refused)
                self.assertIn(f'ServiceAccount "{name}"', refused)
                self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name, "namespace": "default"},
                            "stringData": data})
                made, container = self.initializer(pod_of({"storage-initializer-sourceuri": uri}, name))
                self.assertEqual(container["args"], [uri, "/mnt/models"])
                if expected:
                    self.assertIn(expected, [env["name"] for env in container["env"]])
                else:
                    self.assertIn(name.removeprefix("web") + "-secrets", [volume["name"] for volume in made["spec"]["volumes"]])
                self.assertNotIn("sentinel", json.dumps(made))

    def test_claims_images_and_the_agent(self):
        for annotations in ({"storage-initializer-sourceuri": "pvc://claim/iris"}, {"storage-initializer-sourceuri": "pvc://claim"},
                            {"storage-initializer-sourceuri": "oci://registry.example.com/iris:1"},
                            {"storage-initializer-sourceuri": "oci+native://registry.example.com/iris:1"},
                            {"logger": "true", "batcher": "true"},
                            {"agent": "true", "modelDir": "/mnt/models", "configVolumeName": "models"}):
            with self.subTest(annotations):
                made = self.dry_run(pod_of(annotations), "pods")
                self.assertIsInstance(made, dict, made)
                self.assertGreater(len(made["spec"].get("volumes", [])) + len(made["spec"]["containers"]), 1)

    def test_a_storage_container_is_used_immediately(self):
        body = pod_of({"storage-initializer-sourceuri": "tide://iris"})
        self.assertIn("tide://iris", self.dry_run(body, "pods"))
        self.addCleanup(self.plane.kubectl, "delete", "clusterstoragecontainer", "tide")
        self.apply({"apiVersion": f"{GROUP}/v1alpha1", "kind": "ClusterStorageContainer", "metadata": {"name": "tide"},
                    "spec": {"container": {"name": "storage-initializer", "image": "tide"},
                             "supportedUriFormats": [{"prefix": "tide://"}]}})
        _, container = self.initializer(body)
        self.assertEqual(container["image"], "tide")


class Unread(PodsTest):
    """A Pod that started without its credentials would stay without them."""
    NAMES = ["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]

    def reader(self, namespace):
        self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s3", "namespace": namespace},
                    "stringData": dict.fromkeys(self.NAMES, "sentinel")},
                   {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader", "namespace": namespace},
                    "secrets": [{"name": "s3"}]})

    def create(self, namespace):
        """The credentials that a new Pod would get, or the error."""
        body = pod_of({"storage-initializer-sourceuri": "s3://models/iris"}, "reader")
        done = self.plane.kubectl("create", "--dry-run=server", "-n", namespace, "-o", "json", "-f", "-", stdin=body, expect=None)
        if done.returncode != 0:
            return done.stderr
        container = json.loads(done.stdout)["spec"]["initContainers"][0]
        return sorted(env["name"] for env in container.get("env", []) if env["name"] in self.NAMES)

    def test_without_the_permission_it_is_not_created(self):
        self.reader("default")
        self.assertEqual(self.create("default"), self.NAMES)
        role = self.plane.get(POD_ROLE)
        self.addCleanup(self.plane.kubectl, "apply", "--server-side", "--force-conflicts", "-f", DEPLOY / "base" / "role-pods.yaml")
        rules = [{**rule, "resources": [r for r in rule["resources"] if r != "secrets"]} for rule in role["rules"]]
        self.plane.kubectl("patch", "clusterrole", role["metadata"]["name"], "--type=merge", "-p", json.dumps({"rules": rules}))
        self.eventually("an error", lambda: isinstance(self.create("default"), str))
        refused = self.create("default")
        self.assertIn("Secret s3 could not be read", refused)
        self.assertIn("403", refused)
        self.plane.kubectl("patch", "clusterrole", role["metadata"]["name"], "--type=merge", "-p", json.dumps({"rules": role["rules"]}))
        self.eventually("the credentials", lambda: self.create("default") == self.NAMES)

    def test_lookups_for_another_namespace_do_not_take_its_credentials(self):
        self.reader(self.namespace)
        with self.world.load(many_missing_runtimes(), connections=30) as load:
            created = [self.create(self.namespace) for _ in range(10)]
        print(f"            lookups of another namespace: {load.results()}")
        for answer in created:
            self.assertTrue(answer == self.NAMES or isinstance(answer, str), answer)
        self.assertIn(self.NAMES, created)


def many_missing_runtimes():
    """A service of which each canary names another runtime that does not exist: each is looked up."""
    def predictor(i):
        return {"name": f"c{i}", "model": {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://models/iris", "runtime": f"r{i}"}}
    service = ordinary()
    service["spec"]["canary"] = [{"trafficPercent": 0, "predictor": predictor(i)} for i in range(32)]
    return service


class LeftOut(PodsTest):
    def test_a_write_in_an_excluded_namespace_gets_a_warning(self):
        service = {"apiVersion": f"{GROUP}/v1beta1", "kind": "InferenceService", "metadata": {"name": "a"},
                   "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}}}}}
        with_model = pod_of({"storage-initializer-sourceuri": "s3://models/iris"})
        other = {**with_model, "metadata": {"name": "other"}}
        def written(namespace, body):
            return self.plane.kubectl("create", "--dry-run=server", "-n", namespace, "-f", "-", stdin=body, expect=None).stderr
        for namespace in (NAMESPACE, "kube-system"):
            self.eventually("the policy is used", lambda n=namespace: "neither defaulted nor validated" in written(n, service))
        # Our own namespace rejects such Pods.
        self.assertIn("this Pod gets neither its model nor credentials", written("kube-system", with_model))
        self.assertNotIn("does not review", written("kube-system", other))
        self.assertNotIn("does not review", written("default", with_model))


class RecordedPods(PodsTest):
    """The recorded answers of KServe v0.20, with the recorded objects in the cluster."""
    needs_kserve = True

    def test_recorded_pods(self):
        self.use_recorded_cluster()
        ca = self.plane.directory / "recorded-ca.crt"
        ca.write_text(self.world.secret()["ca.crt"])
        checked = subprocess.run([sys.executable, RECORDED / "check.py", "admission", "--url",
                                  f"https://127.0.0.1:{self.replica.port}", "--cacert", ca, RECORDED / "pods.jsonl"],
                                 capture_output=True, text=True, timeout=300)
        *differences, summary = checked.stdout.strip().splitlines() or [checked.stderr]
        self.assertEqual(differences, [], summary)
        print(f"            {summary}")
