# SPDX-License-Identifier: Apache-2.0
"""A user's program on KServe's Python SDK: it creates a service, waits, predicts, patches, replaces and deletes. Run by
test_sdk.py with the images' Python, which has the SDK; prints a line of JSON for each step.

    sdk_client.py KUBECONFIG NAMESPACE NAME FIRST_STORAGE_URI SECOND_STORAGE_URI INSTANCES
"""
import asyncio
import json
import sys
import time

import kserve
from kubernetes import client

SECONDS = 180
# How often the SDK asks; it asks every ten seconds by default.
POLL_SECONDS = 1


def main():
    kubeconfig, namespace, name, first, second, instances = sys.argv[1:]
    api = kserve.KServeClient(config_file=kubeconfig)
    user = User(api, namespace, name, json.loads(instances))

    user.step("create", lambda: api.create(user.service(first)))
    user.step("wait", lambda: api.wait_isvc_ready(name, namespace, timeout_seconds=SECONDS, polling_interval=POLL_SECONDS))
    user.step("watch", lambda: api.wait_isvc_ready(name, namespace, timeout_seconds=SECONDS, watch=True))
    user.step("predict", user.predictions)

    patched = api.patch(name, user.service(second), namespace=namespace)
    user.step("patch", lambda: api.wait_isvc_ready(name, namespace, timeout_seconds=SECONDS, polling_interval=POLL_SECONDS,
                                                   expected_generation=patched["metadata"]["generation"]))
    user.step("predict the second", lambda: user.predictions_of_the_second())

    user.step("replace", lambda: user.replace(user.service(second, min_replicas=2)))
    user.step("wait for the replaced", lambda: api.wait_isvc_ready(
        name, namespace, timeout_seconds=SECONDS, polling_interval=POLL_SECONDS,
        expected_generation=api.get(name, namespace)["metadata"]["generation"]))
    user.step("list", lambda: [item["metadata"]["name"] for item in api.get(namespace=namespace)["items"]])
    user.step("refused", user.refused)
    user.step("delete", lambda: api.delete(name, namespace))
    user.step("gone", user.gone)


class User:
    def __init__(self, api, namespace, name, instances):
        self.api, self.namespace, self.name, self.instances = api, namespace, name, instances
        self.before = None

    def service(self, storage_uri, **predictor):
        model = kserve.V1beta1SKLearnSpec(storage_uri=storage_uri, resources=client.V1ResourceRequirements(
            requests={"cpu": "50m", "memory": "200Mi"}, limits={"cpu": "2", "memory": "1Gi"}))
        return kserve.V1beta1InferenceService(
            api_version=kserve.constants.KSERVE_V1BETA1, kind=kserve.constants.KSERVE_KIND_INFERENCESERVICE,
            metadata=client.V1ObjectMeta(name=self.name, namespace=self.namespace),
            spec=kserve.V1beta1InferenceServiceSpec(predictor=kserve.V1beta1PredictorSpec(
                service_account_name="s3-reader", sklearn=model, **predictor)))

    def step(self, name, run):
        began = time.monotonic()
        result = run()
        if name == "predict":
            self.before = result
        print("result " + json.dumps({"step": name, "seconds": time.monotonic() - began, "result": result}), flush=True)

    def replace(self, service):
        """The SDK reads the version of the object first. The status may be written in between: then the user tries again."""
        deadline = time.monotonic() + SECONDS
        while True:
            try:
                return self.api.replace(self.name, service, namespace=self.namespace)
            except RuntimeError as error:
                if "(409)" not in str(error) or time.monotonic() > deadline:
                    raise
                service.metadata.resource_version = None

    def predictions(self):
        return asyncio.run(self.ask())

    async def ask(self):
        url = self.api.get(self.name, self.namespace)["status"]["url"]
        rest = kserve.InferenceRESTClient(kserve.inference_client.RESTConfig(protocol="v1"))
        try:
            return (await rest.infer(url, {"instances": self.instances}, model_name=self.name))["predictions"]
        finally:
            await rest.close()

    def predictions_of_the_second(self):
        """Pods of the first version still answer until they are gone from the gateway."""
        deadline = time.monotonic() + SECONDS
        while True:
            found = self.predictions()
            if found != self.before or time.monotonic() > deadline:
                return found
            time.sleep(0.2)

    def refused(self):
        """What the SDK says when admission denies a service."""
        broken = self.service("ftp://nowhere/model")
        broken.metadata.name = "sdk-broken"
        try:
            self.api.create(broken)
        except RuntimeError as error:
            return str(error)
        return ""

    def gone(self):
        deadline = time.monotonic() + SECONDS
        while time.monotonic() < deadline:
            try:
                self.api.get(self.name, self.namespace)
            except RuntimeError as error:
                return "404" in str(error)
            time.sleep(0.2)
        return False


if __name__ == "__main__":
    main()
