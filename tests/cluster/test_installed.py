# SPDX-License-Identifier: Apache-2.0
"""The webhook as installed by deploy/: its own certificates, its catalog of the cluster, and no failed calls.

The tests here are short; soak.py has long versions. test_rolling.py starts and stops replicas.
"""
import concurrent.futures
import contextlib
import json
import socket
import ssl
import statistics
import time
import urllib.error
import urllib.request

from excuses import describe
from installed import (CONFIG_MAP, GROUP, NAMESPACE, ROTATE, SECRET, Cutter, certificates, ordinary, verifies,
                       with_unknown_runtime)
from world import ClusterTest

# Deadlines of waits, generous for busy machines. How long something took is printed, not asserted.
START_SECONDS, FOLLOW_SECONDS = 30, 30
# A cut connection is tried again with a backoff of up to ten seconds.
RECONNECT_SECONDS = 60
# Short enough for a test. A CA lives at least three times as long as a leaf.
FAST_ROTATION = ["--leaf-lifetime", "20s", "--ca-lifetime", "1h", "--ca-propagation", "1s"]


class InstalledTest(ClusterTest):
    crds = "installed"
    last = ""  # the API server's last message, for failure messages

    def setUp(self):
        super().setUp()
        self.addCleanup(self.world.stop_replicas)

    def dry_run(self, body, resource="inferenceservices"):
        """The object as it would be stored, or the API server's error as text."""
        group = "/api/v1" if body["apiVersion"] == "v1" else "/apis/" + body["apiVersion"]
        try:
            return self.plane.post(f"{group}/namespaces/default/{resource}?dryRun=All", body)
        except urllib.error.HTTPError as error:
            return json.load(error)["message"]

    def runtime_for(self, model_format):
        """The runtime of a new service with this format, "" for none; or the error if the service is rejected."""
        service = ordinary()
        service["spec"]["predictor"]["model"]["modelFormat"] = {"name": model_format}
        found = self.last = self.dry_run(service)
        return found if isinstance(found, str) else found["spec"]["predictor"]["model"].get("runtime", "")

    def in_force(self, what, check, seconds=FOLLOW_SECONDS):
        """Waits until `check` holds, and returns the seconds that took."""
        began = time.monotonic()
        while not check():
            if time.monotonic() - began > seconds:
                self.fail(f"not within {seconds} s: {what}; last seen: {self.last}")
            time.sleep(0.005)
        return time.monotonic() - began

    def apply_runtime(self, name, model_format, priority=1, image="example/runtime:1"):
        self.plane.kubectl("apply", "--server-side", "-f", "-", stdin=runtime(name, model_format, priority, image))

    def delete_runtime(self, *names):
        self.plane.kubectl("delete", "clusterservingruntime", *names)

    def configure(self, **keys):
        """Sets keys of the configuration."""
        self.plane.kubectl("patch", "configmap", CONFIG_MAP, "-n", NAMESPACE, "--type=merge", "-p", json.dumps({"data": keys}))

    def settings(self):
        """Our current settings; they are restored after the test."""
        text = self.plane.get(f"/api/v1/namespaces/{NAMESPACE}/configmaps/{CONFIG_MAP}")["data"]["modelgate"]
        self.addCleanup(self.configure, modelgate=text)
        return json.loads(text)

    def assert_no_refusal(self, refused):
        if refused:
            self.plane.failed = True
            self.fail(f"{len(refused)} writes were rejected, the first:\n" + "\n".join(map(describe, refused[:5])))


class Certificates(InstalledTest):
    starts, rotations = 10, 2

    def test_two_that_start_at_once_agree(self):
        for number in range(self.starts):
            with self.subTest(number):
                start_two_at_once(self)

    def test_ca_and_leaf_rotate_without_a_refusal(self):
        first, second = (self.world.start_replica(*FAST_ROTATION) for _ in range(2))
        self.world.wait_asked()
        with self.world.load(rate=100, connections=4) as load:
            for _ in range(self.rotations):
                rotate(self, first, second)
        print(f"            {load.results()}")
        self.assert_no_refusal(load.results().refused)


class Following(InstalledTest):
    def test_start_to_ready(self):
        self.world.start_replica().kill()  # creates CA and bundle
        self.world.wait_ready(self.world.start_replica())
        took = []
        for _ in range(5):
            replica = self.world.start_replica(wait=False, in_service=False)
            while not replica.ready():
                self.assertLess(time.monotonic() - replica.began, START_SECONDS, replica.readiness())
                time.sleep(0.002)
            took.append(time.monotonic() - replica.began)
            replica.kill()
        print(f"            start to ready, catalog in sync: median {1000 * statistics.median(took):.0f} ms, "
              f"of {', '.join(f'{1000 * t:.0f}' for t in took)}")

    def test_runtime_changes_take_effect(self):
        self.world.start_replica()
        self.world.wait_asked()
        took = {}
        self.apply_runtime("follow-1", "follow")
        took["new"] = self.in_force("a new runtime", lambda: self.runtime_for("follow") == "follow-1")
        self.apply_runtime("follow-2", "follow", priority=2)
        took["better"] = self.in_force("a better runtime", lambda: self.runtime_for("follow") == "follow-2")
        self.plane.kubectl("patch", "clusterservingruntime", "follow-2", "--type=merge", "-p", '{"spec": {"disabled": true}}')
        took["disabled"] = self.in_force("a disabled runtime", lambda: self.runtime_for("follow") == "follow-1")
        self.delete_runtime("follow-1", "follow-2")
        took["gone"] = self.in_force("a deleted runtime", lambda: self.runtime_for("follow") == "")
        print("            in force after: " + ", ".join(f"{what} {1000 * t:.0f} ms" for what, t in took.items()))

    def test_a_changed_configuration_takes_effect_and_a_broken_one_does_not(self):
        replica = self.world.start_replica()
        self.world.wait_asked()
        settings = self.settings()

        def has_default():
            gpu = pod_of(self.dry_run(gpu_service()))
            return "tolerations" in gpu
        self.assertTrue(has_default())
        self.configure(modelgate=json.dumps({**settings, "gpuTolerations": []}))
        took = self.in_force("a changed configuration", lambda: not has_default())
        print(f"            in force after {1000 * took:.0f} ms")
        for number, broken in enumerate(["{", json.dumps({**settings, "validation": "Lax"})], start=1):
            with self.subTest(broken[:1]):
                self.configure(modelgate=broken)
                self.in_force("the refusal in the metrics", lambda n=number: refused_configurations(replica) >= n)
                self.assertFalse(has_default(), "the last valid configuration is no longer used")
                self.assertIn("modelgate", replica.log())
                self.eventually("an event on the ConfigMap", self.configuration_events)
        self.assertTrue(replica.ready())
        self.configure(modelgate=json.dumps(settings))
        self.in_force("the corrected configuration", has_default)

    def configuration_events(self):
        events = self.plane.get(f"/api/v1/namespaces/{NAMESPACE}/events?fieldSelector=involvedObject.name={CONFIG_MAP}")["items"]
        return [event for event in events if event["type"] == "Warning" and "modelgate" in event["message"]]

    def test_watches_survive(self):
        cutter = Cutter(self.world)
        self.addCleanup(cutter.close)
        self.world.start_replica(kubeconfig=cutter.kubeconfig)
        self.world.wait_asked()
        for number, (name, fault) in enumerate(FAULTS.items(), start=1):
            with self.subTest(name):
                took = survive(self, number, fault, cutter)
                print(f"            {name}: the catalog equals a new list after {took:.2f} s")


class Alone(InstalledTest):
    """The API server reaches the webhook, and the webhook does not reach the API server."""

    seconds = 4

    def test_writes_continue_with_the_last_catalog(self):
        cutter = Cutter(self.world)
        self.addCleanup(cutter.close)
        replica = self.world.start_replica(kubeconfig=cutter.kubeconfig)
        self.world.wait_asked()
        for name, fault in (("cut off", cutter.shut), ("no answer", cutter.silent)):
            with self.subTest(name), fault():
                # A lookup ends with the API server's timeout, so there are few of these; they are admitted.
                with self.world.load(rate=100, connections=4) as load, \
                        self.world.load(with_unknown_runtime(), connections=8) as looked_up:
                    time.sleep(self.seconds)
                print(f"            {name}: {load.results()}\n            with lookups: {looked_up.results()}")
                self.assert_no_refusal(load.results().refused + looked_up.results().refused)
                # Of about 400. If they waited for the looked-up ones, each connection would send one or two.
                self.assertGreater(load.results().writes, 20)
                self.assertTrue(replica.ready(), replica.readiness())


class Overloaded(InstalledTest):
    # http/limits.h: six bodies of the largest size at once; smaller ones than 64 KiB do not count.
    LARGEST, AT_ONCE = 7 << 20, 6
    LARGE = 128 << 10

    def test_a_write_that_got_429_is_retried_and_accepted(self):
        replica = self.world.start_replica()
        self.world.wait_asked()
        large = ordinary()
        large["metadata"]["annotations"] = {"example.com/large": "x" * self.LARGE}
        with contextlib.ExitStack() as half_sent:
            for _ in range(self.AT_ONCE):
                half_sent.enter_context(self.half_sent(replica))
            with concurrent.futures.ThreadPoolExecutor() as threads:
                writes = []

                def one_more_is_shed():
                    writes.append(threads.submit(self.dry_run, large))
                    return shed(replica) > 0
                self.eventually("a rejected request", one_more_is_shed)
                self.assertIsInstance(self.dry_run(ordinary()), dict, "a small request is blocked by large ones")
                half_sent.close()
                for write in writes:
                    self.assertIsInstance(write.result(30), dict)
        self.assertTrue(replica.ready())

    @contextlib.contextmanager
    def half_sent(self, replica):
        """Within the block, a connection with a partly sent body of the largest size."""
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        with context.wrap_socket(socket.create_connection(("127.0.0.1", replica.port), timeout=10)) as connection:
            connection.sendall(b"POST /mutate-pods HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
                               b"Content-Length: %d\r\n\r\n{" % self.LARGEST)
            yield


# ---- also used by the soak

def start_two_at_once(test):
    """On a cluster without Secret, Lease and bundle: one CA, one Secret, and both are trusted."""
    world = test.world
    world.uncertify()
    pair = [world.start_replica(wait=False) for _ in range(2)]
    try:
        assert_agree(test, *pair)
    finally:
        world.stop_replicas()


def assert_agree(test, *pair):
    world = test.world
    world.wait_ready(*pair)
    bundles = set(world.bundles())
    test.assertEqual(len(bundles), 1, "the registrations have different bundles")
    bundle = bundles.pop()
    test.assertEqual(len(certificates(bundle)), 1, "more than one CA")
    test.assertEqual(certificates(world.secret()["ca.crt"])[0].strip(), certificates(bundle)[0].strip())
    for replica in pair:
        test.assertTrue(verifies(replica.leaf(), bundle, world.plane.directory), f"{replica.name} is not trusted")
        test.assertEqual(errors(replica), [], replica.name)


def rotate(test, *replicas):
    """Requests a new CA by the annotation, and waits until it has signed the leaves of all replicas."""
    world = test.world
    before = world.secret()["ca.crt"]
    leaves = [replica.leaf() for replica in replicas]
    world.plane.kubectl("annotate", "-n", NAMESPACE, "secret", SECRET, f"{ROTATE}={time.time()}", "--overwrite")
    test.eventually("another CA", lambda: world.secret()["ca.crt"] != before, 60)
    now = world.secret()["ca.crt"]
    test.eventually("leaves of the new CA", lambda: all(
        verifies(replica.leaf(), now, world.plane.directory) for replica in replicas), 60)
    for replica, leaf in zip(replicas, leaves):
        test.assertNotEqual(replica.leaf(), leaf)


# Faults of watches: functions of (test, cutter, change), which call change() during the fault.
def cut(_test, cutter, change):
    cutter.cut()
    change()


def shut_out(_test, cutter, change):
    with cutter.shut():
        change()


def restarted(test, _cutter, change):
    change()
    test.world.restart_apiserver()


def gone(test, cutter, change):
    """etcd compacts the watched version, and the API server restarts without it: 410."""
    with cutter.shut():
        change()
        compact(test.plane)
        test.world.restart_apiserver()


FAULTS = {"connections cut": cut, "an API server out of reach": shut_out, "the API server restarted": restarted,
          "410 Gone after a compaction": gone}


def survive(test, number, fault, cutter):
    """During the fault a runtime is created, one changed and one deleted. Returns the time until the catalog has that."""
    step = f"survive-{number}"
    for name in ("goes", "changes", "stays"):
        test.apply_runtime(f"{step}-{name}", f"{step}-{name}-format", 2)
        test.apply_runtime(f"{step}-{name}-low", f"{step}-{name}-format", 1)
        test.in_force(name, lambda n=name: test.runtime_for(f"{step}-{n}-format") == f"{step}-{n}")

    def change():
        test.delete_runtime(f"{step}-goes")
        test.apply_runtime(f"{step}-comes", f"{step}-stays-format", 9)
        test.plane.kubectl("patch", "clusterservingruntime", f"{step}-changes", "--type=merge", "-p", '{"spec": {"disabled": true}}')
    fault(test, cutter, change)
    want = {"goes": f"{step}-goes-low", "changes": f"{step}-changes-low", "stays": f"{step}-comes"}
    return test.in_force(f"the catalog of a new list: {want}", lambda: all(
        test.runtime_for(f"{step}-{name}-format") == found for name, found in want.items()), RECONNECT_SECONDS)


def compact(plane):
    """Compacts etcd up to the latest version, by its HTTP gateway."""
    def post(path, body):
        request = urllib.request.Request(plane.etcd + path, json.dumps(body).encode(), {"Content-Type": "application/json"})
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        with opener.open(request, timeout=30) as reply:
            return json.load(reply)
    revision = post("/v3/kv/range", {"key": "AA=="})["header"]["revision"]
    post("/v3/kv/compaction", {"revision": revision, "physical": True})


def errors(replica):
    """The lines of level error in its log."""
    return [line for line in replica.log().splitlines() if '"level":"error"' in line.replace(" ", "")]


def shed(replica):
    return replica.metrics()['modelgate_requests_shed_total{cause="large-bodies"}']


def refused_configurations(replica):
    return sum(value for name, value in replica.metrics().items() if name.startswith("modelgate_configuration_refused_total"))


def runtime(name, model_format, priority, image):
    return {"apiVersion": f"{GROUP}/v1alpha1", "kind": "ClusterServingRuntime", "metadata": {"name": name},
            "spec": {"protocolVersions": ["v1"],
                     "supportedModelFormats": [{"name": model_format, "version": "1", "autoSelect": True, "priority": priority}],
                     "containers": [{"name": "kserve-container", "image": image}]}}


def gpu_service():
    service = ordinary()
    service["spec"]["predictor"]["model"]["resources"] = {"limits": {"nvidia.com/gpu": "1"}}
    return service


def pod_of(service):
    return service["spec"]["predictor"]
