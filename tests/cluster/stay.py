#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`make cluster`: a real control plane with deploy/ installed and both programs running, until it is interrupted."""
import argparse
import sys
import time
from pathlib import Path

from processes import StartError
from reconciled import Gateway, Reconciled
from world import ROOT

TRY = """
The control plane is running, with deploy/ installed and both programs. In another terminal, in {root}:

  export KUBECONFIG={kubeconfig}
  export PATH={binaries}:{programs}:$PATH

  kubectl apply -f deploy/examples/sklearn.yaml && kubectl get isvc -w            # Pending, Loading, Ready
  kubectl get deployments,services,hpa,httproutes,pods                             # the created objects
  kubectl describe isvc sklearn                                                    # conditions and events
  kubectl apply -f deploy/examples/broken.yaml                                     # five errors together
  kubectl apply -f deploy/examples/canary.yaml                                     # a tenth of the requests
  kubectl edit configmap -n kserve inferenceservice-config                         # applied immediately
  modelgate doctor

No containers run: kwok sets the status of Pods, and a stub accepts the routes in place of a gateway.
Logs: {logs}
Metrics: http://127.0.0.1:{webhook}/metrics (webhook), http://127.0.0.1:{reconciler}/metrics (reconciler)
Ctrl-C stops everything and removes it.
"""


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", default=str(ROOT / "build" / "bin"), help="folder of our programs")
    arguments = parser.parse_args()
    print("==> starting the control plane", flush=True)
    with Reconciled(arguments.bin) as cluster, Gateway(cluster):
        plane, reconciler = cluster.plane, cluster.start_reconciler()
        print(TRY.format(root=ROOT, kubeconfig=plane.kubeconfig, binaries=plane.binaries,
                         programs=cluster.binaries.resolve(), logs=plane.directory / "logs",
                         webhook=cluster.replicas[0].metrics_port, reconciler=reconciler.metrics_port), flush=True)
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
