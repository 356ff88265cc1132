# SPDX-License-Identifier: Apache-2.0
"""`modelgate doctor` on a real control plane: no findings in a healthy cluster, and each injected fault.

The webhook repairs what it can within a second, so it runs without writing caBundles, and the faults are such that it does
not repair them. kwok simulates the Pods of the reconciler's Deployment; the reconciler itself is a process.
"""
import base64
import calendar
import json
import subprocess
import time

import yaml

from certificates import Authority
from installed import CONFIG_MAP, DEPLOY, GROUP, LEASE, NAMESPACE, REGISTRATION, REGISTRATIONS, SECRET
from processes import ENVIRONMENT, free_port
from reconciled import INGRESS_CLASS
from reconciled import LEASE as RECONCILER
from test_installed import InstalledTest
from world import ClusterTest, inference_service

HEALTHY, WARNINGS, ERRORS = 0, 1, 2
MUTATING = "mutatingwebhookconfigurations"
KSERVES = "kserve-controller-manager"
KSERVE = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": KSERVES, "namespace": "default"},
          "spec": {"replicas": 1, "selector": {"matchLabels": {"app": KSERVES}},
                   "template": {"metadata": {"labels": {"app": KSERVES}},
                                "spec": {"containers": [{"name": "manager", "image": "example/manager:1"}]}}}}
MODEL = {"model": {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://models/iris"}}
BY_CPU = {"minReplicas": 1, "maxReplicas": 2, "autoScaling": {"metrics": [
    {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}]}}
HTTP_ROUTES = "httproutes.gateway.networking.k8s.io"


class Doctor(InstalledTest):
    crds = "reconciled"

    @classmethod
    def setUpClass(cls):
        """Its own world: the doctor would find remains of other tests, and the faults would affect them."""
        ClusterTest.leave()
        super().setUpClass()

    @classmethod
    def tearDownClass(cls):
        ClusterTest.leave()
        super().tearDownClass()

    def setUp(self):
        super().setUp()
        self.addCleanup(self.world.stop_reconcilers)
        self.world.start_reconciler()
        self.roll_out(RECONCILER, 2)
        self.plane.kubectl("apply", "-f", "-", stdin=INGRESS_CLASS)
        self.world.start_replica()
        self.world.wait_asked()
        self.world.stop_replicas()
        self.world.start_replica("--patch-ca-bundle=false")
        self.eventually("the lease to be held", lambda: not self.troubles(), seconds=30)

    # ---- running the doctor

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
        """Check and severity of all warnings and errors."""
        _, findings = self.findings()
        return {(f["check"], f["severity"]) for f in findings if f["severity"] in ("warning", "error")}

    # ---- injecting faults

    def stored(self, path):
        """An object in a form that can be created again."""
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

    # ---- the faults: each injects one, and returns a function that reverts it and the expected findings

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
        """Registered by Service, as in deploy/, without endpoints. Pods cannot be reached, so no certificate is checked."""
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

    def scale(self, replicas, name="modelgate-webhook"):
        self.plane.kubectl("scale", "deployment", name, "-n", NAMESPACE, f"--replicas={replicas}")
        self.roll_out(name, replicas)

    def roll_out(self, name, replicas):
        status = lambda: self.plane.get(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{name}").get("status", {})
        self.eventually("the replicas", lambda: status().get("availableReplicas", 0) == replicas, seconds=60)

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
        return lambda: self.set_config(deploy=json.loads(body["data"]["deploy"])), {("configured-mode", "error")}

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

    # ---- faults of the reconciler

    def no_reconciler(self):
        """The process exits and releases the lease; the simulated Pods do not take it."""
        self.world.stop_reconcilers()
        return self.world.start_reconciler, {("reconciler-lease", "error")}

    def a_lease_of_a_dead_holder(self):
        self.world.stop_reconcilers()
        self.plane.kubectl("patch", "lease", RECONCILER, "-n", NAMESPACE, "--type=merge", "-p", json.dumps(
            {"spec": {"holderIdentity": f"{RECONCILER}-gone_1", "renewTime": "2020-01-01T00:00:00.000000Z"}}))
        return self.world.start_reconciler, {("reconciler-lease", "error")}

    def a_reconciler_that_sleeps(self):
        self.world.stop_reconcilers()
        self.scale(0, RECONCILER)
        return (lambda: (self.scale(2, RECONCILER), self.world.start_reconciler()),
                {("reconciler", "warning"), ("controllers", "error")})

    def kserves_controller_beside_it(self):
        self.plane.kubectl("create", "-f", "-", stdin=KSERVE)
        return (lambda: self.plane.kubectl("delete", "deployment", KSERVES, "-n", "default"),
                {("controllers", "error")})

    def a_second_installation(self):
        second = {**KSERVE, "metadata": {"name": RECONCILER, "namespace": "default"}}
        self.plane.kubectl("create", "-f", "-", stdin=second)
        return (lambda: self.plane.kubectl("delete", "deployment", RECONCILER, "-n", "default"),
                {("controllers", "error")})

    def another_version(self):
        image = lambda tag: self.plane.kubectl("set", "image", "-n", NAMESPACE, f"deployment/{RECONCILER}",
                                               f"reconciler=modelgate/modelgate:{tag}")
        before = self.plane.get(f"/apis/apps/v1/namespaces/{NAMESPACE}/deployments/{RECONCILER}")
        tag = before["spec"]["template"]["spec"]["containers"][0]["image"].rsplit(":", 1)[1]
        image("v0.0.9")
        self.plane.kubectl("rollout", "status", f"deployment/{RECONCILER}", "-n", NAMESPACE, "--timeout=60s")
        return lambda: image(tag), {("reconciler", "warning")}

    def a_permission_of_the_reconciler_taken_away(self):
        path = "/apis/rbac.authorization.k8s.io/v1/clusterroles/" + RECONCILER
        body = self.stored(path)
        rules = [{**rule, "verbs": [verb for verb in rule["verbs"] if verb != "delete"]} for rule in body["rules"]]
        write = lambda these: self.plane.kubectl("patch", "clusterrole", RECONCILER, "--type=merge", "-p",
                                                 json.dumps({"rules": these}))
        write(rules)
        return lambda: write(body["rules"]), {("reconciler-permissions", "error")}

    def no_http_routes(self):
        path = f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{HTTP_ROUTES}"
        body = self.stored(path)
        self.plane.kubectl("delete", "crd", HTTP_ROUTES)
        return lambda: self.plane.kubectl("create", "-f", "-", stdin=json.dumps(body)), {("configured-kinds", "error")}

    def no_keda_for_a_service_that_needs_it(self):
        path = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/scaledobjects.keda.sh"
        body = self.stored(path)
        self.plane.kubectl("delete", "crd", "scaledobjects.keda.sh")
        annotations = {f"{GROUP}/autoscalerClass": "keda"}
        self.kubectl("create", "-f", "-", stdin=inference_service("scaled", {**MODEL, **BY_CPU}, annotations))
        self.eventually("it to fail", lambda: ("services", "warning") in self.troubles(), seconds=30)

        def undo():
            self.kubectl("delete", "inferenceservice", "scaled")
            self.plane.kubectl("create", "-f", "-", stdin=json.dumps(body))
        return undo, {("configured-kinds", "error"), ("services", "warning")}

    def a_service_that_is_not_reconciled(self):
        """A service that was changed more than a minute ago while no reconciler was running."""
        self.kubectl("create", "-f", "-", stdin=inference_service("seen", MODEL))
        self.eventually("its status", lambda: self.service("seen").get("status", {}).get("observedGeneration"), 20)
        self.world.stop_reconcilers()
        self.kubectl("patch", "inferenceservice", "seen", "--type=merge", "-p", '{"spec": {"predictor": {"minReplicas": 2}}}')
        old = lambda: time.time() - self.made_at("seen") > 62
        self.eventually("it to be a minute old", old, seconds=90)

        def undo():
            self.world.start_reconciler()
            self.kubectl("delete", "inferenceservice", "seen")
        return undo, {("reconciler-lease", "error"), ("services", "error")}

    def made_at(self, name):
        created = self.service(name)["metadata"]["creationTimestamp"]
        return created.timestamp() if hasattr(created, "timestamp") else calendar.timegm(
            time.strptime(created, "%Y-%m-%dT%H:%M:%SZ"))

    # The reconciler detects a reinstalled kind after some ten seconds, so missing kinds come last.
    RECONCILERS_FAULTS = [no_reconciler, a_lease_of_a_dead_holder, a_reconciler_that_sleeps, kserves_controller_beside_it,
                          a_second_installation, another_version, a_permission_of_the_reconciler_taken_away,
                          a_service_that_is_not_reconciled, no_keda_for_a_service_that_needs_it, no_http_routes]

    FAULTS = [a_ca_bundle_of_another, no_registration, a_policy_that_ignores, a_service_without_endpoints,
              a_forbidden_permission, a_spoiled_secret, no_webhook_and_no_lease, no_disruption_budget,
              a_broken_configuration, a_mode_without_its_system, two_runtimes_alike, another_webhook_that_is_down,
              a_missing_crd]

    # ---- the tests

    def test_finds_each_injected_fault_and_nothing_in_a_healthy_cluster(self):
        code, findings = self.findings()
        # This installation is registered by URL, so there is no Service to check.
        skipped = [f["check"] for f in findings if f["severity"] == "skipped"]
        self.assertEqual((code, skipped), (HEALTHY, ["endpoints"]))
        self.inject_each(self.FAULTS)

    def test_finds_each_fault_of_the_reconciler(self):
        self.assertEqual(self.troubles(), set())
        self.inject_each(self.RECONCILERS_FAULTS)

    def inject_each(self, faults):
        for inject in faults:
            with self.subTest(inject.__name__):
                undo, expected = inject(self)
                try:
                    self.assertEqual(self.troubles(), expected, self.run_doctor().stdout)
                    errors = any(severity == "error" for _, severity in expected)
                    self.assertEqual(self.run_doctor().returncode, ERRORS if errors else WARNINGS)
                finally:
                    undo()
                self.eventually("it to be healthy again", lambda: not self.troubles(), seconds=60)

    def test_preflight_describes_a_cluster_with_kserve(self):
        self.world.stop_reconcilers()
        self.scale(0, RECONCILER)
        self.plane.kubectl("create", "-f", "-", stdin=KSERVE)
        try:
            self.eventually("the lease to be released", lambda: not self.lease_holder())
            _, findings = self.findings("--preflight")
            found = [f for f in findings if f["check"] == "controllers"]
            self.assertEqual([f["severity"] for f in found], ["info"])
            self.assertIn("in-place-of-kserve", found[0]["command"])
        finally:
            self.plane.kubectl("delete", "deployment", KSERVES, "-n", "default")
            self.scale(2, RECONCILER)

    def lease_holder(self):
        lease = self.plane.get(f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{RECONCILER}")
        return lease["spec"].get("holderIdentity")

    def test_reports_only_that_the_api_server_cannot_be_reached(self):
        kubeconfig = yaml.safe_load(self.plane.kubeconfig.read_text())
        kubeconfig["clusters"][0]["cluster"]["server"] = f"https://127.0.0.1:{free_port()}"
        away = self.plane.directory / "away.kubeconfig"
        away.write_text(yaml.safe_dump(kubeconfig))
        done = self.run_doctor("-o", "json", kubeconfig=away)
        self.assertEqual(done.returncode, ERRORS)
        self.assertEqual([f["check"] for f in json.loads(done.stdout)["findings"]], ["api-server"])

    def test_continues_with_few_permissions(self):
        """The webhook's account may read few of the checked objects."""
        done = self.run_doctor("-o", "json", kubeconfig=self.world.kubeconfig)
        findings = json.loads(done.stdout)["findings"]
        self.assertEqual([f for f in findings if f["severity"] in ("warning", "error")], [])
        self.assertGreater(len([f for f in findings if f["severity"] == "skipped"]), 3)

    def test_preflight_of_an_upgrade(self):
        done = self.run_doctor("--preflight")
        self.assertEqual(done.returncode, HEALTHY, done.stdout)
        self.assertIn("own-permissions", done.stdout)
