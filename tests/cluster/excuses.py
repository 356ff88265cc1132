# SPDX-License-Identifier: Apache-2.0
"""Allowed reasons for a failed write while replicas start and stop: it was in flight during a kill -9, or the API server was
down. Used by test_rolling.py, which kills and stops them. test_excuses.py tests both sides of each limit.

A write is a line of cluster-load: {"began", "ended", "code", "text"} if the API server rejected it, and {"began", "ended",
"away"} without an API server. Times are seconds since the epoch, as are those of the excuses.
"""
from dataclasses import dataclass

# From the last close(2) of a killed replica until nothing uses it: the forwarder has closed the other sides of its
# connections, and the API server has removed them from its pool. That takes each of them one wake-up, on a machine with all
# cores in use. A write that begins within this time may still be sent to the killed replica. (New connections need no time:
# the forwarder checks for closed sockets before it chooses a replica.) This limit is a requirement, measured from the times
# of the events themselves; it must stay shorter than a restart (test_excuses.py).
NOTICE_SECONDS = 0.02
# The API server's errors for a lost connection, from Go's net, net/http and crypto/tls. Other errors, such as of a
# certificate, a deadline or a status, have another cause than the kill.
LOST = ("EOF", "connection reset by peer", "connection refused", "broken pipe", "server closed idle connection",
        "use of closed network connection", "transport connection broken")


@dataclass(frozen=True)
class Killed:
    """A kill -9: `sent` is before the signal, `dead` after the kernel has closed all sockets of the replica."""

    sent: float
    dead: float

    def excuses(self, write):
        in_flight = write["began"] <= self.dead + NOTICE_SECONDS and write["ended"] >= self.sent
        return in_flight and any(words in write.get("text", "") for words in LOST)


@dataclass(frozen=True)
class Down:
    """A restart of the API server: `stopped` is before it, `up` when the server was ready again. An error about a webhook is
    not excused: the API server was running, and the webhook must answer."""

    stopped: float
    up: float

    def excuses(self, write):
        return write["began"] <= self.up and write["ended"] >= self.stopped and "webhook" not in write.get("text", "")


def unexcused(writes, excuses):
    return [write for write in writes if not any(excuse.excuses(write) for excuse in excuses)]


def describe(write, excuses=()):
    """A line for a failure message: times, error, and the distance from the nearest excuse."""
    distances = [(begin - write["ended"] if write["ended"] < begin else max(0, write["began"] - end), excuse)
                 for excuse in excuses for begin, end in [tuple(vars(excuse).values())]]
    near = min(distances, key=lambda pair: pair[0], default=None)
    return (f"began {write['began']:.6f}, ended {write['ended']:.6f}: {write.get('code', '')} "
            f"{write.get('text') or write.get('away')}" + (f"\n    {near[0]:.6f} s from {near[1]}" if near else ""))
