# SPDX-License-Identifier: Apache-2.0
"""A control plane with an installation, for the duration of a `with` block. Base class of world.World and
installed.Installed.

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
    """binaries: the folder of our programs. If _install fails, everything is stopped and the logs stay."""

    webhook = None  # if there is only one

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
    """One of our processes in a cluster, with its probes, metrics and log NAME.log."""

    def __init__(self, cluster, name):
        self.cluster, self.name = cluster, name
        self.health_port, self.metrics_port = free_port(), free_port()

    def readiness(self):
        """Status and text of /readyz; status 0 without an answer."""
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
        """The value of each sample, by name with labels."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.metrics_port}/metrics", timeout=10) as reply:
            lines = reply.read().decode().splitlines()
        return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines if line and line[0] != "#")}

    def log(self):
        return (self.cluster.plane.processes.logs / f"{self.name}.log").read_text(errors="replace")
