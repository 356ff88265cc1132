# SPDX-License-Identifier: Apache-2.0
"""A control plane with something installed in it, up for as long as a `with` block takes: what world.World and
installed.Installed are.

    class Mine(Cluster):
        def _install(self): self.plane.kubectl(...)

    with Mine(binaries) as cluster: cluster.plane.kubectl(...)
"""
import urllib.error
import urllib.request
from pathlib import Path

from control_plane import ControlPlane
from processes import free_port


class Cluster:
    """binaries: the folder of our own programs. Where _install fails, all is stopped again and the logs stay."""

    webhook = None  # the only one, where there is one

    def __init__(self, binaries):
        self.binaries = Path(binaries)
        self.plane = ControlPlane()

    def __enter__(self):
        self.plane.__enter__()
        try:
            self._install()
        except BaseException as error:
            self.plane.failed = isinstance(error, Exception)
            self.plane.stop()
            raise
        return self

    def __exit__(self, *error):
        self.plane.__exit__(*error)

    def _install(self):
        raise NotImplementedError


class Program:
    """A process of ours in a cluster, as its probes and its log show it. Its log is NAME.log."""

    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name
        self.health_port, self.metrics_port = free_port(), free_port()

    def readiness(self):
        """/readyz's status and text; 0 where nobody answers."""
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.health_port}/readyz?verbose", timeout=5) as reply:
                return reply.status, reply.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError as error:
            return 0, str(error)

    def ready(self):
        return self.readiness()[0] == 200

    def metrics(self):
        """Each sample's value by its name with labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as reply:
            lines = reply.read().decode().splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line and line[0] != "#")}

    def log(self):
        return (self.cluster.plane.processes.logs / f"{self.name}.log").read_text(errors="replace")
