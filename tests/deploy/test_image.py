# SPDX-License-Identifier: Apache-2.0
"""The image is complete: its own loader starts the webhook with only the image's files."""
import hashlib
import json
import platform
import re
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tarfile
import tempfile
import time
import unittest
import urllib.request
from pathlib import Path

import rendered
from processes import die_with_parent

ASSEMBLE = rendered.DEPLOY / "image" / "assemble.py"
LOADERS = {"x86_64": "lib64/ld-linux-x86-64.so.2", "aarch64": "lib/ld-linux-aarch64.so.1"}
ASSEMBLE_SECONDS = 120
START_SECONDS = 60
STOP_SECONDS = 60


class Image(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.directory = Path(tempfile.mkdtemp(prefix="modelgate-image-"))
        cls.addClassCleanup(shutil.rmtree, cls.directory, ignore_errors=True)
        cls.layout = cls.assembled("image")
        cls.manifest = cls.blob(cls.index()["manifests"][0])
        cls.config = cls.blob(cls.manifest["config"])
        cls.root = cls.directory / "root"
        for layer in cls.manifest["layers"]:
            with tarfile.open(cls.path(layer)) as tar:
                tar.extractall(cls.root)

    @classmethod
    def assembled(cls, name):
        out = cls.directory / name
        subprocess.run([sys.executable, str(ASSEMBLE), "--bin", str(rendered.BINARIES), "--out", str(out)], check=True,
                       stdout=subprocess.DEVNULL, timeout=ASSEMBLE_SECONDS)
        return out

    @classmethod
    def index(cls, layout=None):
        return json.loads(((layout or cls.layout) / "index.json").read_text())

    @classmethod
    def path(cls, descriptor):
        return cls.layout / "blobs" / Path(descriptor["digest"].replace(":", "/"))

    @classmethod
    def blob(cls, descriptor):
        return json.loads(cls.path(descriptor).read_text())

    def test_each_blob_has_the_digest_in_its_name(self):
        named = [self.index()["manifests"][0], self.manifest["config"], *self.manifest["layers"]]
        self.assertEqual({self.path(d).name for d in named}, {p.name for p in (self.layout / "blobs/sha256").iterdir()})
        for descriptor in named:
            data = self.path(descriptor).read_bytes()
            self.assertEqual("sha256:" + hashlib.sha256(data).hexdigest(), descriptor["digest"])
            self.assertEqual(len(data), descriptor["size"])
        self.assertEqual(json.loads((self.layout / "oci-layout").read_text()), {"imageLayoutVersion": "1.0.0"})
        self.assertEqual(len(self.config["rootfs"]["diff_ids"]), len(self.manifest["layers"]))

    def test_the_same_inputs_give_the_same_digest(self):
        again = self.assembled("again")
        self.assertEqual(self.index(again), self.index())

    def test_an_older_image_is_replaced_completely(self):
        stale = self.layout / "blobs/sha256" / ("0" * 64)
        stale.write_bytes(b"of an older image")
        self.assembled("image")
        self.assertFalse(stale.exists())

    def test_it_does_not_run_as_root(self):
        self.assertEqual(self.config["config"]["User"], "65532:65532")
        deployment = rendered.one(rendered.rendered(""), "Deployment", "modelgate-webhook")["spec"]["template"]["spec"]
        self.assertEqual(f"{deployment['securityContext']['runAsUser']}:{deployment['securityContext']['runAsGroup']}",
                         self.config["config"]["User"])
        self.assertEqual(deployment["containers"][0]["command"], self.config["config"]["Entrypoint"])
        self.assertTrue((self.root / self.config["config"]["Entrypoint"][0].lstrip("/")).exists())

    def test_the_dockerfile_has_the_same_settings(self):
        text = (rendered.DEPLOY / "image" / "Dockerfile").read_text()
        final = dict(line.split(None, 1) for line in text[text.rindex("\nFROM "):].splitlines() if line)
        self.assertEqual(final["USER"], self.config["config"]["User"])
        self.assertEqual(json.loads(final["ENTRYPOINT"]), self.config["config"]["Entrypoint"])
        self.assertEqual({f"{port}/tcp" for port in final["EXPOSE"].split()}, set(self.config["config"]["ExposedPorts"]))
        for copied in re.findall(r"(?m)^COPY (?!--)(.*) \S+$", text):
            for path in copied.split():
                self.assertTrue((rendered.ROOT / path).exists(), path)

    def test_files_are_plain(self):
        for layer in self.manifest["layers"]:
            with tarfile.open(self.path(layer)) as tar:
                for member in tar:
                    with self.subTest(member.name):
                        self.assertEqual((member.uid, member.gid, member.mtime), (0, 0, 0))
                        self.assertEqual(member.mode & 0o6022 if not member.issym() else 0, 0, "setuid or writable")

    def test_no_shell(self):
        names = {path.name for path in self.root.rglob("*")}
        self.assertEqual(names & {"sh", "bash", "busybox", "apt", "dpkg"}, set())

    def test_beside_distroless_brings_no_second_libc(self):
        out = self.directory / "beside"
        subprocess.run([sys.executable, str(ASSEMBLE), "--bin", str(rendered.BINARIES), "--rootfs", str(out),
                        "--beside-distroless"], check=True, timeout=ASSEMBLE_SECONDS)
        names = {path.name for path in out.rglob("*") if path.is_file()}
        self.assertIn("modelgate-webhook", names)
        self.assertTrue(any(name.startswith("libyaml-cpp.so.") for name in names), names)
        self.assertEqual([n for n in names if n.startswith(("libc.", "ld-linux", "libssl", "libstdc++"))], [])

    def test_it_starts_from_its_own_files(self):
        """With the image's own loader, which needs no root and no container."""
        folder = f"usr/lib/{platform.machine()}-linux-gnu"
        address = self.directory / "address"
        command = [self.root / LOADERS[platform.machine()], "--inhibit-cache", "--library-path", self.root / folder,
                   self.root / "usr/local/bin/modelgate-webhook",
                   "--bind-address", "127.0.0.1", "--webhook-port", "0", "--health-probe-bind-address", "127.0.0.1:0",
                   "--metrics-bind-address", "0", "--address-out", address, "--drain-timeout", "1s"]
        with subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, cwd=self.root, env={"HOME": "/"},
                              preexec_fn=die_with_parent) as process:
            try:
                addresses = self.addresses(process, address)
                # The process' code is from the image only.
                mapped = {line.split(maxsplit=5)[5].strip() for line in Path(f"/proc/{process.pid}/maps").read_text()
                          .splitlines() if line.count("/")}
                self.assertTrue(mapped)
                self.assertEqual([m for m in mapped if not m.startswith(str(self.root))], [])
                host, _, port = addresses["https"].rpartition(":")
                context = ssl.create_default_context()
                context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
                with socket.create_connection((host, int(port)), 5) as plain, context.wrap_socket(plain) as secure:
                    self.assertIn(secure.version(), ("TLSv1.2", "TLSv1.3"))
                process.send_signal(signal.SIGTERM)
                self.assertEqual(process.wait(STOP_SECONDS), 0)
            finally:
                process.kill()

    def addresses(self, process, file):
        """The bound addresses by name, once it is ready."""
        deadline = time.monotonic() + START_SECONDS
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        while time.monotonic() < deadline:
            if process.poll() is not None:
                self.fail(f"it ended with {process.returncode}: {process.stdout.read().decode()}")
            if file.exists() and file.read_text().endswith("\n"):
                bound = dict(line.split() for line in file.read_text().splitlines())
                try:
                    with opener.open(f"http://{bound['health']}/readyz", timeout=2) as reply:
                        if reply.status == 200:
                            return bound
                except (OSError, KeyError):
                    pass
            time.sleep(0.02)
        self.fail(f"not ready after {START_SECONDS} s: {file.read_text() if file.exists() else 'no addresses'}")
        return None


if __name__ == "__main__":
    unittest.main()
