"""The engine comes to the truth that the quarter was planned with, item by item."""

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from linker.config import Config, load_config, read_catalogue
from linker.store import Store, deliveries, meta, open_store
from linker.store.deliveries import Parcel
from linker.store.tables import items, kr_sets, standing
from linker.trackers import jira
from webhooks.engine import Engine, drain
from webhooks.inbox import Inbox
from webhooks.simulator import Quarter, quarter, site_jira

NAMES = {"GITHUB_WEBHOOK_SECRET": "g" * 20, "JIRA_WEBHOOK_SECRET": "j" * 20}


@pytest.mark.parametrize(("seed", "today"), [(7, date(2026, 11, 27)), (8, date(2026, 10, 23))])
def test_what_serves_what_is_as_planned(tmp_path: Path, seed: int, today: date) -> None:
    told = quarter(seed, today)
    config = _configured(tmp_path, told)
    store = open_store(config.store_url.get_secret_value())
    store.create()
    _fill(config, store, told)
    found = _standing(store)
    unsure = {*told.truth.needs_read, *told.truth.pending}
    wanted = {alias: (codes, told.truth.exempt.get(alias)) for alias, codes in told.truth.serves.items()}
    assert {alias: found.get(alias) for alias in wanted if alias not in unsure} == {
        alias: value for alias, value in wanted.items() if alias not in unsure
    }
    store.close()


def _configured(folder: Path, told: Quarter) -> Config:
    (folder / "app.yaml").write_text(
        told.app_yaml(store=f"sqlite:///{folder / 'store.sqlite'}"), encoding="utf-8"
    )
    (folder / "okrs.yaml").write_text(told.okrs_yaml, encoding="utf-8")
    return load_config(folder / "app.yaml", NAMES, service=True)


def _fill(config: Config, store: Store, told: Quarter) -> None:
    """Load each version of the catalogue on its day, keep all deliveries, and fold them."""
    for day, text in told.catalogues:
        config.okrs_path.write_text(text, encoding="utf-8")
        Inbox(store, lambda day=day: _millis(datetime(day.year, day.month, day.day, tzinfo=UTC))).load(  # type: ignore[misc]
            read_catalogue(config)
        )
    known = {
        "fields": jira.discover_fields(site_jira.fields_list()),
        "categories": dict(jira.discover_categories(site_jira.statuses())),
    }
    parcels = [
        Parcel(sent.source, sent.site, sent.id, sent.event, _millis(sent.at), sent.headers, sent.body)
        for sent in told.deliveries
    ]
    with store.write() as connection:
        meta.put(connection, "jira:northwind", json.dumps(known))
        deliveries.keep(connection, parcels)
    drain(Engine(config, store, clock=lambda: _millis(told.now)), done=lambda: _dead(store) > 0)
    with store.read() as connection:
        assert set(deliveries.counts(connection)) == {"done", "ignored"}


def _dead(store: Store) -> int:
    """Stop at the first delivery that cannot be folded, for the rest would only say it again."""
    with store.read() as connection:
        return deliveries.counts(connection).get("dead", 0)


def _standing(store: Store) -> dict[str, tuple[tuple[str, ...], str | None]]:
    joined = items.outerjoin(standing, standing.c.item == items.c.id).outerjoin(
        kr_sets, kr_sets.c.id == standing.c.kr_set
    )
    query = select(items.c.tracker, items.c.alias, kr_sets.c.members, standing.c.exemption).select_from(
        joined
    )
    with store.read() as connection:
        rows = connection.execute(query).all()
    return {
        f"{row.tracker}:{row.alias}": (tuple(sorted((row.members or "").split())), row.exemption)
        for row in rows
    }


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
