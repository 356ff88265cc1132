# SPDX-License-Identifier: Apache-2.0
"""The webhook's permissions in deploy/ are exactly those that it uses.

The API server's audit log has all its calls. In one run the webhook does everything: creates certificates in an empty
cluster, watches, looks up objects, reports an invalid configuration, rotates.
"""
import json
import urllib.error

from installed import (ACCOUNT, CONFIG_MAP, GROUP, LEASE, NAMESPACE, SECRET, pod_with_missing_parts, pod_with_model,
                       pod_with_unknown_fetcher, with_claim, with_unknown_runtime)
from test_installed import FAST_ROTATION, InstalledTest, rotate

CACHES = {"localmodelcaches": ("LocalModelCache", "Cluster"),
          "localmodelnamespacecaches": ("LocalModelNamespaceCache", "Namespaced")}
RBAC = "/apis/rbac.authorization.k8s.io/v1"


class Permissions(InstalledTest):
    def test_everything_granted_is_used_and_nothing_is_forbidden(self):
        self.install_local_model_caches()
        # After its start an API server forbids everything for a moment; other tests restart it.
        earlier = len(self.world.calls())
        self.world.uncertify()
        self.plane.kubectl("delete", "events", "-n", NAMESPACE, "--all")
        first, second = (self.world.start_replica(*FAST_ROTATION) for _ in range(2))
        self.world.wait_asked()
        self.look_up_runtimes()
        self.complain_twice(first)
        rotate(self, first, second)
        self.lose_the_secret()
        self.keep_the_lease()
        calls = self.world.calls()[earlier:]
        assert_exact(self, ACCOUNT, calls)

    def install_local_model_caches(self):
        """Installs kinds of KServe that are watched if they exist, but are not part of deploy/."""
        names = [f"{plural}.{GROUP}" for plural in CACHES]
        self.plane.kubectl("apply", "--server-side", "-f", "-", stdin={
            "apiVersion": "v1", "kind": "List", "items": [crd(plural, *row) for plural, row in CACHES.items()]})
        self.addCleanup(self.plane.kubectl, "delete", "crd", *names)
        self.eventually("their CRDs", lambda: all(self.is_served(plural) for plural in CACHES))

    def is_served(self, plural):
        """A new kind is first not found, then the API server answers 429."""
        try:
            return self.plane.get(f"/apis/{GROUP}/v1alpha1/{plural}")
        except urllib.error.HTTPError:
            return None

    def look_up_runtimes(self):
        """An object that is not in the catalog is looked up in the cluster."""
        self.assertIsInstance(self.dry_run(with_unknown_runtime()), dict)
        self.assertIsInstance(self.dry_run(with_claim()), dict)
        self.assertIsInstance(self.dry_run(pod_with_model(), "pods"), dict)
        self.assertIn('"not-there"', self.dry_run(pod_with_missing_parts(), "pods"))
        self.assertIn('"not-there"', self.dry_run(pod_with_unknown_fetcher(), "pods"))

    def complain_twice(self, replica):
        """The first report creates an event, the second one increments its count."""
        settings = self.settings()
        for broken in "{", "{ ":
            self.configure(modelgate=broken)
            self.eventually("the event", lambda text=broken: self.reports(), 10)
            self.configure(modelgate=json.dumps(settings))
        self.configure(modelgate="{")
        self.eventually("the incremented event", lambda: any(e.get("count", 1) > 1 for e in self.reports()), 10)
        self.assertTrue(replica.ready())

    def reports(self):
        found = self.plane.get(f"/api/v1/namespaces/{NAMESPACE}/events?fieldSelector=involvedObject.name={CONFIG_MAP}")
        return [event for event in found["items"] if event["source"].get("component") == "modelgate-webhook"
                or event.get("reportingComponent") == "modelgate-webhook"]

    def lose_the_secret(self):
        before = self.world.secret()["ca.crt"]
        self.plane.kubectl("delete", "-n", NAMESPACE, "secret", SECRET)
        self.eventually("the Secret again", self.world.secret, 30)
        self.assertTrue(before)
        self.world.wait_asked()

    def keep_the_lease(self):
        """Waits for a renewal of the lease, which may not have happened yet."""
        def renewed():
            spec = self.plane.get(f"/apis/coordination.k8s.io/v1/namespaces/{NAMESPACE}/leases/{LEASE}")["spec"]
            return spec["renewTime"] != spec["acquireTime"]
        self.eventually("the lease to be renewed", renewed, 10)


def crd(plural, kind, scope):
    return {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
            "metadata": {"name": f"{plural}.{GROUP}"},
            "spec": {"group": GROUP, "scope": scope, "names": {"plural": plural, "singular": kind.lower(), "kind": kind},
                     "versions": [{"name": "v1alpha1", "served": True, "storage": True, "schema": {"openAPIV3Schema": {
                         "type": "object", "x-kubernetes-preserve-unknown-fields": True}}}]}}


def granted(plane, account):
    """The permissions (verb, group, resource, namespace, name) of our ServiceAccount; "" for all namespaces or names."""
    found = set()
    for scope, bindings in (("", plane.get(RBAC + "/clusterrolebindings")["items"]),
                            (NAMESPACE, plane.get(f"{RBAC}/namespaces/{NAMESPACE}/rolebindings")["items"])):
        for binding in bindings:
            if not any(s["kind"] == "ServiceAccount" and s["name"] == account and s["namespace"] == NAMESPACE
                       for s in binding.get("subjects", [])):
                continue
            ref = binding["roleRef"]
            where = "/clusterroles/" if ref["kind"] == "ClusterRole" else f"/namespaces/{NAMESPACE}/roles/"
            for rule in plane.get(RBAC + where + ref["name"])["rules"]:
                found |= {(verb, group, resource, scope, name) for verb in rule["verbs"] for group in rule["apiGroups"]
                          for resource in rule["resources"] for name in rule.get("resourceNames", [""])}
    return found


def assert_exact(test, account, calls, otherwise=()):
    """No call was forbidden, and a call needed each permission, except for those that no call shows."""
    forbidden = sorted({f"{call['verb']} {call['requestURI'].split('?')[0]}" for call in calls
                        if call.get("responseStatus", {}).get("code") in (401, 403)})
    test.assertEqual(forbidden, [])
    used = {use for call in calls if call.get("objectRef") for use in uses_of(call)}
    given = granted(test.plane, account)
    test.assertGreater(len(given), 10)
    needed = {grant for use in used for grant in narrowest(given, use)}
    unused = sorted(" ".join(filter(None, grant)) for grant in given - needed)
    print(f"            {len(given)} permissions, {len(calls)} calls")
    test.assertEqual(unused, sorted(otherwise), "granted and not used")


def uses_of(call):
    """A patch that creates an object, as server-side apply may, also needs the permission to create."""
    use = use_of(call)
    return [use, ("create", *use[1:])] if use[0] == "patch" and call.get("responseStatus", {}).get("code") == 201 else [use]


def use_of(call):
    ref = call["objectRef"]
    resource = ref["resource"] + ("/" + ref["subresource"] if ref.get("subresource") else "")
    # A list or watch of one object has its name in the field selector.
    name = ref.get("name", "")
    return call["verb"], ref.get("apiGroup", ""), resource, ref.get("namespace", ""), name


def narrowest(granted, use):
    """The permissions that this use needs: not a wide one if a narrow one suffices."""
    fitting = [grant for grant in granted if covers(grant, use)]
    most = max((sum(map(bool, grant)) for grant in fitting), default=0)
    return [grant for grant in fitting if sum(map(bool, grant)) == most]


def covers(grant, use):
    """A create has no name yet."""
    return grant[:3] == use[:3] and grant[3] in ("", use[3]) and (grant[4] in ("", use[4]) or not use[4])
