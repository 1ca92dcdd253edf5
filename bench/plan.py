"""The planning page: how long the numbers take, the page, and a look that finds nothing new."""

import statistics
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from flask.testing import FlaskClient

from bench.company import HELD_AT, PAGE, config_in, configured, held_pages, store_for
from linker.model import Facets, Facts, ItemId, Observation, SprintDates
from linker.store import Store, deliveries, sprints
from linker.store.deliveries import Parcel
from webhooks.app import create_app
from webhooks.engine import Engine, drain

FIRST = 1_000_000
SPRINT = ItemId("jira", "northwind", "sprint:77")
ROUNDS = 9


def plan(say: Callable[[str], None], *, quick: bool) -> None:
    """A sprint of 60 and one of 500 tickets, in a store that holds 5,000 (100 when quick)."""
    small, large = (20, 60) if quick else (60, 500)
    held = 100 if quick else 5_000
    first = _measured(small, held)
    second = _measured(large, held)
    for count, (whole, same) in ((small, first), (large, second)):
        say(f"  {count:4} tickets   page {whole * 1000:6.0f} ms   nothing new {same * 1000:6.1f} ms")
    say(f"  large over small {second[0] / first[0]:.2f} for {large / small:.1f} times the tickets")
    say(f"  nothing new over page {second[1] / second[0]:.3f}")


def _measured(count: int, held: int) -> tuple[float, float]:
    with tempfile.TemporaryDirectory(prefix="sightline-bench-") as folder:
        configured(Path(folder), 8080)
        config = config_in(Path(folder))
        store = store_for(config)
        with store.write() as connection:
            deliveries.keep(connection, [*held_pages(0, held), *_members(count, held)])
        drain(Engine(config, store, lambda: HELD_AT))
        app = create_app(config, store, lambda: HELD_AT)
        app.config["WTF_CSRF_ENABLED"] = False
        with app.test_client() as client:
            client.post("/signin", data={"token": app.extensions["sightline"].lockbox.make()})
            found = _timed(client, store)
        store.close()
    return found


def _timed(client: FlaskClient, store: Store) -> tuple[float, float]:
    with store.read() as connection:
        row = sprints.sprints(connection)[0].row
    address = f"/sprints/{row}/plan"
    tag = client.get(address).headers["ETag"]
    whole, same = [], []
    for _ in range(ROUNDS):
        whole.append(_took(lambda: client.get(address).status_code == 200))
        same.append(_took(lambda: client.get(address, headers={"If-None-Match": tag}).status_code == 304))
    return statistics.median(whole), statistics.median(same)


def _took(call: Callable[[], bool]) -> float:
    started = time.perf_counter()
    if not call():
        raise RuntimeError("the page did not answer as it should")
    return time.perf_counter() - started


def _members(count: int, held: int) -> Iterator[Parcel]:
    """The sprint, and the tickets that are in it: some of each epic, as a first sync reads them."""
    dates = SprintDates(state="active", start=HELD_AT, end=HELD_AT + 14 * 86_400_000)
    told = [Observation(item=SPRINT, at=HELD_AT, facets=Facets(title="Sprint 77", dates=dates))]
    step = max(held // count, 1)
    for number in range(1, held, step):
        own = ItemId("jira", "northwind", str(FIRST + number))
        told.append(Observation(item=own, at=HELD_AT + 1, facets=Facets(sprints=(str(SPRINT),), points=3)))
    for start in range(0, len(told), PAGE):
        said = Facts(observations=tuple(told[start : start + PAGE]))
        body = said.model_dump_json(exclude_unset=True).encode()
        yield Parcel("read", "northwind", f"sprint-{start}", "search", HELD_AT, {}, body)
