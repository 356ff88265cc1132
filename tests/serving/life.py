#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""The life of a small cluster, for the tests of what it leaves behind: a node with one Pod. Prints `started` when its first
process runs, `running` when the Pod does, and stays until it is interrupted.

    life.py STATE
"""
import os
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cluster")]

import namespaces  # noqa: E402

INSIDE = "MODELGATE_LIFE_INSIDE"
POD_SECONDS = 300
POD = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "one", "namespace": "default"},
       "spec": {"containers": [{"name": "one", "image": "modelgate.test/pause:1"}]}}


def main():
    state = Path(sys.argv[1]).resolve()
    if not os.environ.get(INSIDE):
        os.environ[INSIDE] = "1"
        return namespaces.run(state, [sys.executable, "-B", *sys.argv])
    from node import Node
    parts = Path(os.environ["MODELGATE_NODE"])
    print("started", flush=True)
    with Node(parts, state) as node:
        node.import_images({"modelgate.test/pause:1": parts / "images" / "pause"})
        node.kubectl("apply", "-f", "-", stdin=POD)
        node.processes.wait_for("the Pod to run", POD_SECONDS, lambda: phase(node) == "Running")
        print("running", flush=True)
        while True:
            time.sleep(0.5)


def phase(node):
    return node.get("/api/v1/namespaces/default/pods/one").get("status", {}).get("phase")


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(130)
