# SPDX-License-Identifier: Apache-2.0
"""Checks all the time, beside the tests, that each InferenceService which reports Ready answers: through its external URL, and
at its address within the cluster.

    prober = Prober(node); prober.start(); ...; prober.stop()
    prober.wrong()          # what was wrong since the last call

A service that stops answering has NOTICE_SECONDS until its status says so or it answers again. Any reply of a server counts as
an answer, "404" with a text included; an error of the gateway does not.
"""
import http.client
import threading
import time
import urllib.parse

SERVICES = "/apis/serving.kserve.io/v1beta1/inferenceservices"
PAUSE_SECONDS = 0.25
# From the kubelet's report to the status, and from a new route to a gateway that uses it.
NOTICE_SECONDS = 2
# A server that is busy with a test is slow, not away.
ANSWER_SECONDS = 15


class Prober:
    def __init__(self, node):
        self.node, self.done, self.found = node, threading.Event(), []
        self.requests, self.services, self.outages = 0, set(), []
        self.thread = threading.Thread(target=self._run, name="prober", daemon=True)

    def start(self):
        self.thread.start()

    def stop(self):
        self.done.set()
        self.thread.join(ANSWER_SECONDS + NOTICE_SECONDS)

    def wrong(self):
        found, self.found = self.found, []
        return found

    def __str__(self):
        longest = max(self.outages, default=(0, ""))
        return (f"{self.requests} requests to {len(self.services)} services while they reported Ready; {len(self.outages)} times one "
                f"did not answer at first, for at most {longest[0]:.2f} s{f' ({longest[1]})' if longest[1] else ''}")

    def _run(self):
        while not self.done.wait(PAUSE_SECONDS):
            for service in self._list():
                for url in urls(service):
                    self.requests += 1
                    self.services.add(service["metadata"]["uid"])
                    if why_no_answer(url):
                        self._look_closer(service, url)

    def _list(self):
        try:
            return [service for service in self.node.get(SERVICES)["items"] if must_answer(service)]
        except (OSError, TypeError):
            return []  # the API server restarts, or has no such kind yet

    def _look_closer(self, service, url):
        metadata, began = service["metadata"], time.monotonic()
        while not self.done.is_set():
            try:
                now = self.node.get(f"/apis/serving.kserve.io/v1beta1/namespaces/{metadata['namespace']}"
                                    f"/inferenceservices/{metadata['name']}")
            except OSError:
                return
            if not now or now["metadata"]["uid"] != metadata["uid"] or not must_answer(now) or url not in urls(now):
                return
            why = why_no_answer(url)
            lasted = time.monotonic() - began
            if not why:
                self.outages.append((lasted, f"{metadata['name']} at {url}"))
                return
            if lasted > NOTICE_SECONDS:
                self.found.append(f"{metadata['namespace']}/{metadata['name']} reports Ready and did not answer at {url} for "
                                  f"{lasted:.1f} s: {why}")
                self.outages.append((lasted, f"{metadata['name']} at {url}"))
                return
            time.sleep(0.02)


def must_answer(service):
    """One that is scaled to zero is ready without a Pod."""
    if service["metadata"].get("deletionTimestamp"):
        return False
    spec, status = service["spec"], service.get("status", {})
    if any(spec.get(component, {}).get("minReplicas") == 0 for component in ("predictor", "transformer", "explainer")):
        return False
    return any(c["type"] == "Ready" and c["status"] == "True" for c in status.get("conditions", []))


def urls(service):
    status = service.get("status", {})
    return [url for url in (status.get("url"), status.get("address", {}).get("url")) if url and url.startswith("http://")]


def why_no_answer(url):
    parts = urllib.parse.urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port or 80, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", parts.path or "/")
        reply = connection.getresponse()
        text = reply.read().decode(errors="replace").strip()
    except (OSError, http.client.HTTPException) as error:
        return f"{type(error).__name__}: {error}"
    finally:
        connection.close()
    # Of a gateway: an empty 404 for a host without a route.
    if reply.status >= 500 or (reply.status == 404 and not text):
        return f"{reply.status}: {text[:200]}"
    return None
