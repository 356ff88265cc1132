# SPDX-License-Identifier: Apache-2.0
"""Tests excuses.py, both sides of each limit, without a cluster: failures that are not excused must be found."""
import unittest

from excuses import LOST, NOTICE_SECONDS, Down, Killed, describe, unexcused

KILL, DOWN = Killed(sent=100.0, dead=100.5), Down(stopped=200.0, up=205.0)
LATE = KILL.dead + NOTICE_SECONDS
STEP = 0.001
NOT_YET = "the request has been made before all known HTTP paths have been installed, please try again"
RESET = 'failed calling webhook "a": Post "https://127.0.0.1:1/b": read tcp: connection reset by peer'


def refused(began, ended, text=RESET):
    return {"began": began, "ended": ended, "code": 500, "text": text}


def away(began, ended):
    return {"began": began, "ended": ended, "away": "Connection refused"}


class Excuses(unittest.TestCase):
    CASES = {
        "over before the kill": (refused(99, KILL.sent - STEP), False),
        "over as it is sent": (refused(99, KILL.sent), True),
        "in flight all the time": (refused(99, 101), True),
        "in flight, and long after": (refused(99.9, 104), True),
        "began while it died": (refused(100.2, 100.3), True),
        "began before it was noticed": (refused(LATE, 101), True),
        "began after it was noticed": (refused(LATE + STEP, 101), False),
        "between kill and restart": (refused(150, 151), False),
        "in flight at the kill, refused for its certificate": (refused(99, 101, "x509: certificate has expired"), False),
        "in flight at the kill, and timed out": (refused(99, 101, "context deadline exceeded"), False),
        "in flight at the kill, no API server": (away(99, 101), False),
        "refused before the API server stops": (refused(199, DOWN.stopped - STEP, NOT_YET), False),
        "refused as the API server stops": (refused(199, DOWN.stopped, NOT_YET), True),
        "rejected by an API server that starts": (refused(DOWN.up, 206, NOT_YET), True),
        "rejected by one that has started": (refused(DOWN.up + STEP, 206, NOT_YET), False),
        "rejected for a webhook by one that starts": (refused(201, 202), False),
        "denied by a webhook, by one that starts": (refused(201, 202, 'admission webhook "a" denied the request'), False),
        "away before it stops": (away(199, DOWN.stopped - STEP), False),
        "away while it is down": (away(201, 202), True),
        "away after it was up": (away(DOWN.up + STEP, 206), False),
    }

    def test_limits(self):
        for name, (write, excused) in self.CASES.items():
            with self.subTest(name):
                self.assertEqual(unexcused([write], [KILL, DOWN]), [] if excused else [write])
                self.assertEqual(unexcused([write], []), [write], "without an excuse nothing is excused")

    def test_errors_of_a_lost_connection(self):
        for words in LOST:
            with self.subTest(words):
                self.assertEqual(unexcused([refused(99, 101, f"failed calling webhook: {words}")], [KILL]), [])

    def test_notice_is_less_than_a_restart_takes(self):
        # Otherwise the constant would excuse failures of a rolling update.
        self.assertLessEqual(NOTICE_SECONDS, 0.05)

    def test_failure_message_has_times_error_and_the_nearest_excuse(self):
        text = describe(refused(110, 111), [KILL, DOWN])
        for part in ("110.000000", "111.000000", RESET, "9.500000 s from Killed"):
            self.assertIn(part, text)
