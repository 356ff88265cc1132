#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the cluster tests: our programs with a real API server, driven by kubectl. `make test` calls it last.

    tests/cluster/run.py [--bin build/bin] [-k PART_OF_A_NAME] [--list] [--soak]

Prints a line per test and `N passed, N failed`. Exits with 1 after a failure; then the logs stay.
"""
import argparse
import os
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from control_plane import BINARIES_VARIABLE  # noqa: E402
from results import Lines, flat, name_of  # noqa: E402
from world import CRDS, ROOT, ClusterTest  # noqa: E402


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=str(ROOT / "build" / "bin"), help="where modelgate-webhook is")
    parser.add_argument("-k", dest="pattern", default="", help="only tests whose name holds this")
    parser.add_argument("--soak", action="store_true", help="the long tests of soak.py in the place of all others")
    parser.add_argument("--list", action="store_true", help="name the tests and stop")
    arguments = parser.parse_args()

    tests = [test for test in collect("soak.py" if arguments.soak else "test*.py") if arguments.pattern in name_of(test)]
    if arguments.list:
        print("\n".join(map(name_of, tests)))
        return 0
    if not os.environ.get(BINARIES_VARIABLE):
        os.environ[BINARIES_VARIABLE] = subprocess.run([str(ROOT / ".ci" / "control-plane")], check=True, text=True,
                                                       stdout=subprocess.PIPE).stdout.strip()
    ClusterTest.binaries = Path(arguments.bin)
    result = Lines()
    try:
        unittest.TestSuite(tests).run(result)
    finally:
        ClusterTest.leave(failed=bool(result.failed))
    print(f"{result.passed} passed, {result.failed} failed")
    return 1 if result.failed or not tests else 0


def collect(files):
    """All tests, grouped by world."""
    found = [test for suite in unittest.TestLoader().discover(str(HERE), files) for case in suite for test in flat(case)]
    if not CRDS["kserve"].exists():
        print("skipped the tests on KServe's own CRDs: they are not next to the repository")
        found = [test for test in found if getattr(test, "crds", None) != "kserve" and not getattr(test, "needs_kserve", 0)]
    order = ["ours", "installed", "reconciled", "kserve"]
    return sorted(found, key=lambda test: order.index(getattr(test, "crds", None) or "ours"))


if __name__ == "__main__":
    sys.exit(main())
