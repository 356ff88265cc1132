# SPDX-License-Identifier: Apache-2.0
"""deploy/ on a real API server: all objects are accepted, the permissions are those of the roles, and other objects are not
affected. test_installed.py tests that the permissions suffice.
"""
import os
import subprocess
import urllib.request

import yaml

from applied import REGISTERED_SECONDS, REGISTRATIONS, ROLLOUT_SECONDS, SERVED_SECONDS, Answering, PlaneTest
from certificates import Authority
from processes import ENVIRONMENT
from rendered import DEPLOY, ROOT, WITH_KSERVE, identity, rendered
from webhook import GROUP

DELETE_SECONDS = 120
HELM_SECONDS = 150
ACCOUNT = "system:serviceaccount:{}:modelgate-webhook"
# Third-party kinds in some of our folders. Here their CRDs have open schemas.
FOREIGN = {"cert-manager.io": ("v1", ["Issuer", "Certificate"]),
           "monitoring.coreos.com": ("v1", ["ServiceMonitor", "PodMonitor", "PrometheusRule"])}


class Installation(PlaneTest):
    """kubectl apply --server-side -k deploy/"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.applied = cls.plane.kubectl("apply", "--server-side", "-k", DEPLOY, expect=None)
        cls.plane.kubectl("create", "namespace", "models")

    def test_an_empty_api_server_accepts_all_objects_at_once(self):
        self.assertEqual((self.applied.returncode, self.applied.stderr), (0, ""))
        self.assertEqual(self.applied.stdout.count("serverside-applied"), len(rendered("")), self.applied.stdout)

    def test_pods_run_spread_and_are_selected_by_the_usual_label(self):
        self.rolled_out("kserve")
        pods = self.items("pods", "-n", "kserve", "-l", "control-plane=kserve-controller-manager")
        self.assertEqual({p["spec"]["priority"] for p in pods}, {2000000000})
        by_name = [p["metadata"]["labels"]["app.kubernetes.io/name"] for p in pods]
        self.assertEqual(sorted(by_name), ["modelgate-reconciler"] * 2 + ["modelgate-webhook"] * 2)
        nodes = {p["spec"]["nodeName"] for p, name in zip(pods, by_name) if name == "modelgate-webhook"}
        self.assertEqual(len(nodes), 2, "both on one node")
        for service in ("modelgate-webhook", "modelgate-metrics", "modelgate-reconciler-metrics"):
            self.eventually(f"both Pods are endpoints of {service}", lambda name=service: 2 == len(
                [e for s in self.items("endpointslices", "-n", "kserve", "-l", f"kubernetes.io/service-name={name}")
                 for e in s["endpoints"] or []]))

    def test_applied_again_it_changes_nothing(self):
        before = {identity(o): o["metadata"]["generation"] for o in self.items(
            "deployments,networkpolicies,poddisruptionbudgets,crds," + ",".join(REGISTRATIONS), "-A")}
        self.apply("")
        after = {identity(o): o["metadata"]["generation"] for o in self.items(
            "deployments,networkpolicies,poddisruptionbudgets,crds," + ",".join(REGISTRATIONS), "-A")}
        self.assertEqual(before, after)
        self.assertGreater(len(before), 8)
        self.plane.kubectl("diff", "--server-side", "-k", DEPLOY)

    def test_the_ca_bundle_survives_an_apply(self):
        written = self.write_bundles()
        for way in (["--server-side"], []):
            self.plane.kubectl("apply", *way, "-k", DEPLOY)
            self.assertEqual(self.bundles(), written, way)

    def test_the_namespace_accepts_only_restricted_pods(self):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any", "namespace": "kserve"},
               "spec": {"containers": [{"name": "any", "image": "any"}]}}
        self.assertIn("violates PodSecurity",
                      self.plane.kubectl("create", "-f", "-", stdin=pod, expect=1).stderr)

    def test_the_account_has_the_permissions_of_its_roles_only(self):
        us, admission, core = ACCOUNT.format("kserve"), "admissionregistration.k8s.io", ""
        allowed = [("list", "servingruntimes", GROUP), ("watch", "clusterservingruntimes", GROUP),
                   ("list", "clusterstoragecontainers", GROUP), ("list", "localmodelcaches", GROUP),
                   ("get", "servingruntimes", GROUP, "models", "a"), ("get", "secrets", core, "models", "a"),
                   ("list", "configmaps", core, "kserve", "inferenceservice-config"),
                   ("create", "events", core, "kserve"), ("create", "secrets", core, "kserve"),
                   ("get", "secrets", core, "kserve", "modelgate-webhook-ca"),
                   ("get", "secrets", core, "models", "any"), ("get", "serviceaccounts", core, "models", "any"),
                   ("get", "inferenceservices", GROUP, "models", "any"),
                   ("get", "persistentvolumeclaims", core, "models", "any"),
                   ("patch", "secrets", core, "kserve", "modelgate-webhook-ca"),
                   ("update", "leases", "coordination.k8s.io", "kserve", "modelgate-webhook"),
                   *[("patch", kind, admission, None, "modelgate") for kind in REGISTRATIONS]]
        refused = [("list", "secrets", core, "models"), ("watch", "secrets", core, "models"),
                   ("patch", "secrets", core, "kserve", "another"), ("list", "serviceaccounts", core, "models"),
                   ("list", "persistentvolumeclaims", core, "models"), ("create", "secrets", core, "default"), ("get", "configmaps", core, "kserve", "another"),
                   ("list", "configmaps", core, "kserve"), ("create", "pods", core, "kserve"),
                   ("get", "pods", core, "kserve"), ("list", "inferenceservices", GROUP),
                   ("update", "servingruntimes", GROUP, "models"), ("delete", "clusterservingruntimes", GROUP),
                   ("update", "leases", "coordination.k8s.io", "kserve", "another"),
                   ("create", "tokenreviews", "authentication.k8s.io"),
                   *[(verb, kind, admission, None, name) for kind in REGISTRATIONS for verb, name in (
                       ("patch", "another"), ("create", None), ("delete", "modelgate"), ("update", "modelgate"))]]
        for expected, cases in ((True, allowed), (False, refused)):
            for case in cases:
                with self.subTest(case, expected=expected):
                    self.assertEqual(self.may(us, *case), expected)

    def test_a_model_deployer_deploys_models(self):
        self.plane.kubectl("apply", "--server-side", "-n", "models", "-k", DEPLOY / "users")
        self.plane.kubectl("create", "rolebinding", "ann", "-n", "models", "--role=model-deployer", "--user=ann")
        for verb in ("get", "list", "create", "update", "patch", "delete"):
            self.eventually(verb, lambda v=verb: self.may("ann", v, "inferenceservices", GROUP, "models"))
        for case in (("get", "pods/log"), ("list", "events"), ("watch", "deployments", "apps"),
                     ("get", "servingruntimes", GROUP)):
            with self.subTest(case):
                self.assertTrue(self.may("ann", *case, *([""] if len(case) == 2 else []), "models"))
        for case in (("get", "secrets", ""), ("create", "pods", ""), ("create", "serviceaccounts", ""),
                     ("create", "servingruntimes", GROUP), ("update", "inferenceservices/status", GROUP)):
            with self.subTest(case):
                self.assertFalse(self.may("ann", *case, "models"))
        self.assertFalse(self.may("ann", "create", "inferenceservices", GROUP, "default"))


class WithoutWebhook(PlaneTest):
    """Installed without a running webhook: kwok only simulates the Pods."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plane = cls.plane
        plane.kubectl("apply", "--server-side", "-k", DEPLOY / "crds")
        plane.processes.wait_for("the CRDs to be served", SERVED_SECONDS, lambda: plane.kubectl(
            "get", "--raw", f"/apis/{GROUP}/v1beta1/inferenceservices", expect=None).returncode == 0)
        plane.kubectl("create", "-f", "-", stdin=service("old", finalizers=["example.com/hold"]))
        plane.kubectl("apply", "--server-side", "-k", DEPLOY)
        plane.processes.wait_for("the API server to call the webhook", REGISTERED_SECONDS, cls.refused)

    @classmethod
    def refused(cls, namespace="default"):
        done = cls.plane.kubectl("create", "--dry-run=server", "-f", "-", stdin=service("new", namespace), expect=None)
        return "failed calling webhook" in done.stderr

    def test_writes_fail_and_the_api_server_counts_them(self):
        self.assertTrue(self.refused())
        counted = [line for line in self.plane.kubectl("get", "--raw", "/metrics").stdout.splitlines()
                   if line.startswith("apiserver_admission_webhook_rejection_count{")]
        # The metrics that alerts and dashboard use.
        self.assertTrue([line for line in counted if 'error_type="calling_webhook_error"' in line
                         and 'name="inferenceservice.kserve-webhook-server.defaulter"' in line], counted)

    def test_an_object_that_is_being_deleted_is_removed(self):
        self.plane.kubectl("delete", "inferenceservice", "old", "--wait=false")
        self.plane.kubectl("patch", "inferenceservice", "old", "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
        self.assertIsNone(self.plane.get(f"/apis/{GROUP}/v1beta1/namespaces/default/inferenceservices/old"))

    def test_our_own_namespace_and_kube_system_are_not_affected(self):
        for namespace in ("kserve", "kube-system"):
            self.plane.kubectl("create", "--dry-run=server", "-f", "-", stdin=service("new", namespace))

    def test_other_pods_are_not_affected(self):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any", "namespace": "default"},
               "spec": {"containers": [{"name": "any", "image": "any"}]}}
        self.plane.kubectl("create", "--dry-run=server", "-f", "-", stdin=pod)
        pod["metadata"]["labels"] = {f"{GROUP}/inferenceservice": "a"}
        done = self.plane.kubectl("create", "--dry-run=server", "-f", "-", stdin=pod, expect=1)
        self.assertIn("pod-mutator", done.stderr)


def service(name, namespace="default", **metadata):
    return {"apiVersion": f"{GROUP}/v1beta1", "kind": "InferenceService",
            "metadata": {"name": name, "namespace": namespace, **metadata},
            "spec": {"predictor": {"model": {"modelFormat": {"name": "sklearn"}}}}}


class Overlays(PlaneTest):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        kinds = [(group, version, kind) for group, (version, names) in FOREIGN.items() for kind in names]
        cls.plane.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(open_crd(*kind) for kind in kinds))
        cls.plane.processes.wait_for("the CRDs of others to be served", SERVED_SECONDS, lambda: all(cls.plane.kubectl(
            "get", "--raw", f"/apis/{group}/{version}/{kind.lower()}s", expect=None).returncode == 0
            for group, version, kind in kinds))

    def test_all_overlays_and_the_monitoring_are_accepted(self):
        for folder in ("overlays/cert-manager", "overlays/single-replica", "monitoring", *WITH_KSERVE):
            with self.subTest(folder):
                self.apply(folder)
        self.rolled_out("modelgate")

    def test_with_cert_manager_the_webhook_needs_fewer_permissions(self):
        """With the files that cert-manager mounts, and a caBundle that it injects."""
        self.apply("overlays/cert-manager")
        # From an earlier installation; an overlay does not remove them.
        self.plane.kubectl("delete", "-n", "kserve", "--ignore-not-found", "role/modelgate-webhook-certificates",
                           "clusterrole/modelgate-webhook-certificates")
        self.assertFalse(self.may(ACCOUNT.format("kserve"), "create", "secrets", namespace="kserve"))
        self.plane.kubectl("create", "namespace", "models")
        files = self.plane.directory / "issued"
        files.mkdir()
        ca = Authority(files, "issuer")
        ca.leaf("modelgate-webhook", names=["modelgate-webhook.kserve.svc"], addresses=["127.0.0.1"],
                into=(files / "tls.crt", files / "tls.key"))
        flags = ["--webhook-cert-path", files, "--patch-ca-bundle=false"]
        with Answering(self.plane, "kserve", flags, ca.bundle()) as webhook:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"http://127.0.0.1:{webhook.health}/readyz", timeout=5) as reply:
                self.assertEqual(reply.status, 200)
            self.assertEqual(set(self.bundles().values()), {ca.bundle()})
            self.assertNotIn("orbidden", webhook.log())
        for path in ("/api/v1/namespaces/kserve/secrets/modelgate-webhook-ca",
                     "/apis/coordination.k8s.io/v1/namespaces/kserve/leases/modelgate-webhook"):
            self.assertIsNone(self.plane.get(path))


def open_crd(group, version, kind):
    plural = kind.lower() + "s"
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{group}"},
            "spec": {"group": group, "scope": "Namespaced",
                     "names": {"kind": kind, "plural": plural, "singular": kind.lower(), "listKind": kind + "List"},
                     "versions": [{"name": version, "served": True, "storage": True, "schema": {"openAPIV3Schema": {
                         "type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}


class ByHelm(PlaneTest):
    """deploy/chart. tests/deploy tests that it equals the output of kustomize."""

    def helm(self, *arguments):
        program = os.environ.get("MODELGATE_HELM") or subprocess.run(
            [str(ROOT / ".ci" / "helm")], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
        home = self.plane.directory / "helm"
        done = subprocess.run([program, *map(str, arguments), "--namespace", "kserve"], capture_output=True, text=True,
                              timeout=HELM_SECONDS, env={**ENVIRONMENT, "KUBECONFIG": str(self.plane.kubeconfig),
                                                         **{f"HELM_{kind}_HOME": str(home) for kind in
                                                            ("CACHE", "CONFIG", "DATA")}})
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
        return done.stdout

    def test_install_upgrade_and_uninstall(self):
        self.helm("install", "modelgate", DEPLOY / "chart", "--create-namespace", "--wait",
                  "--timeout", f"{ROLLOUT_SECONDS}s")
        self.rolled_out("kserve")
        written = self.write_bundles()
        self.helm("upgrade", "modelgate", DEPLOY / "chart", "--set", "extraArgs={--log-level=debug}")
        container = self.plane.get("/apis/apps/v1/namespaces/kserve/deployments/modelgate-webhook")["spec"]["template"][
            "spec"]["containers"][0]
        self.assertIn("--log-level=debug", container["args"])
        self.assertEqual(self.bundles(), written)
        self.helm("uninstall", "modelgate", "--wait", "--timeout", f"{DELETE_SECONDS}s")
        self.assertEqual(self.registrations(), [None, None])
        self.assertIsNone(self.plane.get("/apis/apps/v1/namespaces/kserve/deployments/modelgate-webhook"))
        # Removing the CRDs would delete all InferenceServices.
        self.assertEqual(len([o for o in self.items("crds") if o["spec"]["group"] == GROUP]), 4)
