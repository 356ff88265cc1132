#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the serving tests: models on a real node, asked for predictions. `make test` calls it last.

    tests/serving/run.py [--bin build/bin] [--image build/image] [-k PART_OF_A_NAME] [--list] [--check]

Prints a line per test and `N passed, N failed`; exits with 1 after a failure. Where the machine cannot run a node, it prints
`skipped: ` and the reason. Uses sudo if it asks for no password. Most tests run in the namespaces of one cluster; those with
`outside = True` run before, in the machine itself.
"""
import argparse
import json
import os
import subprocess
import sys
import unittest
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
sys.path[:0] = [str(HERE), str(HERE.parent / "cluster")]

import namespaces  # noqa: E402
import traces  # noqa: E402
from results import Lines, flat, name_of  # noqa: E402

INSIDE = "MODELGATE_SERVING_INSIDE"
# Variable -> the command that prints its value.
PARTS = {"MODELGATE_CONTROL_PLANE": ".ci/control-plane", "MODELGATE_NODE": ".ci/node"}
# The counts of the tests inside, in the cluster's folder for temporary files.
COUNTS = "counts.json"
INTERRUPTED = 130
# Of --check where no node can run. Not 1, which is that of an error in the check.
CANNOT_RUN = 3


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", type=Path, default=ROOT / "build" / "bin", help="folder of our programs")
    parser.add_argument("--state", type=Path, default=ROOT / "build" / "serve", help="folder of the cluster")
    parser.add_argument("--image", type=Path, default=ROOT / "build" / "image", help="OCI layout of our image")
    parser.add_argument("-k", dest="pattern", default="", help="only tests whose name holds this")
    parser.add_argument("--list", action="store_true", help="name the tests and stop")
    parser.add_argument("--check", action="store_true", help="only say whether this machine can run a node: exit code 3 and the "
                        "reason if not")
    arguments = parser.parse_args()
    if os.environ.get(INSIDE):
        return run_inside(selected(arguments), arguments)
    if arguments.list:
        print("\n".join(map(name_of, selected(arguments))))
        return 0
    # The parts are built by the user, whose cache keeps them.
    problem = cannot_run()
    if problem:
        print(f"skipped: serving tests: {problem}" if not arguments.check else problem)
        if not arguments.check:
            print("0 passed, 0 failed")
        return CANNOT_RUN if arguments.check else 0
    if arguments.check:
        return 0
    set_parts()
    namespaces.use_sudo(PARTS, ask=False)
    return run(selected(arguments), arguments)


def selected(arguments):
    return [test for suite in unittest.TestLoader().discover(str(HERE), "test*.py") for case in suite for test in flat(case)
            if arguments.pattern in name_of(test)]


def cannot_run():
    """Why this machine cannot run a node; empty if it can."""
    command = [sys.executable, "-B", "-c", f"import sys; sys.path[:0] = {sys.path[:2]!r}\nimport namespaces\n"
               "try: namespaces.check()\nexcept namespaces.CannotRun as error: sys.exit(str(error))"]
    if os.geteuid() != 0:
        tried = subprocess.run(["sudo", "-n", *command], capture_output=True, text=True, check=False) \
            if namespaces.has_sudo() else None
        if tried is None or (tried.returncode != 0 and "sudo:" in tried.stderr):
            return "needs root, or sudo without a password, for namespaces, mounts and containers"
    else:
        tried = subprocess.run(command, capture_output=True, text=True, check=False)
    return "" if tried.returncode == 0 else tried.stderr.strip().splitlines()[-1]


def set_parts():
    for name, command in PARTS.items():
        if not os.environ.get(name):
            os.environ[name] = subprocess.run([str(ROOT / command)], check=True, text=True,
                                              stdout=subprocess.PIPE).stdout.strip()


def run(tests, arguments):
    """In the machine itself, as root: the tests outside, then those inside."""
    passed = failed = 0
    outside = [test for test in tests if getattr(test, "outside", False)]
    state = arguments.state.resolve()
    state.mkdir(parents=True, exist_ok=True)
    code = 0
    if len(outside) < len(tests):
        before = traces.of_machine()
        try:
            code = namespaces.run(state, ["env", f"{INSIDE}=1", sys.executable, "-B", *sys.argv])
        except namespaces.Busy as error:
            sys.exit(str(error))
        if code == INTERRUPTED:
            return code
        counts = state / "tmp" / COUNTS
        if counts.exists():
            passed, failed = json.loads(counts.read_text())
            counts.unlink()
        else:
            code, failed = code or 1, 1
        # The logs of a failure stay.
        left = [line for line in traces.left_behind(before, state, os.getpid()) if code == 0 or str(state) not in line]
        print("    FAILED  the cluster left behind\n" + "\n".join(left) if left else "    passed  the cluster left nothing behind")
        passed, failed = (passed, failed + 1) if left else (passed + 1, failed)
    if outside:
        result = Lines()
        unittest.TestSuite(outside).run(result)
        passed, failed = passed + result.passed, failed + result.failed
    print(f"{passed} passed, {failed} failed")
    return 1 if code or failed or not tests else 0


def run_inside(tests, arguments):
    """In the namespaces of the cluster."""
    from serving import ServingTest
    tests = [test for test in tests if not getattr(test, "outside", False)]
    result = Lines()
    try:
        ServingTest.enter(arguments)
        unittest.TestSuite(tests).run(result)
    finally:
        ServingTest.leave(failed=bool(result.failed))
    (arguments.state / "tmp" / COUNTS).write_text(json.dumps([result.passed, result.failed]))
    return 1 if result.failed else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
