# SPDX-License-Identifier: Apache-2.0
"""Shared by the tests of deploy/: a control plane for a class, an overlay applied to it, and a webhook for its
registrations. Used by test_deploy.py and test_beside_kserve.py.
"""
import json
import shutil
import sys
import tempfile
from pathlib import Path

import yaml

sys.path.append(str(Path(__file__).resolve().parent.parent / "deploy"))

from control_plane import ControlPlane  # noqa: E402
from processes import free_port  # noqa: E402
from rendered import DEPLOY, rendered  # noqa: E402
from waiting import WaitingTest  # noqa: E402
from webhook import GROUP  # noqa: E402
from world import ClusterTest  # noqa: E402

ROLLOUT_SECONDS = 60
SERVED_SECONDS = 60
# The API server's own cache gets a registration some time after it is stored. A call without answer takes five seconds.
REGISTERED_SECONDS = 30
REGISTRATIONS = ("mutatingwebhookconfigurations", "validatingwebhookconfigurations")


class PlaneTest(WaitingTest):
    """One fresh control plane for the class."""

    @classmethod
    def setUpClass(cls):
        cls.plane = ControlPlane()
        cls.plane.__enter__()
        cls.addClassCleanup(cls.plane.__exit__, None, None, None)

    def apply(self, folder):
        """Applies a folder of deploy/ once; fails if the API server rejects a part or warns."""
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
        return {(o["kind"], w["name"]): w["clientConfig"].get("caBundle")
                for o in self.registrations() for w in o["webhooks"]}

    def write_bundles(self):
        """Writes caBundle as the webhook does, with its field manager. Returns the value that bundles() should have now."""
        for live in self.registrations():
            self.plane.kubectl("apply", "--server-side", "--field-manager=modelgate-webhook", "-f", "-", stdin={
                "apiVersion": live["apiVersion"], "kind": live["kind"], "metadata": {"name": "modelgate"},
                "webhooks": [{"name": w["name"], "clientConfig": {"caBundle": self.plane.ca.bundle()}}
                             for w in live["webhooks"]]})
        return dict.fromkeys(self.bundles(), self.plane.ca.bundle())


class Answering:
    """The webhook with the ServiceAccount of an overlay; the overlay's registrations point to it."""

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
            "clusters": [{"name": "a", "cluster": {"server": plane.server,
                                                   "certificate-authority": str(plane.ca.certificate)}}],
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
        # Denied by us, not because of a failed call.
        plane.processes.wait_for("the API server to ask the webhook", REGISTERED_SECONDS, self.asked)
        return self

    def asked(self):
        done = self.plane.kubectl("create", "--dry-run=server", "-f", "-", stdin=nothing("models"), expect=None)
        return "is invalid" in done.stderr

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
