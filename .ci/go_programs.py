# SPDX-License-Identifier: Apache-2.0
"""Builds Go programs from the exact versions of a go.mod, with progress, and caches the result by content. Used by
.ci/control-plane and .ci/node.

    folder = cached("control-plane", key, lambda work: compile_programs(go(), module, programs, work / "bin"))
"""
import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import deque
from pathlib import Path

CI = Path(__file__).resolve().parent
# Between two lines of progress when the output is not a terminal.
PROGRESS_SECONDS = 15
# How many lines of Go's output are shown when a build fails.
FAILURE_LINES = 30


def cache_folder():
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "modelgate"


def key_of(*parts, files=()):
    """Sixteen hexadecimal digits that change with any of the parts (by repr) and with the content of any file."""
    digest = hashlib.sha256(repr(parts[0] if len(parts) == 1 else parts).encode())
    for path in files:
        digest.update(Path(path).read_bytes())
    return digest.hexdigest()[:16]


def cached(name, key, make):
    """The folder NAME/KEY of the cache. If it is missing, make(work) fills a new folder, which is then renamed, so that it is
    never incomplete. One process makes it; others wait."""
    cache = cache_folder() / name
    directory = cache / key
    if directory.is_dir():
        return directory
    cache.mkdir(parents=True, exist_ok=True)
    with open(cache / "lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not directory.is_dir():
            with tempfile.TemporaryDirectory(dir=cache, prefix="build-", ignore_cleanup_errors=True) as work:
                result = Path(work) / "result"
                result.mkdir()
                make(result)
                result.rename(directory)
    return directory


def go(purpose):
    """The path of a go command. Exits if there is none."""
    found = subprocess.run([str(CI / "go")], stdout=subprocess.PIPE, text=True, check=False)
    if found.returncode != 0:
        sys.exit(f"{purpose} cannot be built without Go")
    return found.stdout.strip()


def compile_programs(command, module, programs, target):
    """programs: name -> (package, linker flags). Downloads the modules and compiles into the folder `target`."""
    total = packages(command, module, [package for package, _ in programs.values()])
    count = Progress("compiling", total)
    for flags in dict.fromkeys(flags for _, flags in programs.values()):
        for name, package in [(n, p) for n, (p, f) in programs.items() if f == flags]:
            stream(count, command, module, "build", "-v", "-ldflags", flags, "-o", str(target / name), package)
    count.done()


def packages(command, module, names):
    """The number of packages to compile. Downloads the modules."""
    count = Progress("downloading", None)
    found = stream(count, command, module, "list", "-deps", *names)
    count.done()
    return len(found)


def module_folder(command, module, name):
    """Where the sources of a module are. Downloads them if needed."""
    run(command, module, "mod", "download", name)
    return Path(run(command, module, "list", "-m", "-f", "{{.Dir}}", name).strip())


def environment(command):
    # The user's GOFLAGS could change what is built; GOROOT could be that of another Go.
    inherited = {name: value for name, value in os.environ.items() if name != "GOROOT"}
    return {**inherited, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "-buildvcs=false", "GOWORK": "off",
            "PATH": f"{Path(command).parent}:{os.environ['PATH']}"}


def run(command, module, *arguments):
    return subprocess.run([command, *arguments], cwd=module, env=environment(command), stdout=subprocess.PIPE, text=True,
                          check=True).stdout


def stream(progress, command, module, *arguments):
    """Runs go and counts the lines of its stderr as progress. Returns the words of its stdout."""
    with tempfile.TemporaryFile("w+") as out:
        with subprocess.Popen([command, *arguments], cwd=module, env=environment(command), stdout=out,
                              stderr=subprocess.PIPE, text=True) as process:
            last = deque(maxlen=FAILURE_LINES)
            for line in process.stderr:
                last.append(line)
                progress.step(line.split()[-1] if line.split() else "")
        if process.returncode != 0:
            sys.stderr.write("\n" + "".join(last))
            sys.exit(f"go {' '.join(arguments[:2])} failed; see its output above")
        out.seek(0)
        return out.read().split()


class Progress:
    """A counter: redrawn on a terminal, else a line every few seconds."""

    def __init__(self, verb, total):
        self.verb, self.total, self.count = verb, total, 0
        self.terminal = sys.stderr.isatty()
        self.shown = time.monotonic()

    def step(self, name):
        self.count += 1
        of = f" of about {self.total}" if self.total else ""
        if self.terminal:
            sys.stderr.write(f"\r\033[K    {self.verb} {self.count}{of} {name[:60]}")
            sys.stderr.flush()
        elif time.monotonic() - self.shown > PROGRESS_SECONDS:
            self.shown = time.monotonic()
            sys.stderr.write(f"    {self.verb} {self.count}{of}\n")

    def done(self):
        if self.terminal:
            sys.stderr.write("\r\033[K")


def say(text):
    print(f"==> {text}", file=sys.stderr, flush=True)
