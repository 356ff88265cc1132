#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""`make serve`: a cluster with one real node, our programs installed, a gateway, an S3 server with a model, and model servers.
It stays until it is interrupted, and leaves nothing behind but its folder, which keeps the images for the next start."""
import argparse
import os
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE.parent / "cluster")]

import namespaces  # noqa: E402
from processes import StartError, stop_on_termination  # noqa: E402

INSIDE = "MODELGATE_SERVE_INSIDE"
PARTS = ("MODELGATE_CONTROL_PLANE", "MODELGATE_NODE")

TRY = """
The cluster is running. In another terminal, in {root}:

  {enter}

starts a shell in its network, with kubectl and modelgate. In that shell:

  kubectl apply -f {example}
  kubectl get isvc -n models -w                    # Ready in about 15 seconds; Ctrl-C
  curl -H 'Content-Type: application/json' -d '{{"instances": [[6.8, 2.8, 4.8, 1.4], [6.0, 3.4, 4.5, 1.6]]}}' \\
       http://iris-models.{domain}/v1/models/iris:predict
                                                   # {{"predictions":[1,1]}}
  kubectl apply -f {canary}         # a tenth of the requests go to a second version
  kubectl describe isvc iris -n models             # conditions, traffic and events
  kubectl logs -n models deployment/iris-predictor # the model server
  modelgate doctor

Logs: {logs}
Ctrl-C stops everything and removes it, except {state}, which keeps the images.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "bin", help="folder of our programs")
    parser.add_argument("--state", type=Path, default=ROOT / "build" / "serve", help="folder of the cluster")
    parser.add_argument("--image", type=Path, default=ROOT / "build" / "image", help="OCI layout of our image")
    arguments = parser.parse_args()
    if os.environ.get(INSIDE):
        inside(arguments)
        return
    namespaces.use_sudo((*PARTS, "TERM"))
    try:
        namespaces.check()
    except namespaces.CannotRun as error:
        sys.exit(f"make serve {error}. `make cluster` runs without: real API server, Pods that do not run.")
    for name in PARTS:
        if name not in os.environ:
            sys.exit(f"set {name}, or use `make serve`")
    arguments.state.mkdir(parents=True, exist_ok=True)
    os.environ[INSIDE] = "1"
    try:
        sys.exit(namespaces.run(arguments.state.resolve(), [sys.executable, "-B", *sys.argv]))
    except namespaces.Busy as error:
        sys.exit(str(error))


def inside(arguments):
    """In the namespaces."""
    from installation import Installation
    stop_on_termination()
    state = arguments.state.resolve()
    began = time.monotonic()
    try:
        with Installation(Path(os.environ["MODELGATE_NODE"]), state, arguments.image) as cluster:
            print(f"==> the cluster is ready after {time.monotonic() - began:.0f} s", flush=True)
            shell = write_shell(state, cluster, arguments.bin.resolve())
            print(TRY.format(root=ROOT, enter=f"sudo {os.path.relpath(shell, ROOT)}", domain=cluster.domain,
                             example=os.path.relpath(HERE / "examples" / "iris.yaml", ROOT),
                             canary=os.path.relpath(HERE / "examples" / "iris-canary.yaml", ROOT),
                             logs=cluster.node.directory / "logs", state=state), flush=True)
            while True:
                cluster.check()
                time.sleep(0.5)
    except KeyboardInterrupt:
        print("\nstopped")
    except StartError as error:
        sys.exit(str(error))


def write_shell(state, cluster, programs):
    """A script for another terminal: a shell in the namespaces."""
    script = state / "shell"
    node = cluster.node
    script.write_text(f"""#!/bin/sh
# A shell in the network of the cluster that `make serve` started.
pid=$(pgrep -of '^bash {HERE}/node/init.sh {state} ') || {{ echo "the cluster is not running: make serve" >&2; exit 1; }}

exec nsenter -t "$pid" -n -m -p -u -i env -C {ROOT} KUBECONFIG={node.kubeconfig} \\
  PATH={node.binaries}:{programs}:"$PATH" PS1='serve:\\w\\$ ' "${{SHELL:-/bin/sh}}" "$@"
""")
    script.chmod(0o755)
    return script


if __name__ == "__main__":
    main()
