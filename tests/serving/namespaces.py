# SPDX-License-Identifier: Apache-2.0
"""Runs a program in namespaces and cgroups of its own, so that a node with its containers leaves nothing behind.

    sys.exit(namespaces.run(state, ["/usr/bin/python3", "serve.py", ...]))

The program's network has no way out, its mounts and processes are its own, and the kernel removes all of them with the first
process (node/init.sh). The cgroups are removed at the end.
"""
import os
import shutil
import signal
import subprocess
import time
from pathlib import Path

from processes import die_with_parent

HERE = Path(__file__).resolve().parent
CGROUPS = Path("/sys/fs/cgroup")
# Controllers of cgroup v1 that the kubelet and runc need, and the named hierarchy that runc looks for.
CONTROLLERS = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "systemd"]
REMOVE_SECONDS = 10
SYS_ADMIN, NET_ADMIN = 21, 12


class CannotRun(Exception):
    """This machine cannot run a node; the text is one line for the user."""


def check():
    """Raises CannotRun if namespaces of one's own are not possible."""
    if os.geteuid() != 0:
        raise CannotRun("needs root, for namespaces, mounts and containers")
    effective = int(next(line.split()[1] for line in Path("/proc/self/status").read_text().splitlines()
                         if line.startswith("CapEff:")), 16)
    for name, number in (("SYS_ADMIN", SYS_ADMIN), ("NET_ADMIN", NET_ADMIN)):
        if not effective >> number & 1:
            raise CannotRun(f"needs the capability {name}")
    for program in ("unshare", "ip", "nsenter"):
        if not shutil.which(program):
            raise CannotRun(f"needs {program}, which is not installed")
    tried = subprocess.run(["unshare", "--net", "--mount", "--cgroup", "--pid", "--uts", "--ipc", "--fork", "--mount-proc",
                            "ip", "link", "add", "node0", "type", "veth", "peer", "name", "node0peer"],
                           capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise CannotRun(f"cannot create namespaces and network devices: {tried.stderr.strip().splitlines()[-1]}")
    if not hierarchies():
        raise CannotRun(f"needs cgroups at {CGROUPS}")


def run(state, command):
    """Runs the command in new namespaces until it ends. Returns its exit code."""
    groups = Groups(f"modelgate-{os.getpid()}")
    try:
        groups.create()
        inside = ["bash", str(HERE / "node" / "init.sh"), str(state), *map(str, command)]
        process = subprocess.Popen(["unshare", "--net", "--mount", "--cgroup", "--pid", "--uts", "--ipc", "--fork",
                                    "--kill-child=SIGKILL", "--mount-proc", *inside],
                                   preexec_fn=lambda: (die_with_parent(), groups.enter()))
        # Ctrl-C reaches the program inside as well, which stops what it started; then this returns.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, lambda *_: process.send_signal(signal.SIGKILL))
        return process.wait()
    finally:
        groups.remove()


def hierarchies():
    """The mounted cgroup hierarchies: that of v2 alone, or those of v1."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    return [CGROUPS / name for name in CONTROLLERS if (CGROUPS / name / "cgroup.procs").exists()]


class Groups:
    """A cgroup of ours in each hierarchy; the namespaces see it as the root."""

    def __init__(self, name):
        self.paths = [path / name for path in hierarchies()]

    def create(self):
        for path in self.paths:
            path.mkdir()
            # A group of cpuset admits no process before it has these.
            for name in ("cpuset.cpus", "cpuset.mems"):
                if path.parent.name == "cpuset":
                    (path / name).write_text((path.parent / name).read_text())

    def enter(self):
        for path in self.paths:
            (path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        deadline = time.monotonic() + REMOVE_SECONDS
        for path in self.paths:
            # From the bottom. A group is busy until the kernel has reaped its processes.
            for group in sorted(path.rglob("*/"), key=lambda p: -len(p.parts)) + [path]:
                while group.is_dir():
                    try:
                        group.rmdir()
                    except OSError:
                        if time.monotonic() > deadline:
                            break
                        time.sleep(0.05)
