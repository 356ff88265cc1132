#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the serving tests: models on a real node, asked for predictions. `make test` calls it last.

    tests/serving/run.py [--bin build/bin] [--image build/image] [-k PART_OF_A_NAME] [--list]

Prints a line per test and `N passed, N failed`; exits with 1 after a failure. Where the machine cannot run a node, it prints
`skipped: ` and the reason.
"""
import argparse
import os
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cluster")]

import namespaces  # noqa: E402
from results import Lines, flat, name_of  # noqa: E402

INSIDE = "MODELGATE_SERVING_INSIDE"
# Variable -> the command that prints its value.
PARTS = {"MODELGATE_CONTROL_PLANE": ".ci/control-plane", "MODELGATE_NODE": ".ci/node"}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "bin", help="folder of our programs")
    parser.add_argument("--state", type=Path, default=ROOT / "build" / "serve", help="folder of the cluster")
    parser.add_argument("--image", type=Path, default=ROOT / "build" / "image", help="OCI layout of our image")
    parser.add_argument("-k", dest="pattern", default="", help="only tests whose name holds this")
    parser.add_argument("--list", action="store_true", help="name the tests and stop")
    arguments = parser.parse_args()
    tests = [test for suite in unittest.TestLoader().discover(str(HERE), "test*.py") for case in suite for test in flat(case)
             if arguments.pattern in name_of(test)]
    if arguments.list:
        print("\n".join(map(name_of, tests)))
        return 0
    if not os.environ.get(INSIDE):
        return outside(arguments)
    return run(tests, arguments)


def outside(arguments):
    try:
        namespaces.check()
    except namespaces.CannotRun as error:
        print(f"skipped: serving tests: {error}\n0 passed, 0 failed")
        return 0
    for name, command in PARTS.items():
        if not os.environ.get(name):
            os.environ[name] = subprocess.run([str(ROOT / command)], check=True, text=True,
                                              stdout=subprocess.PIPE).stdout.strip()
    arguments.state.mkdir(parents=True, exist_ok=True)
    os.environ[INSIDE] = "1"
    return namespaces.run(arguments.state.resolve(), [sys.executable, *sys.argv])


def run(tests, arguments):
    from serving import ServingTest
    ServingTest.enter(arguments)
    result = Lines()
    try:
        unittest.TestSuite(tests).run(result)
    finally:
        ServingTest.leave(failed=bool(result.failed))
    print(f"{result.passed} passed, {result.failed} failed")
    return 1 if result.failed or not tests else 0


if __name__ == "__main__":
    sys.exit(main())
