# SPDX-License-Identifier: Apache-2.0
"""`modelgate doctor` on a real control plane: it finds nothing where all is well, and each fault that is planted.

The webhook here mends what it can within a second, so it runs without writing caBundles, and what it watches over is spoiled
in ways that it does not touch.
"""
import base64
import json
import subprocess
import time

import yaml

from certificates import Authority
from installed import CONFIG_MAP, DEPLOY, LEASE, NAMESPACE, REGISTRATION, REGISTRATIONS, SECRET
from processes import ENVIRONMENT, free_port
from test_installed import InstalledTest

HEALTHY, WARNINGS, ERRORS = 0, 1, 2
MUTATING = "mutatingwebhookconfigurations"
INGRESS_CLASS = {"apiVersion": "networking.k8s.io/v1", "kind": "IngressClass", "metadata": {"name": "istio"},
                 "spec": {"controller": "example.com/none"}}


class Doctor(InstalledTest):
    def setUp(self):
        super().setUp()
        self.plane.kubectl("apply", "-f", "-", stdin=INGRESS_CLASS)
        self.world.start_replica()
        self.world.wait_asked()
        self.world.stop_replicas()
        self.world.start_replica("--patch-ca-bundle=false")
        self.eventually("the lease to be held", lambda: not self.troubles(), seconds=30)

    # ---- running it

    def run_doctor(self, *flags, kubeconfig=None):
        return subprocess.run([str(self.world.binaries / "modelgate"), "doctor", "--kubeconfig",
                               str(kubeconfig or self.plane.kubeconfig), *flags],
                              capture_output=True, text=True, timeout=60, env=ENVIRONMENT)

    def findings(self, *flags):
        done = self.run_doctor("-o", "json", *flags)
        try:
            report = json.loads(done.stdout)
        except ValueError:
            self.fail(f"no JSON: {done.stdout}{done.stderr}")
        self.assertNotIn("PRIVATE KEY", done.stdout)
        return done.returncode, report["findings"]

    def troubles(self):
        """Check and severity of what is worse than not looked at."""
        _, findings = self.findings()
        return {(f["check"], f["severity"]) for f in findings if f["severity"] in ("warning", "error")}

    # ---- planting

    def stored(self, path):
        """An object as it can be created again."""
        found = self.plane.get(path)
        for field in ("resourceVersion", "uid", "creationTimestamp", "managedFields", "generation"):
            found["metadata"].pop(field, None)
        found.pop("status", None)
        return found

    def put_back(self, body, *where):
        self.plane.kubectl("delete", body["kind"], body["metadata"]["name"], *where, "--ignore-not-found")
        self.plane.kubectl("create", *where, "-f", "-", stdin=json.dumps(body))

    def patch_registrations(self, patch_of):
        for kind in REGISTRATIONS:
            hooks = self.world.registration(kind)["webhooks"]
            patch = [operation for i, hook in enumerate(hooks) for operation in patch_of(f"/webhooks/{i}", hook)]
            self.plane.kubectl("patch", kind, REGISTRATION, "--type=json", "-p", json.dumps(patch))

    def set_config(self, **keys):
        self.plane.kubectl("patch", "configmap", CONFIG_MAP, "-n", NAMESPACE, "--type=merge", "-p",
                           json.dumps({"data": {key: json.dumps(value) for key, value in keys.items()}}))

    # ---- the faults: each plants, gives what undoes it, and what is to be found

    def a_ca_bundle_of_another(self):
        before = base64.b64encode(self.world.bundles()[0].encode()).decode()
        other = Authority(self.plane.directory, f"other-{free_port()}").bundle()
        write = lambda bundle: self.patch_registrations(
            lambda at, _: [{"op": "replace", "path": at + "/clientConfig/caBundle", "value": bundle}])
        write(other)
        return lambda: write(before), {("ca-bundle", "error"), ("certificate", "error")}

    def no_registration(self):
        path = f"/apis/admissionregistration.k8s.io/v1/{MUTATING}/{REGISTRATION}"
        body = self.stored(path)
        self.plane.kubectl("delete", MUTATING, REGISTRATION)
        return lambda: self.put_back(body), {("registration", "error")}

    def a_policy_that_ignores(self):
        write = lambda policy: self.patch_registrations(
            lambda at, _: [{"op": "replace", "path": at + "/failurePolicy", "value": policy}])
        write("Ignore")
        return lambda: write("Fail"), {("registration-settings", "warning")}

    def a_service_without_endpoints(self):
        """Registered by Service, as deploy/ has it, and nobody behind it. Pods cannot be reached, so no certificate is seen."""
        urls = {}

        def to_service(at, hook):
            urls[hook["name"]] = hook["clientConfig"]["url"]
            path = "/" + hook["clientConfig"]["url"].split("/", 3)[3]
            return [{"op": "remove", "path": at + "/clientConfig/url"},
                    {"op": "add", "path": at + "/clientConfig/service",
                     "value": {"name": "modelgate-webhook", "namespace": NAMESPACE, "path": path, "port": 443}}]

        def back(at, hook):
            return [{"op": "remove", "path": at + "/clientConfig/service"},
                    {"op": "add", "path": at + "/clientConfig/url", "value": urls[hook["name"]]}]

        self.patch_registrations(to_service)
        self.scale(0)
        return lambda: (self.patch_registrations(back), self.scale(2)), {("endpoints", "error"), ("deployment", "error")}

    def scale(self, replicas):
        self.plane.kubectl("scale", "deployment", "modelgate-webhook", "-n", NAMESPACE, f"--replicas={replicas}")
        ready = lambda: self.plane.get(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/modelgate-webhook")["status"]
        self.eventually("the replicas", lambda: ready().get("readyReplicas", 0) == replicas, seconds=60)

    def a_forbidden_permission(self):
        path = f"/apis/rbac.authorization.k8s.io/v1/namespaces/{NAMESPACE}/rolebindings/modelgate-webhook-certificates"
        body = self.stored(path)
        self.plane.kubectl("delete", "rolebinding", "modelgate-webhook-certificates", "-n", NAMESPACE)
        return lambda: self.put_back(body, "-n", NAMESPACE), {("permissions", "error")}

    def a_spoiled_secret(self):
        path = f"/api/v1/namespaces/{NAMESPACE}/secrets/{SECRET}"
        body = self.stored(path)
        spoiled = json.dumps({"data": {"ca.crt": base64.b64encode(b"not a certificate").decode()}})
        self.plane.kubectl("patch", "secret", SECRET, "-n", NAMESPACE, "--type=merge", "-p", spoiled)
        undo = json.dumps({"data": body["data"]})
        return (lambda: self.plane.kubectl("patch", "secret", SECRET, "-n", NAMESPACE, "--type=merge", "-p", undo),
                {("ca-secret", "error")})

    def no_webhook_and_no_lease(self):
        self.world.stop_replicas()
        self.plane.kubectl("delete", "lease", LEASE, "-n", NAMESPACE)
        return lambda: self.world.start_replica("--patch-ca-bundle=false"), {("lease", "error"), ("certificate", "error")}

    def no_disruption_budget(self):
        path = f"/apis/policy/v1/namespaces/{NAMESPACE}/poddisruptionbudgets/modelgate-webhook"
        body = self.stored(path)
        self.plane.kubectl("delete", "pdb", "modelgate-webhook", "-n", NAMESPACE)
        return lambda: self.put_back(body, "-n", NAMESPACE), {("disruption-budget", "warning")}

    def a_broken_configuration(self):
        body = self.stored(f"/api/v1/namespaces/{NAMESPACE}/configmaps/{CONFIG_MAP}")
        self.set_config(deploy={"defaultDeploymentMode": "Standart"})
        return (lambda: self.set_config(deploy=json.loads(body["data"]["deploy"])), {("configuration", "error")})

    def a_mode_without_its_system(self):
        body = self.stored(f"/api/v1/namespaces/{NAMESPACE}/configmaps/{CONFIG_MAP}")
        self.set_config(deploy={"defaultDeploymentMode": "Knative"})
        return (lambda: self.set_config(deploy=json.loads(body["data"]["deploy"])),
                {("configured-mode", "error"), ("configured-mode", "warning")})

    def two_runtimes_alike(self):
        names = ["doctor-a", "doctor-b"]
        for name in names:
            self.plane.kubectl("create", "-f", "-", stdin={
                "apiVersion": "serving.kserve.io/v1alpha1", "kind": "ClusterServingRuntime", "metadata": {"name": name},
                "spec": {"supportedModelFormats": [{"name": "doctored", "autoSelect": True, "priority": 1}],
                         "containers": [{"name": "kserve-container", "image": "example/a"}]}})
        return lambda: self.plane.kubectl("delete", "clusterservingruntime", *names), {("runtimes", "warning")}

    def another_webhook_that_is_down(self):
        body = {"apiVersion": "admissionregistration.k8s.io/v1", "kind": "ValidatingWebhookConfiguration",
                "metadata": {"name": "gone.example.com"},
                "webhooks": [{"name": "gone.example.com", "admissionReviewVersions": ["v1"], "sideEffects": "None",
                              "clientConfig": {"service": {"name": "gone", "namespace": "default"}},
                              "rules": [{"apiGroups": ["serving.kserve.io"], "apiVersions": ["*"], "operations": ["CREATE"],
                                         "resources": ["inferenceservices"]}]}]}
        self.plane.kubectl("create", "-f", "-", stdin=body)
        return (lambda: self.plane.kubectl("delete", "validatingwebhookconfigurations", "gone.example.com"),
                {("other-webhooks", "error")})

    def a_missing_crd(self):
        self.plane.kubectl("delete", "crd", "clusterstoragecontainers.serving.kserve.io")
        return lambda: self.plane.kubectl("apply", "--server-side", "-k", DEPLOY / "crds"), {("crds", "error")}

    FAULTS = [a_ca_bundle_of_another, no_registration, a_policy_that_ignores, a_service_without_endpoints,
              a_forbidden_permission, a_spoiled_secret, no_webhook_and_no_lease, no_disruption_budget,
              a_broken_configuration, a_mode_without_its_system, two_runtimes_alike, another_webhook_that_is_down,
              a_missing_crd]

    # ---- the tests

    def test_finds_each_planted_fault_and_nothing_on_a_healthy_cluster(self):
        code, findings = self.findings()
        # The installation here is registered by URL, so that no Service is asked about.
        skipped = [f["check"] for f in findings if f["severity"] == "skipped"]
        self.assertEqual((code, skipped), (HEALTHY, ["endpoints"]))
        for plant in self.FAULTS:
            with self.subTest(plant.__name__):
                undo, expected = plant(self)
                try:
                    self.assertEqual(self.troubles(), expected)
                    errors = any(severity == "error" for _, severity in expected)
                    self.assertEqual(self.run_doctor().returncode, ERRORS if errors else WARNINGS)
                finally:
                    undo()
                self.eventually("it to be healthy again", lambda: not self.troubles(), seconds=30)

    def test_says_so_at_once_where_the_api_server_is_away(self):
        kubeconfig = yaml.safe_load(self.plane.kubeconfig.read_text())
        kubeconfig["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{free_port()}"
        away = self.plane.directory / "away.kubeconfig"
        away.write_text(yaml.safe_dump(kubeconfig))
        began = time.monotonic()
        done = self.run_doctor("-o", "json", kubeconfig=away)
        self.assertLess(time.monotonic() - began, 10)
        self.assertEqual(done.returncode, ERRORS)
        self.assertEqual([f["check"] for f in json.loads(done.stdout)["findings"]], ["api-server"])

    def test_goes_on_where_little_may_be_read(self):
        """The webhook's own account may read next to nothing of what is looked at."""
        done = self.run_doctor("-o", "json", kubeconfig=self.world.kubeconfig)
        findings = json.loads(done.stdout)["findings"]
        self.assertEqual([f for f in findings if f["severity"] in ("warning", "error")], [])
        self.assertGreater(len([f for f in findings if f["severity"] == "skipped"]), 3)

    def test_preflight_of_an_upgrade(self):
        done = self.run_doctor("--preflight")
        self.assertEqual(done.returncode, HEALTHY, done.stdout)
        self.assertIn("own-permissions", done.stdout)
