# SPDX-License-Identifier: Apache-2.0
"""Certificates for the cluster tests, created with the openssl command: a CA, and leaves signed by it.

    ca = Authority(directory, "modelgate-test")
    pair = ca.leaf("webhook", addresses=["127.0.0.1"])      # pair.certificate, pair.key: paths
"""
import base64
import subprocess
from dataclasses import dataclass
from pathlib import Path

# Tests take minutes; `make cluster` runs until it is interrupted.
VALID_DAYS = "2"
EC_KEY = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]


@dataclass(frozen=True)
class Pair:
    certificate: Path
    key: Path


class Authority:
    """A CA with the files NAME-ca.crt and NAME-ca.key in `directory`."""

    def __init__(self, directory, name):
        self.directory = Path(directory)
        self.certificate = self.directory / f"{name}-ca.crt"
        self.key = self.directory / f"{name}-ca.key"
        openssl("req", "-x509", *EC_KEY, "-days", VALID_DAYS, "-subj", f"/CN={name}-ca",
                "-addext", "keyUsage=critical,keyCertSign,digitalSignature",
                "-keyout", self.key, "-out", self.certificate)

    def bundle(self):
        """The CA's certificate as a caBundle."""
        return base64.b64encode(self.certificate.read_bytes()).decode()

    def leaf(self, name, organization=None, names=(), addresses=(), into=None):
        """A server and client certificate; into: (certificate path, key path), else NAME.crt and NAME.key."""
        certificate, key = into or (self.directory / f"{name}.crt", self.directory / f"{name}.key")
        subject = (f"/O={organization}" if organization else "") + f"/CN={name}"
        extensions = ["-addext", "basicConstraints=critical,CA:FALSE",
                      "-addext", "extendedKeyUsage=serverAuth,clientAuth"]
        sans = [f"DNS:{n}" for n in names] + [f"IP:{a}" for a in addresses]
        if sans:
            extensions += ["-addext", "subjectAltName=" + ",".join(sans)]
        openssl("req", "-x509", "-CA", self.certificate, "-CAkey", self.key, *EC_KEY, "-days", VALID_DAYS,
                "-subj", subject, *extensions, "-keyout", key, "-out", certificate)
        return Pair(Path(certificate), Path(key))


def key_pair(private, public):
    """An RSA key pair, which the API server needs for service account tokens."""
    openssl("genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", private)
    openssl("pkey", "-in", private, "-pubout", "-out", public)


def openssl(*arguments):
    done = subprocess.run(["openssl", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=60)
    if done.returncode != 0:
        raise RuntimeError(f"openssl {arguments[0]} failed: {done.stderr.strip()}")
