# SPDX-License-Identifier: Apache-2.0
"""The reconciler's permissions in deploy/ are exactly those that it uses; see test_permissions.py.

In one run it starts in an empty cluster, creates, takes over, changes and deletes an object of each kind, and records events.
"""
import subprocess

from installed import GROUP, NAMESPACE
from reconciled import ACCOUNT
from test_permissions import CACHES, assert_exact, crd
from test_reconciler import ReconciledTest, sklearn
from test_taking_over import KSERVES_MANAGER, hand_to_kserve, managers
from world import ROOT

# Required by the admission plugin OwnerReferencesPermissionEnforcement, if it is enabled; no call shows it.
SHOWN_BY_NO_CALL = [f"update {GROUP} inferenceservices/finalizers"]
MODELS = "trainedmodels"
KNATIVE = "services.serving.knative.dev"
KINDS = {**CACHES, MODELS: ("TrainedModel", "Namespaced")}
# The kinds of routes by configuration: the kind, whether Gateway API is enabled, and whether Istio's routes are.
ROUTES = {"httproutes": (True, False), "ingresses": (False, False), "virtualservices": (False, True)}
BUILTIN = "modelgate-builtin-runtimes"
CPU = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
POD_METRIC = {"type": "PodMetric", "podmetric": {"metric": {"backend": "opentelemetry", "metricNames": ["process_cpu"],
                                                            "query": "avg(process_cpu)"},
                                                 "target": {"type": "Value", "value": "4"}}}
MANY_MODELS = {"apiVersion": f"{GROUP}/v1alpha1", "kind": "ServingRuntime", "metadata": {"name": "many"},
               "spec": {"supportedModelFormats": [{"name": "sklearn", "version": "1"}], "multiModel": True,
                        "containers": [{"name": "kserve-container", "image": "example/many:1"}]}}


def scaled(autoscaler, metric):
    return sklearn("scaled", {f"{GROUP}/autoscalerClass": autoscaler},
                   {"minReplicas": 1, "maxReplicas": 2, "autoScaling": {"metrics": [metric]}})


def many(**model):
    return sklearn("many", component={"model": {"modelFormat": {"name": "sklearn"}, "runtime": "many", **model}})


class Permissions(ReconciledTest):
    def test_everything_granted_is_used_and_nothing_is_forbidden(self):
        self.addCleanup(self.lead, "httproutes")
        self.world.stop_reconcilers()
        self.install_kinds()
        earlier = len(self.world.reconciler_calls())
        self.begin_anew()
        self.bring_cas()
        self.serve_with_credentials()
        self.lead_there_in_each_way()
        self.scale_in_each_way()
        self.serve_many_models()
        self.serve_in_knative_mode()
        self.complain_twice()
        self.kubectl("delete", "inferenceservices", "--all", "--timeout=30s")
        assert_exact(self, ACCOUNT, self.world.reconciler_calls()[earlier:], SHOWN_BY_NO_CALL)

    def install_kinds(self):
        """Installs kinds of KServe that are not part of deploy/."""
        self.plane.kubectl("apply", "--server-side", "-f", "-", stdin={
            "apiVersion": "v1", "kind": "List", "items": [crd(plural, *row) for plural, row in KINDS.items()]})
        self.addCleanup(self.plane.kubectl, "delete", "crd", *[f"{plural}.{GROUP}" for plural in KINDS])
        self.eventually("their kinds", lambda: all(self.served(plural) for plural in KINDS))

    def served(self, plural):
        try:
            return self.plane.get(f"/apis/{GROUP}/v1alpha1/{plural}")
        except OSError:
            return None

    def begin_anew(self):
        """As in a new cluster without the stock runtimes; later some of them are missing."""
        self.plane.kubectl("delete", "-n", NAMESPACE, f"lease/{ACCOUNT}", f"configmap/{BUILTIN}", "--ignore-not-found")
        self.plane.kubectl("delete", "clusterservingruntimes", "--all")
        self.reconciler = self.world.start_reconciler()
        memory = self.eventually("the stock runtimes", lambda: self.plane.get(
            f"/api/v1/namespaces/{NAMESPACE}/configmaps/{BUILTIN}"), 20)
        first = sorted(memory["data"])[0]
        self.plane.kubectl("patch", "configmap", BUILTIN, "-n", NAMESPACE, "--type=json", "-p",
                           f'[{{"op": "remove", "path": "/data/{first}"}}]')
        self.world.stop_reconcilers()
        self.reconciler = self.world.start_reconciler()
        self.eventually("it to be recorded again", lambda: first in self.plane.get(
            f"/api/v1/namespaces/{NAMESPACE}/configmaps/{BUILTIN}")["data"], 20)

    def bring_cas(self):
        """The CA bundle is copied into the namespace of the Pods, over an old copy."""
        def bundle(name, text):
            return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": {"cabundle.crt": text}}
        self.plane.kubectl("apply", "-n", NAMESPACE, "-f", "-", stdin=bundle("cas", "new"))
        self.addCleanup(self.plane.kubectl, "delete", "-n", NAMESPACE, "configmap", "cas")
        self.addCleanup(self.world.configure, "storageInitializer", caBundleConfigMapName="")
        self.apply(bundle("global-ca-bundle", "old"))
        self.world.configure("storageInitializer", caBundleConfigMapName="cas")
        self.apply(sklearn("trusting"))
        self.eventually("the CAs", lambda: self.plane.get(
            f"/api/v1/namespaces/{self.namespace}/configmaps/global-ca-bundle")["data"]["cabundle.crt"] == "new", 20)

    def serve_with_credentials(self):
        """Several sources are added to the Deployment's template, with their credentials."""
        self.apply({"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "reader"},
                    "stringData": {"AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}},
                   {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": "reader"}, "secrets": [{"name": "reader"}]})
        service = sklearn("fetched", component={"serviceAccountName": "reader", "storageUris": [
            {"uri": "s3://models/a", "mountPath": "/mnt/models/a"}, {"uri": "s3://models/b", "mountPath": "/mnt/models/b"}]})
        del service["spec"]["predictor"]["model"]["storageUri"]
        self.apply(service)
        self.wait_ready("fetched")

    def lead_there_in_each_way(self):
        self.apply(scaled("keda", POD_METRIC), sklearn("plain"))
        for plural in ROUTES:
            self.lead(plural)
            self.eventually(f"{plural} and nothing else", lambda p=plural: self.kinds() & set(ROUTES) == {p}, 20)
            hand_to_kserve(self)
            self.reconciler = self.world.start_reconciler()
            self.eventually("all to be taken over", lambda: all(
                KSERVES_MANAGER not in managers(o) for o in self.children().values()), 20)
        self.lead("httproutes")
        self.eventually("routes", lambda: self.kinds() & set(ROUTES) == {"httproutes"}, 20)

    def lead(self, plural):
        gateway, istio = ROUTES[plural]
        self.world.configure("modelgate", istioRoutes=istio)
        self.world.configure("ingress", enableGatewayApi=gateway)

    def scale_in_each_way(self):
        for autoscaler, kinds in (("keda", {"scaledobjects"}), ("hpa", {"horizontalpodautoscalers"}), ("none", set())):
            self.apply(scaled(autoscaler, CPU))
            self.eventually(f"{autoscaler}", lambda wanted=kinds: {
                kind for kind, name in self.children() if name == "scaled-predictor"
                and kind in ("scaledobjects", "horizontalpodautoscalers")} == wanted, 20)
        self.kubectl("annotate", "inferenceservice", "scaled", f"{GROUP}/stop=true")
        self.eventually("its children to be deleted", lambda: not [name for _, name in self.children() if name.startswith("scaled")], 20)

    def serve_many_models(self):
        self.apply(MANY_MODELS, many())
        self.eventually("the ConfigMap of its models", self.models, 20)
        self.plane.post(f"/apis/{GROUP}/v1alpha1/namespaces/{self.namespace}/{MODELS}", {
            "apiVersion": f"{GROUP}/v1alpha1", "kind": "TrainedModel",
            "metadata": {"name": "one", "labels": {"inferenceservice": "many"}},
            "spec": {"inferenceService": "many", "model": {"storageUri": "s3://models/iris", "framework": "sklearn",
                                                           "memory": "1Gi"}}})
        self.kubectl("delete", "inferenceservice", "many", "--timeout=30s")
        self.eventually("its models to be gone", lambda: not self.list(f"apis/{GROUP}/v1alpha1/{{}}/{MODELS}"), 20)

    def serve_in_knative_mode(self):
        found = subprocess.run([str(ROOT / ".ci" / "third-party-crds")], check=True, text=True, stdout=subprocess.PIPE)
        self.plane.kubectl("apply", "--server-side", "-f", f"{found.stdout.strip()}/knative")
        self.addCleanup(self.plane.kubectl, "delete", "crd", KNATIVE, "--timeout=60s")
        self.apply(sklearn("knative", {f"{GROUP}/deploymentMode": "Knative"}))
        self.within("its Knative Service", self.knative_service, 60)
        self.kubectl("annotate", "inferenceservice", "knative", f"{GROUP}/stop=true")
        self.eventually("it to be deleted", lambda: self.knative_service() is None, 20)

    def knative_service(self):
        try:
            return self.plane.get(f"/apis/serving.knative.dev/v1/namespaces/{self.namespace}/services/knative-predictor")
        except OSError:
            return None

    def models(self):
        return self.plane.get(f"/api/v1/namespaces/{self.namespace}/configmaps/modelconfig-many-0")

    def complain_twice(self):
        """The first report creates an event, the second one increments its count."""
        for _ in range(2):
            self.patch("plain", {"spec": {"predictor": {"model": {"runtime": None, "modelFormat": {"name": "unknown-format"}}}}})
            self.eventually("it to fail", lambda: self.status("plain").get("phase") == "Failed", 20)
            self.patch("plain", {"spec": {"predictor": {"model": {"runtime": None, "modelFormat": {"name": "sklearn"}}}}})
            self.eventually("it to be Ready again", lambda: self.status("plain").get("phase") == "Ready", 30)

    def kinds(self):
        return {kind for kind, _ in self.children()}
