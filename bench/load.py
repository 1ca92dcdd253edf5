"""Sends requests from a process of its own and times the answers: c at once, or n a second.

One loop over non-blocking sockets, no HTTP library: the generator must not be what is measured. Latency is
counted from when a request was due, not from when it was sent, so a server that stalls cannot hide it.
"""

import pickle
import random
import selectors
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

HERE = Path(__file__).parents[1]
SHARP = 0.001  # seconds before a request is due in which the loop spins, since a selector rounds up
READ = 65536
MOST_OPEN = 64  # connections of the open load


class Told(NamedTuple):
    """What a run saw: answers, seconds from due to answered, and what the generator itself used."""

    started: float  # time.monotonic() of the first request, the same clock in every process
    seconds: float
    due: list[float]  # seconds after the start at which each request was due
    latencies: list[float]
    failed: int  # answers that were neither 200 nor 202
    cpu: float  # processor seconds of the generator

    @property
    def rate(self) -> float:
        """Answers a second."""
        return len(self.latencies) / self.seconds

    def percentile(self, share: float, begin: float = 0.0, end: float = float("inf")) -> float:
        """Milliseconds at a share (0.99) of the requests that were due between two moments."""
        chosen = sorted(
            latency for due, latency in zip(self.due, self.latencies, strict=True) if begin <= due < end
        )
        return 1000 * chosen[min(len(chosen) - 1, int(len(chosen) * share))] if chosen else float("nan")


class Request(NamedTuple):
    """A request of which only one header differs each time: the id of the delivery."""

    head: bytes  # up to that header's value
    tail: bytes  # from there to the end of the body
    prefix: str

    def make(self, number: int) -> bytes:
        """The bytes of one request."""
        return self.head + f"{self.prefix}{number:08}".encode() + self.tail


class _Wire:
    """One kept connection with at most one request on its way."""

    def __init__(self, port: int, selector: selectors.BaseSelector) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket.setblocking(False)
        self.selector = selector
        self.due = 0.0
        self.left = b""
        self.seen = b""
        selector.register(self.socket, selectors.EVENT_READ, self)

    def send(self, request: bytes, due: float) -> None:
        """Send as much as the socket takes; the loop sends the rest."""
        self.due, self.seen = due, b""
        sent = self.socket.send(request)
        self.left = request[sent:]
        if self.left:
            self.selector.modify(self.socket, selectors.EVENT_READ | selectors.EVENT_WRITE, self)

    def more(self) -> None:
        """Send what was left."""
        self.left = self.left[self.socket.send(self.left) :]
        if not self.left:
            self.selector.modify(self.socket, selectors.EVENT_READ, self)

    def answered(self) -> int | None:
        """The status once the whole answer is here."""
        if self.left:
            raise ConnectionError("the server answered before it had the whole request")
        got = self.socket.recv(READ)
        if not got:
            raise ConnectionError("the server closed the connection")
        self.seen += got
        head, end, body = self.seen.partition(b"\r\n\r\n")
        if not end:
            return None
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        return int(head[9:12]) if len(body) >= length else None


class Load:
    """A run in a process of its own, started afresh so that it shares nothing with who asks."""

    def __init__(
        self, port: int, request: Request, seconds: float, *, wires: int = 0, rate: float = 0
    ) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.load"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, cwd=HERE
        )
        assert self._process.stdin is not None
        pickle.dump((port, request, seconds, wires, rate), self._process.stdin)
        self._process.stdin.flush()

    def stop(self) -> None:
        """Let an open run end now: it sends no more and waits for what is on its way."""
        assert self._process.stdin is not None
        self._process.stdin.close()

    def told(self) -> Told:
        """What it saw, once it has ended."""
        assert self._process.stdout is not None
        found: Told = pickle.load(self._process.stdout)
        if not (self._process.stdin is None or self._process.stdin.closed):
            self._process.stdin.close()
        self._process.wait()
        return found


def closed(port: int, request: Request, wires: int, seconds: float) -> Told:
    """Always `wires` requests open, for so many seconds."""
    return Load(port, request, seconds, wires=wires).told()


def main() -> None:
    """Read what to do from standard input, do it, and write what was seen to standard output."""
    port, request, seconds, wires, rate = pickle.load(sys.stdin.buffer)
    # As a module run by its name this file's classes are not those that the reader of the answer knows.
    from bench.load import Told as Known

    seen = _closed(port, request, wires, seconds) if wires else _opened(port, request, rate, seconds)
    pickle.dump(Known(*seen), sys.stdout.buffer)
    sys.stdout.flush()


def _closed(port: int, request: Request, wires: int, seconds: float) -> Told:
    selector = selectors.DefaultSelector()
    numbers = iter(range(10**8))
    started, cpu = time.monotonic(), time.process_time()
    for _ in range(wires):
        _Wire(port, selector).send(request.make(next(numbers)), time.monotonic())
    due, latencies, failed = [], [], 0
    while (now := time.monotonic()) - started < seconds:
        for wire, status in _answers(selector, 0.1):
            assert wire is not None
            now = time.monotonic()
            due.append(wire.due - started)
            latencies.append(now - wire.due)
            failed += status not in (200, 202)
            wire.send(request.make(next(numbers)), now)
    return Told(started, now - started, due, latencies, failed, time.process_time() - cpu)


def _opened(port: int, request: Request, rate: float, seconds: float) -> Told:
    selector = selectors.DefaultSelector()
    pick = random.Random(7)
    selector.register(sys.stdin, selectors.EVENT_READ)
    idle = deque(_Wire(port, selector) for _ in range(MOST_OPEN))
    started, cpu = time.monotonic(), time.process_time()
    due, latencies, failed, number, nth = [], [], 0, 0, pick.expovariate(rate)
    while (now := time.monotonic() - started) < seconds or len(idle) < MOST_OPEN:
        while idle and nth <= now and nth < seconds:
            idle.popleft().send(request.make(number), started + nth)
            number, nth = number + 1, nth + pick.expovariate(rate)
        for wire, status in _answers(selector, max(0.0, min(0.05, nth - now - SHARP))):
            if wire is None:  # nobody listens any more
                seconds = min(seconds, now)
                continue
            due.append(wire.due - started)
            latencies.append(time.monotonic() - wire.due)
            failed += status not in (200, 202)
            idle.append(wire)
    return Told(started, now, due, latencies, failed, time.process_time() - cpu)


def _answers(selector: selectors.BaseSelector, wait: float) -> Iterator[tuple[_Wire | None, int]]:
    for key, ready in selector.select(wait):
        wire: _Wire | None = key.data
        if wire is None:
            selector.unregister(key.fileobj)
            yield None, 0
            continue
        if ready & selectors.EVENT_WRITE:
            wire.more()
        if ready & selectors.EVENT_READ and (status := wire.answered()) is not None:
            yield wire, status


if __name__ == "__main__":
    main()
