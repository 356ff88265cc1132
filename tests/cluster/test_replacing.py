# SPDX-License-Identifier: Apache-2.0
"""One object takes the place of another that the API server does not accept beside it: an autoscaler per workload, a route per
host. Both directions; and a replacement that is refused for another reason."""
import json

from installed import GROUP
from test_reconciler import READY_SECONDS, ReconciledTest, sklearn

KINDS = {"hpa": "horizontalpodautoscalers", "keda": "scaledobjects"}
SEEN_SECONDS = 30
NAME = "seven"
DEPLOYMENT = f"{NAME}-predictor"
TARGET = "spec.scaleTargetRef.name"
# Denies the second of two autoscalers, as KEDA's webhook does: (denied kind, existing kind and its name in the message).
ONE_AUTOSCALER = [(("keda.sh", "v1alpha1", "scaledobjects"), ("autoscaling/v2", "HorizontalPodAutoscaler", "hpa")),
                  (("autoscaling", "v2", "horizontalpodautoscalers"), ("keda.sh/v1alpha1", "ScaledObject", "ScaledObject"))]


class Replacing(ReconciledTest):
    def deny(self, name, resource, expression, message, params=None):
        """A policy in this namespace that denies these objects where the expression is false."""
        group, version, plural = resource
        spec = {"failurePolicy": "Fail", "matchConstraints": {"resourceRules": [{
            "apiGroups": [group], "apiVersions": [version], "operations": ["CREATE", "UPDATE"], "resources": [plural]}],
            "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.namespace}}},
            "validations": [{"expression": expression, "messageExpression": message}]}
        binding = {"policyName": name, "validationActions": ["Deny"]}
        if params:
            spec["paramKind"] = {"apiVersion": params[0], "kind": params[1]}
            binding["paramRef"] = {"selector": {}, "parameterNotFoundAction": "Allow"}
        version = "admissionregistration.k8s.io/v1"
        self.apply({"apiVersion": version, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name}, "spec": spec},
                   {"apiVersion": version, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name}, "spec": binding})
        self.addCleanup(self.allow, name)

    def allow(self, name):
        self.kubectl("delete", "validatingadmissionpolicy,validatingadmissionpolicybinding", name, "--ignore-not-found")

    def autoscalers(self):
        return {kind: o for (kind, _), o in self.children().items() if kind in KINDS.values()}

    def scale_by(self, autoscaler):
        metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
        self.apply(sklearn(NAME, {f"{GROUP}/autoscalerClass": autoscaler},
                           {"minReplicas": 1, "maxReplicas": 9, "autoScaling": {"metrics": [metric]}}))

    def wait_for(self, autoscaler):
        return self.eventually(f"{autoscaler} alone", lambda: set(self.autoscalers()) == {KINDS[autoscaler]}
                               and self.autoscalers()[KINDS[autoscaler]], SEEN_SECONDS)

    def keda_is_denied(self):
        probe = {"apiVersion": "keda.sh/v1alpha1", "kind": "ScaledObject", "metadata": {"name": "probe"},
                 "spec": {"scaleTargetRef": {"name": DEPLOYMENT}, "triggers": []}}
        return "denied request" in self.kubectl("create", "--dry-run=server", "-f", "-", stdin=probe, expect=None).stderr

    def scale_to(self, replicas):
        """As an autoscaler does."""
        path = f"/apis/apps/v1/namespaces/{self.namespace}/deployments/{DEPLOYMENT}/scale"
        scale = self.plane.get(path)
        self.plane.put(path, scale | {"spec": {"replicas": replicas}})


class Autoscalers(Replacing):
    def test_that_exclude_each_other(self):
        self.scale_by("hpa")
        self.wait_for("hpa")
        for denied, existing in ONE_AUTOSCALER:
            name = f"one-autoscaler-{denied[2]}"
            self.deny(name, denied, f"params == null || params.{TARGET} != object.{TARGET}",
                      f"\"the workload '\" + object.{TARGET} + \"' is already managed by the {existing[2]} '\" + params.metadata.name + \"'\"",
                      existing)
        self.eventually("the policy", self.keda_is_denied)
        self.wait_ready(NAME, seconds=READY_SECONDS)
        self.scale_to(7)
        before = self.deployment(DEPLOYMENT)
        self.assertEqual(before["spec"]["replicas"], 7)
        for autoscaler in ("keda", "hpa", "keda"):
            self.scale_by(autoscaler)
            self.wait_for(autoscaler)
            self.assertEqual(self.deployment(DEPLOYMENT)["spec"]["replicas"], 7, autoscaler)
        self.wait_ready(NAME)

    def test_the_old_one_stays_while_the_new_one_is_denied_for_another_reason(self):
        self.scale_by("hpa")
        uid = self.wait_for("hpa")["metadata"]["uid"]
        self.wait_ready(NAME)
        self.deny("no-keda", ONE_AUTOSCALER[0][0], "false", "\"use an HPA instead of KEDA\"")
        self.eventually("the policy", self.keda_is_denied)
        self.scale_by("keda")
        self.eventually("the refusal in the status", lambda: "use an HPA instead" in json.dumps(self.status(NAME)), SEEN_SECONDS)
        self.assertEqual(self.wait_for("hpa")["metadata"]["uid"], uid)
        self.allow("no-keda")
        self.eventually("the end of the policy", lambda: not self.keda_is_denied())
        self.patch(NAME, {"metadata": {"annotations": {"note": "tried again at once"}}})
        self.wait_for("keda")


class Routes(Replacing):
    def test_that_exclude_each_other(self):
        self.apply(sklearn("host"))
        self.wait_ready("host")
        routes = ("httproutes", "ingresses")
        self.assertEqual({kind for kind, _ in self.children() if kind in routes}, {"httproutes"})
        self.deny("one-route", ("networking.k8s.io", "v1", "ingresses"), "params == null || params.metadata.name != object.metadata.name",
                  "\"its host is already defined in httproute \" + params.metadata.name", ("gateway.networking.k8s.io/v1", "HTTPRoute"))
        self.eventually("the policy", lambda: "denied request" in self.kubectl(
            "create", "ingress", "host", "--rule=a.example.com/=host:80", "--dry-run=server", expect=None).stderr)
        self.addCleanup(self.world.configure, "ingress", enableGatewayApi=True)
        self.world.configure("ingress", enableGatewayApi=False)
        self.eventually("an Ingress alone", lambda: {kind for kind, _ in self.children() if kind in routes} == {"ingresses"}, 60)
