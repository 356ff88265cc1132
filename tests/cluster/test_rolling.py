# SPDX-License-Identifier: Apache-2.0
"""Starts, stops and kills replicas under load, and restarts the API server: no write fails because of that.

soak.py has a long version. excuses.py has the only allowed reasons for a failed write.
"""
import time

from excuses import Down, Killed, describe, unexcused
from installed import pod, with_unknown_runtime
from test_installed import FAST_ROTATION, InstalledTest, rotate


class Rolling(InstalledTest):
    rounds = 3
    rotating = False  # a new CA in each round
    # The rounds in which a replica is killed (of ten), and the API server restarted (of twenty-five).
    kill_in, restart_in = 1, 2
    rate = 0  # of the ordinary writes; 0: as many as possible

    def test_no_write_fails_while_replicas_start_and_stop(self):
        flags = FAST_ROTATION if self.rotating else []
        replicas = [self.world.start_replica(*flags) for _ in range(2)]
        self.world.wait_asked()
        leaving, excuses = [], []
        with (self.world.load(rate=self.rate, connections=6) as load,
              self.world.load(pod(), "pods", rate=100, connections=2) as pods,
              self.world.load(with_unknown_runtime(), rate=20, connections=2) as looked_up):
            loads = [load, pods, looked_up]
            for number in range(self.rounds):
                for index in range(2):
                    replicas[index] = replace(self.world, replicas[index], leaving, flags)
                if self.rotating:
                    rotate(self, *replicas)
                if number % 10 == self.kill_in:
                    excuses.append(kill(self.world, replicas, number % 2, flags))
                if number % 25 == self.restart_in:
                    excuses.append(self.world.restart_apiserver())
                    self.world.wait_asked()
                for one in loads:
                    self.assert_excused(one.failed_so_far(), excuses)
            time.sleep(1)
        for one in loads:
            results = one.results()
            print(f"            {results}\n                {tally(results, excuses)}")
            self.assertGreater(results.writes, 50)
            self.assert_excused(results.refused + results.away, excuses)
        for replica in leaving:
            self.assertEqual(replica.reap(), 0, replica.name)

    def assert_excused(self, failed, excuses):
        bad = unexcused(failed, excuses)
        if bad:
            self.plane.failed = True
            self.fail(f"{len(bad)} writes failed without an excuse, the first:\n" + "\n".join(describe(write, excuses) for write in bad[:5]))


class Failing(InstalledTest):
    """Tests that failures are found: the last replica is killed and not replaced."""

    def test_only_what_was_in_flight_is_excused(self):
        last = self.world.start_replica()
        self.world.wait_asked()
        with self.world.load(rate=200, connections=4) as load:
            time.sleep(0.5)
            excuse = last.kill()
            self.eventually("failed writes", lambda: len(load.failed_so_far()) > 20)
        results = load.results()
        bad = unexcused(results.refused, [excuse])
        print(f"            {results}\n                {tally(results, [excuse])}")
        self.assertGreater(len(bad), 10)
        self.assertEqual([describe(write, [excuse]) for write in bad if write["began"] <= excuse.dead], [])
        self.assertEqual([describe(write, [excuse]) for write in results.refused if write["ended"] < excuse.sent], [])


def replace(world, old, leaving, flags=()):
    """As in a rolling update: starts a new replica, then stops the old one."""
    new = world.start_replica(*flags)
    old.terminate()
    leaving.append(old)
    for replica in [replica for replica in leaving if replica.process.poll() is not None]:
        if replica.process.returncode == 0:
            leaving.remove(replica)
            replica.reap()
    return new


def kill(world, replicas, index, flags=()):
    """kill -9 for one of two replicas, and starts another."""
    excuse = replicas[index].kill()
    replicas[index] = world.start_replica(*flags)
    return excuse


def tally(results, excuses):
    """The number of failures, by excuse."""
    kills, downs = ([one for one in excuses if isinstance(one, kind)] for kind in (Killed, Down))
    failed = results.refused + results.away
    killed = [write for write in failed if not unexcused([write], kills)]
    down = [write for write in failed if write not in killed and not unexcused([write], downs)]
    late = max((write["began"] - one.dead for write in killed for one in kills if one.excuses(write)), default=None)
    dying = max((one.dead - one.sent for one in kills), default=0)
    return (f"{len(killed)} excused by {len(kills)} kills, which took {1000 * dying:.1f} ms at most"
            + (f" (the last one began {1000 * late:+.1f} ms after a kill)" if killed else "")
            + f", {len(down)} by {len(downs)} restarts of the API server, {sum(one.up - one.stopped for one in downs):.1f} s in all; "
            f"not excused: {len(failed) - len(killed) - len(down)}")
