# SPDX-License-Identifier: Apache-2.0
"""What happens to Pods on a real node appears in the status of their service, in the kubelet's own words, within two seconds of
the kubelet's report. And the commands that the documentation names for such cases work as they are written.

The kubelet's report is the change of the Pod's status as a watch of the test sees it; the service's status is watched in the
same way.
"""
import contextlib
import os
import re
import shlex
import signal
import subprocess
import time
from pathlib import Path

import quick
import serving

ROOT = Path(__file__).resolve().parent.parent.parent
# From the kubelet's report to the status: both writes pass through the API server once.
NOTICE_SECONDS = 2
# The kubelet looks at disks every ten seconds, pulls again after ten, and a node is given up after fifty.
REPORT_SECONDS = 150
LAST_WORDS = "the weights do not fit the network"
FROM_LOGS = {"terminationMessagePolicy": "FallbackToLogsOnError"}


class Lifecycle(quick.QuickTest):
    @contextlib.contextmanager
    def watched(self, name):
        label = f"labelSelector=serving.kserve.io%2Finferenceservice%3D{name}"
        with quick.Watch(self.cluster.node, f"{quick.PODS}?{label}") as pods:
            with quick.Watch(self.cluster.node, f"{quick.SERVICES}?fieldSelector=metadata.name%3D{name}") as services:
                yield pods, services

    def case(self, name, words_of, ready, then=None, **spec):
        """Deploys the service and waits until a Pod's status has trouble: words_of(pod) are the kubelet's words for it, or None.
        Then the same words must be in the status of the service. ready: whether it must be Ready before that. then: what
        causes the trouble after that. Returns the status."""
        with self.watched(name) as (pods, services):
            self.serve(name, spec)
            if ready:
                self.wait_ready(name)
            since = time.time()
            if then:
                then()
            self.eventually("the kubelet's report", lambda: pods.first(words_of, since), REPORT_SECONDS,
                            lambda: self.kubectl("get", "pods", "-n", serving.NAMESPACE, "-o", "yaml").stdout)
            at = pods.first(words_of, since)
            words = next(words_of(pod) for when, pod in pods.events if when == at)
            shows = lambda service: is_not_ready(service) and words in one_line(service.get("status"))
            self.eventually(f"in the status: {words}", lambda: services.first(shows, since), 10,
                            lambda: self.show_status(name))
            took = services.first(shows, since) - at
        print(f"            {name}: {max(took, 0):.2f} s after the kubelet's report: {words[:150]}", flush=True)
        self.assertLess(took, NOTICE_SECONDS)
        return self.status(name)

    def condition(self, status, kind="PredictorReady"):
        return next(c for c in status["conditions"] if c["type"] == kind)

    # ---- starting

    def test_image_is_missing(self):
        status = self.case("no-image", waiting("ErrImagePull", "ImagePullBackOff"), ready=False,
                           containers=[quick.container("1", image="modelgate.test/missing:1")])
        self.assertEqual(self.condition(status)["reason"], "ImagePullBackOff")
        self.assertEqual(status["phase"], "Failed")

    def test_crash_loop(self):
        status = self.case("crashing", terminated(), ready=False, containers=[
            quick.container("1", "--exit-after=0", "--exit-code=3", f"--last-words={LAST_WORDS}", **FROM_LOGS)])
        self.assertIn("exit code 3", self.condition(status)["message"])
        self.assertEqual(status["modelStatus"]["lastFailureInfo"]["exitCode"], 3)
        # It stays while the kubelet restarts the container.
        self.eventually("restarts", lambda: any(c.get("restartCount", 0) > 1 for pod in self.pods("crashing-predictor")
                                                for c in pod["status"].get("containerStatuses", [])), REPORT_SECONDS)
        self.assertIn(LAST_WORDS, self.condition(self.status("crashing"))["message"])

    def test_out_of_memory(self):
        small = {"requests": {"cpu": "10m", "memory": "32Mi"}, "limits": {"cpu": "1", "memory": "64Mi"}}
        status = self.case("hungry", lambda pod: any(
            ended(c).get("reason") == "OOMKilled" for c in containers(pod)) and "OOMKilled", ready=False,
            containers=[quick.container("1", "--take=256", resources=small)])
        self.assertEqual(self.condition(status)["reason"], "OOMKilled")

    def test_init_container_fails(self):
        prepare = {"name": "prepare", "image": quick.IMAGE, "args": ["--exit-after=0", "--exit-code=4", f"--last-words={LAST_WORDS}"],
                   "resources": quick.SMALL, **FROM_LOGS}
        status = self.case("unprepared", terminated("initContainerStatuses"), ready=False,
                           initContainers=[prepare], containers=[quick.container("1")])
        self.assertEqual(self.condition(status)["reason"], "InitContainerFailed")
        self.assertIn("prepare", self.condition(status)["message"])

    def test_never_ready(self):
        status = self.case("unready", unready, ready=False, containers=[quick.container("1", "--ready-after=1000000")])
        self.assertEqual(self.condition(status)["reason"], "ContainersNotReady")
        self.assertNotEqual(status.get("phase"), "Failed")

    def test_unschedulable(self):
        huge = {"requests": {"cpu": "1000"}, "limits": {"cpu": "1000"}}
        status = self.case("homeless", lambda pod: words_of(pod, "PodScheduled"), ready=False,
                           containers=[quick.container("1", resources=huge)])
        self.assertEqual(self.condition(status)["reason"], "Unschedulable")
        self.assertIn("Insufficient cpu", self.condition(status)["message"])

    # ---- later

    def test_readiness_probe_fails_later(self):
        self.case("tired", unready, ready=True, containers=[quick.container("1", "--ready-until=15")])

    def test_liveness_probe_fails_later(self):
        probe = {"httpGet": {"path": "/ready", "port": 8080}, "periodSeconds": 1, "failureThreshold": 2}
        status = self.case("dying", lambda pod: any(ended(c) for c in containers(pod)) and "ended with exit code", ready=True,
                           terminationGracePeriodSeconds=1,
                           containers=[quick.container("1", "--ready-until=15", livenessProbe=probe)])
        self.assertEqual(self.condition(status)["reason"], "ContainerFailed")

    def test_pod_is_evicted(self):
        self.case("full", lambda pod: pod["status"].get("reason") == "Evicted" and pod["status"]["message"], ready=True,
                  volumes=[{"name": "cache", "emptyDir": {"sizeLimit": "1Mi"}}],
                  containers=[quick.container("1", "--fill=/cache/file", "--fill-after=10", "--deaf",
                                              volumeMounts=[{"name": "cache", "mountPath": "/cache"}])])

    def test_node_is_not_ready(self):
        """The kubelet stops: after its grace period the node, and so each of its Pods, counts as not ready."""
        kubelet = next(p for p in self.cluster.node.processes.running if p.name == "kubelet")

        def stop():
            os.kill(kubelet.pid, signal.SIGSTOP)
        self.addCleanup(self.wait_for_node)
        self.addCleanup(os.kill, kubelet.pid, signal.SIGCONT)
        self.case("lost", lambda pod: condition_of(pod, "Ready").get("status") == "False" and pod["metadata"]["name"], ready=True,
                  then=stop, containers=[quick.container("1")])

    def wait_for_node(self):
        self.eventually("the node to be Ready", self.cluster.node._nodes_ready, REPORT_SECONDS)
        for program in ("modelgate-webhook", "modelgate-reconciler"):
            self.kubectl("rollout", "status", "-n", "kserve", f"deployment/{program}", "--timeout=120s", timeout=130)


# ---- the kubelet's words in a Pod


def condition_of(pod, kind):
    return next((c for c in pod.get("status", {}).get("conditions", []) if c["type"] == kind), {})


def words_of(pod, kind):
    found = condition_of(pod, kind)
    return found.get("message") if found.get("status") == "False" else None


def unready(pod):
    return pod["status"].get("phase") == "Running" and words_of(pod, "ContainersReady")


def containers(pod, which="containerStatuses"):
    return pod.get("status", {}).get(which, [])


def ended(container):
    return container.get("state", {}).get("terminated") or container.get("lastState", {}).get("terminated") or {}


def terminated(which="containerStatuses"):
    """The end of the message of the container that ended."""
    def words(pod):
        return next((ended(c)["message"].strip() for c in containers(pod, which) if ended(c).get("message")), None)
    return words


def waiting(*reasons):
    """The cause in the message of the container that waits for one of these reasons."""
    def words(pod):
        for container in containers(pod):
            state = container.get("state", {}).get("waiting", {})
            if state.get("reason") in reasons and state.get("message"):
                return state["message"].partition("ErrImagePull: ")[2] or state["message"]
        return None
    return words


def is_not_ready(service):
    return any(c["type"] == "Ready" and c["status"] != "True" for c in service.get("status", {}).get("conditions", []))


def one_line(status):
    """All texts of a status."""
    if isinstance(status, dict):
        return "\n".join(one_line(value) for value in status.values())
    if isinstance(status, list):
        return "\n".join(one_line(value) for value in status)
    return str(status)


# ---- what the documentation names


class Commands(quick.QuickTest):
    """Each kubectl command of the documentation that only reads, for a service whose server ends at once."""

    PAGES = ("README.md", "deploy/README.md", "docs/troubleshooting.md", "docs/certificates.md", "docs/releases.md")
    READS = ("get", "describe", "logs", "explain", "cluster-info", "rollout")
    # Of other systems, or that stay until they are interrupted.
    NOT_HERE = ("certificate", "ksvc", "-w", "KIND", "storage-config", "restart")
    # The storage initializer of the tests has no log.
    MAY_BE_EMPTY = ("No resources found", "-c storage-initializer")
    RUNTIME = {"apiVersion": "serving.kserve.io/v1alpha1", "kind": "ServingRuntime",
               "metadata": {"name": "ending", "namespace": serving.NAMESPACE},
               "spec": {"supportedModelFormats": [{"name": "quick", "autoSelect": True}], "protocolVersions": ["v1"],
                        "containers": [quick.container("1", "--exit-after=1", f"--last-words={LAST_WORDS}")]}}

    def documented(self):
        found = []
        for page in self.PAGES:
            text = (ROOT / page).read_text(encoding="utf-8")
            for inline, line in re.findall(r"`(kubectl [^`]+)`|^ *(kubectl [^#\n]+)", text, re.MULTILINE):
                command = " ".join((inline or line).split())
                words = shlex.split(command.split("|")[0], comments=True) if command.count("'") % 2 == 0 else []
                verb = next((word for word in words[1:] if word in self.READS), None)
                names_something = any(not word.startswith("-") for word in words[2:])
                if verb and names_something and not any(no in words for no in self.NOT_HERE):
                    found.append(command)
        return list(dict.fromkeys(found))

    def test_documented_commands(self):
        self.apply(self.RUNTIME)
        self.addCleanup(self.kubectl, "delete", "servingruntime", "ending", "-n", serving.NAMESPACE)
        self.serve("documented", {"model": {"modelFormat": {"name": "quick"}, "storageUri": "s3://models/iris/1",
                                            "resources": quick.SMALL}})
        self.eventually("a restart of its server", lambda: any(
            c.get("restartCount") for pod in self.pods("documented-predictor") for c in pod["status"].get("containerStatuses", [])),
            REPORT_SECONDS, lambda: self.show_status("documented"))
        commands = self.documented()
        for command in commands:
            with self.subTest(command):
                done = self.run_as_written(command)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertTrue(done.stdout.strip() or any(no in command + done.stderr for no in self.MAY_BE_EMPTY), done.stderr)
        print(f"            {len(commands)} documented commands", flush=True)
        self.assertGreater(len(commands), 15)
        self.assertIn(LAST_WORDS, self.run_as_written("kubectl logs deployment/NAME-predictor").stdout)
        self.assertIn("ContainerFailed", self.run_as_written("kubectl describe isvc NAME").stdout)

    def run_as_written(self, command):
        """In a shell, with the placeholders replaced, in the namespace of the service."""
        command = command.replace("namespace NAME", f"namespace {serving.NAMESPACE}").replace("NAMESPACE", serving.NAMESPACE)
        command = command.replace("SERVICE", "documented-predictor").replace("NAME", "documented")
        node = self.cluster.node
        return subprocess.run(["sh", "-c", command], capture_output=True, text=True, timeout=60, check=False, cwd=ROOT, env={
            **os.environ, "PATH": f"{node.binaries}:{os.environ['PATH']}", "KUBECONFIG": str(self.in_namespace())})

    def in_namespace(self):
        """A kubeconfig whose namespace is that of the service."""
        path = self.cluster.node.directory / "models.kubeconfig"
        if not path.exists():
            path.write_text(self.cluster.node.kubeconfig.read_text())
            self.kubectl("config", "set-context", "--current", f"--namespace={serving.NAMESPACE}", "--kubeconfig", path)
        return path
