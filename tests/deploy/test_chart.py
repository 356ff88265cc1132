# SPDX-License-Identifier: Apache-2.0
"""The chart installs the same objects as kustomize: it is composed from them, and compared as rendered by helm."""
import functools
import json
import os
import subprocess
import sys
import unittest

import yaml
from rendered import DEPLOY, ROOT, identity, kubectl, named, one, rendered, webhooks

CHART = DEPLOY / "chart"
# Rendering needs no cluster.
KUBE_VERSION = "v1.36.0"
SECONDS = 60


def helm(*arguments):
    program = os.environ.get("MODELGATE_HELM") or subprocess.run(
        [str(ROOT / ".ci" / "helm")], check=True, text=True, stdout=subprocess.PIPE).stdout.strip()
    return subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, timeout=SECONDS)


@functools.cache
def charted(*arguments, namespace="kserve"):
    """The rendered objects of the chart, without the null and empty fields of unset values."""
    done = helm("template", "modelgate", CHART, "--namespace", namespace, "--kube-version", KUBE_VERSION, *arguments)
    if done.returncode != 0:
        raise AssertionError(done.stderr)
    return [without_empty(o) for o in yaml.safe_load_all(done.stdout) if o]


def without_empty(o):
    """As in the API server: an empty nodeSelector or imagePullSecrets counts as missing."""
    if o["kind"] == "Deployment":
        pod = o["spec"]["template"]["spec"]
        for key in ("imagePullSecrets", "nodeSelector"):
            if not pod.get(key):
                pod.pop(key, None)
    return o


def by_identity(objects):
    return {identity(o): o for o in objects}


class Chart(unittest.TestCase):
    maxDiff = 4000

    def assert_same(self, chart, kustomize):
        """The same objects except for the Namespace, which helm creates, and the annotation that keeps the CRDs."""
        chart, kustomize = by_identity(chart), by_identity(o for o in kustomize if o["kind"] != "Namespace")
        self.assertEqual(set(chart), set(kustomize))
        for key, o in chart.items():
            if o["kind"] == "CustomResourceDefinition":
                self.assertEqual(o["metadata"]["annotations"], {"helm.sh/resource-policy": "keep"})
                o = {**o, "metadata": {k: v for k, v in o["metadata"].items() if k != "annotations"}}
            with self.subTest(key):
                self.assertEqual(comparable(o), comparable(kustomize[key]))

    def test_committed_templates_are_current(self):
        done = subprocess.run([sys.executable, str(CHART / "compose.py"), "--check"], capture_output=True, text=True,
                              timeout=SECONDS, env={**os.environ, "KUBECTL": kubectl()})
        self.assertEqual(done.returncode, 0, done.stderr)

    def test_it_lints(self):
        done = helm("lint", "--strict", CHART)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_default_values_equal_deploy(self):
        self.assert_same(charted(), rendered(""))

    def test_with_cert_manager(self):
        self.assert_same(charted("--set", "certificates.issuer=cert-manager"), rendered("overlays/cert-manager"))

    def test_with_one_replica(self):
        self.assert_same(charted("--set", "replicas=1,reconciler.replicas=1"), rendered("overlays/single-replica"))

    def test_in_place_of_kserve(self):
        self.assert_same([labelled(o) for o in
                          charted("--values", CHART / "values-kserve.yaml", namespace="modelgate")],
                         [labelled(o) for o in rendered("overlays/in-place-of-kserve")])

    def test_with_monitoring(self):
        added = [o for o in charted("--set", "monitoring.enabled=true") if identity(o) not in by_identity(charted())]
        self.assert_same(added, rendered("monitoring"))

    def test_parts_can_be_disabled(self):
        for value, kind in (("podDisruptionBudget", "PodDisruptionBudget"), ("networkPolicy", "NetworkPolicy"),
                            ("resourceQuota", "ResourceQuota")):
            left = charted("--set", f"{value}.enabled=false")
            self.assertEqual({k[1] for k in set(by_identity(charted())) - set(by_identity(left))}, {kind})
        self.assertFalse([o for o in charted("--set", "crds.install=false") if o["kind"] == "CustomResourceDefinition"])

        left = charted("--set", "reconciler.enabled=false")
        gone = set(by_identity(charted())) - set(by_identity(left))
        self.assertEqual(gone, {identity(o) for o in rendered("reconciler")})

    def test_values_are_used(self):
        objects = charted("--set", "image.tag=v9,image.repository=example.com/m,extraArgs={--log-level=debug}",
                          "--set-json", 'registrations.matchExpressions=[{"key":"a","operator":"Exists"}]',
                          "--set-json", 'configuration={"deploy":"{}"}', "--set", "podAnnotations.a=b",
                          "--set", "reconciler.replicas=3,reconciler.extraArgs={--workers=4}")
        pod = one(objects, "Deployment", "modelgate-webhook")["spec"]["template"]
        self.assertEqual(pod["spec"]["containers"][0]["image"], "example.com/m:v9")
        self.assertEqual(pod["spec"]["containers"][0]["args"][-1], "--log-level=debug")
        self.assertEqual(pod["metadata"]["annotations"]["a"], "b")
        reconciler = one(objects, "Deployment", "modelgate-reconciler")["spec"]
        self.assertEqual(reconciler["replicas"], 3)
        self.assertEqual(reconciler["template"]["spec"]["containers"][0]["args"][-1], "--workers=4")
        self.assertEqual(one(objects, "ConfigMap", "inferenceservice-config")["data"]["deploy"], "{}")
        for _, webhook in webhooks(objects):
            if "namespaceSelector" in webhook:
                self.assertEqual(len(webhook["namespaceSelector"]["matchExpressions"]), 2)

    def test_the_schema_rejects_unknown_values(self):
        for wrong in ("replicas=0", "replica=1", "reconciler.replicas=-1", "reconciler.workers=4", "certificates.issuer=vault", "image.pullPolicy=Sometimes",
                      "extraArgs={x}", "crds.install=maybe", "registrations.matchExpressions[0].operator=Like"):
            with self.subTest(wrong):
                done = helm("template", "modelgate", CHART, "--kube-version", KUBE_VERSION, "--set", wrong)
                self.assertNotEqual(done.returncode, 0)
                self.assertIn("schema", done.stderr)

    def test_every_value_is_in_the_schema(self):
        values = yaml.safe_load((CHART / "values.yaml").read_text())
        schema = json.loads((CHART / "values.schema.json").read_text())
        self.assertEqual(set(values), set(schema["properties"]) - {"global"})

    def test_the_compatible_settings_are_the_components(self):
        component = yaml.safe_load((DEPLOY / "components" / "compatible" / "settings.yaml").read_text())
        values = yaml.safe_load((CHART / "values-kserve.yaml").read_text())
        self.assertEqual(values["configuration"], component["data"])


def labelled(o):
    """kustomize adds the label to all objects, the chart only to selected ones."""
    labels = {k: v for k, v in o["metadata"].get("labels", {}).items() if k != "control-plane"}
    o = {**o, "metadata": {**o["metadata"], "labels": labels}}
    if o["kind"] == "Deployment":
        name = f'"app.kubernetes.io/name": "{o["metadata"]["name"]}"'
        o = json.loads(json.dumps(o).replace(f'{name}, "control-plane": "modelgate"', name))
    return o


def comparable(o):
    """With the expressions of a webhook's selector sorted."""
    for webhook in o.get("webhooks", []):
        if "namespaceSelector" in webhook:
            webhook["namespaceSelector"]["matchExpressions"].sort(key=json.dumps)
            for expression in webhook["namespaceSelector"]["matchExpressions"]:
                expression.get("values", []).sort()
    return o


if __name__ == "__main__":
    unittest.main()
