# SPDX-License-Identifier: Apache-2.0
"""Runs the stages of `make test` one after the other, times each, and prints a line of totals at the end.

The count of a test stage is its last line `N passed, N failed` (our own programs print it), or that of GoogleTest's JSON
reports. A stage that fails without a count, or that ran no test, counts as one failure. Exit code 1 if anything failed.
"""
import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COUNT = re.compile(r"^(?:.*\D)?(\d+) passed, (\d+) failed\s*$")
# Of tests/serving/run.py --check where no node can run.
CANNOT_RUN = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", default="build", help="the build folder")
    build = parser.parse_args().build
    make, python = os.environ.get("MAKE", "make"), sys.executable
    binaries = str(ROOT / build / "bin")

    stages = Stages()
    stages.run("build", [make, "all"], needed=True)
    stages.run("unit tests", ctest(build), tests=True, reports=True)
    built = stages.run("build with AddressSanitizer and UndefinedBehaviorSanitizer", [make, "sanitized"])
    if built:
        stages.run("unit tests under the sanitizers", ctest(f"{build}/sanitize"), tests=True, reports=True)
    stages.run("conformance", [python, "tests/conformance/run.py", "--bin", binaries], tests=True)
    stages.run("control plane", [".ci/control-plane"])
    stages.run("helm", [".ci/helm"])
    stages.run("manifests, chart and image", [python, "tests/deploy/run.py", "--bin", binaries], tests=True)
    stages.run("cluster tests", [python, "tests/cluster/run.py", "--bin", binaries], tests=True)
    serving = [python, "tests/serving/run.py", "--bin", binaries, "--image", f"{build}/image"]
    # An error of the check itself is found by the tests.
    check = subprocess.run([*serving, "--check"], cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False)
    if check.returncode == CANNOT_RUN:
        stages.skip("serving tests", f"real predictions were not tested: a node {check.stdout.strip()}")
    elif stages.run("image", [make, "image"]) and stages.run("node", [".ci/node"]):
        stages.run("serving tests", serving, tests=True)
    stages.finish()


def ctest(folder):
    return ["ctest", "--test-dir", folder, "-L", "unit", "--output-on-failure", "--no-tests=error",
            "-j", str(os.cpu_count() or 1)]


class Stages:
    def __init__(self):
        self.rows = []  # (name, passed, failed, seconds)
        self.skipped = []  # names, each "stage: test"
        self.skipped_stages = {}  # name -> reason
        self.began = time.monotonic()

    def run(self, name, command, tests=False, reports=False, needed=False):
        """Runs one stage and copies its output. Returns whether it succeeded.

        tests: it must run at least one. reports: count from GoogleTest's reports. needed: its failure ends the run.
        """
        print(f"\n==> {name}", flush=True)
        began = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
            if reports:
                environment["GTEST_OUTPUT"] = f"json:{folder}/"
            code, counted, reported = show(command, environment)
            passed, failed, skipped = google_test_results(folder) if reports else (*counted, reported)
        self.skipped += [f"{name}: {test}" for test in skipped]
        if (code != 0 or (tests and passed == 0)) and failed == 0:
            failed = 1
        seconds = time.monotonic() - began
        self.rows.append((name, passed, failed, seconds))
        print(f"==> {name}: {'failed' if failed else 'done'} in {seconds:.1f} s", flush=True)
        if failed and needed:
            self.finish()
        return not failed

    def skip(self, name, reason):
        """A stage that this machine cannot run."""
        print(f"\n==> {name}: SKIPPED: {reason}", flush=True)
        self.skipped_stages[name] = reason

    def finish(self):
        print("\n==> summary")
        for name, passed, failed, seconds in self.rows:
            count = f"{passed} passed, {failed} failed" if passed or failed else "done"
            print(f"    {name:60s} {seconds:7.1f} s   {count}")
        for name, reason in self.skipped_stages.items():
            print(f"    {name:60s}           SKIPPED\n\n==> {name}: SKIPPED: {reason}")
        if self.skipped:
            print(f"\n==> {len(self.skipped)} tests were skipped. Those of recorded answers need the recordings in ../shared.")
            print("".join(f"    {test}\n" for test in self.skipped))
        passed, failed = sum(row[1] for row in self.rows), sum(row[2] for row in self.rows)
        print(f"{passed} passed, {failed} failed in {time.monotonic() - self.began:.0f} s")
        sys.exit(1 if failed else 0)


def show(command, environment):
    """Runs a command in the root and copies its output. Returns its exit code, its last count, and what it skipped."""
    counted, skipped = (0, 0), []
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                          text=True, errors="replace") as process:
        try:
            for line in process.stdout:
                print(line, end="", flush=True)
                match = COUNT.match(line)
                if match:
                    counted = int(match[1]), int(match[2])
                if line.startswith("skipped: "):
                    skipped.append(line.removeprefix("skipped: ").strip())
        except KeyboardInterrupt:
            process.terminate()
            process.wait()
            raise
    return process.returncode, counted, skipped


def google_test_results(folder):
    """Returns the numbers of passed and failed tests, and the names of skipped ones."""
    passed, failed, skipped = 0, 0, []
    for report in Path(folder).glob("*.json"):
        for suite in json.loads(report.read_text())["testsuites"]:
            for test in suite["testsuite"]:
                if test.get("failures"):
                    failed += 1
                elif test["result"] == "SKIPPED":
                    skipped.append(f"{suite['name']}.{test['name']}")
                elif test["result"] == "COMPLETED":
                    passed += 1
    return passed, failed, sorted(skipped)


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(130)
