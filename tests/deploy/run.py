#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of deploy/ that need no cluster: CRDs, manifests, chart, image.

    tests/deploy/run.py [--bin build/bin] [-k PART_OF_A_NAME]

Prints a line per test and `N passed, N failed`. Exits with 1 after a failure. The kubectl of the control plane of tests/cluster
renders the manifests.
"""
import argparse
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path[0:1] = [str(HERE.parent / "cluster"), str(HERE)]

import rendered  # noqa: E402
from run import Lines, flat, name_of  # noqa: E402  (tests/cluster/run.py)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", default=str(rendered.ROOT / "build" / "bin"), help="folder of the programs")
    parser.add_argument("-k", dest="pattern", default="", help="only tests whose names contain this")
    arguments = parser.parse_args()
    rendered.BINARIES = Path(arguments.bin)
    found = [test for suite in unittest.TestLoader().discover(str(HERE)) for test in flat(suite)]
    result = Lines()
    unittest.TestSuite(test for test in found if arguments.pattern in name_of(test)).run(result)
    print(f"{result.passed} passed, {result.failed} failed")
    return 1 if result.failed or not result.passed else 0


if __name__ == "__main__":
    sys.exit(main())
