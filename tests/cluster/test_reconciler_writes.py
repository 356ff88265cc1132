# SPDX-License-Identifier: Apache-2.0
"""Which objects the reconciler writes: not objects of others or of an earlier service, and how it handles immutable fields
and objects that another client writes too."""
import itertools
import threading
import urllib.error

from test_reconciler import READY_SECONDS, ReconciledTest, sklearn

# As in reconciler/apply/applier.h.
WRITE_BURST, WRITE_EVERY = 20, 5
WRITES = ("create", "update", "patch", "delete")


class Writes(ReconciledTest):
    def writes_of(self, kind, name):
        """The status codes of our writes of that object, including rejected ones."""
        part = f"/namespaces/{self.namespace}/{kind}/{name}"
        return [call["responseStatus"]["code"] for call in self.world.reconciler_calls()
                if call["verb"] in WRITES and call["requestURI"].partition("?")[0].endswith(part)]

    def events(self, reason):
        return [e["message"] for e in self.list("api/v1/{}/events") if e["reason"] == reason]

    def event(self, reason, seconds=20):
        return self.eventually(f"an Event {reason}", lambda: self.events(reason), seconds)[0]


class OfOthers(Writes):
    def test_an_object_that_applying_would_merge_with(self):
        """Its fields do not conflict with ours, so that the API server would merge them."""
        self.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "merged-predictor"},
                    "spec": {"ports": [{"name": "other", "port": 9999}]}})
        path = f"/api/v1/namespaces/{self.namespace}/services/merged-predictor"
        before = self.plane.get(path)
        self.apply(sklearn("merged"))
        self.assertIn("merged-predictor", self.event("NameTaken"))
        self.assertEqual(self.plane.get(path), before)
        self.assertEqual(self.writes_of("services", "merged-predictor"), [])

    def test_a_recreated_service_does_not_adopt_the_old_objects(self):
        self.apply(sklearn("anew"))
        self.wait_ready("anew")
        old = {key: o["metadata"]["uid"] for key, o in self.children().items()}
        self.kubectl("delete", "inferenceservice", "anew", "--timeout=30s")
        self.apply(sklearn("anew", {"note": "second"}))
        uid = self.service("anew")["metadata"]["uid"]
        self.wait_ready("anew", seconds=2 * READY_SECONDS)
        new = self.children()
        self.assertEqual(new.keys(), old.keys())
        for key, o in new.items():
            self.assertNotEqual(o["metadata"]["uid"], old[key], key)
            self.assertEqual([r["uid"] for r in o["metadata"]["ownerReferences"]], [uid], key)


class Refused(Writes):
    def test_an_immutable_field_is_reported_and_not_retried_endlessly(self):
        self.apply(sklearn("fixed"))
        self.wait_ready("fixed")
        self.world.stop_reconcilers()
        made = self.deployment("fixed-predictor")
        self.kubectl("delete", "deployment", "fixed-predictor", "--timeout=30s")
        spec = made["spec"]
        for labels in (spec["selector"]["matchLabels"], spec["template"]["metadata"]["labels"]):
            labels["made"] = "by-hand"
        keep = ("name", "namespace", "labels", "ownerReferences")
        by_hand = {**made, "status": {}, "metadata": {k: made["metadata"][k] for k in keep}}
        self.plane.post(f"/apis/apps/v1/namespaces/{self.namespace}/deployments?fieldManager=manager", by_hand)
        began = len(self.writes_of("deployments", "fixed-predictor"))
        self.reconciler = self.world.start_reconciler()
        self.assertIn("delete Deployment fixed-predictor", self.event("FieldImmutable"))
        # The Deployment's Pods change during this time, and each change causes a reconcile.
        codes = self.writes_of("deployments", "fixed-predictor")[began:]
        self.assertLess(codes.count(422), 10, codes)
        self.kubectl("delete", "deployment", "fixed-predictor", "--timeout=30s")
        self.wait_ready("fixed")

    def test_a_service_keeps_its_address_when_the_configuration_asks_for_none(self):
        self.apply(sklearn("addressed"))
        self.wait_ready("addressed")
        path = f"/api/v1/namespaces/{self.namespace}/services/addressed-predictor"
        address = self.plane.get(path)["spec"]["clusterIP"]
        began = len(self.writes_of("services", "addressed-predictor"))
        self.addCleanup(self.world.configure, "service", serviceClusterIPNone=False)
        self.world.configure("service", serviceClusterIPNone=True)
        self.eventually("it to be written", lambda: 200 in self.writes_of("services", "addressed-predictor")[began:], 20)
        self.eventually("the status to show it", lambda: self.status("addressed")["address"]["url"].endswith(":8080"), 20)
        self.assertEqual(self.plane.get(path)["spec"]["clusterIP"], address)
        self.assertEqual(self.status("addressed")["phase"], "Ready")
        self.assertEqual(self.events("Invalid") + self.events("FieldImmutable"), [])

    def test_a_deleted_namespace(self):
        self.apply(sklearn("going"), {"apiVersion": "v1", "kind": "ConfigMap",
                                      "metadata": {"name": "holds-it", "finalizers": ["example.com/holds"]}})
        self.wait_ready("going")
        self.kubectl("delete", "namespace", self.namespace, "--wait=false")
        self.eventually("the service to be gone", lambda: self.world.service(self.namespace, "going") is None, 60)
        self.eventually("its objects to be gone", lambda: not self.children(), 60)
        self.patch("holds-it", {"metadata": {"finalizers": None}}, "configmap")


class Kinds(Writes):
    """A CRD that is removed, and one that is installed later."""

    CRD = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/scaledobjects.keda.sh"
    # The reconciler checks for it every ten seconds.
    LOOKED_FOR = 30

    def test_a_missing_kind_is_reported_and_used_once_it_is_installed(self):
        crd = self.plane.get(self.CRD)
        self.addCleanup(self.install, crd)
        self.kubectl("delete", "crd", "scaledobjects.keda.sh", "--timeout=30s")
        log = self.plane.processes.logs / f"{self.reconciler.name}.log"
        self.eventually("the reconciler to detect it", lambda: any(
            "the kind is not installed" in line and "scaledobjects" in line for line in log.read_text().splitlines()), self.LOOKED_FOR)
        metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
        self.apply(sklearn("later", {"serving.kserve.io/autoscalerClass": "keda"},
                           {"minReplicas": 1, "maxReplicas": 2, "autoScaling": {"metrics": [metric]}}))
        condition = self.eventually("the missing kind in the status", lambda: "ScaledObject" in self.condition(
            "later", "PredictorReady").get("message", "") and self.condition("later", "PredictorReady"), 20)
        self.assertIn("keda.sh is not installed", condition["message"])
        self.eventually("a child of another kind", lambda: self.deployment("later-predictor"))
        self.install(crd)
        self.eventually("its ScaledObject", lambda: ("scaledobjects", "later-predictor") in self.children(), self.LOOKED_FOR)
        self.wait_ready("later")
        self.assertNotIn("not installed", self.condition("later", "PredictorReady")["message"])

    def install(self, crd):
        if not self.plane.get(self.CRD):
            keep = ("name", "annotations", "labels")
            self.plane.post(self.CRD.rsplit("/", 1)[0], {"apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
                            "metadata": {k: crd["metadata"][k] for k in keep if k in crd["metadata"]}, "spec": crd["spec"]})

        def served():
            try:
                return self.plane.get("/apis/keda.sh/v1alpha1/scaledobjects?limit=1")
            except OSError:
                return None
        self.eventually("the kind", served, 20)


class Storms(Writes):
    def test_two_writers_that_revert_each_other(self):
        self.apply(sklearn("stormy"))
        self.wait_ready("stormy")
        done = threading.Event()
        other = threading.Thread(target=self.undo, args=(done,), daemon=True)
        began = len(self.writes_of("deployments", "stormy-predictor"))
        other.start()
        try:
            self.assertIn("stormy-predictor", self.event("WriteStorm", 60))
            done.wait(2 * WRITE_EVERY)
            codes = self.writes_of("deployments", "stormy-predictor")[began:]
        finally:
            done.set()
            other.join(30)
        self.assertGreaterEqual(codes.count(200), WRITE_BURST)
        self.assertLess(codes.count(200), WRITE_BURST + 60 / WRITE_EVERY)
        # The storm is over: the desired state is restored.
        self.eventually("our image", lambda: not self.image().startswith("example.com/"), 30)
        self.wait_ready("stormy")

    def image(self):
        return self.deployment("stormy-predictor")["spec"]["template"]["spec"]["containers"][0]["image"]

    def undo(self, done):
        path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments/stormy-predictor"
        for number in itertools.count():
            if done.wait(0.02):
                return
            deployment = self.plane.get(path)
            container = deployment["spec"]["template"]["spec"]["containers"][0]
            if container["image"].startswith("example.com/"):
                continue
            container["image"] = f"example.com/other:{number}"
            try:
                self.plane.put(path + "?fieldManager=other", deployment)
            except urllib.error.HTTPError as error:
                if error.code != 409:
                    raise
