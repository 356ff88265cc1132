# SPDX-License-Identifier: Apache-2.0
"""Ready means answers: a generated sequence of breakages and repairs, and after each step the status of every service is
compared with what a request would get.

What it would get is derived from the objects in the API server: the Deployment has the current version, the route is accepted,
and every Service that it sends requests to exists, is owned by the InferenceService, and has a ready endpoint.

MODELGATE_ANSWERS_SEED repeats a sequence; a failure prints it.
"""
import json
import os
import random
import time

from reconciled import GROUP, INGRESS_CLASS, ROUTES
from test_canaries import canary
from test_reconciler import ReconciledTest, sklearn

SEED = int(os.environ.get("MODELGATE_ANSWERS_SEED", "20261129"))
# No step begins after this time. All kinds of breakages come first.
SEQUENCE_SECONDS = 45
# Until an effect is visible; generous for busy machines.
EFFECT_SECONDS = 60
# A refused write is tried again after at most 30 seconds (kLongestRefusalPause).
LONGEST_PAUSE_SECONDS = 30 + EFFECT_SECONDS
SERVICES_OF = {"plain": ["plain-predictor"], "split": ["split-predictor", "split-next-predictor"],
               "chain": ["chain-predictor", "chain-transformer"]}
VERSION = "example.com/version"
ENDPOINTS = "system:serviceaccount:kube-system:endpointslice-controller"
ADMISSION = "admissionregistration.k8s.io/v1"


def is_true(conditions, kind):
    return any(c["type"] == kind and c["status"] == "True" for c in conditions)


class Cluster:
    """The objects of one namespace at one moment."""

    def __init__(self, test):
        def by_name(path):
            return {o["metadata"]["name"]: o for o in test.list(path)}
        self.services, self.deployments = by_name("api/v1/{}/services"), by_name("apis/apps/v1/{}/deployments")
        self.routes, self.slices = by_name(ROUTES.strip("/") + "/{}/httproutes"), test.list("apis/discovery.k8s.io/v1/{}/endpointslices")
        self.isvcs = by_name(f"apis/{GROUP}/v1beta1/{{}}/inferenceservices")

    def owned(self, obj, service):
        uid = self.isvcs[service]["metadata"]["uid"]
        return bool(obj) and "deletionTimestamp" not in obj["metadata"] and any(
            o.get("controller") and o["uid"] == uid for o in obj["metadata"].get("ownerReferences", []))

    def reaches(self, service, component):
        """A request to the component reaches a Pod of the service."""
        found = self.services.get(component)
        return self.owned(found, service) and any(
            endpoint["conditions"].get("ready", True) for s in self.slices if
            s["metadata"]["labels"].get("kubernetes.io/service-name") == component and
            any(o["uid"] == found["metadata"]["uid"] for o in s["metadata"].get("ownerReferences", []))
            for endpoint in s.get("endpoints") or [])

    def accepted(self, service, route):
        found = self.routes.get(route)
        parents = (found or {}).get("status", {}).get("parents", [])
        gateway = [p["conditions"] for p in parents if p["parentRef"]["name"] == "kserve-ingress-gateway"]
        return self.owned(found, service) and bool(gateway) and all(
            is_true(c, "Accepted") and is_true(c, "ResolvedRefs") for c in gateway)

    def weights(self, service):
        """Backend -> weight, over all routes of the service."""
        return {ref["name"]: ref.get("weight", 1) for name, route in self.routes.items() if self.owned(route, service)
                for rule in route["spec"]["rules"] for ref in rule["backendRefs"] if ref.get("weight", 1) > 0}

    def is_current(self, service, component):
        """Its Pods are to have the version that the service has."""
        template = self.deployments.get(component, {}).get("spec", {}).get("template", {}).get("metadata", {})
        wanted = self.isvcs[service]["spec"]["predictor"].get("annotations", {}).get(VERSION)
        return template.get("annotations", {}).get(VERSION) == wanted

    def answers(self, service):
        """A request is answered by the current version of the service."""
        main = f"{service}-predictor"
        routes = [service] + [c for c in SERVICES_OF[service] if not c.endswith("-next-predictor")]
        backends = {main, *SERVICES_OF[service]} if service == "chain" else {main, *self.weights(service)}
        return (self.is_current(service, main) and all(self.accepted(service, r) for r in routes)
                and all(self.reaches(service, b) for b in backends))

    def status(self, service):
        return self.isvcs[service].get("status", {})

    def says(self, service, condition="Ready"):
        return is_true(self.status(service).get("conditions", []), condition)


class Breakage:
    """One way to break a service. `undo` repairs it."""

    def __init__(self, test, service, component):
        self.test, self.service, self.component = test, service, component

    def __str__(self):
        return f"{type(self).__name__}({self.component})"

    def api(self, path):
        return self.test.plane.get("/" + path.format(f"namespaces/{self.test.namespace}"))

    def reaches(self):
        return Cluster(self.test).reaches(self.service, self.component)

    def wait(self, what, check):
        self.test.eventually(f"{self}: {what}", check, EFFECT_SECONDS)

    def undo(self):
        pass


class ServiceDeleted(Breakage):
    """The reconciler creates it again."""

    def do(self):
        self.test.kubectl("delete", "service", self.component)


class DeploymentDeleted(Breakage):
    def do(self):
        self.test.kubectl("delete", "deployment", self.component)


class RouteDeleted(Breakage):
    def do(self):
        self.test.kubectl("delete", "httproute", self.service)


class SlicesDeleted(Breakage):
    def do(self):
        self.test.kubectl("delete", "endpointslices", "-l", f"kubernetes.io/service-name={self.component}")


class NameTaken(Breakage):
    """The Service belongs to no InferenceService any more."""

    def do(self):
        self.test.kubectl("patch", "service", self.component, "--type=merge", "-p", json.dumps(
            {"metadata": {"ownerReferences": None, "labels": {f"{GROUP}/inferenceservice": None}}}))

    def undo(self):
        self.test.kubectl("delete", "service", self.component)
        self.wait("it is created again", self.reaches)


class RouteTaken(Breakage):
    def do(self):
        self.test.kubectl("patch", "httproute", self.service, "--type=merge", "-p", json.dumps({"metadata": {"ownerReferences": None}}))

    def undo(self):
        self.test.kubectl("delete", "httproute", self.service)
        self.wait("it is accepted again", lambda: Cluster(self.test).accepted(self.service, self.service))


class Quota(Breakage):
    """No Service can be created."""

    def do(self):
        name = f"no-{self.component}"
        self.test.apply({"apiVersion": "v1", "kind": "ResourceQuota", "metadata": {"name": name},
                         "spec": {"hard": {"count/services": "0"}}})
        self.wait("the quota", lambda: self.api(f"api/v1/{{}}/resourcequotas/{name}").get("status", {}).get("hard"))
        self.test.kubectl("delete", "service", self.component)

    def undo(self):
        self.test.kubectl("delete", "resourcequota", f"no-{self.component}")
        self.wait("it is created again", self.reaches)


class RouteRejected(Breakage):
    def set(self, kind, status):
        route = self.api(ROUTES.strip("/") + f"/{{}}/httproutes/{self.service}")
        for condition in route["status"]["parents"][0]["conditions"]:
            if condition["type"] == kind:
                condition.update(status=status, reason=kind if status == "True" else "BackendNotFound", message="by the test")
        meta = route["metadata"]
        self.test.plane.put(f"{ROUTES}/namespaces/{meta['namespace']}/httproutes/{meta['name']}/status", route)

    kind = "Accepted"

    def do(self):
        self.test.again(lambda: self.set(self.kind, "False"))

    def undo(self):
        self.test.again(lambda: self.set(self.kind, "True"))


class BackendsNotResolved(RouteRejected):
    kind = "ResolvedRefs"


class Denial(Breakage):
    """Writes of these objects are denied."""

    def deny(self, group, resource, operations, expression, is_denied):
        self.policy = f"{type(self).__name__.lower()}-{self.test.namespace}-{self.component}"
        here = {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": self.test.namespace}}}
        self.test.apply(
            {"apiVersion": ADMISSION, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": self.policy},
             "spec": {"failurePolicy": "Fail", "validations": [{"expression": expression, "message": "denied by the test"}],
                      "matchConstraints": {"resourceRules": [{"apiGroups": [group], "apiVersions": ["v1"], "resources": [resource],
                                                              "operations": operations}]}}},
            {"apiVersion": ADMISSION, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": self.policy},
             "spec": {"policyName": self.policy, "validationActions": ["Deny"], "matchResources": here}})
        self.is_denied = is_denied
        self.test.addCleanup(self.allow)
        self.wait("the denial", is_denied)

    def allow(self):
        kind = "validatingadmissionpolicy"
        self.test.plane.kubectl("delete", f"{kind}binding/{self.policy}", f"{kind}/{self.policy}", "--ignore-not-found")


class EndpointsGone(Denial):
    """The Pods are available, but no EndpointSlice has them: its controller may not write."""

    def do(self):
        slices = f"kubernetes.io/service-name={self.component}"
        expression = f"!has(object.metadata.labels) || object.metadata.labels[?'kubernetes.io/service-name'].orValue('') != '{self.component}'"
        probe = {"apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice", "addressType": "IPv4", "endpoints": [],
                 "metadata": {"name": "probe", "labels": {"kubernetes.io/service-name": self.component}}}
        self.deny("discovery.k8s.io", "endpointslices", ["CREATE", "UPDATE"], expression, lambda: "denied by the test" in self.test.kubectl(
            "create", "--dry-run=server", "-f", "-", stdin=probe, expect=None).stderr)
        self.test.kubectl("delete", "endpointslices", "-l", slices)

    def undo(self):
        self.allow()
        self.wait("it is allowed", lambda: not self.is_denied())
        # An event for the controller, which otherwise retries after a growing pause.
        self.test.kubectl("annotate", "service", self.component, "--overwrite", f"example.com/touched={time.time()}")
        self.wait("the endpoint", self.reaches)


class UpdateRefused(Denial):
    """The new version of the service cannot be applied."""

    def do(self):
        self.deny("apps", "deployments", ["UPDATE"], f"object.metadata.name != '{self.component}'", lambda: "denied by the test" in
                  self.test.kubectl("label", "deployment", self.component, f"probe=p{time.time()}", "--dry-run=server", expect=None).stderr)
        self.test.versions += 1
        self.test.patch(self.service, {"spec": {"predictor": {"annotations": {VERSION: str(self.test.versions)}}}})

    def undo(self):
        self.allow()
        # No watch reports it: the reconciler tries again after its pause.
        self.test.eventually(f"{self}: the new version", lambda: Cluster(self.test).is_current(self.service, self.component),
                             LONGEST_PAUSE_SECONDS)


class PodsNotReady(Breakage):
    """As if their probes failed."""

    def set(self, status):
        pods = self.api(f"api/v1/{{}}/pods?labelSelector=app%3Disvc.{self.component}")["items"]
        for pod in pods:
            for condition in pod["status"].get("conditions", []):
                if condition["type"] in ("Ready", "ContainersReady"):
                    condition["status"] = status
            self.test.plane.put(f"/api/v1/namespaces/{self.test.namespace}/pods/{pod['metadata']['name']}/status", pod)

    def do(self):
        self.test.again(lambda: self.set("False"))
        self.wait("no endpoint", lambda: not self.reaches())

    def undo(self):
        self.test.again(lambda: self.set("True"))
        self.wait("the endpoint", self.reaches)


# Those of a component, and those of a whole service.
OF_COMPONENTS = [ServiceDeleted, DeploymentDeleted, SlicesDeleted, NameTaken, Quota, EndpointsGone, PodsNotReady]
OF_SERVICES = [RouteDeleted, RouteTaken, RouteRejected, BackendsNotResolved, UpdateRefused]


class Answers(ReconciledTest):
    versions = 0

    def again(self, write):
        """Repeats a write after a conflict."""
        def attempt():
            try:
                write()
                return True
            except OSError:
                return False
        self.eventually("the write", attempt, EFFECT_SECONDS)

    def test_as_the_status_says(self):
        self.random, self.steps, self.broken = random.Random(SEED), [], []
        self.begin()
        breakages = self.all_breakages()
        deadline = time.monotonic() + SEQUENCE_SECONDS
        try:
            for breakage in breakages:
                if time.monotonic() > deadline:
                    break
                self.step(breakage)
            while self.broken:
                self.repair()
        except Exception:
            print(f"            MODELGATE_ANSWERS_SEED={SEED}: {'; '.join(self.steps)}")
            raise
        self.assertTrue(all(Cluster(self).says(name) for name in SERVICES_OF))
        print(f"            {len(self.steps)} steps of {2 * len(breakages)}, compared after each")

    def begin(self):
        transformer = {"containers": [{"name": "kserve-container", "image": "example.com/transformer:1"}]}
        split = sklearn("split", component={"minReplicas": 1})
        split["spec"]["canary"] = [canary(20)]
        chain = sklearn("chain")
        chain["spec"]["transformer"] = transformer
        self.apply(sklearn("plain"), split, chain)
        self.wait_ready(*SERVICES_OF)
        self.compare()

    def all_breakages(self):
        """Each kind once on a random target, then all other pairs, in random order."""
        pairs = [(kind, service, component) for service, components in SERVICES_OF.items() for component in components
                 for kind in OF_COMPONENTS]
        pairs += [(kind, service, f"{service}-predictor") for service in SERVICES_OF for kind in OF_SERVICES]
        self.random.shuffle(pairs)
        first = {kind: (kind, service, component) for kind, service, component in pairs}
        rest = [pair for pair in pairs if pair not in first.values()]
        return [kind(self, service, component) for kind, service, component in [*first.values(), *rest]]

    def step(self, breakage):
        """At most two breakages at a time, and one of a service."""
        while len(self.broken) > 1 or any(b.service == breakage.service for b in self.broken):
            self.repair()
        self.steps.append(f"break {breakage}")
        breakage.do()
        self.broken.append(breakage)
        self.compare()
        if self.random.random() < 0.5:
            self.repair()

    def repair(self):
        breakage = self.broken.pop(self.random.randrange(len(self.broken)))
        self.steps.append(f"repair {breakage}")
        breakage.undo()
        self.compare()

    def compare(self):
        """Waits until each status says what a request would get."""
        wrong = ["not compared"]

        def agrees():
            now = Cluster(self)
            wrong[:] = [line for service in SERVICES_OF for line in self.differences(now, service)]
            return not wrong
        deadline = time.monotonic() + EFFECT_SECONDS
        # Twice: what was about to change has changed.
        for _ in range(2):
            while not agrees():
                if time.monotonic() > deadline:
                    self.fail("\n".join([f"after {self.steps[-1] if self.steps else 'the start'}:", *wrong]))
                time.sleep(0.05)

    def differences(self, now, service):
        status, answers = now.status(service), now.answers(service)
        ready = now.says(service)
        if ready != answers:
            yield f"{service}: Ready is {ready}, a request is answered: {answers}; {json.dumps(status)[:3000]}"
        if (status.get("phase") == "Ready") != ready:
            yield f"{service}: Ready is {ready}, the phase {status.get('phase')}"
        for component in SERVICES_OF[service]:
            condition = "CanaryPredictorReady" if "next" in component else component.partition("-")[2].capitalize() + "Ready"
            reached = now.reaches(service, component) and (
                condition != "PredictorReady" or now.is_current(service, component))
            if now.says(service, condition) != reached:
                yield f"{service}: {condition} is {not reached}, a request is answered: {reached}; {json.dumps(status)[:3000]}"
        for backend in now.weights(service):
            if backend.endswith("-next-predictor") and not now.reaches(service, backend):
                yield f"{service}: a share for {backend}, which does not answer: {now.weights(service)}"


class IngressClasses(ReconciledTest):
    """The installation's default: Ingresses of a class that may not exist."""

    def test_is_not_ready_without_its_class(self):
        self.plane.kubectl("delete", "ingressclass", "istio", "--ignore-not-found")
        self.addCleanup(self.plane.kubectl, "delete", "ingressclass", "istio", "--ignore-not-found")
        self.addCleanup(self.world.configure, "ingress", enableGatewayApi=True)
        self.world.configure("ingress", enableGatewayApi=False)
        self.apply(sklearn("plain"))
        self.eventually("the reason", lambda: self.condition("plain").get("reason") == "IngressClassNotFound", EFFECT_SECONDS)
        self.assertEqual(self.condition("plain")["status"], "False")
        self.assertEqual(self.condition("plain", "IngressReady")["status"], "False")
        self.assertIn("ingressClassName", self.condition("plain")["message"])
        self.assertNotEqual(self.status("plain").get("phase"), "Ready")
        self.plane.kubectl("apply", "-f", "-", stdin=INGRESS_CLASS)
        self.wait_ready("plain")
        self.plane.kubectl("delete", "ingressclass", "istio")
        self.eventually("it to be not Ready", lambda: self.condition("plain")["status"] == "False", EFFECT_SECONDS)


class Refusals(ReconciledTest):
    """What the API server refuses makes a service not Ready, whatever still serves."""

    def test_in_strict(self):
        self.check("Strict")

    def test_in_compatible(self):
        self.check("Compatible")

    def test_a_canary_whose_service_belongs_to_someone_else(self):
        """It gets no share, and the service answers without it."""
        self.kubectl("create", "service", "clusterip", "split-next-predictor", "--tcp=80")
        service = sklearn("split", component={"minReplicas": 1})
        service["spec"]["canary"] = [canary(20)]
        self.apply(service)
        self.wait_ready("split")
        self.eventually("the reason", lambda: self.condition("split", "CanaryPredictorReady").get("reason") == "NameTaken")
        self.assertEqual(self.status("split")["phase"], "Ready")
        self.assertEqual(self.status("split")["canaryStatuses"][0]["ready"], False)
        self.assertEqual(set(Cluster(self).weights("split")), {"split-predictor"})
        self.kubectl("delete", "service", "split-next-predictor")
        self.eventually("its share", lambda: Cluster(self).weights("split") == {"split-predictor": 80, "split-next-predictor": 20},
                        EFFECT_SECONDS)

    def check(self, mode):
        self.addCleanup(self.world.configure, "modelgate", validation="Strict")
        self.world.configure("modelgate", validation=mode)
        self.world.stop_reconcilers()
        self.reconciler = self.world.start_reconciler()
        self.versions = 1
        with self.subTest("creation"):
            self.check_creation()
        with self.subTest("update"):
            self.check_update()

    def check_creation(self):
        denial = Denial(self, "new", "new-predictor")
        denial.deny("apps", "deployments", ["CREATE"], "object.metadata.name != 'new-predictor'", lambda: "denied by the test" in
                    self.kubectl("create", "deployment", "new-predictor", "--image=i", "--dry-run=server", expect=None).stderr)
        self.apply(sklearn("new"))
        self.wait_refused("new")
        self.assertEqual(self.status("new")["phase"], "Failed")
        self.assertEqual(self.condition("new", "PreviousVersionReady"), {})
        # A later attempt, and then the Deployment, whose autoscaler is created with it.
        self.patch("new", {"spec": {"predictor": {"annotations": {VERSION: "2"}}}})
        self.eventually("the next generation", lambda: self.status("new").get("observedGeneration") == self.generation("new"))
        self.assertNotIn(("horizontalpodautoscalers", "new-predictor"), self.children())
        denial.allow()
        self.wait_ready("new")
        self.eventually("the autoscaler", lambda: ("horizontalpodautoscalers", "new-predictor") in self.children())

    def check_update(self):
        service = sklearn("old", component={"minReplicas": 1})
        service["spec"]["canary"] = [canary(20)]
        self.apply(service)
        self.wait_ready("old")
        split = {"old-predictor": 80, "old-next-predictor": 20}
        self.eventually("the canary's share", lambda: Cluster(self).weights("old") == split)
        denial = Denial(self, "old", "old-predictor")
        denial.deny("apps", "deployments", ["UPDATE"], "!object.metadata.name.startsWith('old-')", lambda: "denied by the test" in
                    self.kubectl("label", "deployment", "old-predictor", "probe=p", "--dry-run=server", expect=None).stderr)
        self.patch("old", {"spec": {"predictor": {"annotations": {VERSION: "2"}}, "canary": [canary(50)]}})
        self.wait_refused("old")
        for generation in range(2):
            previous = self.condition("old", "PreviousVersionReady")
            self.assertEqual(previous["status"], "True")
            self.assertIn("the previous version keeps serving", previous["message"])
            self.assertEqual(self.status("old")["phase"], "Failed")
            self.assertEqual(Cluster(self).weights("old"), split)
            self.patch("old", {"metadata": {"annotations": {"example.com/touched": str(generation)}}})
            self.eventually("a reconcile", lambda: self.status("old").get("observedGeneration") == self.generation("old"))
        denial.allow()
        self.wait_ready("old")
        self.eventually("the canary's share", lambda: Cluster(self).weights("old") == {"old-predictor": 50, "old-next-predictor": 50})
        self.assertEqual(self.condition("old", "PreviousVersionReady"), {})

    def wait_refused(self, name):
        def is_refused():
            status = self.status(name)
            return status.get("observedGeneration") == self.generation(name) and all(
                self.condition(name, c).get("status") == "False" and "denied by the test" in self.condition(name, c)["message"]
                for c in ("PredictorReady", "Ready"))
        self.eventually(f"{name} to be False", is_refused, EFFECT_SECONDS)
