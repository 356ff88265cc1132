# SPDX-License-Identifier: Apache-2.0
"""Tests cluster-forwarder, which the rolling tests rely on, with small programs as replicas."""
import contextlib
import shutil
import socket
import sys
import tempfile
import unittest
from pathlib import Path

from processes import Processes, free_port
from world import ClusterTest

# Sends its name to each client and then echoes; the status of /readyz is in a file.
REPLICA = """
import http.server, pathlib, socketserver, sys, threading
name, port, health, status = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), pathlib.Path(sys.argv[4])
class Ready(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def do_GET(self):
        self.send_response(int(status.read_text()))
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"ok")
    def log_message(self, *_): pass
class Echo(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.sendall(name.encode())
        while data := self.request.recv(65536):
            self.request.sendall(data)
socketserver.ThreadingTCPServer.allow_reuse_address = True
if port:
    threading.Thread(target=socketserver.ThreadingTCPServer(("127.0.0.1", port), Echo).serve_forever).start()
http.server.ThreadingHTTPServer(("127.0.0.1", health), Ready).serve_forever()
"""


class Forwarder(unittest.TestCase):
    def setUp(self):
        self.directory = Path(tempfile.mkdtemp(prefix="modelgate-forwarder-"))
        self.addCleanup(shutil.rmtree, self.directory)
        self.processes = Processes(self.directory)
        self.addCleanup(self.processes.stop_all)
        self.port, self.endpoints, self.replicas = free_port(), self.directory / "endpoints", {}
        self.endpoints.write_text("")
        self.processes.start("forwarder", [ClusterTest.binaries / "cluster-forwarder", self.port, self.endpoints])
        self.processes.wait_for("the forwarder", 10, self.answers)

    def answers(self):
        with contextlib.suppress(ConnectionRefusedError):
            socket.create_connection(("127.0.0.1", self.port)).close()
            return True

    def replica(self, name, listens=True):
        """Starts a ready replica."""
        port, health = free_port(), free_port()
        self.ready(name, 200)
        self.replicas[name] = self.processes.start(
            name, [sys.executable, "-c", REPLICA, name, port if listens else 0, health, self.directory / f"{name}.status"])
        with open(self.endpoints, "a", encoding="utf-8") as endpoints:
            endpoints.write(f"{port} {health}\n")
        self.processes.wait_for(f"{name} to be ready", 10, lambda: f"{port} ready" in self.output())

    def ready(self, name, status):
        new = self.directory / "status.new"
        new.write_text(str(status))
        new.rename(self.directory / f"{name}.status")

    def output(self):
        return (self.directory / "forwarder.log").read_text()

    def connect(self):
        return socket.create_connection(("127.0.0.1", self.port), timeout=10)

    def reached(self):
        """The name of the replica of a new connection; "" if it was reset."""
        with contextlib.suppress(ConnectionError), self.connect() as connection:
            return connection.recv(100).decode()
        return ""

    def test_takes_turns(self):
        self.replica("a")
        self.replica("b")
        self.assertEqual(sorted(self.reached() for _ in range(10)), ["a"] * 5 + ["b"] * 5)

    def test_a_replica_that_is_not_ready_gets_no_new_connections_and_keeps_old_ones(self):
        self.replica("a")
        with self.connect() as old:
            self.assertEqual(old.recv(100), b"a")
            self.replica("b")
            self.ready("a", 503)
            self.processes.wait_for("a to be removed", 5, lambda: "not ready: HTTP/1.1 503" in self.output())
            self.assertEqual({self.reached() for _ in range(10)}, {"b"})
            old.sendall(b"still here")
            self.assertEqual(old.recv(100), b"still here")
            self.ready("a", 200)
            self.processes.wait_for("a to be used again", 5, lambda: self.reached() == "a")

    def test_a_killed_replica_is_removed_immediately(self):
        self.replica("a")
        for number in range(10):
            name = f"b{number}"
            self.replica(name)
            with self.subTest(number), self.connect() as first, self.connect() as second:
                names = {connection.recv(100).decode(): connection for connection in (first, second)}
                self.assertEqual(sorted(names), ["a", name])
                self.replicas[name].kill()
                self.processes.stop(self.replicas[name])
                self.assertEqual({self.reached() for _ in range(6)}, {"a"})
                self.assertEqual(names[name].recv(100), b"", "the end of a connection is not forwarded")

    def test_a_connection_is_not_retried(self):
        self.replica("a")
        self.replica("b", listens=False)
        reached = [self.reached() for _ in range(20)]
        self.assertEqual(set(reached), {"a", ""}, "a refused connection was passed to another replica")
        self.assertIn("not ready: a connection to it was refused", self.output())

    def test_none_ready(self):
        self.assertEqual(self.reached(), "")
        self.replica("a")
        self.ready("a", 503)
        self.processes.wait_for("a reset", 5, lambda: self.reached() == "")
