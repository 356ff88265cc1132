#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make cluster`: a real control plane with our CRDs and the webhook registered, until it is interrupted."""
import argparse
import sys
import time
from pathlib import Path

from processes import StartError
from world import ROOT, World

TRY = """
The control plane is up, with Modelgate's CRDs and its webhook. In another terminal, at {root}:

  export KUBECONFIG={kubeconfig}
  export PATH={binaries}:$PATH

  kubectl apply --dry-run=server -o yaml -f deploy/examples/sklearn.yaml    # what would be stored
  kubectl apply -f deploy/examples/gpu.yaml                                 # stored, with what was filled in
  kubectl apply -f deploy/examples/broken.yaml                              # five errors at once
  kubectl get isvc

The webhook's log is {log}; its metrics are at http://127.0.0.1:{metrics}/metrics.
It reads runtimes and configuration from {manifests}; change them there and it follows.
Ctrl-C stops everything and removes it.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default=str(ROOT / "build" / "bin"), help="where modelgate-webhook is")
    arguments = parser.parse_args()
    print("==> starting the control plane", flush=True)
    with World("ours", Path(arguments.bin)) as world:
        plane = world.plane
        print(TRY.format(root=ROOT, kubeconfig=plane.kubeconfig, binaries=plane.binaries,
                         log=plane.directory / "logs" / "modelgate-webhook.log", metrics=world.webhook.metrics_port,
                         manifests=world.webhook.manifests), flush=True)
        while True:
            for process in plane.processes.running:
                if process.poll() is not None:
                    raise StartError(f"{process.name} ended with {process.returncode}\n"
                                     + plane.processes.tail(process.name))
            time.sleep(0.5)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        print("\nstopped")
    except StartError as error:
        sys.exit(str(error))
