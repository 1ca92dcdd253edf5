"""A durable, verified ack of a real delivery: beside a bare handler, and while a backlog is folded.

Rounds alternate between the two servers and medians are told, since others may share the machine; the ratio
of processor time per ack says what a quiet machine would.
"""

import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.company import HELD_AT, as_request, company, parcels, real_delivery, store_for
from bench.load import Load, Request, Told, closed
from bench.servers import Server, prepared, running
from linker.store import Store, deliveries

BAR, GOAL = 0.60, 0.70
RATE = 200
WARM, MOST_SECONDS = 0.5, 90.0
PATH = "/webhooks/github"
Say = Callable[[str], None]


class Round(NamedTuple):
    """One run against one server: what the load saw, and processor milliseconds of the server per answer."""

    told: Told
    cpu: float


def ack(say: Say, *, quick: bool) -> None:
    """Acks a second at one connection and at sixteen, ours beside bare, and what the generator can do."""
    rounds, seconds = (1, 0.3) if quick else (5, 3.0)
    size = len(real_delivery().body)
    say(f"  a pull request of {size:,} bytes; {rounds} rounds of {seconds:g} s each, in turns")
    with tempfile.TemporaryDirectory() as name:
        folders = {kind: Path(name) / kind for kind in ("empty", "bare", "ours")}
        store_for(prepared(folders["ours"])).close()
        with running(folders) as servers:
            most = closed(servers["empty"].port, _request("t"), 16, seconds)
            busy = f"{100 * most.cpu / most.seconds:.0f} % of a core"
            say(f"  the load generator against an empty handler: {most.rate:,.0f}/s, using {busy}")
            for wires in (1, 16):
                found: dict[str, list[Round]] = {"bare": [], "ours": []}
                for turn in range(rounds):
                    for kind, known in found.items():
                        request = _request(f"{kind}{wires}-{turn}")
                        known.append(_round(servers[kind], request, wires, seconds))
                _tell(say, wires, found)


def _round(server: Server, request: Request, wires: int, seconds: float) -> Round:
    before = server.cpu()
    told = closed(server.port, request, wires, seconds)
    if told.failed:
        raise RuntimeError(f"{told.failed} of {len(told.latencies)} requests to {server.kind} were refused")
    return Round(told, 1000 * (server.cpu() - before) / len(told.latencies))


def _tell(say: Say, wires: int, found: dict[str, list[Round]]) -> None:
    rates = {}
    for kind, rounds in found.items():
        rates[kind] = median(one.told.rate for one in rounds)
        p50, p99 = (median(one.told.percentile(share) for one in rounds) for share in (0.5, 0.99))
        cpu = median(one.cpu for one in rounds)
        speed = f"{rates[kind]:7,.0f}/s   p50 {p50:5.2f} ms   p99 {p99:6.2f} ms"
        say(f"  c={wires:<2} {kind}  {speed}   processor {cpu:.2f} ms an ack")
    by_cpu = median(one.cpu for one in found["bare"]) / median(one.cpu for one in found["ours"])
    pairs = zip(found["ours"], found["bare"], strict=True)
    each = [ours.told.rate / bare.told.rate for ours, bare in pairs]
    spread = f"rounds {min(each):.2f} to {max(each):.2f}, by processor time {by_cpu:.2f}"
    say(f"  c={wires:<2} ours over bare {median(each):.2f} ({spread}); at least {BAR:.2f}, goal {GOAL:.2f}")


def backlog(say: Say, *, quick: bool) -> None:
    """Slowest acks at 200 a second, alone and while the engine of the same service folds a backlog."""
    rounds, count, alone = (1, 300, 1.0) if quick else (3, 7000, 5.0)
    runs = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as name:
            runs.append(_run(Path(name), count, alone))
    say(f"  acks at {RATE}/s, open load, latency from when each was due; median of {rounds} rounds")
    for words, which in (("nothing to fold", 0), (f"{count:,} being folded", 1)):
        windows = [(run.told, *run[1 + which]) for run in runs]
        p50, p99, worst = (
            median(told.percentile(share, begin, end) for told, begin, end in windows)
            for share in (0.5, 0.99, 1.0)
        )
        took = median(end - begin for _, begin, end in windows)
        say(f"    {words:22} {took:5.1f} s   p50 {p50:6.1f} ms   p99 {p99:6.1f} ms   max {worst:6.0f} ms")
    say(f"    {sum(run.told.failed for run in runs)} refused")


class Run(NamedTuple):
    """One run of the service under load, and the moments between which it had nothing or much to fold."""

    told: Told
    alone: tuple[float, float]
    beside: tuple[float, float]


def _run(folder: Path, count: int, alone: float) -> Run:
    """The backlog lies there as done, is made new while the load runs, and the load ends with it."""
    store = store_for(prepared(folder))
    waiting = _pile_up(store, count)
    with running({"engine": folder}) as servers:
        load = Load(servers["engine"].port, _request("o"), MOST_SECONDS, rate=RATE)
        time.sleep(WARM + alone)  # the load runs in a process of its own
        with store.write() as connection:
            deliveries.again(connection, waiting)
        begun = time.monotonic()
        while not _folded(store, waiting[-1]) and time.monotonic() < begun + MOST_SECONDS:
            time.sleep(0.02)  # a look that costs the service little
        ended = time.monotonic()
        load.stop()
        told = load.told()
    store.close()
    alone_until = begun - told.started - WARM  # what was on its way when the backlog came is not alone
    return Run(told, (WARM, alone_until), (begun - told.started, ended - told.started))


def _pile_up(store: Store, count: int) -> list[int]:
    """A backlog: the quarter as often as it takes, with ids of its own each time; rows, oldest first."""
    whole = company().deliveries
    with store.write() as connection:
        for turn in range(2 + count // len(whole)):
            deliveries.keep(connection, parcels(whole, f"-{turn}"))
        waiting = sorted(deliveries.ids_in(connection, deliveries.NEW))
        known = [deliveries.Outcome(row, deliveries.DONE) for row in waiting[1:]]  # the first: the catalogue
        deliveries.settle(connection, known, HELD_AT)
    return waiting[1 : count + 1]


def _folded(store: Store, last: int) -> bool:
    with store.read() as connection:
        return bool(deliveries.state_of(connection, last)["state"] != deliveries.NEW)


def _request(prefix: str) -> Request:
    return as_request(real_delivery(), PATH, prefix)
