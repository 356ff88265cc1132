#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the files of a release from programs that are built: `make release`.

    release.py --build build --out build/release

    modelgate-0.1.0-linux-amd64.tar.gz        the programs, for the Debian release that they were built on
    modelgate-image-0.1.0-linux-amd64.tar     the container image, as an OCI archive
    modelgate-0.1.0.tgz                       the Helm chart
    modelgate-0.1.0-linux-amd64.spdx.json     SBOM (SPDX 2.3): packages in the image, and packages compiled in
    SHA256SUMS                                of the files above; `sha256sum -c SHA256SUMS`

The same programs and packages make the same files: no time, path, owner or order of this machine gets in. The SBOM's
date is SOURCE_DATE_EPOCH, else that of the commit. docs/releases.md says how a release is made.
"""
import argparse
import fnmatch
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
from datetime import datetime, timezone
from pathlib import Path

DEPLOY = Path(__file__).resolve().parent
ROOT = DEPLOY.parent
CHART = DEPLOY / "chart"
sys.path.insert(0, str(DEPLOY / "image"))

import assemble  # noqa: E402
from oci import ARCHITECTURES, Entry, entries_of, tar_of  # noqa: E402

SPDX_ID = re.compile(r"[^A-Za-z0-9.-]")
# Steps whose headers do not end up in a program: those of tests, and linking, whose files newer CMake lists too.
NOT_COMPILED_IN = re.compile(r"^(bin/|tests/|CMakeFiles/modelgate_test_headers)")
# Where RapidJSON's headers lie while they are compiled (cmake/Modelgate.cmake).
RAPIDJSON_COPY = "rapidjson-include/rapidjson/"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--build", type=Path, default=ROOT / "build", help="a build folder that has the programs in bin/")
    parser.add_argument("--out", type=Path, default=ROOT / "build" / "release", help="folder for the files")
    options = parser.parse_args()
    machine = platform.machine()
    if machine not in ARCHITECTURES:
        sys.exit(f"release.py: {machine} is not one of {', '.join(ARCHITECTURES)}")
    missing = [name for name in assemble.PROGRAMS if not (options.build / "bin" / name).exists()]
    if missing:
        sys.exit(f"release.py: {', '.join(missing)} not found in {options.build / 'bin'}: run `make build`")

    version = assemble.project_version()
    platform_name = f"{version}-linux-{ARCHITECTURES[machine]}"
    base, own = assemble.contents(options.build / "bin", machine)
    files = {
        f"modelgate-{platform_name}.tar.gz": programs(f"modelgate-{platform_name}", own),
        f"modelgate-image-{platform_name}.tar": image(base, own, version),
        f"modelgate-{version}.tgz": chart(),
        f"modelgate-{platform_name}.spdx.json": bill(options.build, own, version, platform_name),
    }
    files["SHA256SUMS"] = "".join(f"{hashlib.sha256(data).hexdigest()}  {name}\n"
                                  for name, data in sorted(files.items())).encode()
    write(options.out, files)
    warn_of_changes()


def write(folder, files):
    folder.mkdir(parents=True, exist_ok=True)
    for path in folder.iterdir():
        if path.is_file() and path.name not in files:
            path.unlink()
    for name, data in files.items():
        (folder / name).write_bytes(data)
        print(f"{os.path.relpath(folder / name)}: {len(data) / 1e6:.2f} MB")


def warn_of_changes():
    changed = git("status", "--porcelain", "--untracked-files=no")
    if changed:
        print("release.py: files differ from the commit, so this is no release:\n" + changed, file=sys.stderr)


# ---- the files

def programs(folder, own):
    entries = {f"{folder}/bin/{Path(path).name}": entry for path, entry in own.items()}
    for name in ("LICENSE", "README.md", "CHANGELOG.md"):
        entries[f"{folder}/{name}"] = Entry((ROOT / name).read_bytes())
    return compressed(tar_of(entries))


def image(base, own, version):
    """The OCI image layout as one tar, which skopeo and podman read as oci-archive."""
    with tempfile.TemporaryDirectory() as folder:
        layout = Path(folder)
        assemble.write_layout(layout, base, own, f"v{version}")
        return tar_of(entries_of(layout))


def chart():
    """The chart as `helm package` lays it out; links are followed, as helm does."""
    ignored = [line for line in (CHART / ".helmignore").read_text().split() if not line.startswith("#")]
    entries = {}
    for path in sorted(CHART.rglob("*")):
        inside = path.relative_to(CHART)
        left_out = any(fnmatch.fnmatch(part, pattern.rstrip("/")) for part in inside.parts for pattern in ignored)
        if path.is_file() and not left_out and inside.name != ".helmignore":
            entries[f"modelgate/{inside}"] = Entry(path.read_bytes())
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.USTAR_FORMAT) as tar:
        # helm wants Chart.yaml first, and no entries for folders.
        for name in sorted(entries, key=lambda name: (name != "modelgate/Chart.yaml", name)):
            info = tarfile.TarInfo(name)
            info.mode, info.size = 0o644, len(entries[name].content)
            tar.addfile(info, io.BytesIO(entries[name].content))
    return compressed(out.getvalue())


def compressed(data):
    return gzip.compress(data, 9, mtime=0)


# ---- the bill of materials

def bill(build, own, version, platform_name):
    """SPDX 2.3 as JSON. Package facts are dpkg's; licenses are in each package's own copyright file."""
    shared = packages_of(library_files(build))
    shared |= packages_of([str(next(assemble.PUBLIC_CAS.glob("*.crt")))])
    compiled = packages_of(compiled_in(build)) - shared
    about = facts(shared | compiled)
    system = os_release()
    root = "SPDXRef-modelgate"
    packages = [{
        "SPDXID": root, "name": "modelgate", "versionInfo": version, "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False, "licenseConcluded": "Apache-2.0", "licenseDeclared": "Apache-2.0",
        "copyrightText": "NOASSERTION", "primaryPackagePurpose": "APPLICATION",
        "comment": "sha256 of the programs: " + ", ".join(
            f"{Path(path).name} {hashlib.sha256(entry.content).hexdigest()}" for path, entry in sorted(own.items())),
    }]
    relationships = [relation("SPDXRef-DOCUMENT", "DESCRIBES", root)]
    for name in sorted(about):
        fact = about[name]
        identifier = f"SPDXRef-{SPDX_ID.sub('-', name)}"
        packages.append({
            "SPDXID": identifier, "name": name, "versionInfo": fact["version"], "downloadLocation": "NOASSERTION",
            "filesAnalyzed": False, "licenseConcluded": "NOASSERTION", "licenseDeclared": "NOASSERTION",
            "copyrightText": "NOASSERTION", "supplier": f"Organization: {system['NAME']}",
            "sourceInfo": f"built from the source package {fact['source']} {fact['source version']}",
            "externalRefs": [{
                "referenceCategory": "PACKAGE-MANAGER", "referenceType": "purl",
                "referenceLocator": f"pkg:deb/{system['ID']}/{quoted(name)}@{quoted(fact['version'])}"
                                    f"?arch={fact['architecture']}&distro={system['ID']}-{system['VERSION_ID']}"}],
        })
        relationships.append(relation(root, "CONTAINS", identifier) if name in shared else
                             relation(identifier, "BUILD_DEPENDENCY_OF", root))
    content = {"packages": packages, "relationships": relationships}
    digest = hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()
    document = {
        "spdxVersion": "SPDX-2.3", "dataLicense": "CC0-1.0", "SPDXID": "SPDXRef-DOCUMENT",
        "name": f"modelgate-{platform_name}",
        "documentNamespace": f"https://spdx.org/spdxdocs/modelgate-{platform_name}-{digest[:32]}",
        "creationInfo": {"created": created(), "creators": [f"Tool: modelgate-release-{version}"]},
        "comment": "CONTAINS: in the image, linked by the programs or read by them. BUILD_DEPENDENCY_OF: headers and "
                   "templates of the package are compiled into the programs.",
        **content,
    }
    return (json.dumps(document, indent=1) + "\n").encode()


def relation(one, kind, other):
    return {"spdxElementId": one, "relationshipType": kind, "relatedSpdxElement": other}


def quoted(text):
    """A purl's percent-encoding; Debian's names and versions need these."""
    return text.replace("+", "%2B").replace(":", "%3A")


def created():
    seconds = os.environ.get("SOURCE_DATE_EPOCH") or git("log", "-1", "--format=%ct") or "0"
    return datetime.fromtimestamp(int(seconds), timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def library_files(build):
    found = set()
    for name in assemble.PROGRAMS:
        listed = command("ldd", str(build / "bin" / name))
        found |= set(re.findall(r"(/\S+) \(0x", listed))
    return found


def compiled_in(build):
    """The files outside of the checkout that Ninja has as dependencies of what is linked into a program."""
    found, wanted = set(), False
    for line in command("ninja", "-C", str(build), "-t", "deps").splitlines():
        if line and not line.startswith(" "):
            wanted = line.endswith("(VALID)") and not NOT_COMPILED_IN.match(line)
        elif wanted:
            path = line.strip()
            if RAPIDJSON_COPY in path:
                path = "/usr/include/rapidjson/" + path.partition(RAPIDJSON_COPY)[2]
            if path.startswith("/usr/"):
                found.add(os.path.normpath(path))
    if not found:
        sys.exit(f"release.py: Ninja knows no dependencies in {build}: run `make build`")
    return found


def packages_of(paths):
    """The Debian packages that the files are of; where /usr is merged, dpkg may know a file by its older place."""
    spellings = {}
    for path in paths:
        real = os.path.realpath(path)
        for one in {path, real}:
            for spelling in {one, one.removeprefix("/usr"), "/usr" + one}:
                spellings[spelling] = path
    listed = subprocess.run(["xargs", "-d", "\n", "dpkg-query", "-S"], input="\n".join(sorted(spellings)), text=True,
                            capture_output=True, check=False).stdout
    found, known = set(), set()
    for line in listed.splitlines():
        if line.startswith("diversion by "):
            continue  # another line names the file's package
        names, _, path = line.rpartition(": ")
        if path in spellings:
            known.add(spellings[path])
            found |= {name.strip().partition(":")[0] for name in names.split(",")}
    unknown = set(paths) - known
    if unknown:
        sys.exit(f"release.py: files of no Debian package: {', '.join(sorted(unknown)[:5])}")
    return found


def facts(names):
    form = "${Package}\t${Version}\t${Architecture}\t${source:Package}\t${source:Version}\n"
    rows = [line.split("\t") for line in command("dpkg-query", "-W", f"-f={form}", *sorted(names)).splitlines()]
    return {name: {"version": version, "architecture": architecture, "source": source, "source version": source_version}
            for name, version, architecture, source, source_version in rows}


def os_release():
    pairs = re.findall(r'^(\w+)="?([^"\n]*)"?$', Path("/etc/os-release").read_text(), re.MULTILINE)
    return {"NAME": "unknown", "ID": "unknown", "VERSION_ID": "unknown", **dict(pairs)}


def command(*arguments):
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"release.py: {' '.join(arguments[:3])}: {done.stderr.strip()[-500:]}")
    return done.stdout


def git(*arguments):
    """Its output; empty where this is no checkout."""
    done = subprocess.run(["git", "-C", str(ROOT), *arguments], capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else ""


if __name__ == "__main__":
    main()
