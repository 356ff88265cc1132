# SPDX-License-Identifier: Apache-2.0
"""Compares mutating a Pod that needs one Secret with a bare GET of that Secret. Used by tests/bench/run.

Both use the real API server of tests/cluster, open connections and the webhook's token: the load program (load.cc) sends the
GET, or it sends the review to a webhook, which sends the GET.
"""
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path

import reviews

ROOT = Path(__file__).resolve().parent.parent.parent
NAMESPACE, SECRET = "models", "storage-config"
INTERNAL = "internal.serving.kserve.io"


def pod():
    """The Pod of the other rows, with its model in the storage of a key of the Secret."""
    body = reviews.pod()
    body["metadata"]["annotations"] |= {f"{INTERNAL}/storage-initializer-sourceuri": "<scheme-placeholder>://sklearn/1.0",
                                        f"{INTERNAL}/storage-spec": "true", f"{INTERNAL}/storage-spec-key": "minio"}
    return body


class Cluster:
    """An API server with the Secret, and an installed webhook."""

    def __init__(self, build):
        sys.path.insert(0, str(ROOT / "tests" / "cluster"))
        from control_plane import BINARIES_VARIABLE
        from installed import Installed
        if not os.environ.get(BINARIES_VARIABLE):
            os.environ[BINARIES_VARIABLE] = subprocess.run([str(ROOT / ".ci" / "control-plane")], check=True, text=True,
                                                           stdout=subprocess.PIPE).stdout.strip()
        self.installed = Installed(build / "bin")

    def __enter__(self):
        self.installed.__enter__()
        self.plane = self.installed.plane
        self.plane.kubectl("create", "namespace", NAMESPACE)
        self.plane.kubectl("create", "secret", "generic", SECRET, "-n", NAMESPACE,
                           "--from-literal=minio=" + json.dumps({"type": "s3", "bucket": "models", "secret_access_key": "k"}))
        self.replica = self.installed.start_replica()
        return self

    def __exit__(self, *error):
        self.installed.stop_replicas()
        self.installed.__exit__(*error)

    def options(self, directory):
        """The flags of the load program, for both."""
        (directory / "pod-with-secret.json").write_bytes(reviews.review("CREATE", pod()))
        (directory / "webhook.ca").write_text(self.installed.secret()["ca.crt"])
        token = self.plane.kubectl("create", "token", "modelgate-webhook", "-n", "kserve").stdout.strip()
        (directory / "token").write_text(token)
        return {"bare GET": ["--port", self.plane.port, "--ca", self.plane.ca.certificate, "--token", directory / "token",
                             "--path", f"/api/v1/namespaces/{NAMESPACE}/secrets/{SECRET}"],
                "webhook": ["--port", self.replica.port, "--ca", directory / "webhook.ca", "--path", reviews.MUTATE_PODS,
                            "--body", directory / "pod-with-secret.json"]}

    def measure(self, program, rounds, seconds, directory):
        """Measures both in turns. Returns the results by connections and name."""
        options, results = self.options(directory), {}
        for _ in range(rounds):
            for connections in (1, 16):
                for who, at in options.items():
                    command = [program, *at, "--connections", connections, "--seconds", seconds]
                    done = subprocess.run(list(map(str, command)), check=True, stdout=subprocess.PIPE, timeout=60)
                    result = json.loads(done.stdout)
                    if result["errors"]:
                        sys.exit(f"{who}: {result['errors']} of {result['requests']} requests failed")
                    result["rps"] = result["requests"] / result["seconds"]
                    results.setdefault((connections, who), []).append(result)
        return results


def report(build, rounds, seconds, directory):
    with Cluster(build) as cluster:
        results = cluster.measure(build / "bin" / "bench-load", rounds, seconds, directory)
    for who in ("bare GET", "webhook"):
        line = f"{'Pod, 1 Secret' if who == 'bare GET' else '':15}{who:9}"
        for connections in (1, 16):
            of = results[connections, who]
            rps, p50, p99 = (statistics.median(r[key] for r in of) for key in ("rps", "p50_us", "p99_us"))
            line += f"{rps:11,.0f}{p50:9.1f}{p99:9.1f}"
        print(line)
    line = f"{'':15}{'ratio':9}"
    for connections in (1, 16):
        pairs = list(zip(results[connections, "webhook"], results[connections, "bare GET"]))
        for key, width in (("rps", 10), ("p50_us", 8), ("p99_us", 8)):
            line += f"{statistics.median(ours[key] / bare[key] for ours, bare in pairs):{width}.2f}x"
    print(line)
