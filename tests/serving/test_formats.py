# SPDX-License-Identifier: Apache-2.0
"""Each format with its server: the served model gives the answers that it gave when it was trained, through the ClusterIP of the
predictor's Service, through the gateway at `status.url`, and from another namespace at `status.address`."""
import json

import serving

SKLEARN, XGBOOST, LIGHTGBM = "sklearn", "xgboost", "lightgbm"
SERVER = ["/usr/bin/python3.11", "/app/custom_server.py"]
# Loads what the storage initializer fetched. Templates fill in the rest, {{.StorageUri}} among it.
RUNTIME = {
    "apiVersion": "serving.kserve.io/v1alpha1", "kind": "ClusterServingRuntime", "metadata": {"name": "own-iris"},
    "spec": {"supportedModelFormats": [{"name": "own", "version": "1", "autoSelect": True}], "protocolVersions": ["v1"],
             "containers": [{"name": "kserve-container", "command": SERVER, "resources": serving.SMALL,
                             "args": ["--name={{.Name}}", "--directory=/mnt/models",
                                      "--about={{.Namespace}} {{.StorageUri}} {{.Labels.team}}"]}]}}


class Formats(serving.ServingTest):
    def v1(self, post, url, name, instances):
        status, body = post(f"{url}/v1/models/{name}:predict", {"instances": instances})
        self.assertEqual(status, 200, body)
        return json.loads(body)["predictions"]

    def v2(self, post, url, name, instances):
        tensor = {"name": "input", "shape": [len(instances), len(instances[0])], "datatype": "FP64", "data": instances}
        status, body = post(f"{url}/v2/models/{name}/infer", {"inputs": [tensor]})
        self.assertEqual(status, 200, body)
        return json.loads(body)["outputs"][0]["data"]

    def check(self, name, model, predictor, ask, **metadata):
        with self.time_to_prediction(name) as clock:
            self.serve(name, predictor, **metadata)
            status = self.wait_ready(name)["status"]
            cluster_ip = f"http://{self.cluster.address_of(f'{name}-predictor', serving.NAMESPACE)}"
            self.compare(ask, serving.post, cluster_ip, name, model)
            clock.stop()
        for post, url in ((serving.post, status["url"]), (self.ask_from_another_namespace, status["address"]["url"])):
            with self.subTest(url):
                self.compare(ask, post, url, name, model)

    def compare(self, ask, post, url, name, model):
        wanted = self.answers(model)
        found = ask(post, url, name, wanted["instances"])
        self.assertEqual(len(found), len(wanted["predictions"]))
        for one, other in zip(found, wanted["predictions"]):
            self.assertAlmostEqual(one, other, places=4)

    def test_sklearn_v1(self):
        self.check("sklearn-v1", "iris/1", model_of(SKLEARN, "v1", "iris/1"), self.v1)

    def test_sklearn_v2(self):
        self.check("sklearn-v2", "iris/1", model_of(SKLEARN, "v2", "iris/1"), self.v2)

    def test_xgboost(self):
        self.check("xgboost-v2", "xgboost", model_of(XGBOOST, "v2", "xgboost"), self.v2)

    def test_lightgbm(self):
        self.check("lightgbm-v2", "lightgbm", model_of(LIGHTGBM, "v2", "lightgbm"), self.v2)

    def test_own_runtime(self):
        runtime = json.loads(json.dumps(RUNTIME))
        runtime["spec"]["containers"][0]["image"] = serving.image_of("sklearnserver")
        self.apply(runtime)
        self.addCleanup(self.kubectl, "delete", "clusterservingruntime", "own-iris")
        self.check("own-runtime", "iris/2", model_of("own", "v1", "iris/2"), self.v1, labels={"team": "flowers"})
        url = self.service("own-runtime")["status"]["url"]
        _, body = serving.post(f"{url}/v1/models/own-runtime:predict", {"instances": self.answers("iris/2")["instances"]})
        self.assertEqual(json.loads(body)["about"], "models s3://models/iris/2 flowers")

    def test_own_container(self):
        self.check("own-container", "iris/2", {"containers": [{
            "name": "kserve-container", "image": serving.image_of("sklearnserver"), "command": SERVER,
            "args": ["--name=own-container", "--directory=/mnt/models"],
            "env": [{"name": "STORAGE_URI", "value": "s3://models/iris/2"}], "resources": serving.SMALL}]}, self.v1)


def model_of(model_format, protocol, path):
    return {"model": {"modelFormat": {"name": model_format}, "protocolVersion": protocol, "storageUri": f"s3://models/{path}",
                      "resources": serving.SMALL}}
