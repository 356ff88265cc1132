# SPDX-License-Identifier: Apache-2.0
"""What a deployer of models may do with the Role of deploy/users, with a certificate of their own; and what `modelgate doctor`
says of this cluster, healthy and broken."""
import json
import subprocess
from pathlib import Path

import yaml

import quick
import serving
from control_plane import kubeconfig
from processes import ENVIRONMENT

ROOT = Path(__file__).resolve().parent.parent.parent
TEAM, OTHER, ANN = "team-a", "team-b", "ann"
FORBIDDEN = 1
HEALTHY, WARNINGS, ERRORS = 0, 1, 2
CONTROL_PLANE = "kserve"
HEALTHY_SECONDS = 180


class Deployer(quick.QuickTest):
    def setUp(self):
        super().setUp()
        for name in (TEAM, OTHER):
            self.kubectl("create", "namespace", name)
            self.addCleanup(self.kubectl, "delete", "namespace", name, "--wait=false")
        # As deploy/README.md and the Role itself say.
        self.kubectl("apply", "-n", TEAM, "-k", ROOT / "deploy" / "users")
        self.kubectl("create", "rolebinding", ANN, "--role=model-deployer", f"--user={ANN}", "-n", TEAM)
        self.kubectl("create", "secret", "generic", "password", "--from-literal=password=opensesame", "-n", TEAM)
        self.as_ann_config = self.config_of(ANN)

    def config_of(self, user):
        node = self.cluster.node
        path = node.directory / f"{user}.kubeconfig"
        pair = node.ca.leaf(user)
        path.write_text(yaml.safe_dump(kubeconfig(node.server, node.ca, pair)))
        return path

    def as_ann(self, *arguments, expect=0, **more):
        return self.kubectl("--kubeconfig", self.as_ann_config, *arguments, expect=expect, **more)

    def manifest(self, name, namespace):
        return {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService",
                "metadata": {"name": name, "namespace": namespace}, "spec": {"predictor": quick.predictor("1")}}

    def test_deploys_reads_and_nothing_else(self):
        self.as_ann("apply", "-f", "-", stdin=self.manifest("anns", TEAM))
        self.as_ann("wait", "-n", TEAM, "isvc/anns", "--for=condition=Ready", "--timeout=90s", timeout=100)
        url = json.loads(self.as_ann("get", "isvc", "anns", "-n", TEAM, "-o", "json").stdout)["status"]["url"]
        status, body = serving.post(f"{url}/v1/models/anns:predict", {"instances": [[1]]})
        self.assertEqual((status, json.loads(body)["version"]), (200, "1"))
        # An error of the model's server, as its log has it.
        self.as_ann("patch", "isvc", "anns", "-n", TEAM, "--type=merge", "-p", json.dumps(
            {"spec": {"predictor": quick.predictor("2", "--exit-after=1", "--last-words=no such layer")}}))
        logs = lambda: self.as_ann("logs", "-n", TEAM, "-l", "serving.kserve.io/inferenceservice=anns", "--tail=-1", expect=None).stdout
        self.eventually("the server's last words", lambda: "no such layer" in logs())
        self.as_ann("logs", "-n", TEAM, "deployment/anns-predictor")
        self.assertIn("anns", self.as_ann("describe", "isvc", "anns", "-n", TEAM).stdout)
        for kind in ("isvc", "pods", "services", "events", "deployments", "replicasets", "hpa", "servingruntimes"):
            self.as_ann("get", kind, "-n", TEAM)

        pod = "deployment/anns-predictor"
        for arguments in [
                ("get", "secrets", "-n", TEAM), ("get", "secret", "password", "-n", TEAM),
                ("create", "secret", "generic", "more", "-n", TEAM), ("create", "serviceaccount", "more", "-n", TEAM),
                ("create", "token", "default", "-n", TEAM), ("create", "deployment", "own", "--image=a", "-n", TEAM),
                ("run", "own", "--image=a", "-n", TEAM), ("exec", "-n", TEAM, pod, "--", "env"),
                ("create", "rolebinding", "more", "--clusterrole=admin", f"--user={ANN}", "-n", TEAM),
                ("get", "isvc", "-n", OTHER), ("get", "pods", "-n", OTHER), ("get", "secrets", "-n", OTHER),
                ("delete", "isvc", "--all", "-n", OTHER), ("get", "isvc", "-A"), ("get", "nodes"), ("get", "namespaces"),
                ("get", "configmap", "inferenceservice-config", "-n", CONTROL_PLANE)]:
            with self.subTest(" ".join(arguments)):
                done = self.as_ann(*arguments, expect=FORBIDDEN)
                self.assertRegex(done.stderr, "(?i)forbidden")
                self.assertNotIn("opensesame", done.stdout + done.stderr)
        with self.subTest("apply in another namespace"):
            done = self.as_ann("apply", "-f", "-", stdin=self.manifest("anns", OTHER), expect=FORBIDDEN)
            self.assertIn("forbidden", done.stderr)
        self.as_ann("delete", "isvc", "anns", "-n", TEAM)


class Doctor(quick.QuickTest):
    """With Pods that run and Services that lead to them, everything can be checked."""

    def run_doctor(self):
        webhook = self.get(f"/api/v1/namespaces/{CONTROL_PLANE}/services/modelgate-webhook")["spec"]["clusterIP"]
        done = subprocess.run([self.programs / "modelgate", "doctor", "--kubeconfig", self.cluster.node.kubeconfig, "-o", "json",
                               "--webhook-address", f"{webhook}:443"],
                              capture_output=True, text=True, timeout=60, check=False, env=ENVIRONMENT)
        self.assertNotEqual(done.stdout, "", done.stderr)
        return done.returncode, json.loads(done.stdout)["findings"]

    def troubles(self):
        """Check -> text, of the warnings and errors."""
        return {f["check"]: f for f in self.run_doctor()[1] if f["severity"] in ("warning", "error")}

    def wait_healthy(self):
        self.eventually("a healthy cluster", lambda: not self.troubles(), HEALTHY_SECONDS, lambda: json.dumps(self.troubles(), indent=1))

    def test_healthy_and_broken(self):
        self.begin("checked")
        self.wait_healthy()
        code, findings = self.run_doctor()
        self.assertEqual((code, [f for f in findings if f["severity"] in ("warning", "error", "skipped")]), (HEALTHY, []))
        for fault in (self.webhook_pods_crash, self.reconciler_is_away, self.registration_is_gone, self.permission_is_gone,
                      self.configuration_is_broken, self.certificates_cannot_be_read, self.service_fails):
            with self.subTest(fault.__name__):
                undo, check, words = fault()
                try:
                    self.eventually(f"the finding {check} with {words}", lambda c=check, w=words: w in json.dumps(
                        self.troubles().get(c, "")), 90, lambda: json.dumps(self.troubles(), indent=1))
                    code, _ = self.run_doctor()
                    print(f"            {fault.__name__}: exit code {code}, " + ", ".join(sorted(self.troubles())), flush=True)
                    self.assertIn(code, (WARNINGS, ERRORS))
                finally:
                    undo()
                self.wait_healthy()

    # ---- faults: each returns what reverts it, the check that must report it, and words that it must contain

    def replace(self, kind, name, patch, *where):
        """Patches an object; returns a function that puts its spec back."""
        before = json.loads(self.kubectl("get", kind, name, *where, "-o", "json").stdout)
        self.kubectl("patch", kind, name, *where, "--type=json", "-p", json.dumps(patch))
        body = {key: value for key, value in before.items() if key != "status"}
        for field in ("resourceVersion", "uid", "creationTimestamp", "managedFields", "generation"):
            body["metadata"].pop(field, None)
        return lambda: self.kubectl("replace", *where, "-f", "-", stdin=json.dumps(body))

    def delete(self, kind, name, *where):
        before = json.loads(self.kubectl("get", kind, name, *where, "-o", "json").stdout)
        self.kubectl("delete", kind, name, *where)
        for field in ("resourceVersion", "uid", "creationTimestamp", "managedFields", "generation"):
            before["metadata"].pop(field, None)
        return lambda: self.kubectl("create", *where, "-f", "-", stdin=json.dumps(before))

    def webhook_pods_crash(self):
        """A rollout that never becomes available: the old Pods keep serving."""
        undo = self.replace("deployment", "modelgate-webhook", [
            {"op": "add", "path": "/spec/template/spec/containers/0/args/-", "value": "--no-such-flag"}], "-n", CONTROL_PLANE)
        return undo, "deployment", "modelgate-webhook"

    def reconciler_is_away(self):
        self.kubectl("scale", "deployment", "modelgate-reconciler", "-n", CONTROL_PLANE, "--replicas=0")

        def undo():
            self.kubectl("scale", "deployment", "modelgate-reconciler", "-n", CONTROL_PLANE, "--replicas=2")
        return undo, "controllers", "modelgate-reconciler"

    def registration_is_gone(self):
        return self.delete("mutatingwebhookconfiguration", "modelgate"), "registration", "modelgate"

    def permission_is_gone(self):
        return self.delete("clusterrolebinding", "modelgate-reconciler"), "reconciler-permissions", "kubectl auth can-i"

    def configuration_is_broken(self):
        undo = self.replace("configmap", "inferenceservice-config", [
            {"op": "replace", "path": "/data/deploy", "value": '{"defaultDeploymentMode": "Standart"}'}], "-n", CONTROL_PLANE)
        return undo, "configuration", "Standart"

    def certificates_cannot_be_read(self):
        undo = self.replace("secret", "modelgate-webhook-ca", [
            {"op": "replace", "path": "/data/ca.crt", "value": "bm90IGEgY2VydGlmaWNhdGU="}], "-n", CONTROL_PLANE)
        return undo, "ca-secret", "ca.crt"

    def service_fails(self):
        self.serve("failing", quick.predictor("1", "--exit-after=0"))

        def undo():
            self.patch("failing", {"predictor": quick.predictor("2")})
            self.wait_ready("failing")
        return undo, "services", "failing"
