# SPDX-License-Identifier: Apache-2.0
"""Debian's packages of any suite, through the host's apt: its mirrors, proxies and keys. Used by .ci/fresh-machine and
.ci/node. Changes nothing of the host's own apt.

    unpack("bookworm", ["libc6", "python3.11-minimal"], folder)      # without their dependencies or maintainer scripts
"""
import re
import subprocess
from pathlib import Path

# Seconds for the index, and for all packages of one call.
UPDATE_SECONDS = 300
DOWNLOAD_SECONDS = 900


class AptError(Exception):
    """apt could not do it; the text is for the user."""


def sources(suite, mirror=None):
    """Lines of a sources.list for the suite: those of the host's that are Debian's, with its suite replaced. Those of `mirror`
    if the host is no Debian. Empty if there are none."""
    release = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    own = release.get("VERSION_CODENAME", "").strip('"')
    if release.get("ID", "").strip('"') != "debian" or not own:
        return [f"deb {mirror} {suite} main"] if mirror else []
    listed = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE)", "Created-By: Packages"],
                            stdout=subprocess.PIPE, text=True, check=False).stdout
    lines = []
    for line in listed.splitlines():
        uri, found = line.split()
        if re.fullmatch(f"{own}(-updates|-security)?", found):
            lines.append(f"deb {uri} {found.replace(own, suite, 1)} main")
    # The first line is that of the suite itself, which debootstrap uses.
    return sorted(dict.fromkeys(lines), key=lambda line: line.split()[2] != suite)


def unpack(suite, packages, folder):
    """Downloads the packages and unpacks their files into the folder."""
    folder = Path(folder)
    apt = folder / "apt"
    for name in ("lists/partial", "archives/partial"):
        (apt / name).mkdir(parents=True)
    lines = sources(suite)
    if not lines:
        raise AptError("apt has no sources of Debian")
    (apt / "sources.list").write_text("\n".join(lines) + "\n")
    (apt / "status").write_text("")
    options = {"Dir::Etc::sourcelist": apt / "sources.list", "Dir::Etc::sourceparts": "-", "Dir::State::lists": apt / "lists",
               "Dir::State::status": apt / "status", "Dir::Cache": apt, "Dir::Cache::archives": apt / "archives",
               "APT::Sandbox::User": "root", "Acquire::Languages": "none"}
    get = ["apt-get", "-q", *[part for name, value in options.items() for part in ("-o", f"{name}={value}")]]
    _run([*get, "update"], apt, UPDATE_SECONDS)
    _run([*get, "download", *packages], apt / "archives", DOWNLOAD_SECONDS)
    for package in sorted((apt / "archives").glob("*.deb")):
        _run(["dpkg", "-x", package, folder], apt, DOWNLOAD_SECONDS)
    subprocess.run(["rm", "-rf", apt], check=True)


def _run(command, folder, seconds):
    done = subprocess.run([str(word) for word in command], cwd=folder, stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=seconds, check=False)
    if done.returncode != 0:
        raise AptError(f"{' '.join(map(str, command[:1]))} failed: {(done.stderr or done.stdout).strip()[-2000:]}")
