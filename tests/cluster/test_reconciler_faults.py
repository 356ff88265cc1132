# SPDX-License-Identifier: Apache-2.0
"""With any fault of the reconciler the final state is the same, and objects of others do not change.

One scenario, in its own namespace with its own reconcilers (--watch-namespace): services of several kinds are created, then
changed, stopped and deleted. It runs once without faults, and then with each fault, several at a time. The final objects and
status must be the same. soak.py kills the reconciler at each call.
"""
import concurrent.futures
import contextlib
import json
import re
import time
import urllib.error
import urllib.request

from control_plane import node
from processes import free_port
from reconciled import GROUP, NAMESPACE, Gateway
from test_reconciler import CHILDREN, sklearn
from world import ClusterTest

SERVICES = f"/apis/{GROUP}/v1beta1/namespaces/{{}}/inferenceservices"
KINDS = [*CHILDREN, "api/v1/{}/configmaps"]
# The exit code of under_faults.cc after an injected death.
KILLED = 86
STEP_SECONDS = 120
# The time without writes after which nothing more is expected: longer than short retries take.
QUIET_SECONDS = 1.5
# How much later writes may follow: with late watches, or after retries.
LATE_SECONDS = 10
AT_ONCE = 6
# More calls than this mean an endless loop.
MOST_CALLS = 2000
# Fields with the objects' history, and fields set by the API server and other controllers.
IGNORED = {"uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "lastTransitionTime",
             "clusterIP", "clusterIPs", "deployment.kubernetes.io/revision", "time"}
# The hash depends on the namespace's name, which is in the Pods.
REPLICA_SET = re.compile(r"(ReplicaSet \\\"[a-z-]+)-[0-9a-z]+")
EVERY_WRITE = {
    "dies after each second write": ("kill=2,when=after", True),
    "dies before each fifth write": ("kill=5", True),
    "each write conflicts once": ("once=409", False),
    "each write fails once": ("once=500", False),
    "each write gets 429 once": ("once=429", False),
    "each write is lost once": ("once=lost", False),
    "each write's answer is lost once": ("once=unheard", False),
    # Each read is delayed by this, one after the other: seconds if there are many events.
    "watches are late": ("lag=250", False),
}


def scaled(autoscaler):
    metric = {"type": "Resource", "resource": {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}
    return sklearn("scaled", {f"{GROUP}/autoscalerClass": autoscaler},
                   {"minReplicas": 2, "maxReplicas": 4, "autoScaling": {"metrics": [metric]}})


def split():
    service = sklearn("split")
    service["spec"]["canary"] = [{"trafficPercent": 20, "predictor": {
        "name": "next", "minReplicas": 1, "model": {"modelFormat": {"name": "sklearn"}, "storageUri": "s3://models/iris-2"}}}]
    return service


class Lives:
    """A reconciler of one namespace, restarted each time that the faults have ended it: with the same faults, or, unless
    `again`, without faults."""

    def __init__(self, world, namespace, faults="", again=False):
        self.world, self.namespace, self.faults, self.again = world, namespace, faults, again
        self.deaths, self.process = 0, None
        self._start()

    def _start(self):
        self.metrics_port = free_port()
        flags = ["--kubeconfig", self.world.reconciler_kubeconfig, "--namespace", NAMESPACE, "--leader-elect=false",
                 "--builtin-runtimes=false", "--watch-namespace", self.namespace, "--health-probe-bind-address", "0",
                 "--metrics-bind-address", f"127.0.0.1:{self.metrics_port}"]
        faulty = self.faults and (self.again or not self.deaths)
        command = ["reconciler-under-faults", self.faults, "--"] if faulty else ["modelgate-reconciler"]
        processes = self.world.plane.processes
        self.name = f"reconciler-{self.namespace}"
        self.process = processes.start(self.name, [self.world.binaries / command[0], *command[1:], *flags])
        processes.let_end(self.process)

    def check(self):
        """Called repeatedly while a scenario waits."""
        code = self.process.poll()
        if code is None:
            return
        tail = self.world.plane.processes.tail(self.name)
        if code != KILLED:
            raise AssertionError(f"{self.name} ended with {code}\n{tail}")
        self.end()
        self.deaths += 1
        self._start()

    def storms(self):
        """Returns nothing if it died after all was done."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as reply:
                lines = reply.read().decode().splitlines()
        except OSError:
            if self.process.poll() == KILLED:
                return []
            raise
        return [line for line in lines if line.startswith("modelgate_write_storms_total") and float(line.split()[-1]) > 0]

    def end(self):
        self.world.plane.processes.stop(self.process)


class Scenario:
    """A context manager: it stops its reconcilers."""

    def __init__(self, world, namespace):
        self.world, self.plane, self.namespace, self.lives = world, world.plane, namespace, []
        self.plane.post("/api/v1/namespaces", {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": namespace}})
        self._create_foreign()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for life in self.lives:
            life.end()

    def start(self, faults="", again=False):
        self.lives.append(Lives(self.world, self.namespace, faults, again))

    def run(self, after_create=lambda: None, expected=None):
        """Runs the scenario. Returns the final state: when it is as expected, or when nothing changes any more."""
        for service in (sklearn("plain"), split(), scaled("hpa"), sklearn("going")):
            self._try(lambda s=service: self.plane.post(self._services(), s))
        after_create()
        self._until("all to be Ready", lambda: all(self._settled(name) for name in ("plain", "split", "scaled", "going")))
        stop = sklearn("plain", {f"{GROUP}/stop": "true"})
        promoted = sklearn("split", storageUri="s3://models/iris-2")
        for changed in (stop, promoted, scaled("none")):
            self._try(lambda c=changed: self._change(c))
        self._try(lambda: self._delete("going"))
        self._until("all to be as changed", self._is_changed)
        end, deadline = self._quiet(), time.monotonic() + LATE_SECONDS
        while expected and end != expected and time.monotonic() < deadline:
            end = self._quiet()
        return end

    def foreign(self):
        """resourceVersion by kind and name of the objects of others."""
        objects = self._try(self._objects)  # for new kinds the API server answers 429 for a moment
        return {key: o["metadata"]["resourceVersion"] for key, o in objects.items() if key in self.foreign_keys}

    # ---- steps

    def _services(self, name=""):
        return SERVICES.format(self.namespace) + (f"/{name}" if name else "")

    def _try(self, call):
        """Retries during restarts of the API server and while the webhook cannot be reached."""
        deadline = time.monotonic() + STEP_SECONDS
        while True:
            try:
                return call()
            except OSError as error:
                if isinstance(error, urllib.error.HTTPError) and error.code == 409 and "AlreadyExists" in error.read().decode():
                    return None
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.2)

    def _change(self, wanted):
        now = self.plane.get(self._services(wanted["metadata"]["name"]))
        now["spec"] = wanted["spec"]
        now["metadata"].setdefault("annotations", {}).update(wanted["metadata"].get("annotations", {}))
        self.plane.put(self._services(wanted["metadata"]["name"]), now)

    def _delete(self, name):
        with contextlib.suppress(urllib.error.HTTPError), self.plane._open("DELETE", self._services(name)):
            pass

    def _settled(self, name, ready="True"):
        service = self.plane.get(self._services(name)) or {}
        status = service.get("status", {})
        conditions = {c["type"]: c["status"] for c in status.get("conditions", [])}
        return status.get("observedGeneration") == service.get("metadata", {}).get("generation") and conditions.get("Ready") == ready

    def _is_changed(self):
        there = set(self._objects()) - self.foreign_keys
        scalers = {name for kind, name in there if kind == "horizontalpodautoscalers"}
        left = [name for kind, name in there if kind != "inferenceservices" and name.startswith(("plain", "going"))]
        return (self._settled("split") and self._settled("scaled") and self._settled("plain", "False")
                and not self.plane.get(self._services("going"))
                and scalers == {"split-predictor"} and not left)

    def _until(self, what, check):
        deadline = time.monotonic() + STEP_SECONDS
        while True:
            for life in self.lives:
                life.check()
            with contextlib.suppress(OSError):
                if check():
                    return
            if time.monotonic() > deadline:
                services = [{"name": s["metadata"]["name"], "status": s.get("status")}
                            for s in self.plane.get(self._services())["items"]]
                raise AssertionError(f"{self.namespace}: not within {STEP_SECONDS} s: {what}; "
                                     f"{sorted(self._objects())}; {json.dumps(services)[:3000]}")
            time.sleep(0.1)

    def _quiet(self):
        """The final state, once no object has changed for a while."""
        last, since = None, time.monotonic()

        def is_quiet():
            nonlocal last, since
            now = self._objects()
            versions = {key: o["metadata"]["resourceVersion"] for key, o in now.items()}
            if last is None or versions != last:
                last, since = versions, time.monotonic()
            return time.monotonic() - since > QUIET_SECONDS

        self._until("no more writes", is_quiet)
        return {key: self._normal(key, o) for key, o in self._objects().items() if key not in self.foreign_keys}

    # ---- objects

    def _objects(self):
        found = {}
        for path in (*KINDS, self._services().strip("/")):
            items = (self.plane.get("/" + path.format(f"namespaces/{self.namespace}")) or {"items": []})["items"]
            found |= {(path.rsplit("/", 1)[1], o["metadata"]["name"]): o for o in items}
        return found

    def _normal(self, key, obj):
        def cut(value):
            if isinstance(value, dict):
                return {k: cut(v) for k, v in value.items() if k not in IGNORED}
            return [cut(v) for v in value] if isinstance(value, list) else value
        if key[0] != "inferenceservices":
            obj = {k: v for k, v in obj.items() if k != "status"}
        return json.loads(REPLICA_SET.sub(r"\1-HASH", json.dumps(cut(obj))).replace(self.namespace, "NS"))

    def _create_foreign(self):
        """Creates objects of others, with names and labels similar to ours."""
        at, label = f"/api/v1/namespaces/{self.namespace}", f"{GROUP}/inferenceservice"
        owner = self.plane.post(f"{at}/configmaps", {"metadata": {"name": "owner"}})
        owned = [{"apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"], "controller": True}]
        pod = {"metadata": {"labels": {"app": "mine"}}, "spec": {"containers": [{"name": "c", "image": "i"}]}}
        self.plane.post(f"{at}/configmaps", {"metadata": {"name": "plain-predictor", "labels": {label: "plain"}}})
        self.plane.post(f"{at}/services", {"metadata": {"name": "plain-predictor-mine", "labels": {label: "plain"}},
                                           "spec": {"selector": {"app": "mine"}, "ports": [{"port": 80}]}})
        self.plane.post(f"/apis/networking.k8s.io/v1/namespaces/{self.namespace}/ingresses", {
            "metadata": {"name": "split", "labels": {label: "split"}},
            "spec": {"defaultBackend": {"service": {"name": "mine", "port": {"number": 80}}}}})
        shadow = f"/apis/apps/v1/namespaces/{self.namespace}/deployments"
        self.plane.post(shadow, {
            "metadata": {"name": "scaled-predictor-shadow", "labels": {label: "scaled"}, "ownerReferences": owned},
            "spec": {"replicas": 0, "selector": {"matchLabels": {"app": "mine"}}, "template": pod}})
        self.foreign_keys = {("configmaps", "owner"), ("configmaps", "plain-predictor"), ("services", "plain-predictor-mine"),
                        ("ingresses", "split"), ("deployments", "scaled-predictor-shadow")}

        def settled():
            status = self.plane.get(f"{shadow}/scaled-predictor-shadow").get("status", {})
            return status.get("observedGeneration") and len(status.get("conditions", [])) > 1
        with contextlib.suppress(AssertionError):
            self.plane.processes.wait_for("the foreign Deployment", 10, settled)


class FaultsTest(ClusterTest):
    crds = "reconciled"
    of_world = expected = None  # the final state without faults
    writes = 0

    def setUp(self):
        super().setUp()
        gateway = Gateway(self.world)
        gateway.__enter__()
        self.addCleanup(gateway.__exit__)
        if FaultsTest.of_world is not self.world:
            self.make_runtimes()
            FaultsTest.expected, _ = self.run_scenario(f"{self.namespace}-without-faults")
            FaultsTest.writes = len(self.writes_in(f"{self.namespace}-without-faults"))
            FaultsTest.of_world = self.world

    def make_runtimes(self):
        """The reconcilers of a scenario do not create them."""
        maker = self.world.start_reconciler()
        self.eventually("the built-in runtimes", lambda: self.plane.get(
            f"/apis/{GROUP}/v1alpha1/clusterservingruntimes/kserve-sklearnserver"), 30)
        maker.terminate()

    def run_scenario(self, namespace, faults="", again=False, reconcilers=1, after_create=lambda: None):
        """The final state, and how often a reconciler died."""
        with Scenario(self.world, namespace) as scenario:
            before = scenario.foreign()
            for _ in range(reconcilers):
                scenario.start(faults, again)
            end = scenario.run(after_create, self.expected)
            if scenario.foreign() != before:
                raise AssertionError(f"{namespace}: others' objects: {before}, then {scenario.foreign()}")
            storms = [line for life in scenario.lives for line in life.storms()]
            if storms:
                raise AssertionError(f"{namespace}: {storms}")
            return end, sum(life.deaths for life in scenario.lives)

    def writes_in(self, namespace):
        """The reconciler's writes of objects, from the audit log."""
        return [f"{call['verb']} {call['requestURI']}" for call in self.world.reconciler_calls()
                if call["verb"] in ("create", "update", "patch", "delete") and f"/namespaces/{namespace}/" in call["requestURI"]
                and "/events" not in call["requestURI"]]

    def assert_same_results(self, runs):
        """runs: name -> function that returns the final state and the number of deaths. Runs several at a time. Returns the
        deaths by name."""
        with concurrent.futures.ThreadPoolExecutor(AT_ONCE) as pool:
            running = {name: pool.submit(run) for name, run in runs.items()}
            deaths = {}
            for name, future in running.items():
                with self.subTest(name):
                    end, deaths[name] = future.result()
                    self.assertEqual(sorted(end), sorted(self.expected))
                    for key, obj in end.items():
                        self.assertEqual(obj, self.expected[key], f"{name}: {key}")
        return deaths


class Faults(FaultsTest):
    def test_each_fault_at_every_write(self):
        deaths = self.assert_same_results({
            name: lambda n=f"{self.namespace}-{i}", f=faults, a=again: self.run_scenario(n, f, a)
            for i, (name, (faults, again)) in enumerate(EVERY_WRITE.items())})
        print(f"            {self.writes} writes without faults; deaths: {({k: v for k, v in deaths.items() if v})}")
        for name, (faults, _) in EVERY_WRITE.items():
            if "kill" in faults and name in deaths:
                self.assertGreater(deaths[name], 5, name)

    def test_two_reconcilers_without_a_lease(self):
        """They do not undo each other's writes."""
        namespace = f"{self.namespace}-both"
        self.assert_same_results({"two": lambda: self.run_scenario(namespace, reconcilers=2)})
        writes = self.writes_in(namespace)
        print(f"            {len(writes)} writes by two, {self.writes} by one")
        self.assertLess(len(writes), 3 * self.writes + 10)

    def test_the_api_server_restarts(self):
        def restart():
            self.plane.stop_apiserver()
            self.plane.start_apiserver()
        # Not in a pool thread: the API server ends with the thread that started it.
        end, _ = self.run_scenario(f"{self.namespace}-restart", after_create=restart)
        self.assertEqual(end, self.expected)


class KilledInTurn(FaultsTest):
    """Killed at the Nth write of a run, and then not again. step: every which write."""

    step, of = 25, ("writes",)

    def setUp(self):
        super().setUp()
        # The services of all runs keep running, a thousand of them.
        with contextlib.suppress(urllib.error.HTTPError):
            self.plane.post("/api/v1/nodes", node("endless-0", {"cpu": "100000", "memory": "1000Ti", "pods": "100000"}))

    def test_the_final_state_is_the_same(self):
        for of in self.of:
            for when in ("before", "after"):
                self.in_turn(of, when)

    def in_turn(self, of, when):
        first, survived = 1 if when == "before" else 1 + self.step // 2, False
        while not survived and first < MOST_CALLS:
            turns = [first + i * self.step for i in range(AT_ONCE)]
            deaths = self.assert_same_results({
                f"killed {when} number {n} of the {of}":
                    lambda n=n: self.run_scenario(f"{self.namespace}-{of}-{when}-{n}", f"kill={n},of={of},when={when}")
                for n in turns})
            # A failed run has no count; it was reported before, and a later one may have survived.
            survived = not deaths or 0 in deaths.values()
            first = turns[-1] + self.step
