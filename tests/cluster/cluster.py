# SPDX-License-Identifier: Apache-2.0
"""A control plane with something installed in it, up for as long as a `with` block takes: what world.World and
installed.Installed are.

    class Mine(Cluster):
        def _install(self): self.plane.kubectl(...)

    with Mine(binaries) as cluster: cluster.plane.kubectl(...)
"""
from pathlib import Path

from control_plane import ControlPlane


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
