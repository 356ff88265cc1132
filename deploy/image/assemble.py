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
import os
import platform
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from oci import Entry, Layout

ROOT = Path(__file__).resolve().parent.parent.parent
PROGRAMS = ["modelgate-webhook", "modelgate-reconciler", "modelgate"]
ENTRYPOINT = ["/usr/local/bin/modelgate-webhook"]
# distroless' `nonroot`.
USER = 65532
# machine -> Debian's library folder
PLATFORMS = {"x86_64": "x86_64-linux-gnu", "aarch64": "aarch64-linux-gnu"}
# The CAs of Debian's package, without those added to this machine.
PUBLIC_CAS = Path("/usr/share/ca-certificates/mozilla")
# Part of cc-debian12; a second libc would conflict with its own.
IN_DISTROLESS = re.compile(r"^(ld-linux.*|lib(c|m|gcc_s|stdc\+\+|ssl|crypto|pthread|dl|rt|resolv))\.so")


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
    base = libraries(directory, PLATFORMS[machine], beside_distroless)
    base.update({} if beside_distroless else system())
    return base, programs(directory)


def configuration(version):
    return {"User": f"{USER}:{USER}", "Entrypoint": ENTRYPOINT, "WorkingDir": "/", "Env": ["PATH=/usr/local/bin"],
            "ExposedPorts": {"9443/tcp": {}, "8081/tcp": {}, "8080/tcp": {}},
            "Labels": {"org.opencontainers.image.title": "modelgate",
                       "org.opencontainers.image.version": version,
                       "org.opencontainers.image.licenses": "Apache-2.0"}}


def write_layout(directory, base, own, version):
    layout = Layout(directory)
    return layout.write([layout.layer(base, compress=True), layout.layer(own, compress=True)], version,
                        configuration(version))


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
    manifest = write_layout(arguments.out, base, own, arguments.version)
    megabytes = sum(path.stat().st_size for path in (arguments.out / "blobs" / "sha256").iterdir()) / 1e6
    print(f"{os.path.relpath(arguments.out)}: {manifest['digest']}, {megabytes:.1f} MB")


if __name__ == "__main__":
    main()
