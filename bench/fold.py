"""Deliveries folded a second, with few and with many tickets held, and where the time goes.

Both stores fold the same fresh deliveries in turns. Rates are told by the clock and by processor time: the
clock tells what a machine that others use gave, processor time what the work costs.
"""

import contextlib
import cProfile
import os
import pstats
import sqlite3
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import NamedTuple

from bench.company import company, configured, held_pages, parcels, store_for, touching
from linker.config import Config
from linker.settle import settle
from linker.store import Store, deliveries, open_store, work
from linker.store.deliveries import Parcel
from webhooks.engine import Engine
from webhooks.sites import SitePolicy

GOAL, MOST_RATIO = 1000, 1.5
Say = Callable[[str], None]

#: The steps of a fold by the functions that do them: (file, function) -> words.
STEPS = {
    ("deliveries.py", "waiting"): "take waiting deliveries from the inbox",
    ("parsing.py", "parse"): "parse",
    ("batch.py", "need"): "load items",
    ("batch.py", "take"): "observe",
    ("batch.py", "write_facts"): "write facts",
    ("linking.py", "relink"): "read texts, run rules",
    ("linking.py", "take_graph"): "trace",
    ("ending.py", "write_rows"): "write items",
    ("ending.py", "write_links"): "write links and their log",
    ("ending.py", "write_standing"): "write standing, findings, dirty",
    ("resolve.py", "renamed"): "aliases",
    ("resolve.py", "arrived"): "who waits for what came",
    ("fold.py", "_want"): "ask for what is named",
    ("deliveries.py", "settle"): "mark done",
    ("base.py", "_commit_impl"): "commit",
}


class Speed(NamedTuple):
    """One round: seconds by the clock and of the processor, a delivery."""

    wall: float
    cpu: float


def fold(say: Say, *, quick: bool) -> None:
    """Build both stores, fold in turns, tell rates, their ratio, and the share of each step."""
    sizes = (200, 1000) if quick else (10_000, 100_000)
    rounds, count = (1, 100) if quick else (3, 2000)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        engines = _grown(say, folder, sizes)
        found: dict[int, list[Speed]] = {size: [] for size in sizes}
        for turn in range(rounds):
            fresh = _mixed(sizes[0], count, turn)
            for size, engine in engines.items():
                found[size].append(_timed(engine, fresh))
        _tell(say, found, rounds, count)
        _shares(say, engines[sizes[-1]], _mixed(sizes[0], count, rounds))
        _tell_settling(say, engines[sizes[-1]])


def _grown(say: Say, folder: Path, sizes: Sequence[int]) -> dict[int, Engine]:
    """The small store, and a copy of it that grew: pages of a first sync, folded as any other delivery."""
    engines: dict[int, Engine] = {}
    held = 0
    path = folder / "0"
    path.mkdir()
    store_for(configured(path, 8080)).close()
    for size in sizes:
        grown = folder / str(size)
        grown.mkdir()
        engine = _engine(_copied(path, grown))
        path = grown
        started = time.monotonic()
        _keep(engine.store, list(held_pages(held, size)))
        _drain(engine)
        took = time.monotonic() - started
        rate = (size - held) / took
        say(f"  first sync of {size - held:,}: {rate:,.0f} tickets/s, {_size(engine.store)} then")
        with engine.store.write() as connection:
            work.take_dirty(connection, time.time_ns() // 1_000_000, held + size)  # not what is measured
        engines[size], held = engine, size
    return engines


def _copied(old: Path, new: Path) -> Config:
    """The configuration of a copy of a store."""
    config = configured(new, 8080)
    copy = open_store(config.store_url.get_secret_value()).url.database or ""
    held = sqlite3.connect(old / Path(copy).name)
    with contextlib.closing(held), contextlib.closing(sqlite3.connect(copy)) as target:
        held.backup(target)
    return config


def _engine(config: Config) -> Engine:
    engine = Engine(config, open_store(config.store_url.get_secret_value()))
    engine.prepare()
    return engine


def _mixed(held: int, count: int, turn: int) -> list[Parcel]:
    """Half of them from the quarter, half about tickets that are held, together in order of time."""
    half = count // 2
    part = company().deliveries[turn * half : (turn + 1) * half]
    return [one for pair in zip(parcels(part), touching(held, part, turn + 1), strict=True) for one in pair]


def _keep(store: Store, fresh: Sequence[Parcel]) -> None:
    with store.write() as connection:
        deliveries.keep(connection, list(fresh))


def _drain(engine: Engine) -> int:
    done = 0
    while folded := engine.fold.run():
        done += folded
    return done


def _timed(engine: Engine, fresh: Sequence[Parcel]) -> Speed:
    _keep(engine.store, fresh)
    wall, cpu = time.monotonic(), time.process_time()
    done = _drain(engine)
    return Speed((time.monotonic() - wall) / done, (time.process_time() - cpu) / done)


def _tell(say: Say, found: dict[int, list[Speed]], rounds: int, count: int) -> None:
    say(f"  {count:,} mixed deliveries, median of {rounds} rounds")
    for size, speeds in found.items():
        wall, cpu = median(one.wall for one in speeds), median(one.cpu for one in speeds)
        rates = f"{1 / wall:6,.0f}/s by the clock   {1 / cpu:6,.0f}/s by processor time"
        say(f"  {size:7,} tickets held   {rates}   (goal {GOAL:,})")
    small, large = found.values()
    wall, cpu = (
        median(getattr(two, name) / getattr(one, name) for one, two in zip(small, large, strict=True))
        for name in Speed._fields
    )
    say(f"  large over small: {wall:.2f} by the clock, {cpu:.2f} by processor time; at most {MOST_RATIO}")


def _shares(say: Say, engine: Engine, fresh: Sequence[Parcel]) -> None:
    """Where the time goes, by a profiler: it slows small functions most, so take the shares as rough."""
    _keep(engine.store, fresh)
    profile = cProfile.Profile()
    profile.enable()
    _drain(engine)
    profile.disable()
    known = pstats.Stats(profile).stats  # type: ignore[attr-defined]  # not in the stubs
    shares = {
        words: sum(
            row[3] for (file, _, name), row in known.items() if (os.path.basename(file), name) == place
        )
        for place, words in STEPS.items()
    }
    (whole,) = (row[3] for (file, _, name), row in known.items() if name == "_drain" and "bench" in file)
    say("  share of the time by step")
    for words, seconds in sorted(shares.items(), key=lambda share: -share[1]):
        say(f"    {100 * seconds / whole:5.1f} %  {words}")
    say(f"    {100 * (1 - sum(shares.values()) / whole):5.1f} %  all else")


def _tell_settling(say: Say, engine: Engine) -> None:
    """What was folded is judged as well; it is not part of the rates above."""
    policy, done = SitePolicy(engine.config), 0
    started, cpu = time.monotonic(), time.process_time()
    now = time.time_ns() // 1_000_000
    while settled := settle(engine.store, engine.catalogue, policy, now, company().today):
        done += settled
    took = time.monotonic() - started
    say(
        f"  settled afterwards: {done:,} items, {done / took:,.0f}/s by the clock,"
        f" {done / (time.process_time() - cpu):,.0f}/s by processor time"
    )


def _size(store: Store) -> str:
    path = Path(store.url.database or "")
    return f"{sum(one.stat().st_size for one in path.parent.glob(path.name + '*')) / 1e6:,.0f} MB"
