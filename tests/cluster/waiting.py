# SPDX-License-Identifier: Apache-2.0
"""Waiting for what a cluster does, with a deadline."""
import time
import unittest

PAUSE_SECONDS = 0.05


class WaitingTest(unittest.TestCase):
    # Of a wait that names no seconds.
    wait_seconds = 30

    def eventually(self, what, check, seconds=None, failure=lambda: ""):
        """The first result of check() that is true. After so many seconds it fails with `what` and the text of failure()."""
        seconds = seconds or self.wait_seconds
        deadline = time.monotonic() + seconds
        while True:
            found = check()
            if found:
                return found
            if time.monotonic() > deadline:
                self.fail(f"not within {seconds} s: {what}\n{failure()}".rstrip())
            time.sleep(PAUSE_SECONDS)
