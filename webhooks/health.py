"""Health tells the truth: /healthz is alive, /readyz can do its work or says why not, /metrics counts."""

import json

from flask import Blueprint, Response, current_app, jsonify
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from linker.store import StoreDown, deliveries, meta, work
from webhooks.inbox import wall_clock

health = Blueprint("health", __name__)
SILENT_MS = 60_000
OLDEST_MS = 120_000


@health.get("/healthz")
def alive() -> Response:
    """The process answers."""
    return jsonify(status="alive")


@health.get("/readyz")
def ready() -> tuple[Response, int]:
    """Whether deliveries are kept and folded; 503 names each cause."""
    services = current_app.extensions["sightline"]
    try:
        with services.store.read() as connection:
            beat = json.loads(meta.get(connection, "engine_beat") or "{}")
            age = deliveries.oldest_waiting(connection)
    except StoreDown as error:
        return jsonify(status="not ready", causes=[str(error)]), 503
    causes = []
    if wall_clock() - int(beat.get("at", 0)) > SILENT_MS:
        causes.append("The engine has been silent for over a minute. Start `sightline serve` or a worker.")
    if age is not None and services.clock() - age > OLDEST_MS:
        causes.append("Deliveries have been waiting for over two minutes.")
    return jsonify(status="not ready" if causes else "ready", causes=causes), 503 if causes else 200


@health.get("/metrics")
def metrics() -> Response:
    """Counts for Prometheus; numbers only, no names of people or items."""
    services = current_app.extensions["sightline"]
    registry = CollectorRegistry()
    by_state = Gauge("sightline_deliveries", "Deliveries by state", ["state"], registry=registry)
    waits = Gauge("sightline_backlog", "Work that waits", ["kind"], registry=registry)
    with services.store.read() as connection:
        for state, count in deliveries.counts(connection).items():
            by_state.labels(state).set(count)
        for kind, count in work.backlog(connection).items():
            waits.labels(kind).set(count)
    return Response(generate_latest(registry), mimetype="text/plain; version=0.0.4; charset=utf-8")
