"""The simulated quarter, folded: every item serves what the company meant it to serve."""

from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import select

from linker.config import Config, load_config, read_catalogue
from linker.store import Store, deliveries
from linker.store.deliveries import Parcel
from linker.store.tables import items, kr_sets, standing
from webhooks.engine import Engine, drain
from webhooks.inbox import Inbox
from webhooks.simulator import Quarter, quarter
from webhooks.simulator.places_jira import EPIC_FIELD, KR_FIELD, POINTS_FIELD, SPRINT_FIELD

FIELDS = f"{{ points: {POINTS_FIELD}, sprint: {SPRINT_FIELD}, epic: {EPIC_FIELD}, kr: {KR_FIELD} }}"


@pytest.fixture(scope="module")
def whole() -> Quarter:
    return quarter()


@pytest.fixture
def config(whole: Quarter, tmp_path: Path) -> Config:
    text = whole.app_yaml().replace("    projects: [", f"    fields: {FIELDS}\n    projects: [")
    (tmp_path / "app.yaml").write_text(text, encoding="utf-8")
    (tmp_path / "okrs.yaml").write_text(whole.okrs_yaml, encoding="utf-8")
    return load_config(tmp_path / "app.yaml", {})


def load_catalogues(whole: Quarter, config: Config, store: Store) -> None:
    for day, text in whole.catalogues:
        config.okrs_path.write_text(text, encoding="utf-8")
        at = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
        Inbox(store, partial(int, at)).load(read_catalogue(config))


def fold_all(whole: Quarter, config: Config, store: Store) -> None:
    load_catalogues(whole, config, store)
    with store.write() as connection:
        deliveries.keep(connection, list(parcels(whole)))
    drain(Engine(config, store, partial(int, whole.now.timestamp() * 1000)))


def parcels(whole: Quarter) -> Iterator[Parcel]:
    for sent in whole.deliveries:
        headers = {name.lower(): value for name, value in sent.headers.items()}
        at = int(sent.at.timestamp() * 1000)
        yield Parcel(sent.source, sent.site, sent.id, sent.event, at, headers, sent.body)


def served(store: Store) -> dict[str, tuple[tuple[str, ...], str | None]]:
    joined = items.outerjoin(standing, standing.c.item == items.c.id)
    joined = joined.outerjoin(kr_sets, kr_sets.c.id == standing.c.kr_set)
    query = select(items.c.tracker, items.c.alias, kr_sets.c.members, standing.c.exemption).select_from(
        joined
    )
    with store.read() as connection:
        return {
            f"{tracker}:{alias}": (tuple((members or "").split()), exemption)
            for tracker, alias, members, exemption in connection.execute(
                query.where(items.c.level.is_not(None))
            )
        }


def test_every_item_serves_what_it_was_meant_to_serve(whole: Quarter, config: Config, store: Store) -> None:
    fold_all(whole, config, store)
    found, truth = served(store), whole.truth
    told = set(truth.serves) - set(truth.needs_read) - set(truth.pending)
    meant = {name: (truth.serves[name], truth.exempt.get(name)) for name in told}
    assert {name: found.get(name) for name in told} == meant
    assert len(told) > 850
    with store.read() as connection:
        counts = deliveries.counts(connection)
    assert counts.keys() == {"done", "ignored"}
