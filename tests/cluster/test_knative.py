# SPDX-License-Identifier: Apache-2.0
"""Services in Knative mode, with Knative's CustomResourceDefinition and without its controller: the test writes the status of
Knative Services, as the controller does.
"""
import json
import subprocess
import urllib.error

from installed import GROUP
from test_reconciler import ReconciledTest, sklearn
from world import ROOT

SERVING = "serving.knative.dev"
CRD = f"services.{SERVING}"
MODE = {f"{GROUP}/deploymentMode": "Knative"}
# A new kind is noticed within ten seconds; machines are busy.
NOTICED_SECONDS = 60


class Knative(ReconciledTest):
    def setUp(self):
        super().setUp()
        found = subprocess.run([str(ROOT / ".ci" / "third-party-crds")], check=True, text=True, stdout=subprocess.PIPE)
        self.crd = f"{found.stdout.strip()}/knative/{CRD}.yaml"
        self.addCleanup(self.uninstall)

    def install(self):
        self.plane.kubectl("apply", "--server-side", "-f", self.crd)
        self.eventually("Knative's kind", self.is_served, 30)

    def uninstall(self):
        self.plane.kubectl("delete", "crd", CRD, "--ignore-not-found", "--timeout=60s")

    def is_served(self):
        try:
            return self.plane.get(f"/apis/{SERVING}/v1/services")
        except urllib.error.HTTPError:
            return None

    def knative(self, name):
        return self.plane.get(f"/apis/{SERVING}/v1/namespaces/{self.namespace}/services/{name}")

    def play(self, name, revision, status="True"):
        """What Knative's controller reports when the revision is ready."""
        traffic = [{"revisionName": revision, **target} for target in self.knative(name)["spec"]["traffic"]]
        conditions = [{"type": t, "status": status} for t in ("ConfigurationsReady", "Ready", "RoutesReady")]
        body = {"status": {"latestCreatedRevisionName": revision, "latestReadyRevisionName": revision, "traffic": traffic,
                           "conditions": conditions, "url": f"http://{name}.{self.namespace}.example.com",
                           "address": {"url": f"http://{name}.{self.namespace}.svc.cluster.local"}}}
        self.kubectl("patch", CRD, name, "--subresource=status", "--type=merge", "-p", json.dumps(body))

    def owned(self, path, name):
        return self.plane.get(f"/{path.format('namespaces/' + self.namespace)}/{name}")

    def test_a_service_is_served_rolled_out_and_stopped(self):
        self.install()
        self.apply(sklearn("scaled", MODE, {"maxReplicas": 3, "scaleTarget": 10, "containerConcurrency": 2}))
        made = self.within("the Knative Service", lambda: self.knative("scaled-predictor"), NOTICED_SECONDS)
        template = made["spec"]["template"]
        self.assertEqual(template["metadata"]["annotations"]["autoscaling.knative.dev/max-scale"], "3")
        self.assertEqual(template["spec"]["containerConcurrency"], 2)
        self.assertEqual(made["metadata"]["ownerReferences"][0]["name"], "scaled")
        self.play("scaled-predictor", "scaled-predictor-00001")
        self.wait_ready("scaled")
        status = self.status("scaled")
        self.assertEqual(status["deploymentMode"], "Knative")
        self.assertEqual(status["url"], f"http://scaled.{self.namespace}.example.com")
        self.assertEqual(status["components"]["predictor"]["latestRolledoutRevision"], "scaled-predictor-00001")
        self.assertEqual(self.owned("api/v1/{}/services", "scaled")["spec"]["type"], "ExternalName")
        self.assertIsNotNone(self.owned("apis/networking.istio.io/v1beta1/{}/virtualservices", "scaled"))

        # A canary.
        self.patch("scaled", {"spec": {"predictor": {"canaryTrafficPercent": 10, "model": {"storageUri": "s3://models/2"}}}})
        shares = [{"latestRevision": True, "percent": 10},
                  {"latestRevision": False, "percent": 90, "revisionName": "scaled-predictor-00001", "tag": "prev"}]
        self.eventually("the share of the canary", lambda: self.knative("scaled-predictor")["spec"]["traffic"] == shares, 20)

        # No write where nothing changes.
        before = self.knative("scaled-predictor")["metadata"]["resourceVersion"]
        self.reconciler.terminate()
        self.reconciler = self.world.start_reconciler()
        self.patch("scaled", {"metadata": {"annotations": {"example.com/note": "x"}}})
        self.eventually("the annotation", lambda: self.knative("scaled-predictor")["spec"]["template"]["metadata"]
                        ["annotations"].get("example.com/note") == "x", 20)
        self.assertNotEqual(self.knative("scaled-predictor")["metadata"]["resourceVersion"], before)

        self.kubectl("annotate", "inferenceservice", "scaled", f"{GROUP}/stop=true")
        self.eventually("its Knative Service to be deleted", lambda: self.knative("scaled-predictor") is None, 20)
        self.eventually("the status", lambda: self.condition("scaled", "Stopped").get("status") == "True", 20)
        self.assertIsNone(self.owned("api/v1/{}/services", "scaled"))

    def test_the_arrival_and_the_removal_of_knative_are_noticed(self):
        self.apply(sklearn("waiting", MODE))
        self.within("the reason", lambda: self.condition("waiting").get("reason") == "KnativeNotServed", NOTICED_SECONDS)
        self.install()
        self.within("the Knative Service", lambda: self.is_served() and self.knative("waiting-predictor"), NOTICED_SECONDS)
        self.uninstall()
        self.within("the reason again", lambda: self.condition("waiting").get("reason") == "KnativeNotServed", NOTICED_SECONDS)
