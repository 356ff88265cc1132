#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes NAME.lock from NAME.in: the exact versions and checksums of all Python packages of an image, resolved by pip for the
images' Python and platform. Needs a network.

    tests/serving/images/lock.py mlserver          # after a change of mlserver.in

A line `package -> other==1.2` of NAME.in replaces a package of the result, for example by one without GPU libraries; a line
`package ->` removes it. If there is a NAME/package.json, its package-lock.json is written too, which needs npm.
"""
import json
import subprocess
import sys
import tempfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
# Debian 12's Python, which the images have.
TARGET = ["--python-version", "3.11", "--implementation", "cp", "--abi", "cp311", "--abi", "abi3", "--abi", "none",
          "--platform", "manylinux2014_x86_64", "--platform", "manylinux_2_17_x86_64", "--platform", "manylinux_2_28_x86_64",
          "--platform", "manylinux_2_31_x86_64", "--platform", "manylinux_2_34_x86_64",
          "--only-binary=:all:"]
NPM_KEYS = ["name", "version", "integrity", "dependencies", "optionalDependencies", "peerDependencies", "peerDependenciesMeta",
            "optional", "peer", "os", "cpu", "bin"]


def main():
    for name in sys.argv[1:]:
        wanted, replaced = [], {}
        for line in (HERE / f"{name}.in").read_text().splitlines():
            line = line.split("#")[0].strip()
            if "->" in line:
                package, _, other = line.partition("->")
                replaced[package.strip()] = other.strip()
            elif line:
                wanted.append(line)
        lines = [line for line in resolve(wanted) if line.split("==")[0] not in replaced]
        for other in filter(None, replaced.values()):
            lines += resolve([other], ["--no-deps"])
        (HERE / f"{name}.lock").write_text("\n".join(sorted(lines)) + "\n")
        print(f"{name}.lock: {len(lines)} packages")
        if (HERE / name / "package.json").exists():
            lock_npm(HERE / name)


def lock_npm(folder):
    """Without the addresses of packages and what `npm ci` does not read; a line for each package."""
    subprocess.run(["npm", "install", "--package-lock-only", "--ignore-scripts", "--omit=dev", "--omit-lockfile-registry-resolved",
                    "--no-audit", "--no-fund"], cwd=folder, check=True)
    lock = json.loads((folder / "package-lock.json").read_text())
    packages = {name: {key: value for key, value in package.items() if key in NPM_KEYS}
                for name, package in lock.pop("packages").items()}
    lines = ",\n".join(f"    {json.dumps(name)}: {json.dumps(package)}" for name, package in packages.items())
    head = json.dumps(lock, indent=2).removesuffix("\n}")
    (folder / "package-lock.json").write_text(f'{head},\n  "packages": {{\n{lines}\n  }}\n}}\n')
    print(f"{folder.name}/package-lock.json: {len(packages) - 1} packages")


def resolve(requirements, options=()):
    """Lines `name==version --hash=...`."""
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.json"
        subprocess.run([sys.executable, "-m", "pip", "install", "-q", "--dry-run", "--ignore-installed", "--target", folder,
                        "--report", str(report), *TARGET, *options, *requirements], check=True)
        return [f"{entry['metadata']['name'].lower()}=={entry['metadata']['version']} "
                f"--hash=sha256:{entry['download_info']['archive_info']['hashes']['sha256']}"
                for entry in json.loads(report.read_text())["install"]]


if __name__ == "__main__":
    main()
