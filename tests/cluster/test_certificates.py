# SPDX-License-Identifier: Apache-2.0
"""The webhook's certificates in a cluster: what an admin, a tool or an accident does to the registration and to the Secret
of the CAs, and what then becomes of it. That no call fails while they rotate is in test_installed.py and soak.py.

Each test has a registration, a Secret and a lease of its own, and an admin's rights.
"""
import base64
import json
import time

from certificates import Authority
from installed import NAMESPACE, REGISTRATIONS, ROTATE, SERVICE, certificates, verifies
from world import ClusterTest

FAST = ["--leaf-lifetime", "10s", "--ca-lifetime", "1h", "--ca-propagation", "1s"]
# The longest leaf, the clocks' difference that is allowed for (six propagations), and a busy machine.
FORMER_LEAVES_SECONDS = 10 + 6 + 60
ROTATED_SECONDS = 60
REPAIRED_SECONDS = 30
QUIET_SECONDS = 4
KINDS = {"mutatingwebhookconfigurations": "MutatingWebhookConfiguration",
         "validatingwebhookconfigurations": "ValidatingWebhookConfiguration"}


def hook(name, service=SERVICE, **client):
    """A webhook that no object ever reaches."""
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
                                           *flags, kubeconfig=self.plane.kubeconfig, behind_address=False)
        return replica

    def apply(self, *hooks, how=("apply", "--server-side")):
        for kind in KINDS.values():
            self.plane.kubectl(*how, "-f", "-", stdin={
                "apiVersion": "admissionregistration.k8s.io/v1", "kind": kind, "metadata": {"name": self.name},
                "webhooks": list(hooks)})

    def registrations(self):
        return [self.plane.get(f"/apis/admissionregistration.k8s.io/v1/{kind}/{self.name}") for kind in REGISTRATIONS]

    def bundles(self):
        """caBundle by the webhook's name, for each of the two configurations."""
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
        """Whether the bundles of these webhooks, in both configurations, trust what the replica serves."""
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
    def test_whoever_applies_it_again_keeps_the_bundles(self):
        self.apply(hook("a.modelgate.io"), hook("b.modelgate.io"))
        replica = self.start()
        self.wait_trusted(replica, "a.modelgate.io", "b.modelgate.io")
        before = self.bundles()
        self.apply(hook("a.modelgate.io"), hook("b.modelgate.io"))
        self.assertEqual(self.bundles(), before)
        self.apply(hook("a.modelgate.io"), hook("b.modelgate.io"), how=("apply",))
        self.assertEqual(self.bundles(), before)

    def test_a_webhook_can_be_dropped_and_added_by_apply(self):
        self.apply(hook("a.modelgate.io"), hook("b.modelgate.io"))
        replica = self.start()
        self.wait_trusted(replica, "a.modelgate.io", "b.modelgate.io")
        self.wait_given_up()
        self.apply(hook("a.modelgate.io"), hook("c.modelgate.io"))
        self.wait_trusted(replica, "a.modelgate.io", "c.modelgate.io")
        self.assertEqual([sorted(bundles) for bundles in self.bundles()], [["a.modelgate.io", "c.modelgate.io"]] * 2)

    def test_what_is_wiped_deleted_or_late_is_repaired(self):
        replica = self.start()
        self.assertTrue(replica.ready(), "nobody is registered who could distrust it")
        took = {}
        for how in ("create", "replace", "delete"):
            if how == "delete":
                for kind in REGISTRATIONS:
                    self.plane.kubectl("delete", kind, self.name)
            self.apply(hook("a.modelgate.io"), hook("b.modelgate.io", url="https://127.0.0.1:1/"),
                       how=("create",) if how == "delete" else (how,))
            took[how] = self.wait_trusted(replica, "a.modelgate.io", "b.modelgate.io")
        print("            repaired after: " + ", ".join(f"{how} {1000 * t:.0f} ms" for how, t in took.items()))

    def test_what_belongs_to_others_is_left_alone(self):
        self.apply(hook("a.modelgate.io"), hook("theirs.example.com", service="theirs"))
        replica = self.start()
        self.wait_trusted(replica, "a.modelgate.io")
        self.assertEqual([bundles["theirs.example.com"] for bundles in self.bundles()], ["", ""])
        self.wait_given_up()

    def wait_given_up(self):
        """The field's ownership is given up by a second patch, right behind the first."""
        self.eventually("nothing is kept from its author", lambda: {"kubectl"} == {
            entry["manager"] for found in self.registrations() for entry in found["metadata"]["managedFields"]})

    def test_a_quiet_cluster_sees_no_write(self):
        self.apply(hook("a.modelgate.io"))
        replica = self.start("--leaf-lifetime", "3s")  # leaves are renewed meanwhile
        self.wait_trusted(replica, "a.modelgate.io")
        secret = f"/api/v1/namespaces/{NAMESPACE}/secrets/{self.name}"

        def versions():
            return [found["metadata"]["resourceVersion"] for found in [*self.registrations(), self.plane.get(secret)]]
        leaf = replica.leaf()
        before = self.eventually("rest", lambda: self.rests(versions))
        time.sleep(QUIET_SECONDS)
        self.assertEqual(versions(), before)
        self.assertNotEqual(replica.leaf(), leaf)

    @staticmethod
    def rests(versions):
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

    def test_asked_for_a_ca_makes_one_and_the_former_leaves(self):
        self.plane.kubectl("annotate", "-n", NAMESPACE, "secret", self.name, f"{ROTATE}=now")
        self.wait_rotated(self.replica, self.first)
        self.assertIn(self.first.strip(), self.secret()["previous.crt"])
        self.assertTrue(self.trusted(self.replica, "a.modelgate.io"))
        self.eventually("the former CA to leave", lambda: sorted(self.secret()) == ["ca.crt", "ca.key"], FORMER_LEAVES_SECONDS)
        self.eventually("a bundle of one", lambda: [len(certificates(b["a.modelgate.io"])) for b in self.bundles()] == [1, 1])

    def test_deleted_it_comes_back_and_is_replaced_without_a_gap(self):
        self.plane.kubectl("delete", "-n", NAMESPACE, "secret", self.name)
        self.eventually("the Secret again", lambda: (self.secret() or {}).get("ca.crt") == self.first, REPAIRED_SECONDS)
        self.assertTrue(self.trusted(self.replica, "a.modelgate.io"))
        self.wait_rotated(self.replica, self.first)
        self.assertTrue(self.trusted(self.replica, "a.modelgate.io"))

    def test_what_cannot_be_read_is_never_written_over(self):
        self.patch_secret(ca_key="hello")
        self.eventually("a word in the log", lambda: "ca.crt: private key cannot be read" in self.replica.log())
        time.sleep(2)
        self.assertEqual(self.secret()["ca.key"], "hello")
        self.assertTrue(self.trusted(self.replica, "a.modelgate.io"), "the last good CA stays in force")
        self.plane.kubectl("delete", "-n", NAMESPACE, "secret", self.name)
        self.wait_rotated(self.replica, self.first)

    def test_keys_of_others_in_it_stay(self):
        self.patch_secret(notes="ours")
        self.plane.kubectl("annotate", "-n", NAMESPACE, "secret", self.name, f"{ROTATE}=now")
        self.wait_rotated(self.replica, self.first)
        self.assertEqual(self.secret()["notes"], "ours")

    def test_emptied_it_is_filled(self):
        self.plane.kubectl("patch", "secret", self.name, "-n", NAMESPACE, "--type=merge", "-p", '{"data": null}')
        self.eventually("the CA again", lambda: (self.secret() or {}).get("ca.crt") == self.first, REPAIRED_SECONDS)

    def test_a_ca_put_in_by_hand_is_taken_up_without_a_gap(self):
        own = Authority(self.plane.directory, self.name)
        self.patch_secret(ca_crt=own.certificate.read_text(), ca_key=own.key.read_text())
        deadline = time.monotonic() + ROTATED_SECONDS
        while not verifies(self.replica.leaf(), own.certificate.read_text(), self.plane.directory):
            self.assertTrue(self.trusted(self.replica, "a.modelgate.io"))
            self.assertLess(time.monotonic(), deadline, "it was not taken up")
        self.assertTrue(self.trusted(self.replica, "a.modelgate.io"))
        self.assertIn(self.first.strip(), self.secret()["previous.crt"])


class Files(CertificatesTest):
    """Somebody else issues: cert-manager's Secret, mounted."""

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

    def test_but_the_bundle_where_that_is_asked_for(self):
        replica = self.start("--webhook-cert-path", self.directory, "--patch-ca-bundle=true")
        self.wait_trusted(replica, "a.modelgate.io")
        other = Authority(self.directory, "other")
        both = (self.directory / "ca.crt").read_text() + other.certificate.read_text()
        (self.directory / "ca.crt").write_text(both)
        self.eventually("the file's new content", lambda: all(
            len(certificates(bundles["a.modelgate.io"])) == 2 for bundles in self.bundles()))
        self.assertIsNone(self.secret())

    def test_a_bundle_of_another_ca_keeps_it_from_being_ready(self):
        other = Authority(self.directory, "other")
        self.apply(hook("a.modelgate.io", url="https://127.0.0.1:1/", caBundle=other.bundle()))
        replica = self.world.start_replica("--registration", self.name, "--webhook-cert-path", self.directory, wait=False,
                                           kubeconfig=self.plane.kubeconfig, behind_address=False)
        self.eventually("a reason", lambda: "caBundle of webhook a.modelgate.io" in replica.readiness()[1])
        self.assertFalse(replica.ready())
        self.apply(hook("a.modelgate.io", url="https://127.0.0.1:1/", caBundle=self.ca.bundle()))
        self.eventually("readiness", replica.ready)
