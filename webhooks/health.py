"""Health tells the truth: /healthz is alive, /readyz can do its work or says why not, /metrics counts."""

import json
from collections.abc import Iterator
from typing import Any

from flask import Blueprint, Response, current_app, jsonify
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from linker.store import Connection, StoreDown, deliveries, meta, sources, work
from webhooks.budget import held_up
from webhooks.engine import BEAT, SILENT_MS
from webhooks.inbox import wall_clock
from webhooks.parsing import UNKNOWN

health = Blueprint("health", __name__)
OLDEST_MS = 120_000
STUCK_MS = 60_000


@health.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify(status="alive")


@health.get("/readyz")
def ready() -> tuple[Response, int]:
    """Whether deliveries are kept, folded and answered on the trackers; 503 names each cause."""
    services = current_app.extensions["sightline"]
    try:
        with services.store.read() as connection:
            causes = list(_causes(connection, services))
            counts = deliveries.counts(connection)
    except StoreDown as error:
        return jsonify(status="not ready", causes=[str(error)]), 503
    answer = jsonify(
        status="not ready" if causes else "ready",
        causes=causes,
        deliveries=counts,
    )
    return answer, 503 if causes else 200


def _causes(connection: Connection, services: Any) -> Iterator[str]:
    now = wall_clock()
    beat = json.loads(meta.get(connection, BEAT) or "{}")
    if now - int(beat.get("at", 0)) > SILENT_MS:
        yield "No engine runs. Start `sightline serve` or `sightline worker`."
    oldest = deliveries.oldest_waiting(connection)
    if (
        oldest is not None
        and services.clock() - oldest > OLDEST_MS
        and now - int(beat.get("folded_at", 0)) > STUCK_MS
    ):
        yield "Deliveries have been waiting for over two minutes, and none is folded."
    configured = {site.name for site in services.config.sites}  # one that was taken out holds up nobody
    for site, held in sorted(held_up(connection).items()):
        if site not in configured:
            continue
        if held["state"] == "paused":
            yield f"{site} does not accept us, so what should be written there waits: {held['because']}"
        elif held["state"] == "away":
            yield f"{site} does not answer, so what should be written there waits: {held['because']}"


@health.get("/metrics")
def metrics() -> Response:
    """Counts for Prometheus; numbers only, no names of people or items."""
    services = current_app.extensions["sightline"]
    registry = CollectorRegistry()

    def show(name: str, text: str, label: str, numbers: dict[str, int]) -> None:
        gauge = Gauge(f"sightline_{name}", text, [label], registry=registry)
        for value, number in numbers.items():
            gauge.labels(value).set(number)

    with services.store.read() as connection:
        show("deliveries", "Deliveries by state", "state", deliveries.counts(connection))
        show("backlog", "Work that waits", "kind", work.backlog(connection))
        strangers = sources.ignored(connection, UNKNOWN)
        show("unknown_events", "Deliveries of events that are not read", "reason", strangers)
        paused = dict.fromkeys(held_up(connection), 1)
        show("sites_held_up", "Sites that do not answer as they should", "site", paused)
    show("refused_deliveries", "Deliveries without a valid signature", "source", services.refusals.counts)
    return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4; charset=utf-8")
