# SPDX-License-Identifier: Apache-2.0
"""Each format with its server: the served model gives the answers that it gave when it was trained, through the Service of the
predictor and through the gateway."""
import json

import serving

SKLEARN, XGBOOST, LIGHTGBM = "sklearn", "xgboost", "lightgbm"


class Formats(serving.ServingTest):
    def predictions_v1(self, url, name, instances):
        status, body = serving.post(f"{url}/v1/models/{name}:predict", {"instances": instances})
        self.assertEqual(status, 200, body)
        return json.loads(body)["predictions"]

    def predictions_v2(self, url, name, instances):
        tensor = {"name": "input", "shape": [len(instances), len(instances[0])], "datatype": "FP64", "data": instances}
        status, body = serving.post(f"{url}/v2/models/{name}/infer", {"inputs": [tensor]})
        self.assertEqual(status, 200, body)
        return json.loads(body)["outputs"][0]["data"]

    def check(self, name, model, protocol, ask):
        wanted = self.answers(model)
        self.serve(name, {"model": {"modelFormat": {"name": protocol[0]}, "protocolVersion": protocol[1],
                                    "storageUri": f"s3://models/{model}", "resources": serving.SMALL}})
        status = self.wait_ready(name)["status"]
        for url in (status["url"], status["address"]["url"]):
            with self.subTest(url):
                found = ask(url, name, wanted["instances"])
                self.assertEqual(len(found), len(wanted["predictions"]))
                for one, other in zip(found, wanted["predictions"]):
                    self.assertAlmostEqual(one, other, places=4)

    def test_sklearn_v1(self):
        self.check("sklearn-v1", "iris/1", (SKLEARN, "v1"), self.predictions_v1)

    def test_sklearn_v2(self):
        self.check("sklearn-v2", "iris/1", (SKLEARN, "v2"), self.predictions_v2)

    def test_xgboost(self):
        self.check("xgboost-v2", "xgboost", (XGBOOST, "v2"), self.predictions_v2)

    def test_lightgbm(self):
        self.check("lightgbm-v2", "lightgbm", (LIGHTGBM, "v2"), self.predictions_v2)
