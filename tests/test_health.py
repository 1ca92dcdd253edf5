"""Health tells the truth: alive whatever happens, ready only when the work is done, and why not."""

import json
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from linker.config import config_from
from linker.store import Store, deliveries, meta, open_store
from linker.store.deliveries import Parcel
from webhooks.app import create_app
from webhooks.engine import BEAT
from webhooks.inbox import wall_clock

SITE = {
    "name": "github.com",
    "tracker": "github",
    "url": "https://github.com",
    "webhook_secrets": ["GITHUB_WEBHOOK_SECRET"],
}


@pytest.fixture
def client(store: Store, tmp_path: Path) -> FlaskClient:
    return create_app(config_from({"sites": [SITE]}, {}, tmp_path), store).test_client()


def put(store: Store, key: str, value: object) -> None:
    with store.write() as connection:
        meta.put(connection, key, json.dumps(value))


def causes(client: FlaskClient) -> tuple[int, list[str]]:
    answer = client.get("/readyz")
    return answer.status_code, list((answer.json or {})["causes"])


def wait(store: Store, since: int) -> None:
    with store.write() as connection:
        deliveries.keep(connection, [Parcel("github", "github.com", "1", "ping", since, {}, b"{}")])


def test_it_is_ready_when_an_engine_beats_and_nothing_waits(store: Store, client: FlaskClient) -> None:
    put(store, BEAT, {"at": wall_clock()})
    assert causes(client) == (200, [])


def test_an_engine_that_fell_silent_is_told(store: Store, client: FlaskClient) -> None:
    put(store, BEAT, {"at": wall_clock() - 60_000})
    assert causes(client) == (503, ["No engine runs. Start `sightline serve` or `sightline worker`."])
    assert client.get("/healthz").status_code == 200


def test_what_waits_too_long_is_told_unless_it_is_being_folded(store: Store, client: FlaskClient) -> None:
    wait(store, wall_clock() - 180_000)
    put(store, BEAT, {"at": wall_clock(), "folded_at": wall_clock() - 90_000})
    assert causes(client) == (503, ["Deliveries have been waiting for over two minutes, and none is folded."])
    put(store, BEAT, {"at": wall_clock(), "folded_at": wall_clock()})
    assert causes(client) == (200, [])


@pytest.mark.parametrize(
    ("state", "status"),
    [("paused", 503), ("away", 503), ("waiting", 200)],  # a limit that is kept to is no fault
)
def test_a_site_that_holds_up_its_changes_is_told(
    store: Store, client: FlaskClient, state: str, status: int
) -> None:
    put(store, BEAT, {"at": wall_clock()})
    put(store, "site:github.com", {"state": state, "until": 1, "because": "401 Bad credentials"})
    found = causes(client)
    assert found[0] == status
    assert [cause for cause in found[1] if "401 Bad credentials" not in cause] == []


def test_a_site_that_was_taken_out_is_forgotten(store: Store, client: FlaskClient) -> None:
    put(store, BEAT, {"at": wall_clock()})
    put(store, "site:gone", {"state": "paused", "until": 1, "because": "401"})
    assert causes(client) == (200, [])


def test_a_store_that_does_not_answer_is_told(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = open_store(f"sqlite:///{path}")
    store.create()
    client = create_app(config_from({}, {}, tmp_path), store).test_client()
    store.close()
    path.unlink()
    path.mkdir()
    status, found = causes(client)
    assert (status, len(found)) == (503, 1)
    assert found[0].startswith("The store does not answer: ")
    assert client.get("/healthz").status_code == 200
    assert client.get("/metrics").status_code == 503


def test_figures_are_for_a_prometheus_server(store: Store, client: FlaskClient) -> None:
    wait(store, wall_clock())
    text = client.get("/metrics").text
    assert 'sightline_deliveries{state="waiting"} 1.0' in text
    assert 'sightline_backlog{kind="outbox"} 0.0' in text
