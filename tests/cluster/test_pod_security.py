# SPDX-License-Identifier: Apache-2.0
"""Pod Security admission of a real API server: in a namespace with the level `restricted`, Pods of a service are admitted with
whatever the webhook adds to them, for each kind of storage; and so are Pods of our own programs and of the built-in runtimes.
"""
import copy
import json
import urllib.error

import yaml

from installed import DEPLOY, GROUP, pod
from test_pods import COMPATIBLE, INTERNAL
from test_storage_schemes import LABEL, SCHEMES, WITH_SECRET, SchemesTest, account, secret_of, template

RESTRICTED = {"allowPrivilegeEscalation": False, "capabilities": {"drop": ["ALL"]}, "runAsNonRoot": True,
              "seccompProfile": {"type": "RuntimeDefault"}}
DENIED = 'violates PodSecurity "restricted'
# What the agent does.
AGENTS = {"logger": {"logger": "true", "logger-mode": "all"}, "batcher": {"batcher": "true"},
          "puller": {"agent": "true", "modelDir": "/mnt/models", "configVolumeName": "models"}}
# Their images run as root.
ROOT = {"vllmserver", "huggingfaceserver-multinode"}


class PodSecurity(SchemesTest):
    def setUp(self):
        super().setUp()
        self.plane.kubectl("label", "namespace", self.namespace, "pod-security.kubernetes.io/enforce=restricted")

    def admitted(self, body):
        """The Pod as it would be stored, or the API server's error as text."""
        try:
            return self.plane.post(f"/api/v1/namespaces/{self.namespace}/pods?dryRun=All", body)
        except urllib.error.HTTPError as error:
            return json.load(error)["message"]

    def with_storage(self):
        """A Pod for each kind of storage; its server complies."""
        known = [secret_of("storage-config", self.namespace, {"minio": json.dumps({"type": "s3", "bucket": "models"})}),
                 {"apiVersion": f"{GROUP}/v1alpha1", "kind": "ClusterStorageContainer", "metadata": {"name": "tide"},
                  "spec": {"container": {"name": "storage-initializer", "image": "tide:1"},
                           "supportedUriFormats": [{"prefix": "tide://"}]}}]
        for name, scheme in WITH_SECRET.items():
            known += [account(name, self.namespace, name), secret_of(name, self.namespace, scheme.secret)]
        self.addCleanup(self.plane.kubectl, "delete", "clusterstoragecontainer", "tide", "--ignore-not-found")
        self.apply({"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "default", "namespace": self.namespace}}, *known)
        for name, scheme in SCHEMES.items():
            body = template(name, scheme)
            body = copy.deepcopy({"apiVersion": "v1", "kind": "Pod", **body})
            body["metadata"]["generateName"] = "restricted-"
            body["spec"]["containers"][0]["securityContext"] = dict(RESTRICTED)
            yield name, body

    def with_agent(self):
        for name, annotations in AGENTS.items():
            body = pod()
            body["metadata"]["annotations"] = {f"{INTERNAL}/{key}": value for key, value in annotations.items()}
            body["spec"]["containers"][0]["securityContext"] = dict(RESTRICTED)
            yield name, body

    def test_pods_with_each_kind_of_storage_and_each_agent(self):
        for name, body in [*self.with_storage(), *self.with_agent()]:
            with self.subTest(name):
                made = self.admitted(body)
                self.assertIsInstance(made, dict, made)
                if name in SCHEMES:
                    self.assert_added(made, SCHEMES[name].adds)
                else:
                    self.assert_added(made, ("agent",))

    def assert_added(self, made, names):
        containers = {c["name"]: c for c in [*made["spec"]["containers"], *made["spec"].get("initContainers", [])]}
        self.assertEqual(set(containers), {"kserve-container", *names})
        for name in names:
            self.assertEqual({**containers[name]["securityContext"], **RESTRICTED}, containers[name]["securityContext"])

    def test_a_denial_is_about_the_users_container_only(self):
        for name, body in [*self.with_storage(), *self.with_agent()]:
            with self.subTest(name):
                del body["spec"]["containers"][0]["securityContext"]
                text = self.admitted(body)
                self.assertIn(DENIED, text)
                self.assertIn("kserve-container", text)
                if name != "storage-container":  # its image may run as root, as may the server
                    for added in ("storage-initializer", "modelcar", '"agent"'):
                        self.assertNotIn(added, text)

    def test_in_compatible_the_storage_initializer_is_denied_as_in_kserve(self):
        self.configure(modelgate=json.dumps(COMPATIBLE))
        self.addCleanup(self.configure, modelgate="{}")
        body = dict(self.with_storage())["http"]
        self.eventually("the setting is used", lambda: isinstance(self.admitted(body), str))
        self.assertIn("storage-initializer", self.admitted(body))

    def test_our_own_programs(self):
        for folder in ("base", "reconciler"):
            with self.subTest(folder):
                documents = yaml.safe_load_all((DEPLOY / folder / "deployment.yaml").read_text())
                spec = next(d for d in documents if d["kind"] == "Deployment")["spec"]["template"]["spec"]
                for key in ("serviceAccountName", "priorityClassName"):
                    spec.pop(key, None)
                body = {"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "own-"}, "spec": spec}
                self.assertIsInstance(self.admitted(body), dict, self.admitted(body))

    def test_built_in_runtimes(self):
        for path in sorted((DEPLOY / "runtimes").glob("*.yaml")):
            runtime = yaml.safe_load(path.read_text())["spec"]
            with self.subTest(path.stem):
                spec = {"containers": runtime["containers"], "volumes": runtime.get("volumes", [])}
                body = {"apiVersion": "v1", "kind": "Pod", "spec": spec,
                        "metadata": {"generateName": "runtime-", "labels": {LABEL: "runtime"}}}
                made = self.admitted(body)
                self.assertEqual(isinstance(made, dict), path.stem not in ROOT, made)
