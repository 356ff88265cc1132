# SPDX-License-Identifier: Apache-2.0
"""What a write may fail by while replicas come and go: a kill -9 that it was in flight at, and an API server that is not
there. Nothing else. Used by test_rolling.py, which is the one that kills and stops; test_excuses.py holds both sides of
each limit.

A write is a line of cluster-load: {"began", "ended", "code", "text"} where the API server refused it, and {"began",
"ended", "away"} where there was none. Times are seconds since the epoch, as are those of the excuses.
"""
from dataclasses import dataclass

# From the last close(2) of a dead replica until nobody counts on it any more: the forwarder has woken up and passed on the
# ends of its connections, and the API server has read them and keeps none of them for later. That is a wake-up each, on a
# machine with all its cores in use. A write that begins within it may still be sent to the dead. (New connections need no
# time: the forwarder asks the kernel for all ends before it chooses.)
NOTICE_SECONDS = 0.02
# What the API server says of a call whose connection was lost, of Go's net, net/http and crypto/tls. Any other words, such
# as of a certificate, a deadline or a status, have another cause than the kill.
LOST = ("EOF", "connection reset by peer", "connection refused", "broken pipe", "server closed idle connection",
        "use of closed network connection", "transport connection broken")


@dataclass(frozen=True)
class Killed:
    """kill -9 was about to be sent to a replica, and the kernel had closed all that it had open."""

    sent: float
    dead: float

    def excuses(self, write):
        in_flight = write["began"] <= self.dead + NOTICE_SECONDS and write["ended"] >= self.sent
        return in_flight and any(words in write.get("text", "") for words in LOST)


@dataclass(frozen=True)
class Down:
    """The API server was about to be stopped, and it said that it was ready again. What it says of a webhook meanwhile, it
    says because it asked one, and that is to answer as ever."""

    stopped: float
    up: float

    def excuses(self, write):
        return write["began"] <= self.up and write["ended"] >= self.stopped and "webhook" not in write.get("text", "")


def unexcused(writes, excuses):
    return [write for write in writes if not any(excuse.excuses(write) for excuse in excuses)]


def told(write, excuses=()):
    """A line for a failure's text: when, what was said, and how far from the nearest excuse."""
    distances = [(begin - write["ended"] if write["ended"] < begin else max(0, write["began"] - end), excuse)
                 for excuse in excuses for begin, end in [tuple(vars(excuse).values())]]
    near = min(distances, key=lambda pair: pair[0], default=None)
    return (f"began {write['began']:.6f}, ended {write['ended']:.6f}: {write.get('code', '')} "
            f"{write.get('text') or write.get('away')}" + (f"\n    {near[0]:.6f} s from {near[1]}" if near else ""))
