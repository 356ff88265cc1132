# SPDX-License-Identifier: Apache-2.0
"""A quick server of the v1 protocol for tests: it answers with the Pod's name and its own version, and counts. After SIGTERM it
does what uvicorn does, which most model servers run on: it accepts no more connections, answers what it has, and exits.

It can also fail, in the ways that a model server does.
"""
import argparse
import asyncio
import json
import os
import signal
import sys
import time

STOP_SECONDS = 10


class Server:
    def __init__(self, arguments):
        self.arguments, self.requests, self.busy, self.stopping = arguments, 0, 0, False
        self.began, self.connections = time.monotonic(), set()

    async def run(self):
        listener = await asyncio.start_server(self.serve, "0.0.0.0", self.arguments.http_port)
        stop = asyncio.Event()
        if self.arguments.fill:
            asyncio.get_running_loop().call_later(self.arguments.fill_after, fill, self.arguments.fill)
        if not self.arguments.deaf:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        try:
            await asyncio.wait_for(stop.wait(), self.arguments.exit_after)
        except TimeoutError:
            print(self.arguments.last_words, file=sys.stderr)
            return self.arguments.exit_code
        self.stopping = True
        listener.close()
        deadline = time.monotonic() + STOP_SECONDS
        while self.busy and time.monotonic() < deadline:
            await asyncio.sleep(0.01)
        for writer in list(self.connections):
            writer.close()
        return 0

    async def serve(self, reader, writer):
        self.connections.add(writer)
        try:
            stays = True
            while stays and not self.stopping:
                head = await reader.readuntil(b"\r\n\r\n")
                self.busy += 1
                try:
                    stays = await self.answer(head.decode("latin-1"), reader, writer)
                finally:
                    self.busy -= 1
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self.connections.discard(writer)
            writer.close()

    async def answer(self, head, reader, writer):
        """Whether the connection stays open."""
        first, *lines = head.split("\r\n")
        headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
        await reader.readexactly(int(headers.get("content-length", 0)))
        status, document = await self.document(*first.split()[:2])
        body = json.dumps(document).encode()
        stays = headers.get("connection", "").lower() != "close" and not self.stopping
        closing = "" if stays else "Connection: close\r\n"
        writer.write(f"HTTP/1.1 {status}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n{closing}\r\n"
                     .encode() + body)
        await writer.drain()
        return stays

    async def document(self, method, path):
        since = time.monotonic() - self.began
        if path == "/requests":
            return "200 OK", {"requests": self.requests}
        if method == "POST":
            self.requests += 1
            await asyncio.sleep(self.arguments.delay)
            return "200 OK", {"predictions": [self.requests], "version": self.arguments.version, "pod": os.uname().nodename}
        if path != "/ready":
            return "200 OK", {"alive": True}
        ready = self.arguments.ready_after <= since < self.arguments.ready_until
        return ("200 OK" if ready else "503 Service Unavailable"), {"ready": ready}


def fill(path):
    with open(path, "wb") as file:
        file.write(bytes(8 << 20))


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--http_port", type=int, default=8080)
    parser.add_argument("--version", default="1")
    parser.add_argument("--delay", type=float, default=0.005, help="seconds for a prediction")
    parser.add_argument("--ready-after", type=float, default=0, help="seconds until the readiness probe succeeds")
    parser.add_argument("--ready-until", type=float, default=float("inf"), help="seconds until it fails again")
    parser.add_argument("--deaf", action="store_true", help="ignore SIGTERM, as the first process of a container without handler does")
    parser.add_argument("--exit-after", type=float, help="seconds")
    parser.add_argument("--exit-code", type=int, default=1)
    parser.add_argument("--last-words", default="the model is broken")
    parser.add_argument("--take", type=int, default=0, help="MB of memory")
    parser.add_argument("--fill", help="a file to write 8 MB to")
    parser.add_argument("--fill-after", type=float, default=0, help="seconds until that")
    arguments, _ = parser.parse_known_args()
    taken = b"x" * (arguments.take << 20)
    code = asyncio.run(Server(arguments).run())
    del taken
    return code


if __name__ == "__main__":
    sys.exit(main())
