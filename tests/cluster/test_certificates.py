# SPDX-License-Identifier: Apache-2.0
"""The webhook's certificates in a cluster: changes of the registration and of the CAs' Secret by users and tools, and how
the webhook reacts. test_installed.py and soak.py test that no call fails during a rotation.

Each test has its own registration, Secret and Lease, and an admin's permissions.
"""
import base64
import json
import time

from certificates import Authority
from installed import NAMESPACE, REGISTRATIONS, ROTATE, SERVICE, certificates, verifies
from world import ClusterTest

FAST = ["--leaf-lifetime", "10s", "--ca-lifetime", "1h", "--ca-propagation", "1s"]
# The lifetime of a leaf, the allowed clock skew (six propagations), and a margin for busy machines.
FORMER_LEAVES_SECONDS = 10 + 6 + 60
ROTATED_SECONDS = 60
REPAIRED_SECONDS = 30
QUIET_SECONDS = 4
KINDS = {"mutatingwebhookconfigurations": "MutatingWebhookConfiguration",
         "validatingwebhookconfigurations": "ValidatingWebhookConfiguration"}


def hook(name, service=SERVICE, **client):
    """A webhook that is never called."""
    return {"name": name, "admissionReviewVersions": ["v1"], "sideEffects": "None", "failurePolicy": "Ignore",
            "clientConfig": client or {"service": {"name": service, "namespace": NAMESPACE, "path": "/"}},
            "rules": [{"apiGroups": ["nothing.modelgate.io"], "apiVersions": ["v1"], "operations": ["CREATE"],
                       "resources": ["nothings"]}]}


class CertificatesTest(ClusterTest):
    crds = "installed"

    def setUp(self):
        super().setUp()
        self.name = f"certificates-{self.namespace}"
        self.addCleanup(self.world.stop_replicas)
        self.addCleanup(self.remove)

    def remove(self):
        for kind in REGISTRATIONS:
            self.plane.kubectl("delete", kind, self.name, "--ignore-not-found")
        self.plane.kubectl("delete", "-n", NAMESPACE, f"secret/{self.name}", f"lease/{self.name}", "--ignore-not-found")

    def start(self, *flags):
        replica = self.world.start_replica("--registration", self.name, "--ca-secret", self.name, "--lease", self.name,
                                           *flags, kubeconfig=self.plane.kubeconfig, in_service=False)
        return replica

    def apply(self, *hooks, how=("apply", "--server-side")):
        for kind in KINDS.values():
            self.plane.kubectl(*how, "-f", "-", stdin={
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": self.name},
                "webhooks": list(hooks)})

    def registrations(self):
        return [self.plane.get(f"/apis/admissionregistration.k8s.io/v1/{kind}/{self.name}") for kind in REGISTRATIONS]

    def bundles(self):
        """caBundle by webhook name, for both configurations."""
        return [{h["name"]: base64.b64decode(h["clientConfig"].get("caBundle", "")).decode() for h in found["webhooks"]}
                for found in self.registrations()]

    def secret(self):
        found = self.plane.get(f"/api/v1/namespaces/{NAMESPACE}/secrets/{self.name}")
        return found and {key: base64.b64decode(value).decode() for key, value in found.get("data", {}).items()}

    def other_ca(self, than):
        now = (self.secret() or {}).get("ca.crt")
        return now if now != than else None

    def patch_secret(self, **data):
        encoded = {key.replace("_", "."): base64.b64encode(value.encode()).decode() for key, value in data.items()}
        self.plane.kubectl("patch", "secret", self.name, "-n", NAMESPACE, "--type=merge", "-p", json.dumps({"data": encoded}))

    def trusted(self, replica, *names):
        """Whether the bundles of these webhooks, in both configurations, trust the replica's certificate."""
        leaf = replica.leaf()
        return all(verifies(leaf, bundles.get(name, ""), self.plane.directory) for bundles in self.bundles() for name in names)

    def wait_trusted(self, replica, *names):
        began = time.monotonic()
        self.eventually(f"bundles of {names} that trust the leaf", lambda: self.trusted(replica, *names), REPAIRED_SECONDS)
        return time.monotonic() - began

    def wait_rotated(self, replica, before):
        now = self.eventually("another CA", lambda: self.other_ca(before), ROTATED_SECONDS)
        self.eventually("a leaf of it", lambda: verifies(replica.leaf(), now, self.plane.directory), ROTATED_SECONDS)


class Registration(CertificatesTest):
    def test_applying_it_again_keeps_the_bundles(self):
        self.apply(hook("a.modelgate.io"), hook("b.modelgate.io"))
        replica = self.start()
        self.wait_trusted(replica, "a.modelgate.io", "b.modelgate.io")
        before = self.bundles()
        self.apply(hook("a.modelgate.io"), hook("b.modelgate.io"))
        self.assertEqual(self.bundles(), before)
        self.apply(hook("a.modelgate.io"), hook("b.modelgate.io"), how=("apply",))
        self.assertEqual(self.bundles(), before)

    def test_a_webhook_can_be_removed_and_added_by_apply(self):
        self.apply(hook("a.modelgate.io"), hook("b.modelgate.io"))
        replica = self.start()
        self.wait_trusted(replica, "a.modelgate.io", "b.modelgate.io")
        self.wait_ownership_released()
        self.apply(hook("a.modelgate.io"), hook("c.modelgate.io"))
        self.wait_trusted(replica, "a.modelgate.io", "c.modelgate.io")
        self.assertEqual([sorted(bundles) for bundles in self.bundles()], [["a.modelgate.io", "c.modelgate.io"]] * 2)

    def test_bundles_are_restored_after_create_replace_and_delete(self):
        replica = self.start()
        self.assertTrue(replica.ready(), "without a registration it is ready")
        took = {}
        for how in ("create", "replace", "delete"):
            if how == "delete":
                for kind in REGISTRATIONS:
                    self.plane.kubectl("delete", kind, self.name)
            self.apply(hook("a.modelgate.io"), hook("b.modelgate.io", url="https://127.0.0.1:1/"),
                       how=("create",) if how == "delete" else (how,))
            took[how] = self.wait_trusted(replica, "a.modelgate.io", "b.modelgate.io")
        print("            repaired after: " + ", ".join(f"{how} {1000 * t:.0f} ms" for how, t in took.items()))

    def test_webhooks_of_others_are_not_changed(self):
        self.apply(hook("a.modelgate.io"), hook("theirs.example.com", service="theirs"))
        replica = self.start()
        self.wait_trusted(replica, "a.modelgate.io")
        self.assertEqual([bundles["theirs.example.com"] for bundles in self.bundles()], ["", ""])
        self.wait_ownership_released()

    def wait_ownership_released(self):
        """A second patch, directly after the first one, gives up the ownership of the field."""
        self.eventually("kubectl to be the only manager", lambda: {"kubectl"} == {
            entry["manager"] for found in self.registrations() for entry in found["metadata"]["managedFields"]})

    def test_no_writes_without_changes(self):
        self.apply(hook("a.modelgate.io"))
        replica = self.start("--leaf-lifetime", "3s")  # leaves are renewed during the test
        self.wait_trusted(replica, "a.modelgate.io")
        secret = f"/api/v1/namespaces/{NAMESPACE}/secrets/{self.name}"

        def versions():
            return [found["metadata"]["resourceVersion"] for found in [*self.registrations(), self.plane.get(secret)]]
        leaf = replica.leaf()
        before = self.eventually("no more changes", lambda: self.unchanged(versions))
        time.sleep(QUIET_SECONDS)
        self.assertEqual(versions(), before)
        self.assertNotEqual(replica.leaf(), leaf)

    @staticmethod
    def unchanged(versions):
        before = versions()
        time.sleep(1)
        return before if versions() == before else None


class Secret(CertificatesTest):
    def setUp(self):
        super().setUp()
        self.apply(hook("a.modelgate.io"))
        self.replica = self.start(*FAST)
        self.wait_trusted(self.replica, "a.modelgate.io")
        self.first = self.secret()["ca.crt"]

    def test_a_requested_rotation_creates_a_ca_and_removes_the_former_one(self):
        self.plane.kubectl("annotate", "-n", NAMESPACE, "secret", self.name, f"{ROTATE}=now")
        self.wait_rotated(self.replica, self.first)
        self.assertIn(self.first.strip(), self.secret()["previous.crt"])
        self.assertTrue(self.trusted(self.replica, "a.modelgate.io"))
        self.eventually("the former CA to be removed", lambda: sorted(self.secret()) == ["ca.crt", "ca.key"], FORMER_LEAVES_SECONDS)
        self.eventually("a bundle of one", lambda: [len(certificates(b["a.modelgate.io"])) for b in self.bundles()] == [1, 1])

    def test_a_deleted_secret_is_recreated_and_rotated_without_a_gap(self):
        self.plane.kubectl("delete", "-n", NAMESPACE, "secret", self.name)
        self.eventually("the Secret again", lambda: (self.secret() or {}).get("ca.crt") == self.first, REPAIRED_SECONDS)
        self.assertTrue(self.trusted(self.replica, "a.modelgate.io"))
        self.wait_rotated(self.replica, self.first)
        self.assertTrue(self.trusted(self.replica, "a.modelgate.io"))

    def test_an_unreadable_secret_is_never_overwritten(self):
        self.patch_secret(ca_key="hello")
        self.eventually("an error in the log", lambda: "ca.crt: private key cannot be read" in self.replica.log())
        time.sleep(2)
        self.assertEqual(self.secret()["ca.key"], "hello")
        self.assertTrue(self.trusted(self.replica, "a.modelgate.io"), "the last valid CA stays in use")
        self.plane.kubectl("delete", "-n", NAMESPACE, "secret", self.name)
        self.wait_rotated(self.replica, self.first)

    def test_other_keys_in_it_are_kept(self):
        self.patch_secret(notes="ours")
        self.plane.kubectl("annotate", "-n", NAMESPACE, "secret", self.name, f"{ROTATE}=now")
        self.wait_rotated(self.replica, self.first)
        self.assertEqual(self.secret()["notes"], "ours")

    def test_an_emptied_secret_is_restored(self):
        self.plane.kubectl("patch", "secret", self.name, "-n", NAMESPACE, "--type=merge", "-p", '{"data": null}')
        self.eventually("the CA again", lambda: (self.secret() or {}).get("ca.crt") == self.first, REPAIRED_SECONDS)

    def test_a_manually_added_ca_is_used_without_a_gap(self):
        own = Authority(self.plane.directory, self.name)
        self.patch_secret(ca_crt=own.certificate.read_text(), ca_key=own.key.read_text())
        deadline = time.monotonic() + ROTATED_SECONDS
        while not verifies(self.replica.leaf(), own.certificate.read_text(), self.plane.directory):
            self.assertTrue(self.trusted(self.replica, "a.modelgate.io"))
            self.assertLess(time.monotonic(), deadline, "the CA was not used")
        self.assertTrue(self.trusted(self.replica, "a.modelgate.io"))
        self.assertIn(self.first.strip(), self.secret()["previous.crt"])


class Files(CertificatesTest):
    """Certificates from files, such as a mounted Secret of cert-manager."""

    def setUp(self):
        super().setUp()
        self.directory = self.plane.directory / self.name
        self.directory.mkdir()
        self.ca = Authority(self.directory, "issuer")
        self.ca.leaf("webhook", names=["localhost"], addresses=["127.0.0.1"],
                     into=(self.directory / "tls.crt", self.directory / "tls.key"))
        (self.directory / "ca.crt").write_text(self.ca.certificate.read_text())
        self.apply(hook("a.modelgate.io"))

    def test_nothing_is_written(self):
        self.start("--webhook-cert-path", self.directory)
        time.sleep(2)
        self.assertIsNone(self.secret())
        self.assertEqual([bundles["a.modelgate.io"] for bundles in self.bundles()], ["", ""])

    def test_only_the_bundle_is_written_with_patch_ca_bundle(self):
        replica = self.start("--webhook-cert-path", self.directory, "--patch-ca-bundle=true")
        self.wait_trusted(replica, "a.modelgate.io")
        other = Authority(self.directory, "other")
        both = (self.directory / "ca.crt").read_text() + other.certificate.read_text()
        (self.directory / "ca.crt").write_text(both)
        self.eventually("the file's new content", lambda: all(
            len(certificates(bundles["a.modelgate.io"])) == 2 for bundles in self.bundles()))
        self.assertIsNone(self.secret())

    def test_it_is_not_ready_with_a_bundle_of_another_ca(self):
        other = Authority(self.directory, "other")
        self.apply(hook("a.modelgate.io", url="https://127.0.0.1:1/", caBundle=other.bundle()))
        replica = self.world.start_replica("--registration", self.name, "--webhook-cert-path", self.directory, wait=False,
                                           kubeconfig=self.plane.kubeconfig, in_service=False)
        self.eventually("a reason", lambda: "caBundle of webhook a.modelgate.io" in replica.readiness()[1])
        self.assertFalse(replica.ready())
        self.apply(hook("a.modelgate.io", url="https://127.0.0.1:1/", caBundle=self.ca.bundle()))
        self.eventually("readiness", replica.ready)
