# SPDX-License-Identifier: Apache-2.0
"""deploy/ on a real API server: accepted whole, as few permissions as it says, and nothing of KServe's is touched by it.

Whether the webhook lives on these permissions is a matter of test_installed.py.
"""
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request
from pathlib import Path

import yaml

sys.path.append(str(Path(__file__).resolve().parent.parent / "deploy"))

from certificates import Authority  # noqa: E402
from control_plane import ControlPlane  # noqa: E402
from processes import ENVIRONMENT, free_port  # noqa: E402
from rendered import DEPLOY, ROOT, WITH_KSERVE, identity, rendered  # noqa: E402
from webhook import GROUP  # noqa: E402
from world import CRDS, ClusterTest  # noqa: E402

ROLLOUT_SECONDS = 60
DELETE_SECONDS = 120
HELM_SECONDS = 150
SERVED_SECONDS = 60
# A registration reaches the API server's own cache a moment after it is stored, and a call to nobody takes five seconds.
REGISTERED_SECONDS = 30
ACCOUNT = "system:serviceaccount:{}:modelgate-webhook"
REGISTRATIONS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")
CONFORMANCE = CRDS["kserve"].parent
# Kinds of others that some of our folders hold; their CRDs stand in here with open schemas.
FOREIGN = {"cert-manager.io": ("v1", ["Issuer", "Certificate"]),
           "monitoring.coreos.com": ("v1", ["ServiceMonitor", "PodMonitor", "PrometheusRule"])}


class PlaneTest(unittest.TestCase):
    """One fresh control plane for the class."""

    @classmethod
    def setUpClass(cls):
        cls.plane = ControlPlane()
        cls.plane.__enter__()
        cls.addClassCleanup(cls.plane.__exit__, None, None, None)

    def apply(self, folder):
        """Applies a folder of deploy/ once; fails when the API server refuses a part or warns."""
        done = self.plane.kubectl("apply", "--server-side", "-k", DEPLOY / folder)
        self.assertEqual(done.stderr, "")
        self.assertEqual(done.stdout.count("serverside-applied"), len(rendered(folder)), done.stdout)

    def rolled_out(self, namespace):
        self.plane.kubectl("rollout", "status", "deployment/modelgate-webhook", "-n", namespace,
                           f"--timeout={ROLLOUT_SECONDS}s", timeout=ROLLOUT_SECONDS + 10)

    def items(self, *arguments):
        return json.loads(self.plane.kubectl("get", *arguments, "-o", "json").stdout)["items"]

    def may(self, user, verb, resource, group="", namespace=None, name=None, groups=()):
        attributes = {"verb": verb, "resource": resource.partition("/")[0], "group": group,
                      **({"subresource": resource.partition("/")[2]} if "/" in resource else {}),
                      **({"namespace": namespace} if namespace else {}), **({"name": name} if name else {})}
        review = self.plane.post("/apis/authorization.k8s.io/v1/subjectaccessreviews", {
            "apiVersion": "authorization.k8s.io/v1", "kind": "SubjectAccessReview",
            "spec": {"user": user, "groups": list(groups), "resourceAttributes": attributes}})
        return review["status"]["allowed"]

    def registrations(self):
        return [self.plane.get(f"/apis/admissionregistration.k8s.io/v1/{kind}/modelgate") for kind in REGISTRATIONS]

    def bundles(self):
        return {(o["kind"], w["name"]): w["clientConfig"].get("caBundle") for o in self.registrations() for w in o["webhooks"]}

    def write_bundles(self):
        """As the webhook does: under its own field manager, and nothing but caBundle. Gives what bundles() should now."""
        for live in self.registrations():
            self.plane.kubectl("apply", "--server-side", "--field-manager=modelgate-webhook", "-f", "-", stdin={
                "apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": {"name": "modelgate"},
                "webhooks": [{"name": w["name"], "clientConfig": {"caBundle": self.plane.ca.bundle()}}
                             for w in live["webhooks"]]})
        return dict.fromkeys(self.bundles(), self.plane.ca.bundle())

    def eventually(self, what, check, seconds=30):
        deadline = time.monotonic() + seconds
        while not check():
            if time.monotonic() > deadline:
                self.fail(f"not within {seconds} s: {what}")
            time.sleep(0.1)


class Installation(PlaneTest):
    """kubectl apply --server-side -k deploy/"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.applied = cls.plane.kubectl("apply", "--server-side", "-k", DEPLOY, expect=None)
        cls.plane.kubectl("create", "namespace", "models")

    def test_an_empty_api_server_accepts_it_whole_the_first_time(self):
        self.assertEqual((self.applied.returncode, self.applied.stderr), (0, ""))
        self.assertEqual(self.applied.stdout.count("serverside-applied"), len(rendered("")), self.applied.stdout)

    def test_pods_run_spread_and_are_found_by_the_customary_label(self):
        self.rolled_out("kserve")
        pods = self.items("pods", "-n", "kserve", "-l", "control-plane=kserve-controller-manager")
        self.assertEqual(len(pods), 2)
        self.assertEqual(len({p["spec"]["nodeName"] for p in pods}), 2, "both on one node")
        self.assertEqual({p["spec"]["priority"] for p in pods}, {2000000000})
        for service in ("modelgate-webhook", "modelgate-metrics"):
            self.eventually(f"both Pods are behind {service}", lambda name=service: 2 == len(
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

    def test_the_namespace_takes_only_restricted_pods(self):
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "any", "namespace": "kserve"},
               "spec": {"containers": [{"name": "any", "image": "any"}]}}
        self.assertIn("violates PodSecurity",
                      self.plane.kubectl("create", "-f", "-", stdin=pod, expect=1).stderr)

    def test_the_account_may_do_what_its_roles_say_and_no_more(self):
        us, admission, core = ACCOUNT.format("kserve"), "admissionregistration.k8s.io", ""
        allowed = [("list", "servingruntimes", GROUP), ("watch", "clusterservingruntimes", GROUP),
                   ("list", "clusterstoragecontainers", GROUP), ("list", "localmodelcaches", GROUP),
                   ("get", "servingruntimes", GROUP, "models", "a"), ("get", "secrets", core, "models", "a"),
                   ("list", "configmaps", core, "kserve", "inferenceservice-config"),
                   ("create", "events", core, "kserve"), ("create", "secrets", core, "kserve"),
                   ("get", "secrets", core, "kserve", "modelgate-webhook-ca"),
                   ("get", "secrets", core, "models", "any"), ("get", "serviceaccounts", core, "models", "any"),
                   ("get", "inferenceservices", GROUP, "models", "any"),
                   ("patch", "secrets", core, "kserve", "modelgate-webhook-ca"),
                   ("update", "leases", "coordination.k8s.io", "kserve", "modelgate-webhook"),
                   *[("patch", kind, admission, None, "modelgate") for kind in REGISTRATIONS]]
        refused = [("list", "secrets", core, "models"), ("watch", "secrets", core, "models"),
                   ("patch", "secrets", core, "kserve", "another"), ("list", "serviceaccounts", core, "models"),
                   ("create", "secrets", core, "default"), ("get", "configmaps", core, "kserve", "another"),
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


class NobodyAnswers(PlaneTest):
    """Installed, and no webhook runs: the Pods here are only played."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plane = cls.plane
        plane.kubectl("apply", "--server-side", "-k", DEPLOY / "crds")
        plane.processes.wait_for("the CRDs to be served", SERVED_SECONDS, lambda: plane.kubectl(
            "get", "--raw", f"/apis/{GROUP}/v1beta1/inferenceservices", expect=None).returncode == 0)
        plane.kubectl("create", "-f", "-", stdin=service("old", finalizers=["example.com/hold"]))
        plane.kubectl("apply", "--server-side", "-k", DEPLOY)
        plane.processes.wait_for("the API server to ask", REGISTERED_SECONDS, cls.refused)

    @classmethod
    def refused(cls, namespace="default"):
        done = cls.plane.kubectl("create", "--dry-run=server", "-f", "-", stdin=service("new", namespace), expect=None)
        return "failed calling webhook" in done.stderr

    def test_writes_fail_and_the_api_server_counts_them(self):
        self.assertTrue(self.refused())
        counted = [line for line in self.plane.kubectl("get", "--raw", "/metrics").stdout.splitlines()
                   if line.startswith("apiserver_admission_webhook_rejection_count{")]
        # What the alerts and the dashboard ask for.
        self.assertTrue([line for line in counted if 'error_type="calling_webhook_error"' in line
                         and 'name="inferenceservice.kserve-webhook-server.defaulter"' in line], counted)

    def test_what_is_being_deleted_goes(self):
        self.plane.kubectl("delete", "inferenceservice", "old", "--wait=false")
        self.plane.kubectl("patch", "inferenceservice", "old", "--type=merge", "-p", '{"metadata": {"finalizers": null}}')
        self.assertIsNone(self.plane.get(f"/apis/{GROUP}/v1beta1/namespaces/default/inferenceservices/old"))

    def test_our_own_namespace_and_the_systems_are_left_alone(self):
        for namespace in ("kserve", "kube-system"):
            self.plane.kubectl("create", "--dry-run=server", "-f", "-", stdin=service("new", namespace))

    def test_pods_of_others_are_left_alone(self):
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

    def test_every_one_and_the_monitoring_are_accepted(self):
        for folder in ("overlays/cert-manager", "overlays/single-replica", "monitoring", *WITH_KSERVE):
            with self.subTest(folder):
                self.apply(folder)
        self.rolled_out("modelgate")

    def test_with_cert_manager_the_webhook_gets_by_on_less(self):
        """With the files that cert-manager would mount, and a caBundle that it would inject."""
        self.apply("overlays/cert-manager")
        # Of an installation before it; an overlay takes nothing away.
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
    """deploy/chart. That it holds what kustomize makes is a matter of tests/deploy."""

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

    def test_it_comes_changes_and_goes(self):
        self.helm("install", "modelgate", DEPLOY / "chart", "--create-namespace", "--wait", "--timeout", f"{ROLLOUT_SECONDS}s")
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
        # With the CRDs every InferenceService would go.
        self.assertEqual(len([o for o in self.items("crds") if o["spec"]["group"] == GROUP]), 4)


class OnAClusterOfKserves(PlaneTest):
    """KServe's CRDs, configuration, runtimes, a manager with its Services and registrations, and services as it stored
    them. Each overlay comes, answers writes, and goes."""

    needs_kserve = True
    # Of the recorded cases, those that KServe admitted and that its CRD takes; fewer would show little.
    FEWEST_SERVICES = 40

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        plane = cls.plane
        plane.kubectl("apply", "--server-side", "-f", CRDS["kserve"])
        plane.kubectl("create", "namespace", "kserve")
        plane.kubectl("create", "namespace", "models")
        plane.processes.wait_for("the CRDs to be served", SERVED_SECONDS, lambda: all(
            plane.get(f"/apis/{GROUP}/{path}?limit=1") for path in ("v1beta1/inferenceservices",
                                                                   "v1alpha1/clusterservingruntimes")))
        plane.kubectl("apply", "--server-side", "-f", CONFORMANCE / "cluster.json")
        plane.kubectl("apply", "--server-side", "-f", "-", stdin=yaml.safe_dump_all(kserve_manager()))
        plane.kubectl("rollout", "status", "deployment/kserve-controller-manager", "-n", "kserve", timeout=ROLLOUT_SECONDS)
        cls.services = [name for name in (cls.stored(case, number) for number, case in enumerate(admitted())) if name]

    @classmethod
    def stored(cls, service, number):
        """Stores a service as KServe would have; None where KServe's CRD does not take it."""
        name = f"service-{number}"
        service = {**service, "metadata": {**service["metadata"], "name": name, "namespace": "models"}}
        service.pop("status", None)
        try:
            cls.plane.post(f"/apis/{GROUP}/v1beta1/namespaces/models/inferenceservices", service)
        except urllib.error.HTTPError as error:
            if error.code != 422:
                raise
            return None
        return name

    def world(self):
        """Everything of KServe's, by identity. A Pod's status and the like change by themselves."""
        found = self.items("-A", ",".join(("inferenceservices", "servingruntimes", "clusterservingruntimes",
                                           "clusterstoragecontainers", "crds", *REGISTRATIONS)))
        found += self.items("-n", "kserve", "configmaps,secrets,services,serviceaccounts,roles,rolebindings")
        result = {identity(o): o["metadata"]["resourceVersion"] for o in found}
        for o in self.items("-n", "kserve", "deployments,pods"):
            result[identity(o)] = (o["metadata"]["uid"], o["metadata"].get("generation"), o["metadata"]["labels"])
        return result

    @staticmethod
    def path(name):
        return f"/apis/{GROUP}/v1beta1/namespaces/models/inferenceservices/{name}"

    def plain(self, name):
        found = self.plane.get(self.path(name))
        del found["metadata"]["managedFields"]
        return found

    def put(self, name):
        """Writes a service as it is, as a client does that changes nothing. Gives what would be stored."""
        with self.plane._open("PUT", self.path(name) + "?dryRun=All", self.plain(name)) as reply:
            stored = json.load(reply)
        del stored["metadata"]["managedFields"]
        return stored

    def test_nothing_is_changed(self):
        self.assertGreaterEqual(len(self.services), self.FEWEST_SERVICES)
        before = self.world()
        for folder in WITH_KSERVE:
            with self.subTest(folder):
                self.apply(folder)
                self.rolled_out("modelgate")
                self.assert_services_keep_apart()
                self.plane.kubectl("label", "namespace", "models", "modelgate.io/admission=enabled", "--overwrite")
                with Answering(self.plane, "modelgate", ["--cert-host", "127.0.0.1"]):
                    for name in self.services:
                        with self.subTest(service=name):
                            self.assertEqual(self.put(name), self.plain(name))
                self.plane.kubectl("delete", "-k", DEPLOY / folder, timeout=DELETE_SECONDS)
                self.assertEqual(self.world(), before)
        # Each still fits KServe's CRDs: nothing is unknown, nothing pruned.
        everything = self.plane.kubectl("get", "inferenceservices", "-n", "models", "-o", "json").stdout
        done = self.plane.kubectl("replace", "--dry-run=server", "--validate=strict", "-f", "-", stdin=everything)
        self.assertEqual(done.stdout.count("replaced"), len(self.services))

    def test_crds_can_be_exchanged_and_back(self):
        """kubectl replace, as the overlay's README says: an apply would mix the schemas of two managers."""
        before = {name: self.plain(name) for name in self.services}
        for replaced in (("-k", DEPLOY / "crds"), ("-f", CRDS["kserve"])):
            self.plane.kubectl("replace", *replaced)
            for name in self.services:
                with self.subTest(replaced, service=name):
                    self.assertEqual(self.plain(name), before[name])
            # A schema is in force a moment after it is stored; then each object can still be written as it is.
            self.eventually("the new schema", lambda ours=replaced[0] == "-k": self.takes_an_old_spelling() == ours)
            for name in self.services:
                with self.subTest(replaced, service=name):
                    self.assertEqual(self.put(name), before[name])

    def takes_an_old_spelling(self):
        """Whether the schema in force has a field that only ours has."""
        body = self.plain(self.services[0])
        body["spec"]["canaryTrafficPercent"] = 10
        with self.plane._open("PUT", self.path(self.services[0]) + "?dryRun=All", body) as reply:
            return "canaryTrafficPercent" in json.load(reply)["spec"]

    def assert_services_keep_apart(self):
        for namespace, ours in (("kserve", False), ("modelgate", True)):
            for item in self.items("endpointslices", "-n", namespace):
                for endpoint in item["endpoints"] or []:
                    self.assertEqual(endpoint["targetRef"]["name"].startswith("modelgate-"), ours, item["metadata"]["name"])
                    self.assertEqual(endpoint["targetRef"]["namespace"], namespace)


class Answering:
    """The real webhook under the ServiceAccount of an overlay, and the overlay's registrations lead to it."""

    def __init__(self, plane, namespace, flags, ca_bundle=None):
        self.plane, self.namespace, self.flags, self.ca_bundle = plane, namespace, flags, ca_bundle

    def __enter__(self):
        plane, port = self.plane, free_port()
        self.health = free_port()
        self.directory = Path(tempfile.mkdtemp(prefix="modelgate-overlay-"))
        token = plane.kubectl("create", "token", "modelgate-webhook", "-n", self.namespace).stdout.strip()
        config = self.directory / "kubeconfig"
        config.write_text(yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "a",
            "clusters": [{"name": "a", "cluster": {"server": plane.server, "certificate-authority": str(plane.ca.certificate)}}],
            "users": [{"name": "a", "user": {"token": token}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}]}))
        for kind in REGISTRATIONS:
            hooks = plane.get(f"/apis/admissionregistration.k8s.io/v1/{kind}/modelgate")["webhooks"]
            plane.kubectl("patch", kind, "modelgate", "--type=json", "-p", json.dumps([
                {"op": "add", "path": f"/webhooks/{index}/clientConfig", "value": self.client(hook, port)}
                for index, hook in enumerate(hooks)]))
        self.process = plane.processes.start("modelgate-webhook", [
            ClusterTest.binaries / "modelgate-webhook", "--kubeconfig", config, "--namespace", self.namespace,
            "--bind-address", "127.0.0.1", "--webhook-port", port, "--metrics-bind-address", "0",
            "--health-probe-bind-address", f"127.0.0.1:{self.health}", *self.flags], stop_with=9)
        # Denied by us, and not because nobody could be asked.
        plane.processes.wait_for("the API server to ask the webhook", REGISTERED_SECONDS, lambda: "is invalid" in plane.kubectl(
            "create", "--dry-run=server", "-f", "-", stdin=nothing("models"), expect=None).stderr)
        return self

    def client(self, hook, port):
        config = {"url": f"https://127.0.0.1:{port}{hook['clientConfig']['service']['path']}"}
        return config | ({"caBundle": self.ca_bundle} if self.ca_bundle else {})

    def log(self):
        return (self.plane.directory / "logs" / "modelgate-webhook.log").read_text()

    def __exit__(self, *_):
        self.plane.processes.stop(self.process)
        shutil.rmtree(self.directory, ignore_errors=True)


def nothing(namespace):
    """A service that admission must deny."""
    return {"apiVersion": f"{GROUP}/v1beta1", "kind": "InferenceService",
            "metadata": {"name": "refused", "namespace": namespace}, "spec": {"predictor": {}}}


def admitted():
    """Services as KServe's admission stored them."""
    with open(CONFORMANCE / "inferenceservices.jsonl", encoding="utf-8") as lines:
        for case in map(json.loads, lines):
            if case["operation"] == "CREATE" and case["expect"]["allowed"]:
                yield case["expect"]["object"]


def kserve_manager():
    """A KServe as far as we could meet it: a manager that runs, its Services, its registrations. These last let everything
    pass, since nobody answers behind them."""
    labels = {"app.kubernetes.io/name": "kserve-controller-manager", "control-plane": "kserve-controller-manager",
              "controller-tools.k8s.io": "1.0"}
    yield {"apiVersion": "apps/v1", "kind": "Deployment",
           "metadata": {"name": "kserve-controller-manager", "namespace": "kserve", "labels": labels},
           "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": {
               "containers": [{"name": "manager", "image": "kserve/kserve-controller:v0.20.0",
                               "ports": [{"containerPort": 9443, "name": "webhook-server"}]}]}}}}
    for name, selector, port in (
            ("kserve-webhook-server-service", {"control-plane": labels["control-plane"]}, "webhook-server"),
            ("kserve-controller-manager-service", {k: labels[k] for k in ("control-plane", "controller-tools.k8s.io")}, 8443)):
        yield {"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": "kserve"},
               "spec": {"selector": selector, "ports": [{"port": 443, "targetPort": port}]}}
    for kind, name in itertools.product(("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration"),
                                        ("inferenceservice.serving.kserve.io",)):
        yield {"apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": name},
               "webhooks": [{"name": "inferenceservice.kserve-webhook-server.any", "failurePolicy": "Ignore",
                             "sideEffects": "None", "admissionReviewVersions": ["v1beta1"], "timeoutSeconds": 1,
                             "objectSelector": {"matchLabels": {"never": "there"}},
                             "clientConfig": {"service": {"name": "kserve-webhook-server-service", "namespace": "kserve"}},
                             "rules": [{"apiGroups": [GROUP], "apiVersions": ["v1beta1"], "operations": ["CREATE", "UPDATE"],
                                        "resources": ["inferenceservices"]}]}]}
