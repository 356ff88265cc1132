# SPDX-License-Identifier: Apache-2.0
"""No prediction fails: a client sends requests through the gateway all the time while versions, replicas, our programs, their
certificates and the API server change. And each version gets the share of the requests that its weight says.

The models are quick servers, because this is about the control plane. They stop as most model servers do: after SIGTERM
they accept no more connections.
"""
import contextlib
import http.client
import json
import os
import random
import signal
import time

import load
import quick
import serving
import shares
from quick import canary, predictor

RATE = 60
# Answers between two changes, so that a step that breaks something has requests to break.
BETWEEN = 120
# Requests of a step whose shares are measured; at 10 % the least version gets about sixty.
MEASURED = 600
LEAST_P = 0.001
CONTROL_PLANE = "kserve"
PROGRAMS = ("modelgate-webhook", "modelgate-reconciler")
SECRET = "modelgate-webhook-ca"
ROTATE = "modelgate.io/rotate-ca"
ROLLOUT_SECONDS = 240
KILLS = 6
SAYS_WHY = {"terminationMessagePolicy": "FallbackToLogsOnError"}


class Traffic(quick.QuickTest):
    @contextlib.contextmanager
    def requests(self, url, rate=RATE):
        """Requests during the block. Afterwards none has failed."""
        try:
            with load.Load(self.cluster, url, rate) as requests:
                yield requests
        finally:
            print(requests.table(), flush=True)
            failed = requests.failures()
            if failed:
                print(f"            {len(failed)} of {len(requests.all())} requests failed\n{requests.describe(failed)}", flush=True)
        self.assertEqual(len(failed), 0)
        self.assertGreater(len(requests.all()), BETWEEN)

    # ---- shares, counted by the servers

    def counts(self, name, versions):
        """Version -> Pod -> the requests that it has counted."""
        return {version: {pod["metadata"]["name"]: requests_of(pod) for pod in self.pods(component(name, version))}
                for version in versions}

    def measure(self, requests, name, **weights):
        """Compares what the servers counted with the weights; once more if that was improbable."""
        for _ in range(2):
            found = self.eventually("the same Pods before and after", lambda: self.count(requests, name, weights))
            p = shares.p_value(found, weights)
            print(f"            {name}: weights {weights}, requests at the servers {found}, p = {p:.3g}", flush=True)
            if p > LEAST_P:
                return
        self.fail(f"the servers of {name} got {found}, for weights {weights}: p = {p:.3g}")

    def count(self, requests, name, versions):
        """Version -> requests, or None if Pods came or went: an autoscaler may follow the weights later."""
        before = self.counts(name, versions)
        requests.wait_for_answers(MEASURED)
        after = self.counts(name, versions)
        if any(before[version].keys() != after[version].keys() for version in versions):
            return None
        return {version: sum(after[version].values()) - sum(before[version].values()) for version in versions}

    # ---- versions

    def test_canary_goes_up_is_promoted_and_rolled_back(self):
        url = self.begin("up", replicas=2)
        with self.requests(url) as requests:
            for percent in (0, 10, 50, 100):
                with requests.step(f"canary gets {percent} %"):
                    self.patch("up", {"canary": [canary(percent, "2")]})
                    self.eventually("the canary's Pod", lambda: (self.deployment("up-next-predictor") or {}).get(
                        "status", {}).get("availableReplicas") or percent == 0)
                    self.wait_weights("up", **weights(next=percent, stable=100 - percent))
                    requests.wait_for_answers(BETWEEN)
                with requests.step(f"canary has {percent} %"):
                    self.measure(requests, "up", next=percent, stable=100 - percent)
            with requests.step("canary is promoted"):
                self.patch("up", {"canary": None, "predictor": predictor("2", replicas=2)})
                self.wait_gone("up-next-predictor")
                self.wait_weights("up", stable=100)
                self.wait_replicas("up-predictor", 2)
                requests.wait_for_answers(BETWEEN)
            with requests.step("another canary gets 50 %"):
                self.patch("up", {"canary": [canary(50, "3")]})
                self.wait_weights("up", next=50, stable=50)
                requests.wait_for_answers(BETWEEN)
            with requests.step("another canary has 50 %"):
                self.measure(requests, "up", next=50, stable=50)
            with requests.step("it is rolled back"):
                self.patch("up", {"canary": None})
                self.wait_gone("up-next-predictor")
                self.wait_weights("up", stable=100)
                self.wait_replicas("up-predictor", 2)
                requests.wait_for_answers(BETWEEN)
            # Only the promoted version answers.
            since = requests.wait_for_answers(1)
            requests.wait_for_answers(BETWEEN, since)
            self.assertEqual({one.get("version") for one in requests.all() if one["began"] > since}, {"2"})

    def wait_gone(self, component):
        self.eventually(f"{component} to be deleted", lambda: not self.deployment(component),
                        failure=lambda: self.kubectl("get", "isvc,pods,httproutes", "-n", serving.NAMESPACE).stdout)

    def test_broken_canary_gets_no_request(self):
        url = self.begin("broken", replicas=2)
        with self.requests(url) as requests:
            with requests.step("a canary whose server exits at once"):
                self.patch("broken", {"canary": [canary(50, "2", "--exit-after=0", **SAYS_WHY)]})
                self.eventually("its failure in the status", lambda: "the model is broken" in self.show_status("broken"),
                                failure=lambda: self.show_status("broken"))
                requests.wait_for_answers(BETWEEN)
            with requests.step("it is corrected, and has 50 %"):
                self.patch("broken", {"canary": [canary(50, "3")]})
                self.wait_weights("broken", next=50, stable=50)
                self.measure(requests, "broken", next=50, stable=50)
            with requests.step("its next version exits at once"):
                self.patch("broken", {"canary": [canary(50, "4", "--exit-after=0", **SAYS_WHY)]})
                self.eventually("its failure in the status", lambda: "the model is broken" in self.show_status("broken"),
                                failure=lambda: self.show_status("broken"))
                requests.wait_for_answers(BETWEEN)
            with requests.step("its next version stops being ready"):
                self.patch("broken", {"canary": [canary(50, "5", "--ready-until=15")]})
                self.eventually("answers of it", lambda: any(one.get("version") == "5" for one in requests.all()),
                                failure=lambda: self.show_status("broken"))
                self.wait_weights("broken", stable=100)
                requests.wait_for_answers(BETWEEN)
            with requests.step("it is rolled back"):
                self.patch("broken", {"canary": None})
                self.wait_gone("broken-next-predictor")
                requests.wait_for_answers(BETWEEN)
        self.assertLessEqual({one["version"] for one in requests.all()}, {"1", "3", "5"})

    def test_new_version_rolls_out(self):
        url = self.begin("rolled", replicas=1)
        with self.requests(url) as requests:
            for version in ("2", "3"):
                with requests.step(f"version {version} of one replica"):
                    self.patch("rolled", {"predictor": predictor(version, replicas=1)})
                    self.eventually("an answer of it", lambda v=version: any(one.get("version") == v for one in requests.all()[-50:]))
                    self.wait_replicas("rolled-predictor", 1)
                    requests.wait_for_answers(BETWEEN)

    # ---- replicas

    def test_replicas_from_one_to_three_and_back(self):
        url = self.begin("scaled", replicas=1)
        with self.requests(url) as requests:
            for count in (3, 1, 3, 1):
                with requests.step(f"{count} replicas"):
                    self.patch("scaled", {"predictor": {"minReplicas": count, "maxReplicas": count}})
                    self.wait_replicas("scaled-predictor", count)
                    requests.wait_for_answers(BETWEEN)

    def test_pod_is_deleted(self):
        url = self.begin("deleted", replicas=2)
        with self.requests(url) as requests:
            for number in range(3):
                with requests.step(f"Pod {number + 1} is deleted"):
                    self.delete_a_pod("deleted-predictor")
                    self.wait_replicas("deleted-predictor", 2)
                    requests.wait_for_answers(BETWEEN)

    def delete_a_pod(self, component):
        name = self.pods(component)[0]["metadata"]["name"]
        self.kubectl("delete", "pod", name, "-n", serving.NAMESPACE, "--wait=false")
        self.eventually("its deletion", lambda: name not in [pod["metadata"]["name"] for pod in self.pods(component)])

    # ---- our programs

    def test_reconciler_is_killed(self):
        """At random times while the service changes; each change is complete in the end."""
        seed = int(os.environ.get("MODELGATE_KILL_SEED", random.randrange(10000)))
        print(f"            MODELGATE_KILL_SEED={seed}")
        chance = random.Random(seed)
        url = self.begin("killed", replicas=2)
        with self.requests(url) as requests:
            for number in range(KILLS):
                percent = chance.choice((0, 10, 50, 90, 100, None))
                name = f"killed after a change to {percent} %" if percent is not None else "killed after a rollback"
                with requests.step(name):
                    self.patch("killed", {"canary": None if percent is None else [canary(percent, str(number + 2))]})
                    time.sleep(chance.uniform(0, 3))
                    self.kill_reconciler()
                    if percent is None:
                        self.wait_gone("killed-next-predictor")
                        self.wait_weights("killed", stable=100)
                    else:
                        self.wait_weights("killed", **weights(next=percent, stable=100 - percent))
                    requests.wait_for_answers(BETWEEN)
        self.wait_rolled_out()

    def kill_reconciler(self):
        """With SIGKILL the process that holds the Lease. Its Pod is deleted too, or the kubelet would restart it later each time."""
        pid, pod = self.eventually("a reconciler that has the Lease", self.leader)
        os.kill(pid, signal.SIGKILL)
        self.kubectl("delete", "pod", "-n", CONTROL_PLANE, pod, "--wait=false", "--grace-period=1")

    def leader(self):
        """Its process id and its Pod."""
        lease = self.get(f"/apis/coordination.k8s.io/v1/namespaces/{CONTROL_PLANE}/leases/modelgate-reconciler")
        for pid, environment in quick.processes("modelgate-reconciler").items():
            pod = environment.get("POD_NAME")
            if pod and (lease["spec"].get("holderIdentity") or "").startswith(pod):
                return pid, pod
        return None

    def wait_rolled_out(self):
        for program in PROGRAMS:
            self.kubectl("rollout", "status", "-n", CONTROL_PLANE, f"deployment/{program}", f"--timeout={ROLLOUT_SECONDS}s",
                         timeout=ROLLOUT_SECONDS + 20)

    def test_programs_roll_out_a_new_version(self):
        before = {program: self.image_of(program) for program in PROGRAMS}
        new = f"{before[PROGRAMS[0]].rsplit(':', 1)[0]}:v0.0.0-test"
        self.cluster.node.ctr("images", "tag", "--force", f"docker.io/{before[PROGRAMS[0]]}", f"docker.io/{new}")
        self.addCleanup(self.set_images, before)
        url = self.begin("upgraded", replicas=2)
        with self.requests(url) as requests:
            with requests.step("both programs roll out a new version"):
                self.set_images(dict.fromkeys(PROGRAMS, new), lambda: self.change("upgraded"))
            with requests.step("both programs roll back"):
                self.set_images(before, lambda: self.change("upgraded"))
                requests.wait_for_answers(BETWEEN)

    def image_of(self, program):
        found = self.get(f"/apis/apps/v1/namespaces/{CONTROL_PLANE}/deployments/{program}")
        return found["spec"]["template"]["spec"]["containers"][0]["image"]

    def set_images(self, images, meanwhile=lambda: None):
        for program, image in images.items():
            self.kubectl("set", "image", "-n", CONTROL_PLANE, f"deployment/{program}", f"{program.split('-')[1]}={image}")
        while not all(self.is_rolled_out(program) for program in images):
            meanwhile()
        self.wait_rolled_out()

    def is_rolled_out(self, program):
        found = self.get(f"/apis/apps/v1/namespaces/{CONTROL_PLANE}/deployments/{program}")
        status, wanted = found.get("status", {}), found["spec"]["replicas"]
        return (status.get("observedGeneration") == found["metadata"]["generation"] and status.get("updatedReplicas") == wanted
                and status.get("availableReplicas") == status.get("replicas") == wanted)

    def change(self, name):
        """A change that needs the webhook, the reconciler and new Pods: a canary comes and goes, and one of two Pods is deleted.
        In this order, because a proxy that has the weights follows the API server again."""
        self.patch(name, {"canary": [canary(50, "2")]})
        self.wait_weights(name, next=50, stable=50)
        self.patch(name, {"canary": None})
        self.wait_gone(f"{name}-next-predictor")
        self.wait_weights(name, stable=100)
        self.wait_replicas(f"{name}-predictor", 2)
        self.delete_a_pod(f"{name}-predictor")
        self.wait_replicas(f"{name}-predictor", 2)

    def test_certificates_rotate(self):
        path = f"/apis/apps/v1/namespaces/{CONTROL_PLANE}/deployments/modelgate-webhook"
        arguments = self.get(path)["spec"]["template"]["spec"]["containers"][0]["args"]
        self.addCleanup(self.set_arguments, arguments)
        self.set_arguments([*arguments, "--leaf-lifetime=20s", "--ca-lifetime=1h", "--ca-propagation=1s"])
        url = self.begin("rotated", replicas=2)
        with self.requests(url) as requests:
            for number in range(2):
                before = self.certificates()
                with requests.step(f"CA and leaf rotate, {number + 1}"):
                    self.kubectl("annotate", "-n", CONTROL_PLANE, "secret", SECRET, f"{ROTATE}={time.time()}", "--overwrite")
                    self.change("rotated")
                    self.eventually("another CA", lambda: self.certificates() != before, 120)
                    self.change("rotated")
                    requests.wait_for_answers(BETWEEN)

    def certificates(self):
        return self.get(f"/api/v1/namespaces/{CONTROL_PLANE}/secrets/{SECRET}")["data"]["ca.crt"]

    def set_arguments(self, arguments):
        patch = [{"op": "replace", "path": "/spec/template/spec/containers/0/args", "value": arguments}]
        self.kubectl("patch", "deployment", "modelgate-webhook", "-n", CONTROL_PLANE, "--type=json", "-p", json.dumps(patch))
        self.wait_rolled_out()

    def test_api_server_restarts(self):
        url = self.begin("restarted", replicas=2)
        with self.requests(url) as requests:
            for gently in (False, True):
                with requests.step(f"the API server {'stops and starts' if gently else 'is killed and starts'}"):
                    self.cluster.node.stop_apiserver(gently)
                    requests.wait_for_answers(BETWEEN)
                    self.cluster.node.start_apiserver()
                    self.eventually("a write", lambda: self.kubectl(
                        "annotate", "isvc", "restarted", "-n", serving.NAMESPACE, f"touched={time.time()}", "--overwrite",
                        expect=None).returncode == 0)
                    # After a gentle stop Envoy Gateway follows the Pods again only after about a minute: a Pod that is
                    # deleted meanwhile still gets requests.
                    if not gently:
                        self.change("restarted")
                    requests.wait_for_answers(BETWEEN)


class Tools(quick.QuickTest):
    """The tools themselves: failures are found, and improbable shares too."""

    def test_load_finds_failures(self):
        """A single replica that is killed: the requests until its successor is ready fail."""
        url = self.begin("alone", replicas=1)
        with load.Load(self.cluster, url, RATE) as requests:
            with requests.step("its only Pod is killed"):
                pod = self.pods("alone-predictor")[0]["metadata"]["name"]
                self.kubectl("delete", "pod", pod, "-n", serving.NAMESPACE, "--grace-period=0", "--force")
                self.eventually("a failure", requests.failures)
                requests.wait_for_answers(BETWEEN)
        print(requests.table())
        found = requests.all()
        self.assertGreater(len(requests.failures()), 0)
        self.assertEqual(sum(("failed" in one) + ("pod" in one) for one in found), len(found))

    def test_shares_that_do_not_fit(self):
        for counts, weights_, low, high in [
                ({"a": 500, "b": 500}, {"a": 50, "b": 50}, 1, 1), ({"a": 912, "b": 88}, {"a": 90, "b": 10}, 0.20, 0.21),
                ({"a": 850, "b": 150}, {"a": 90, "b": 10}, 0, 1e-6), ({"a": 999, "b": 1}, {"a": 100}, 0, 0),
                ({"a": 400, "b": 350, "c": 250}, {"a": 40, "b": 30, "c": 30}, 0.00020, 0.00027)]:
            with self.subTest(counts):
                p = shares.p_value(counts, weights_)
                self.assertTrue(low <= p <= high, p)
        self.assertRaises(ValueError, shares.p_value, {"a": 30, "b": 3}, {"a": 90, "b": 10})


def component(name, version):
    return f"{name}-predictor" if version == "stable" else f"{name}-{version}-predictor"


def weights(**shares_):
    """Without those that get nothing."""
    return {version: weight for version, weight in shares_.items() if weight}


def requests_of(pod):
    """What the server of a Pod has counted."""
    connection = http.client.HTTPConnection(pod["status"]["podIP"], 8080, timeout=10)
    try:
        connection.request("GET", "/requests")
        return json.loads(connection.getresponse().read())["requests"]
    finally:
        connection.close()
