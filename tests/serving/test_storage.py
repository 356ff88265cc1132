# SPDX-License-Identifier: Apache-2.0
"""Each kind of storage, to a prediction. Downloads that fail: the status has the storage initializer's own words soon after the
kubelet has reported them, and correcting the service leads to a prediction without further help."""
import json
import shutil
import time

import azure
import iam
import serving
from serving import NAMESPACE

SERVERS = ("secure", "guarded", "azurite")
START_SECONDS = 500
# From the kubelet's report until the status has it.
NOTICE_SECONDS = 5
FAIL_SECONDS = 300
# Until the former Pod is gone.
FORGET_SECONDS = 60
S3_KEYS = {"AWS_ACCESS_KEY_ID": "reader", "AWS_SECRET_ACCESS_KEY": "readers-key"}
SERVER = ["/usr/bin/python3.11", "/app/custom_server.py"]
# containerd has image volumes since this release.
IMAGE_VOLUMES = (2, 1)


def s3_annotations(endpoint, https=False, **more):
    return {f"serving.kserve.io/s3-{name}": value for name, value in
            {"endpoint": endpoint, "usehttps": "1" if https else "0", "region": "us-east-1", **more}.items()}


def sklearn(**storage):
    return {"modelFormat": {"name": "sklearn"}, "resources": serving.SMALL, **storage}


class StorageTest(serving.ServingTest):
    keys = None  # of a user of the server `guarded`

    @classmethod
    def setUpClass(cls):
        if StorageTest.keys:
            return
        cluster, node = cls.cluster, cls.cluster.node
        node.kubectl("create", "namespace", "storage")
        names = [f"{name}.storage{suffix}" for name in SERVERS for suffix in ("", ".svc.cluster.local")]
        pair = node.ca.leaf("storage", names=[*names, azure.HOST])
        node.kubectl("create", "secret", "tls", "tls", "-n", "storage", "--cert", pair.certificate, "--key", pair.key)
        node.kubectl("apply", "--server-side", "-f", serving.HERE / "node" / "storage.yaml")
        node.kubectl("rollout", "status", "-n", "storage", "--timeout", f"{START_SECONDS}s",
                     *[f"deployment/{name}" for name in SERVERS])
        cluster.store_models_at("https://secure.storage.svc.cluster.local")
        guarded = f"http://{cluster.address_of('guarded', 'storage')}"
        cluster.store_models_at(guarded)
        StorageTest.keys = iam.make_reader(guarded)
        iam.require_keys(guarded)

    def predict(self, name, model="iris/1", path=None):
        self.wait_ready(name)
        server = self.cluster.address_of(f"{name}-predictor", NAMESPACE)
        wanted = self.answers(model)
        status, body = serving.post(f"http://{server}/v1/models/{path or name}:predict", {"instances": wanted["instances"]})
        self.assertEqual(status, 200, body)
        self.assertEqual(json.loads(body)["predictions"], wanted["predictions"])

    def check(self, name, what, predictor, model="iris/1"):
        with self.time_to_prediction(what):
            self.serve(name, predictor)
            self.predict(name, model)


class Storage(StorageTest):
    def test_s3_by_service_account(self):
        account = self.account("guarded-reader", StorageTest.keys, s3_annotations("guarded.storage"))
        self.check("s3-account", "s3, credentials by ServiceAccount",
                   {"serviceAccountName": account, "model": sklearn(storageUri="s3://models/iris/1")})

    def test_s3_by_storage_config(self):
        entry = {"type": "s3", "bucket": "models", "endpoint_url": "http://guarded.storage", "region": "us-east-1",
                 "access_key_id": StorageTest.keys["AWS_ACCESS_KEY_ID"],
                 "secret_access_key": StorageTest.keys["AWS_SECRET_ACCESS_KEY"]}
        self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "storage-config", "namespace": NAMESPACE},
                    "stringData": {"guarded": json.dumps(entry)}})
        self.addCleanup(self.kubectl, "delete", "secret/storage-config", "-n", NAMESPACE)
        self.check("s3-config", "s3, credentials by storage-config",
                   {"model": sklearn(storage={"key": "guarded", "path": "iris/2"})}, "iris/2")

    def test_s3_with_a_ca_bundle(self):
        authorities = self.cluster.node.ca.certificate.read_text()
        self.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "own-cas", "namespace": NAMESPACE},
                    "data": {"cabundle.crt": authorities}})
        self.addCleanup(self.kubectl, "delete", "configmap/own-cas", "-n", NAMESPACE)
        account = self.account("secure-reader", S3_KEYS,
                               s3_annotations("secure.storage", https=True, **{"cabundle-configmap": "own-cas"}))
        self.check("s3-tls", "s3 over https, CAs of a ConfigMap of the Secret",
                   {"serviceAccountName": account, "model": sklearn(storageUri="s3://models/iris/1")})

    def test_http(self):
        self.check("http", "http", {"model": sklearn(storageUri="http://s3.models/models/iris/1/model.joblib")})

    def test_https(self):
        self.check("https", "https, CAs of the configuration",
                   {"model": sklearn(storageUri="https://secure.storage/models/iris/1/model.joblib")})

    def test_claim(self):
        folder = self.cluster.node.state / "claim"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.cluster.parts / "models" / "iris", folder / "iris")
        size = {"storage": "1Gi"}
        self.apply({"apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "models"},
                    "spec": {"capacity": size, "accessModes": ["ReadOnlyMany"], "hostPath": {"path": str(folder)},
                             "claimRef": {"namespace": NAMESPACE, "name": "models"}, "storageClassName": ""}},
                   {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "models", "namespace": NAMESPACE},
                    "spec": {"accessModes": ["ReadOnlyMany"], "storageClassName": "", "volumeName": "models",
                             "resources": {"requests": size}}})
        self.addCleanup(self.kubectl, "delete", "persistentvolume/models", "--wait=false")
        self.addCleanup(self.kubectl, "delete", "persistentvolumeclaim/models", "-n", NAMESPACE, "--wait=false")
        self.check("claim", "pvc", {"model": sklearn(storageUri="pvc://models/iris/2")}, "iris/2")

    def test_azure(self):
        azure.store(self.cluster, "models", "iris/1/model.joblib",
                    (self.cluster.parts / "models" / "iris" / "1" / "model.joblib").read_bytes())
        account = self.account("azure-reader", {"AZURE_STORAGE_ACCESS_KEY": azure.KEY})
        self.check("azure", "Azure Blob", {"serviceAccountName": account,
                                           "model": sklearn(storageUri=f"https://{azure.HOST}/models/iris/1")})

    def test_oci_sidecar(self):
        self.check("oci", "oci, by a sidecar", {"model": sklearn(storageUri="oci://modelgate.test/model-iris:1")})

    def test_oci_volume(self):
        runtime = self.cluster.node.get("/api/v1/nodes")["items"][0]["status"]["nodeInfo"]["containerRuntimeVersion"]
        version = tuple(int(part) for part in runtime.partition("://")[2].split(".")[:2])
        if version < IMAGE_VOLUMES:
            self.skipTest(f"{runtime} has no image volumes; they need {'.'.join(map(str, IMAGE_VOLUMES))}")
        self.check("oci-native", "oci, by an image volume", {"model": sklearn(storageUri="oci+native://modelgate.test/model-iris:1")})

    def test_two_storage_uris(self):
        predictor = {
            "storageUris": [{"uri": "s3://models/iris/1", "mountPath": "/mnt/models/first"},
                            {"uri": "http://s3.models/models/iris/2/model.joblib", "mountPath": "/mnt/models/second"}],
            "containers": [{"name": "kserve-container", "image": serving.image_of("sklearnserver"), "command": SERVER,
                            "args": ["--name=two", "--directory=/mnt/models/first", "--more=second=/mnt/models/second"],
                            "resources": serving.SMALL}]}
        self.check("two", "two storageUris, s3 and http", predictor)
        self.predict("two", "iris/2", "second")


class FailedDownloads(StorageTest):
    def check_failure(self, name, wrong, right):
        """wrong, right: predictors."""
        self.serve(name, wrong)
        words, seconds = self.wait_for_words(name)
        print(f"    {seconds:5.1f} s until the status had the kubelet's report: {name}: {words}", flush=True)
        self.assertLess(seconds, NOTICE_SECONDS)
        with self.time_to_prediction(f"{name}, corrected"):
            self.serve(name, right)
            self.predict(name)
        deadline = time.monotonic() + FORGET_SECONDS
        while "lastFailureInfo" in self.service(name)["status"]["modelStatus"]:
            self.assertLess(time.monotonic(), deadline, "the status still has the failure")
            time.sleep(0.1)

    def wait_for_words(self, name):
        """The initializer's last words, and the seconds between the kubelet's report and the status. The kubelet reports the end of
        its log: the container has no termination message of its own."""
        reported = line = None
        deadline = time.monotonic() + FAIL_SECONDS
        while time.monotonic() < deadline:
            if not reported:
                message = self.failed_initializer(name)
                reported = time.monotonic() if message else None
                line = message.strip().splitlines()[-1] if message else None
            if line and line in self.service(name).get("status", {}).get("modelStatus", {}).get(
                    "lastFailureInfo", {}).get("message", ""):
                seconds = time.monotonic() - reported
                ready = next(c for c in self.service(name)["status"]["conditions"] if c["type"] == "PredictorReady")
                self.assertEqual(ready["status"], "False")
                self.assertIn(line, ready["message"])
                return line, seconds
            time.sleep(0.05)
        self.fail(f"no failure in the status of {name} after {FAIL_SECONDS} s, the kubelet's report: {line}\n"
                  f"{json.dumps(self.service(name).get('status'), indent=1)}")

    def failed_initializer(self, name):
        """What the kubelet reports of a storage initializer that has failed; None before that."""
        path = f"/api/v1/namespaces/{NAMESPACE}/pods?labelSelector=serving.kserve.io/inferenceservice={name}"
        for pod in self.cluster.node.get(path)["items"]:
            for container in pod["status"].get("initContainerStatuses", []):
                for state in (container["state"], container["lastState"]):
                    ended = state.get("terminated", {})
                    if ended.get("exitCode") and ended.get("message"):
                        return ended["message"]
        return None

    def right(self):
        return {"serviceAccountName": "s3-reader", "model": sklearn(storageUri="s3://models/iris/1")}

    def test_wrong_key(self):
        account = self.account("stranger", S3_KEYS, s3_annotations("guarded.storage"))
        reader = self.account("guarded-reader", StorageTest.keys, s3_annotations("guarded.storage"))
        model = sklearn(storageUri="s3://models/iris/1")
        self.check_failure("wrong-key", {"serviceAccountName": account, "model": model},
                           {"serviceAccountName": reader, "model": model})

    def test_missing_bucket(self):
        self.check_failure("missing-bucket", {"model": sklearn(storageUri="s3://none/iris/1")}, self.right())

    def test_wrong_path(self):
        self.check_failure("wrong-path", {"model": sklearn(storageUri="s3://models/iris/none")}, self.right())

    def test_unreachable_host(self):
        account = self.account("nowhere", S3_KEYS, s3_annotations("none.storage"))
        self.check_failure("unreachable", {"serviceAccountName": account, "model": sklearn(storageUri="s3://models/iris/1")},
                           self.right())
