# SPDX-License-Identifier: Apache-2.0
"""Runs a program in namespaces and cgroups of its own, so that a node with its containers leaves nothing behind.

    sys.exit(namespaces.run(state, ["/usr/bin/python3", "serve.py", ...]))

The program's network has no way out, its mounts and processes are its own, and the kernel removes all of them with the first
process (node/init.sh). A process of its own removes the cgroups, also after a SIGKILL of the caller. Several can run at once,
each with its own `state`.
"""
import fcntl
import os
import platform
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

from processes import die_with_parent

HERE = Path(__file__).resolve().parent
CGROUPS = Path("/sys/fs/cgroup")
# Controllers of cgroup v1 that the kubelet and runc need, and the named hierarchy that runc looks for.
CONTROLLERS = ["cpu", "cpuacct", "cpuset", "memory", "devices", "freezer", "blkio", "pids", "systemd"]
PREFIX = "modelgate-"
REMOVE_SECONDS = 20
# An earlier run in the same folder may still remove its cgroups.
LOCK_SECONDS = REMOVE_SECONDS + 5
# What a run makes anew in `state`.
MADE_ANEW = ["tmp", "log", "kubelet"]
SYS_ADMIN, NET_ADMIN = 21, 12
UNSHARE = ["unshare", "--net", "--mount", "--cgroup", "--pid", "--uts", "--ipc", "--fork", "--mount-proc"]


class CannotRun(Exception):
    """This machine cannot run a node; the text is one line for the user."""


class Busy(Exception):
    """Another cluster uses the folder; the text is one line for the user."""


def check():
    """Raises CannotRun if namespaces of one's own are not possible."""
    if platform.machine() != "x86_64":
        raise CannotRun(f"needs x86_64; this machine is {platform.machine()}")
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
    tried = subprocess.run([*UNSHARE, "sh", "-ec", "mount --make-rprivate / && ip link add node0 type veth peer name node0peer"],
                           capture_output=True, text=True, check=False)
    if tried.returncode != 0:
        raise CannotRun(f"cannot create namespaces, mounts and network devices: {tried.stderr.strip().splitlines()[-1]}")
    if not Path("/dev/kmsg").exists():
        raise CannotRun("needs /dev/kmsg, which the kubelet reads")
    if not hierarchies():
        raise CannotRun(f"needs cgroups at {CGROUPS}")


def has_sudo():
    return shutil.which("sudo") is not None


def use_sudo(kept, ask=True):
    """Runs this program again by sudo, if there is one and the user is not root. kept: names of variables that it gets.
    ask: whether sudo may ask for a password; otherwise this returns if it would."""
    if os.geteuid() == 0 or not has_sudo():
        return
    if not ask and subprocess.run(["sudo", "-n", "true"], capture_output=True, check=False).returncode != 0:
        return
    print("==> using sudo: namespaces, mounts and containers need root", flush=True)
    values = [f"{name}={os.environ[name]}" for name in kept if name in os.environ]
    # Root must not write into the user's folders.
    os.execvp("sudo", ["sudo", "env", *values, sys.executable, "-B", *sys.argv])


def run(state, command):
    """Runs the command in new namespaces until it ends. Returns its exit code. Raises Busy."""
    state = Path(state)
    with locked(state):
        for name in MADE_ANEW:
            shutil.rmtree(state / name, ignore_errors=True)
        (state / "tmp").mkdir()
        groups = Groups(f"{PREFIX}{os.getpid()}")
        remove_stale()
        with Guard(groups):
            groups.create()
            return run_inside(groups, state, command)


def run_inside(groups, state, command):
    process = None

    def forward(number, _frame):
        # The program stops what it started, and ends. Its first process and `unshare` ignore the signal.
        if process is None:
            raise KeyboardInterrupt
        if process.poll() is None:
            os.killpg(process.pid, number)

    former = [(number, signal.signal(number, forward)) for number in (signal.SIGINT, signal.SIGTERM)]
    inside = ["bash", str(HERE / "node" / "init.sh"), str(state), *map(str, command)]
    # A session of its own: Ctrl-C reaches the program once, by forward().
    process = subprocess.Popen([*UNSHARE, "--kill-child=SIGKILL", *inside], start_new_session=True,
                               env={**os.environ, "TMPDIR": str(state / "tmp"), "PYTHONDONTWRITEBYTECODE": "1"},
                               preexec_fn=lambda: (die_with_parent(), groups.enter()))
    code = process.wait()
    for number, handler in former:
        signal.signal(number, handler)
    return code


@contextmanager
def locked(state):
    """Only one cluster at a time uses the folder. The guard of the cgroups holds the lock as well."""
    with open(state / "lock", "w", encoding="ascii") as lock:
        deadline = time.monotonic() + LOCK_SECONDS
        while True:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() > deadline:
                    raise Busy(f"another cluster runs in {state}: stop it first") from None
                time.sleep(0.1)
        yield


def hierarchies():
    """Where this process may make cgroups: the root of v2, or its own groups of v1."""
    if (CGROUPS / "cgroup.controllers").exists():
        return [CGROUPS]
    own = {}
    for line in Path("/proc/self/cgroup").read_text().splitlines():
        _, names, path = line.split(":", 2)
        own.update({name.removeprefix("name="): path.lstrip("/") for name in names.split(",")})
    found = [CGROUPS / name / own.get(name, "") for name in CONTROLLERS]
    # In a container, the path may be that of the host.
    found = [path if (path / "cgroup.procs").exists() else CGROUPS / name for path, name in zip(found, CONTROLLERS)]
    return [path for path in found if (path / "cgroup.procs").exists()]


def remove_stale():
    """Groups of runs whose guard was killed too."""
    for parent in hierarchies():
        for path in parent.glob(f"{PREFIX}*"):
            number = path.name.removeprefix(PREFIX)
            if number.isdigit() and not Path("/proc", number).exists():
                remove_tree(path, time.monotonic())


class Groups:
    """A cgroup of ours in each hierarchy; the namespaces see it as the root."""

    def __init__(self, name):
        self.paths = [path / name for path in hierarchies()]

    def create(self):
        for path in self.paths:
            path.mkdir()
            # A group of cpuset admits no process before it has these.
            for name in ("cpuset.cpus", "cpuset.mems"):
                if (path.parent / name).exists() and (path / name).exists() and path.is_relative_to(CGROUPS / "cpuset"):
                    (path / name).write_text((path.parent / name).read_text())

    def enter(self):
        for path in self.paths:
            (path / "cgroup.procs").write_text(str(os.getpid()))

    def remove(self):
        deadline = time.monotonic() + REMOVE_SECONDS
        for path in self.paths:
            remove_tree(path, deadline)


def remove_tree(path, deadline):
    """Removes a cgroup and those below it, from the bottom. One is busy until the kernel has reaped its processes."""
    for group in [p for p in sorted(path.rglob("*/"), key=lambda p: -len(p.parts)) if p.is_dir()] + [path]:
        while group.is_dir():
            try:
                group.rmdir()
            except OSError:
                if time.monotonic() > deadline:
                    break
                time.sleep(0.05)


class Guard:
    """A process that removes the cgroups at the end of the `with` block, or when this process dies."""

    def __init__(self, groups):
        self.groups = groups

    def __enter__(self):
        wait, self.end = os.pipe()
        sys.stdout.flush()
        self.pid = os.fork()
        if self.pid == 0:
            os.close(self.end)
            os.setsid()
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            os.read(wait, 1)
            self.groups.remove()
            os._exit(0)
        os.close(wait)
        return self

    def __exit__(self, kind, *_):
        os.close(self.end)
        if kind is None:
            os.waitpid(self.pid, 0)
