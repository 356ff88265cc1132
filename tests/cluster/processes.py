# SPDX-License-Identifier: Apache-2.0
"""Child processes that end with their test: each is stopped by its pid, in the reverse order of starting.

    with Processes(logs) as processes:
        etcd = processes.start("etcd", ["/path/etcd", ...])
        processes.wait_for("etcd to answer", 20, lambda: answers(port))
"""
import collections
import contextlib
import ctypes
import os
import random
import signal
import socket
import subprocess
import threading
import time
from pathlib import Path

PR_SET_PDEATHSIG = 1
# How long a process may take to stop after SIGTERM before it is killed.
STOP_SECONDS = 10
LIBC = ctypes.CDLL(None)
# The ports that the kernel uses for outgoing connections: "32768\t60999".
EPHEMERAL = Path("/proc/sys/net/ipv4/ip_local_port_range")
# Below it are the usual ports of servers.
LOWEST_PORT = 16384
PORT_ATTEMPTS = 100
# The latest results of free_port(), which may not be bound yet.
recent_ports = collections.deque(maxlen=1000)
# The API server must not use a proxy of this machine for a webhook on the loopback.
ENVIRONMENT = {k: v for k, v in os.environ.items() if k.lower() not in ("http_proxy", "https_proxy", "all_proxy")}


class StartError(RuntimeError):
    """A process ended early, or something was not ready in time. The text includes the end of its log."""


def free_port():
    """A port without listener that was not returned recently, below the range for outgoing connections: the kernel could use a
    port of that range before the caller binds it. If there is no room below the range, a port from it."""
    first = int(EPHEMERAL.read_text(encoding="ascii").split()[0]) if EPHEMERAL.exists() else 0
    for _ in range(PORT_ATTEMPTS if first > LOWEST_PORT else 0):
        port = random.randrange(LOWEST_PORT, first)
        if port in recent_ports:
            continue
        with socket.socket() as listener:
            with contextlib.suppress(OSError):
                listener.bind(("127.0.0.1", port))
                recent_ports.append(port)
                return port
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def stop_on_termination():
    """SIGTERM and SIGINT become ordinary exits, so that `with` blocks stop what they started."""
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, leave)
        # A shell starts background jobs with SIGINT ignored.
        signal.signal(signal.SIGINT, signal.default_int_handler)


def leave(number, _frame):
    raise SystemExit(128 + number)


class Processes:
    def __init__(self, logs):
        self.logs = Path(logs)
        self.logs.mkdir(parents=True, exist_ok=True)
        self.running = []

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop_all()

    def start(self, name, command, environment=None, stop_with=signal.SIGTERM):
        """Starts a program whose output goes to NAME.log. It is killed if this process dies.

        stop_with: SIGKILL for a program that takes long to stop after SIGTERM.
        """
        with open(self.logs / f"{name}.log", "ab") as log:
            process = subprocess.Popen([str(c) for c in command], stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       env={**ENVIRONMENT, **(environment or {})}, start_new_session=True,
                                       preexec_fn=die_with_parent)
        process.name, process.stop_with, process.may_end = name, stop_with, False
        self.running.append(process)
        return process

    def let_end(self, process):
        """From now on it is no failure if the process ends."""
        process.may_end = True

    def stop(self, process):
        """Sends its signal, then SIGKILL if needed. Returns the exit code."""
        if process.poll() is None:
            process.send_signal(process.stop_with)
            try:
                process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
        if process in self.running:
            self.running.remove(process)
        return process.returncode

    def stop_all(self):
        for process in reversed(self.running):
            if process.poll() is None:
                process.send_signal(process.stop_with)
        for process in list(reversed(self.running)):
            self.stop(process)

    def wait_for(self, what, seconds, check):
        """Calls check until it is true. Fails at the deadline, or immediately if a process has ended."""
        deadline = time.monotonic() + seconds
        while not check():
            for process in self.running:
                if process.poll() is not None and not process.may_end:
                    raise StartError(f"{process.name} ended with {process.returncode} while waiting for {what}\n"
                                     + self.tail(process.name))
            if time.monotonic() > deadline:
                names = ", ".join(p.name for p in self.running)
                raise StartError(f"no success after {seconds} s of waiting for {what} (running: {names}; "
                                 f"logs: {self.logs})")
            time.sleep(0.03)

    def tail(self, name, lines=15):
        text = (self.logs / f"{name}.log").read_text(errors="replace").splitlines()
        return "\n".join("    " + line[:300] for line in text[-lines:])


def die_with_parent():
    LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
