#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Assembles the container image without a container engine: an OCI image layout (opencontainers/image-spec, v1).

    assemble.py --bin build/bin --out build/image           `make image`
    skopeo copy oci:build/image:v0.1.0 docker://example.com/modelgate:v0.1.0
    assemble.py --bin build/bin --rootfs /rootfs --beside-distroless     for the Dockerfile: a folder to copy over the base

It contains the programs, the shared libraries that they link, the public CAs and a user; no shell, no package manager.
Libraries and programs are separate layers, so that a new version replaces only the programs' layer. The same inputs give
the same digest: it does not depend on time, owner or file order. Needs ldd and strip, on the image's platform.
"""
import argparse
import gzip
import hashlib
import io
import json
import os
import platform
import re
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ["modelgate-webhook", "modelgate-reconciler", "modelgate"]
ENTRYPOINT = ["/usr/local/bin/modelgate-webhook"]
# distroless' `nonroot`.
USER = 65532
# machine -> (OCI's name, Debian's library folder)
PLATFORMS = {"x86_64": ("amd64", "x86_64-linux-gnu"), "aarch64": ("arm64", "aarch64-linux-gnu")}
# The CAs of Debian's package, without those added to this machine.
PUBLIC_CAS = Path("/usr/share/ca-certificates/mozilla")
# Part of cc-debian12; a second libc would conflict with its own.
IN_DISTROLESS = re.compile(r"^(ld-linux.*|lib(c|m|gcc_s|stdc\+\+|ssl|crypto|pthread|dl|rt|resolv))\.so")

MEDIA = "application/vnd.oci.image."
LAYER, CONFIG = MEDIA + "layer.v1.tar+gzip", MEDIA + "config.v1+json"
MANIFEST, INDEX = MEDIA + "manifest.v1+json", MEDIA + "index.v1+json"


@dataclass(frozen=True)
class Entry:
    """A file of the image; link: where a symbolic link points."""
    content: bytes = b""
    mode: int = 0o644
    link: str = ""


def project_version():
    """The version that CMakeLists.txt has, such as 0.1.0."""
    return re.search(r"^project\(modelgate VERSION (\S+)", (ROOT / "CMakeLists.txt").read_text(), re.MULTILINE)[1]


# ---- contents

def programs(directory):
    """Path -> Entry: the programs, stripped."""
    found = [directory / name for name in PROGRAMS if (directory / name).exists()]
    if not found or found[0].name != PROGRAMS[0]:
        sys.exit(f"{directory / PROGRAMS[0]} not found: run `make build`")
    return {f"usr/local/bin/{path.name}": Entry(stripped(path), 0o755) for path in found}


def stripped(path):
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / path.name
        subprocess.run(["strip", "--strip-all", "-o", str(out), str(path)], check=True)
        return out.read_bytes()


def libraries(directory, folder, beside_distroless):
    """Path -> Entry: all shared libraries, at the paths that the loader searches without a cache."""
    entries = {}
    for name in PROGRAMS:
        if not (directory / name).exists():
            continue
        listed = subprocess.run(["ldd", str(directory / name)], check=True, capture_output=True, text=True).stdout
        if "not found" in listed:
            sys.exit(f"ldd {name}: {listed}")
        for line in listed.splitlines():
            # "libssl.so.3 => /lib/x86_64-linux-gnu/libssl.so.3 (0x...)", or the loader's own path alone.
            match = re.match(r"\s*(?:(\S+) => )?(/\S+) \(0x", line)
            if not match or (beside_distroless and IN_DISTROLESS.match(Path(match[2]).name)):
                continue
            soname, path = match[1], match[2]
            place = f"usr/lib/{folder}/{soname}" if soname else path.lstrip("/")
            entries[place] = Entry(Path(path).resolve().read_bytes(), 0o755)
    return entries


def system():
    """Path -> Entry: users, name resolution and CAs."""
    bundle = b"".join(path.read_bytes() for path in sorted(PUBLIC_CAS.glob("*.crt")))
    if not bundle:
        sys.exit(f"no CAs in {PUBLIC_CAS}: install ca-certificates")
    return {
        "etc/passwd": Entry(f"root:x:0:0:root:/:/sbin/nologin\nnonroot:x:{USER}:{USER}:nonroot:/:/sbin/nologin\n".encode()),
        "etc/group": Entry(f"root:x:0:\nnonroot:x:{USER}:\n".encode()),
        "etc/nsswitch.conf": Entry(b"hosts: files dns\n"),
        "etc/ssl/certs/ca-certificates.crt": Entry(bundle),
        # Where Debian's OpenSSL looks.
        "usr/lib/ssl/cert.pem": Entry(link="/etc/ssl/certs/ca-certificates.crt"),
        "usr/lib/ssl/certs": Entry(link="/etc/ssl/certs"),
    }


def contents(directory, machine, beside_distroless=False):
    """Path -> Entry, twice: the system's part of the image, and the programs."""
    base = libraries(directory, PLATFORMS[machine][1], beside_distroless)
    base.update({} if beside_distroless else system())
    return base, programs(directory)


# ---- writing

def layer(entries):
    """A tar of the entries and their folders: sorted, owned by root, dated 1970."""
    folders = sorted({str(parent) for path in entries for parent in Path(path).parents if str(parent) != "."})
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        for folder in folders:
            info = tarfile.TarInfo(folder + "/")
            info.type, info.mode = tarfile.DIRTYPE, 0o755
            tar.addfile(info)
        for path, entry in sorted(entries.items()):
            info = tarfile.TarInfo(path)
            info.mode = entry.mode
            if entry.link:
                info.type, info.linkname, info.mode = tarfile.SYMTYPE, entry.link, 0o777
            info.size = len(entry.content)
            tar.addfile(info, io.BytesIO(entry.content))
    return out.getvalue()


def digest(data):
    return "sha256:" + hashlib.sha256(data).hexdigest()


class Layout:
    """An OCI image layout in a folder."""

    def __init__(self, directory):
        self.directory = directory
        self.blobs = directory / "blobs" / "sha256"
        self.blobs.mkdir(parents=True, exist_ok=True)

    def blob(self, data, media, **more):
        """Writes a blob; returns its descriptor."""
        name = digest(data)
        (self.blobs / name.partition(":")[2]).write_bytes(data)
        return {"mediaType": media, "digest": name, "size": len(data), **more}

    def document(self, value, media, **more):
        return self.blob(json.dumps(value, sort_keys=True, separators=(",", ":")).encode(), media, **more)

    def write(self, layers, machine, version):
        architecture, _ = PLATFORMS[machine]
        made = {"architecture": architecture, "os": "linux"}
        descriptors = [self.blob(gzip.compress(tar, 9, mtime=0), LAYER) for tar in layers]
        config = self.document({
            **made,
            "config": {"User": f"{USER}:{USER}", "Entrypoint": ENTRYPOINT, "WorkingDir": "/",
                       "Env": ["PATH=/usr/local/bin"],
                       "ExposedPorts": {"9443/tcp": {}, "8081/tcp": {}, "8080/tcp": {}},
                       "Labels": {"org.opencontainers.image.title": "modelgate",
                                  "org.opencontainers.image.version": version,
                                  "org.opencontainers.image.licenses": "Apache-2.0"}},
            "rootfs": {"type": "layers", "diff_ids": [digest(tar) for tar in layers]},
        }, CONFIG)
        manifest = self.document({"schemaVersion": 2, "mediaType": MANIFEST, "config": config, "layers": descriptors},
                                 MANIFEST, platform=made, annotations={"org.opencontainers.image.ref.name": version})
        self._drop_others([config, manifest, *descriptors])
        (self.directory / "oci-layout").write_text('{"imageLayoutVersion":"1.0.0"}\n')
        (self.directory / "index.json").write_text(
            json.dumps({"schemaVersion": 2, "mediaType": INDEX, "manifests": [manifest]}, sort_keys=True) + "\n")
        return manifest

    def _drop_others(self, descriptors):
        """Deletes the blobs of an earlier image."""
        kept = {descriptor["digest"].partition(":")[2] for descriptor in descriptors}
        for path in self.blobs.iterdir():
            if path.name not in kept:
                path.unlink()


def write_folder(directory, entries):
    for path, entry in entries.items():
        place = directory / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if entry.link:
            place.symlink_to(entry.link)
            continue
        place.write_bytes(entry.content)
        place.chmod(entry.mode)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, type=Path, help="where the programs are")
    parser.add_argument("--out", type=Path, help="folder for the OCI layout")
    parser.add_argument("--rootfs", type=Path, help="folder for the plain files instead; must be empty or missing")
    parser.add_argument("--beside-distroless", action="store_true", help="without the files that distroless' cc-debian12 has")
    parser.add_argument("--version", default=f"v{project_version()}")
    arguments = parser.parse_args()
    if bool(arguments.out) == bool(arguments.rootfs):
        parser.error("give one of --out and --rootfs")
    machine = platform.machine()
    if machine not in PLATFORMS:
        sys.exit(f"{machine} is not one of {', '.join(PLATFORMS)}")
    base, own = contents(arguments.bin, machine, arguments.beside_distroless)
    if arguments.rootfs:
        write_folder(arguments.rootfs, {**base, **own})
        return
    manifest = Layout(arguments.out).write([layer(base), layer(own)], machine, arguments.version)
    megabytes = sum(path.stat().st_size for path in (arguments.out / "blobs" / "sha256").iterdir()) / 1e6
    print(f"{os.path.relpath(arguments.out)}: {manifest['digest']}, {megabytes:.1f} MB")


if __name__ == "__main__":
    main()
