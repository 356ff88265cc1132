# SPDX-License-Identifier: Apache-2.0
"""The time from `kubectl apply` to the first prediction, step by step: as a table and as a picture.

    moments = measure(node, service, Question("/v1/models/iris:predict", {"instances": [[...]]}))
    print(table(moments))
    Path("build/waterfall.svg").write_text(picture(moments))

Each step is seen by a watch or by a connection, not by the timestamps of objects, which are whole seconds.
"""
import html
import http.client
import json
import socket
import statistics
import threading
import time
from dataclasses import dataclass, field

SERVING = "serving.kserve.io"
WAIT_SECONDS = 180
POLL_SECONDS = 0.005
PORT = 8080
# Step -> what the time until it is spent on. In this order.
STEPS = {
    "applied": "Modelgate: admission",
    "Deployment": "Modelgate: reconciler",
    "Pod scheduled": "Kubernetes: controllers, scheduler",
    "initializer done": "kubelet, storage initializer",
    "server up": "model server",
    "Pod Ready": "kubelet: probes",
    "status Ready": "Modelgate: reconciler",
    "first 200": "Kubernetes: endpoints",
}


@dataclass
class Question:
    path: str
    document: dict


@dataclass
class Moments:
    """Seconds from the start of the request that creates the service. late: how late this process woke up meanwhile, at
    most of 95 % of the times: what other work on the machine takes from everyone."""
    seconds: dict = field(default_factory=dict)
    late: float = 0.0

    def ours(self):
        """What Modelgate takes: admission, the objects, and the status once the Pod is Ready."""
        at = self.seconds
        return at["Deployment"] + at["status Ready"] - at["Pod Ready"]

    def until_ready(self):
        """From the server's first accepted connection to the Pod's Ready."""
        return self.seconds["Pod Ready"] - self.seconds["server up"]


class Recorder:
    """Notes the moment of each step once. Threads watch until the last step, or until close()."""

    def __init__(self, node, namespace, name):
        self.node, self.namespace, self.name = node, namespace, name
        self.moments, self.began = Moments(), None
        self.pod_address, self.address = threading.Event(), ""
        self.done, self.lateness, self.threads = threading.Event(), [], []

    def note(self, step):
        self.moments.seconds.setdefault(step, time.monotonic() - self.began)
        if len(self.moments.seconds) == len(STEPS):
            self.done.set()

    def start(self, *tasks):
        for task in tasks:
            self.threads.append(threading.Thread(target=self._run, args=(task,), daemon=True))
            self.threads[-1].start()

    def _run(self, task):
        while not self.done.is_set():
            try:
                task()
            except (OSError, http.client.HTTPException, ValueError):
                time.sleep(POLL_SECONDS)

    def close(self):
        self.done.set()
        for thread in self.threads:
            thread.join(10)
        self.moments.late = statistics.quantiles(self.lateness, n=20)[-1] if len(self.lateness) > 1 else 0.0

    # ---- watches

    def watch(self, path, see):
        """Each object that a watch reports. The server ends it now and then; _run() begins another."""
        with self.node._open("GET", f"{path}&watch=true&timeoutSeconds=20") as events:  # pylint: disable=protected-access
            for line in events:
                event = json.loads(line)
                if event["type"] in ("ADDED", "MODIFIED"):
                    see(event["object"])
                if self.done.is_set():
                    return

    def deployments(self):
        selector = f"labelSelector={SERVING}%2Finferenceservice%3D{self.name}"
        self.watch(f"/apis/apps/v1/namespaces/{self.namespace}/deployments?{selector}", lambda _: self.note("Deployment"))

    def pods(self):
        selector = f"labelSelector={SERVING}%2Finferenceservice%3D{self.name}"
        self.watch(f"/api/v1/namespaces/{self.namespace}/pods?{selector}", self._see_pod)

    def _see_pod(self, pod):
        status = pod.get("status", {})
        if is_true(status, "PodScheduled"):
            self.note("Pod scheduled")
        if any("terminated" in c.get("state", {}) for c in status.get("initContainerStatuses", [])):
            self.note("initializer done")
        if status.get("podIP"):
            self.address = status["podIP"]
            self.pod_address.set()
        if is_true(status, "Ready"):
            self.note("Pod Ready")

    def services(self):
        self.watch(f"/apis/{SERVING}/v1beta1/namespaces/{self.namespace}/inferenceservices?"
                   f"fieldSelector=metadata.name%3D{self.name}", self._see_service)

    def _see_service(self, service):
        if is_true(service.get("status", {}), "Ready"):
            self.note("status Ready")

    # ---- connections

    def server(self):
        if not self.pod_address.wait(1):
            return
        while not self.done.is_set() and "server up" not in self.moments.seconds:
            try:
                socket.create_connection((self.address, PORT), 1).close()
                self.note("server up")
            except OSError:
                time.sleep(POLL_SECONDS)
        self.done.wait(1)

    def client(self, question):
        """Asks the Service's address again and again, from the moment at which it has one."""
        path = f"/api/v1/namespaces/{self.namespace}/services/{self.name}-predictor"
        service = self.node.get(path)
        if not service:
            return time.sleep(POLL_SECONDS)
        address, port = service["spec"]["clusterIP"], service["spec"]["ports"][0]["port"]
        while not self.done.is_set() and not answers(address, port, question):
            time.sleep(POLL_SECONDS)
        if not self.done.is_set():
            self.note("first 200")
        return self.done.wait()

    def clock(self):
        began = time.monotonic()
        time.sleep(POLL_SECONDS)
        self.lateness.append(time.monotonic() - began - POLL_SECONDS)


def is_true(status, kind):
    return any(c["type"] == kind and c["status"] == "True" for c in status.get("conditions", []))


def answers(address, port, question):
    connection = http.client.HTTPConnection(address, port, timeout=0.5)
    try:
        connection.request("POST", question.path, json.dumps(question.document), {"Content-Type": "application/json"})
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def measure(node, service, question):
    """Creates the InferenceService in the cluster, which must not exist, and returns the Moments of its first prediction.
    TimeoutError names the steps that did not come."""
    namespace, name = service["metadata"]["namespace"], service["metadata"]["name"]
    recorder = Recorder(node, namespace, name)
    recorder.began = time.monotonic()
    recorder.start(recorder.deployments, recorder.pods, recorder.services, recorder.server, recorder.clock,
                   lambda: recorder.client(question))
    time.sleep(0.5)  # the watches are established
    recorder.began = time.monotonic()
    try:
        node.post(f"/apis/{SERVING}/v1beta1/namespaces/{namespace}/inferenceservices", service)
        recorder.note("applied")
        if not recorder.done.wait(WAIT_SECONDS):
            missing = [step for step in STEPS if step not in recorder.moments.seconds]
            raise TimeoutError(f"{name}: not seen within {WAIT_SECONDS} s: {', '.join(missing)}")
    finally:
        recorder.close()
    return recorder.moments


def in_order(moments):
    """(step, what, from, to): each step begins when the one before it is over."""
    before = 0.0
    for step, at in sorted(moments.seconds.items(), key=lambda item: (item[1], list(STEPS).index(item[0]))):
        yield step, STEPS[step], before, at
        before = at


def table(moments):
    rows = [f"{step:18}{at:8.3f} s {at - before:+8.3f}   {what}" for step, what, before, at in in_order(moments)]
    return "\n".join([*rows, f"Modelgate: {moments.ours():.3f} s; Pod Ready {moments.until_ready():.3f} s after the "
                             f"server was up"])


def picture(moments):
    """An SVG: a bar for each step."""
    left, right, bar, line, top, width = 150, 250, 14, 26, 46, 900
    rows = list(in_order(moments))
    last = rows[-1][3]
    scale = (width - left - right) / last
    height = top + line * len(rows) + 34
    colors = {"Modelgate": "#5e81ac", "Kubernetes": "#8fa8c8", "kubelet": "#b8bfca", "model server": "#a3be8c"}
    out = [f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img" '
           'aria-label="From kubectl apply to the first prediction">',
           '<rect width="100%" height="100%" rx="8" fill="#ffffff"/>',
           '<g font-family="system-ui, sans-serif" font-size="13" fill="#2e3440">',
           f'<text x="16" y="26" font-weight="bold">From apply to the first prediction: {last:.1f} s</text>']
    for i, (step, what, before, at) in enumerate(rows):
        y = top + i * line
        color = next(c for name, c in colors.items() if what.startswith(name))
        x, length = left + before * scale, max((at - before) * scale, 1.5)
        out += [f'<text x="{left - 10}" y="{y + 11}" text-anchor="end">{html.escape(step)}</text>',
                f'<rect x="{x:.1f}" y="{y}" width="{length:.1f}" height="{bar}" rx="2" fill="{color}"/>',
                f'<text x="{x + length + 8:.1f}" y="{y + 11}" fill="#4c566a">{at - before:.2f} s '
                f'<tspan fill="#7b8494">{html.escape(what)}</tspan></text>']
    axis = top + line * len(rows)
    for second in range(int(last) + 1):
        if int(last) > 12 and second % 5:
            continue
        x = left + second * scale
        out += [f'<path d="M{x:.1f} {top - 6}V{axis}" stroke="#d8dee9" stroke-width="0.7"/>',
                f'<text x="{x:.1f}" y="{axis + 16}" text-anchor="middle" font-size="11" fill="#7b8494">{second}</text>']
    return "\n".join([*out, "</g>", "</svg>"]) + "\n"
