# SPDX-License-Identifier: Apache-2.0
"""What stands around a predictor: transformer, explainer, and KServe's agent with logger and batcher."""
import concurrent.futures
import json
from pathlib import Path

import serving
from installation import STAND_INS, reference_in

SCRIPTS = Path(__file__).resolve().parent / "chains"
SPECIES = ("setosa", "versicolor", "virginica")
MEASURES = ("sepal_length", "sepal_width", "petal_length", "petal_width")
BATCH = 4
DUMPER_SECONDS, MESSAGE_SECONDS = 60, 20


class Chains(serving.ServingTest):
    def setUp(self):
        self.apply({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "chains", "namespace": serving.NAMESPACE},
                    "data": {path.name: path.read_text() for path in sorted(SCRIPTS.glob("*.py"))}})
        self.wanted = self.answers("iris/1")

    def script(self, name):
        """The part of a Pod that runs a script of chains/ on the image with KServe's SDK."""
        return {"volumes": [{"name": "scripts", "configMap": {"name": "chains"}}],
                "containers": [{"name": "kserve-container", "image": reference_in(*STAND_INS["sklearnserver"]),
                                "command": ["/usr/bin/python3.11", f"/scripts/{name}.py"], "resources": serving.SMALL,
                                "volumeMounts": [{"name": "scripts", "mountPath": "/scripts"}]}]}

    def model(self, **more):
        return {"model": {"modelFormat": {"name": "sklearn"}, "protocolVersion": "v1", "storageUri": "s3://models/iris/1",
                          "resources": serving.SMALL}, **more}

    def ask(self, url, name, verb, instances):
        status, body = serving.post(f"{url}/v1/models/{name}:{verb}", {"instances": instances})
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def predict(self, url, name, instances):
        return self.ask(url, name, "predict", instances)["predictions"]

    def test_transformer(self):
        self.serve("flowers", self.model(), transformer=self.script("transformer"))
        url = self.wait_ready("flowers")["status"]["url"]
        flowers = [dict(zip(MEASURES, instance)) for instance in self.wanted["instances"]]
        self.assertEqual(self.predict(url, "flowers", flowers), [SPECIES[int(p)] for p in self.wanted["predictions"]])

    def test_explainer(self):
        self.serve("explained", self.model(), explainer=self.script("explainer"))
        url = self.wait_ready("explained")["status"]["url"]
        instances = self.wanted["instances"]
        self.assertEqual(self.predict(url, "explained", instances), self.wanted["predictions"])
        wanted = []
        for instance, prediction in zip(instances, self.wanted["predictions"]):
            changed = [[*instance[:i], 0, *instance[i + 1:]] for i in range(len(instance))]
            wanted.append([i for i, p in enumerate(self.predict(url, "explained", changed)) if p != prediction])
        self.assertEqual(self.ask(url, "explained", "explain", instances)["explanations"], wanted)
        self.assertTrue(any(wanted), "no measure changes a prediction: this test would pass with any explainer")

    def test_transformer_and_explainer(self):
        self.serve("both", self.model(), transformer=self.script("transformer"), explainer=self.script("explainer"))
        url = self.wait_ready("both")["status"]["url"]
        flowers = [dict(zip(MEASURES, instance)) for instance in self.wanted["instances"]]
        self.assertEqual(self.predict(url, "both", flowers), [SPECIES[int(p)] for p in self.wanted["predictions"]])
        explained = self.ask(url, "both", "explain", self.wanted["instances"])["explanations"]
        self.assertEqual(len(explained), len(self.wanted["instances"]))

    def test_logger(self):
        dumper = self.dumper()
        self.serve("logged", self.model(logger={"mode": "all", "url": "http://dumper.models"}))
        url = self.wait_ready("logged")["status"]["url"]
        sent = [{"instances": [instance]} for instance in self.wanted["instances"][:3]]
        answers = [self.ask(url, "logged", "predict", one["instances"]) for one in sent]

        def messages():
            """Request -> its response. Others ask the service as well: the prober."""
            found = json.loads(serving.get(dumper)[1])
            responses = {m["id"]: m for m in found if m["type"] == "org.kubeflow.serving.inference.response"}
            pairs = [(m, responses[m["id"]]) for m in found
                     if m["type"] == "org.kubeflow.serving.inference.request" and m["data"] in sent and m["id"] in responses]
            return pairs if len(pairs) >= len(sent) else None

        pairs = self.eventually("a message for each request and response", messages, MESSAGE_SECONDS)
        self.assertCountEqual([json.dumps(request["data"]) for request, _ in pairs], map(json.dumps, sent))
        self.assertEqual(len({request["id"] for request, _ in pairs}), len(sent))
        for request, response in pairs:
            self.assertEqual(response["data"], answers[sent.index(request["data"])])
            for message in (request, response):
                self.assertEqual([message[name] for name in ("inferenceservicename", "namespace", "component")],
                                 ["logged", serving.NAMESPACE, "predictor"])

    def dumper(self):
        """Starts the sink; returns its URL."""
        pod = self.script("dumper")
        pod["containers"][0] |= {"readinessProbe": {"tcpSocket": {"port": 8080}, "periodSeconds": 1}}
        labels = {"app": "dumper"}
        metadata = {"name": "dumper", "namespace": serving.NAMESPACE}
        self.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": metadata,
                    "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}}},
                   {"apiVersion": "v1", "kind": "Service", "metadata": metadata,
                    "spec": {"selector": labels, "ports": [{"port": 80, "targetPort": 8080}]}})
        self.addCleanup(self.kubectl, "delete", "deployment,service", "dumper", "-n", serving.NAMESPACE, "--wait=false")
        self.kubectl("rollout", "status", "-n", serving.NAMESPACE, "deployment/dumper", "--timeout", f"{DUMPER_SECONDS}s",
                     timeout=DUMPER_SECONDS + 10)
        return "http://dumper.models.svc.cluster.local/"

    def test_batcher(self):
        self.serve("batched", self.model(batcher={"maxBatchSize": BATCH, "maxLatency": 5000}))
        url = self.wait_ready("batched")["status"]["url"]
        instances = self.wanted["instances"][:BATCH]
        with concurrent.futures.ThreadPoolExecutor(BATCH) as pool:
            answers = list(pool.map(lambda one: self.ask(url, "batched", "predict", [one]), instances))
        self.assertEqual([a["predictions"] for a in answers], [[p] for p in self.wanted["predictions"][:BATCH]])
        self.assertEqual(len({a["batchId"] for a in answers}), 1, answers)
        # One request alone waits for others no longer than maxLatency.
        self.assertEqual(self.predict(url, "batched", instances[:1]), self.wanted["predictions"][:1])
