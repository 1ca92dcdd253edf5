"""The simulated quarter folded into a store, as a service that ran all the time would hold it."""

import json
from datetime import UTC, datetime
from pathlib import Path

from linker.config import Config, load_config, read_catalogue
from linker.model import Millis
from linker.store import Store, deliveries, meta
from linker.store.deliveries import Parcel
from linker.trackers import FieldMap
from webhooks.engine import Engine, drain
from webhooks.inbox import Inbox
from webhooks.simulator import Quarter
from webhooks.simulator.places_jira import EPIC_FIELD, KR_FIELD, POINTS_FIELD, SPRINT_FIELD
from webhooks.simulator.readings import fact

SECRETS = ("GITHUB_WEBHOOK_SECRET", "JIRA_WEBHOOK_SECRET")


def folded(store: Store, folder: Path, whole: Quarter) -> Config:
    """Fold all of it, without credentials: what it wants to write is only shown."""
    text = whole.app_yaml("http://127.0.0.1:1", "http://127.0.0.1:2", url="http://127.0.0.1:3")
    (folder / "app.yaml").write_text(text, encoding="utf-8")
    (folder / "okrs.yaml").write_text(whole.okrs_yaml, encoding="utf-8")
    config = load_config(folder / "app.yaml", dict.fromkeys(SECRETS, "x" * 32), service=True)
    _keep(store, config, whole)
    drain(Engine(config, store, lambda: now_of(whole)))
    return config


def now_of(whole: Quarter) -> Millis:
    """The last moment that the quarter tells of."""
    return _millis(whole.now)


def _keep(store: Store, config: Config, whole: Quarter) -> None:
    parcels = []
    for day, text in whole.catalogues:
        config.okrs_path.write_text(text, encoding="utf-8")
        at = _millis(datetime(day.year, day.month, day.day, tzinfo=UTC))
        body = read_catalogue(config).dump().encode()
        parcels.append(Parcel("catalogue", "", f"catalogue-{day}", "load", at, {}, body))
    for one in whole.deliveries:
        headers = {name.lower(): value for name, value in one.headers.items()}
        parcels.append(Parcel(one.source, one.site, one.id, one.event, _millis(one.at), headers, one.body))
    fields = FieldMap((POINTS_FIELD,), (SPRINT_FIELD,), (EPIC_FIELD,), (KR_FIELD,))
    with store.write() as connection:
        deliveries.keep(connection, parcels)
        meta.put(connection, "jira:northwind", json.dumps({"fields": fields, "categories": {}}))
    for told in whole.readings:
        Inbox(store, lambda: _millis(whole.now)).check_in(fact(told))
    config.okrs_path.write_text(whole.okrs_yaml, encoding="utf-8")


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
