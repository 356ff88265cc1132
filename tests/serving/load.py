# SPDX-License-Identifier: Apache-2.0
"""Continuous requests to one service, and what became of each of them.

    with load.Load(cluster, "http://iris-models.example.com/v1/models/iris:predict", rate=80) as requests:
        with requests.step("a canary gets 10 %"):
            ...
        print(requests.table())

The generator is a process of its own (`main`). It is open loop: a request is due every 1/rate seconds, whether or not earlier
ones were answered, and has a connection of its own. At most MAX_OPEN are open; one that is due then is a failure too, so that
a server which hangs does not hide behind its own slowness. Every request leaves a line with its times and its outcome.
"""
import argparse
import asyncio
import collections
import contextlib
import json
import signal
import sys
import time
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

HERE = Path(__file__).resolve().parent
MAX_OPEN = 200
# Longer than a queue of MAX_OPEN requests takes on a busy machine, shorter than the timeout of a route.
ANSWER_SECONDS = 20
# How late an answer can be in the file.
FLUSH_SECONDS = 0.1
END_SECONDS = ANSWER_SECONDS + 10
BODY = b'{"instances": [[1, 2, 3, 4]]}'


# ---- the generator


class Generator:
    def __init__(self, url, rate, out):
        parts = urllib.parse.urlsplit(url)
        self.host, self.port, self.out, self.every = parts.hostname, parts.port or 80, out, 1 / rate
        self.head = (f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\nContent-Type: application/json\r\n"
                     f"Content-Length: {len(BODY)}\r\nConnection: close\r\n\r\n").encode()
        self.open, self.tasks, self.stopped = 0, set(), asyncio.Event()

    async def run(self):
        for number in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(number, self.stopped.set)
        # Once: a resolver that fails is not what is measured.
        found = await asyncio.get_running_loop().getaddrinfo(self.host, self.port, type=1)
        self.address = found[0][4][0]
        flusher = asyncio.create_task(self.flush())
        due = time.monotonic()
        while not self.stopped.is_set():
            if self.open < MAX_OPEN:
                task = asyncio.create_task(self.request())
                self.tasks.add(task)
                task.add_done_callback(self.tasks.discard)
            else:
                self.write(time.time(), {"failed": f"{MAX_OPEN} requests are open, this one was not sent"})
            due += self.every
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.stopped.wait(), max(0, due - time.monotonic()))
        await asyncio.gather(*self.tasks)
        flusher.cancel()
        self.out.flush()

    async def flush(self):
        while True:
            await asyncio.sleep(FLUSH_SECONDS)
            self.out.flush()

    async def request(self):
        began = time.time()
        self.open += 1
        try:
            outcome = await asyncio.wait_for(self.ask(), ANSWER_SECONDS)
        except TimeoutError:
            outcome = {"failed": f"no answer in {ANSWER_SECONDS} s"}
        except (OSError, ValueError, asyncio.IncompleteReadError) as error:
            outcome = {"failed": f"{type(error).__name__}: {error}"}
        finally:
            self.open -= 1
        self.write(began, outcome)

    async def ask(self):
        reader, writer = await asyncio.open_connection(self.address, self.port)
        try:
            writer.write(self.head)
            writer.write(BODY)
            answer = await reader.read()
        finally:
            writer.close()
        head, _, body = answer.partition(b"\r\n\r\n")
        status = int(head.split(b" ", 2)[1]) if head.startswith(b"HTTP/1.1 ") else 0
        if status != 200:
            return {"failed": f"{status}: {body.decode(errors='replace').strip()[:300]}"}
        document = json.loads(body if b"chunked" not in head.lower() else unchunked(body))
        return {"version": document["version"], "pod": document["pod"]}

    def write(self, began, outcome):
        self.out.write(json.dumps({"began": began, "ended": time.time(), **outcome}) + "\n")


def unchunked(body):
    parts = b""
    while body:
        size, _, body = body.partition(b"\r\n")
        parts, body = parts + body[:int(size, 16)], body[int(size, 16) + 2:]
    return parts


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--url", required=True)
    parser.add_argument("--rate", type=float, required=True)
    parser.add_argument("--out", required=True)
    arguments = parser.parse_args()
    with open(arguments.out, "w", encoding="utf-8") as out:
        asyncio.run(Generator(arguments.url, arguments.rate, out).run())


# ---- for the tests


@dataclass
class Step:
    name: str
    began: float
    ended: float = 0.0


class Load:
    numbers = 0

    def __init__(self, cluster, url, rate):
        Load.numbers += 1
        self.node = cluster.node
        self.out = self.node.directory / f"load-{Load.numbers}.jsonl"
        self.command = [sys.executable, HERE / "load.py", "--url", url, "--rate", rate, "--out", self.out]
        self.steps, self.read, self.outcomes = [], 0, []

    def __enter__(self):
        self.began = time.time()
        self.process = self.node.processes.start(f"load-{Load.numbers}", self.command)
        self.node.processes.wait_for("the first answer to the load", 30, lambda: any("pod" in one for one in self.all()))
        return self

    def __exit__(self, *_):
        self.node.processes.let_end(self.process)
        self.process.terminate()
        self.process.wait(END_SECONDS)
        self.node.processes.stop(self.process)

    @contextlib.contextmanager
    def step(self, name):
        step = Step(name, time.time())
        try:
            yield step
        finally:
            step.ended = time.time()
            self.steps.append(step)

    def all(self, step=None):
        """The outcomes so far, of requests that began in the step."""
        if self.out.exists():
            with open(self.out, "rb") as out:
                out.seek(self.read)
                new = out.read()
            new = new[:new.rfind(b"\n") + 1]
            self.read += len(new)
            self.outcomes += [json.loads(line) for line in new.splitlines()]
        return [one for one in self.outcomes if not step or step.began <= one["began"] < step.ended]

    def wait_for_answers(self, count, since=None, seconds=120):
        """Waits until `count` requests that began after `since` (now) were answered. Returns when that is."""
        since = since or time.time()
        self.node.processes.wait_for(f"{count} answers", seconds, lambda: sum(
            one["began"] > since and "pod" in one for one in self.all()) >= count)
        return time.time()

    def table(self):
        """A line for each step: requests sent and failed."""
        return "\n".join(self.line(step) for step in self.steps)

    def line(self, step):
        found = self.all(step)
        return (f"            {step.name:52s} {step.ended - step.began:6.1f} s {len(found):6d} sent "
                f"{sum('failed' in one for one in found):4d} failed")

    def failures(self):
        return [one for one in self.all() if "failed" in one]

    def describe(self, failed):
        """For the message of a test: when and why, in terms of the steps."""
        lines = [f"{count} times: {reason}" for reason, count in
                 collections.Counter(one["failed"] for one in failed).most_common()]
        for one in failed[:30]:
            at = [f"{step.name} + {one['began'] - step.began:.3f} s" for step in self.steps
                  if step.began <= one["began"] and (not step.ended or one["began"] < step.ended)]
            lines.append(f"{one['began']:.3f} ({', '.join(at) or 'between steps'}), {one['ended'] - one['began']:.3f} s: "
                         f"{one['failed']}")
        return "\n".join(lines)


if __name__ == "__main__":
    main()
