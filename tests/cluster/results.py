# SPDX-License-Identifier: Apache-2.0
"""Prints the results of tests as they end: a line per test. Used by the runners of the cluster tests and the serving tests."""
import time
import unittest


def flat(suite):
    return [suite] if isinstance(suite, unittest.TestCase) else [test for part in suite for test in flat(part)]


def name_of(test):
    return test.id()


class Lines(unittest.TestResult):
    """Prints a line per test, and the names of failed subtests. Failures outside of tests count too. A skipped test gets a line
    `skipped: NAME: reason`, which `make test` repeats at its end."""

    def __init__(self):
        super().__init__()
        self.passed = self.failed = 0
        self.began = self.bad = None

    def startTest(self, test):
        super().startTest(test)
        self.began, self.bad = time.monotonic(), False

    def stopTest(self, test):
        if not self.bad:
            self.passed += 1
            print(f"    passed  {time.monotonic() - self.began:5.1f} s  {name_of(test)}", flush=True)
        super().stopTest(test)

    def addFailure(self, test, err):
        self._bad(test, err)

    def addError(self, test, err):
        self._bad(test, err)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.bad = True
        print(f"skipped: {name_of(test)}: {reason}", flush=True)

    def addSubTest(self, test, subtest, err):
        if err is not None:
            self._bad(subtest, err)

    def _bad(self, test, err):
        self.bad = True
        self.failed += 1
        print(f"    FAILED  {name_of(test)}\n{self._exc_info_to_string(err, self_or(test))}", flush=True)


def self_or(test):
    # unittest shortens tracebacks by the test's own class; an error in setUpClass has none.
    return getattr(test, "test_case", test)
