"""What comes in: nothing without a signature, everything with one, and each of it once."""

import io
import resource
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import FrameType
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import given
from hypothesis import strategies as st
from running import SECRETS, heads, signed, ticket
from werkzeug.test import TestResponse

from linker.config import Config, config_from
from linker.store import Store
from linker.store import deliveries as rows
from webhooks.app import create_app
from webhooks.engine import Engine, drain
from webhooks.receivers import MOST_BYTES

NOW = 1_794_000_000_000
GITHUB = {
    "name": "github.com",
    "tracker": "github",
    "url": "https://github.com",
    "webhook_secrets": ["GITHUB_WEBHOOK_SECRET"],
}
JIRA = {"name": "northwind", "tracker": "jira", "url": "https://northwind.example.com", "projects": ["PAY"]}
SOUTH = {"name": "south", "tracker": "jira", "url": "https://south.example.com", "webhook_secrets": ["SOUTH"]}
SITES = [
    GITHUB,
    JIRA | {"webhook_secrets": ["JIRA_WEBHOOK_SECRET"]},
    SOUTH | {"header_token": "SOUTH_TOKEN"},
]
ENVIRON = SECRETS | {"SOUTH": "south-secret", "SOUTH_TOKEN": "south-token"}
PING = b'{"zen": "Keep it logically awesome."}'


@pytest.fixture
def config(tmp_path: Path) -> Config:
    return config_from({"sites": SITES}, ENVIRON, tmp_path)


@pytest.fixture
def app(config: Config, store: Store) -> Flask:
    return create_app(config, store, clock=lambda: NOW)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def send(
    client: FlaskClient, body: bytes, source: str = "github", event: str = "ping", own: str = "1", **more: Any
) -> TestResponse:
    headers = heads(source, event, own) | signed(source, body, more.pop("key", None)) | more
    return client.post(f"/webhooks/{source}", data=body, headers=headers)


def kept(store: Store) -> list[dict[str, Any]]:
    with store.read() as connection:
        return rows.newest(connection, None, 1000)


def fold(config: Config, store: Store) -> dict[str, tuple[str, str | None]]:
    """Fold what waits: delivery id -> what became of it and why."""
    drain(Engine(config, store, clock=lambda: NOW))
    return {row["guid"]: (row["state_name"], row["reason"]) for row in kept(store)}


# --- who may send


@pytest.mark.parametrize("source", ["github", "jira"])
@pytest.mark.parametrize(
    "header",
    [
        None, "", "sha256=", "sha1=" + "0" * 40, "none=", "sha256=" + "0" * 64, "sha256=" + "0" * 63,
        "SHA256=" + "0" * 64, "sha256=" + "x" * 64, "sha256=" + "é" * 64, "0" * 64,
    ],
)  # fmt: skip
def test_what_is_not_signed_is_refused(
    client: FlaskClient, store: Store, source: str, header: str | None
) -> None:
    name = "X-Hub-Signature-256" if source == "github" else "X-Hub-Signature"
    headers = heads(source, "ping", "1") | ({name: header} if header is not None else {})
    answer = client.post(f"/webhooks/{source}", data=PING, headers=headers)
    assert (answer.status_code, kept(store)) == (401, [])


@given(flip=st.integers(0, 63), at=st.integers(0, len(PING) - 1))
def test_one_changed_letter_of_body_or_signature_is_a_forgery(
    anywhere: FlaskClient, flip: int, at: int
) -> None:
    given_ = signed("github", PING)["X-Hub-Signature-256"]
    digit = given_[7 + flip]
    forged = given_[: 7 + flip] + ("1" if digit != "1" else "2") + given_[8 + flip :]
    changed = PING[:at] + bytes([PING[at] ^ 1]) + PING[at + 1 :]
    for body, header in ((PING, forged), (changed, given_)):
        answer = anywhere.post("/webhooks/github", data=body, headers={"X-Hub-Signature-256": header})
        assert answer.status_code == 401


@pytest.fixture(scope="module")
def anywhere(empty_sqlite: Callable[[int], str], tmp_path_factory: pytest.TempPathFactory) -> FlaskClient:
    config = config_from({"store": empty_sqlite(0), "sites": SITES}, ENVIRON, tmp_path_factory.mktemp("any"))
    return create_app(config).test_client()


def test_the_secret_of_another_source_opens_nothing(client: FlaskClient) -> None:
    assert send(client, PING, "github", key=SECRETS["JIRA_WEBHOOK_SECRET"]).status_code == 401
    assert send(client, PING, "jira", key=SECRETS["GITHUB_WEBHOOK_SECRET"]).status_code == 401


def test_sha1_of_github_is_never_looked_at(client: FlaskClient) -> None:
    answer = client.post("/webhooks/github", data=PING, headers={"X-Hub-Signature": "sha1=" + "0" * 40})
    assert answer.status_code == 401


def test_only_post_brings_a_delivery(client: FlaskClient) -> None:
    answers = [client.open("/webhooks/github", method=verb).status_code for verb in ("GET", "PUT", "DELETE")]
    assert answers == [405, 405, 405]


def test_a_refusal_tells_no_secret(client: FlaskClient) -> None:
    text = send(client, PING, key="wrong").text
    assert "does not match" in text
    assert not any(secret in text for secret in ENVIRON.values())


def test_no_json_is_read_before_the_answer(client: FlaskClient) -> None:
    ran: list[str] = []

    def watch(frame: FrameType, event: str, argument: Any) -> None:
        code = frame.f_code
        reader = code.co_filename.endswith(("json/decoder.py", "json/scanner.py"))
        if event == "call" and (reader or code.co_name == "read_object"):
            ran.append(f"{code.co_filename}:{code.co_name}")

    before = sys.getprofile()
    sys.setprofile(watch)
    try:
        answers = [
            client.post("/webhooks/github", data=PING, headers={"X-Hub-Signature-256": "sha256=" + "0" * 64}),
            send(client, PING, "github"),
            send(client, ticket(), "jira"),
        ]
    finally:
        sys.setprofile(before)
    assert [answer.status_code for answer in answers] == [401, 202, 202]
    assert ran == []


# --- the shared header token of Data Center before version 10


def test_a_header_token_counts_only_where_a_site_opted_in(client: FlaskClient, store: Store) -> None:
    def post(token: str) -> int:
        return client.post("/webhooks/jira", data=ticket(), headers={"X-Sightline-Token": token}).status_code

    assert [post("south-token"), post("south-tokem"), post("")] == [202, 401, 401]
    assert [row["site"] for row in kept(store)] == ["south"]


def test_a_header_token_is_nothing_to_github(client: FlaskClient) -> None:
    answer = client.post("/webhooks/github", data=PING, headers={"X-Sightline-Token": "south-token"})
    assert answer.status_code == 401


# --- how large


def test_a_body_of_25_megabytes_is_kept(client: FlaskClient, store: Store) -> None:
    assert send(client, b" " * MOST_BYTES).status_code == 202
    assert kept(store)[0]["size"] == MOST_BYTES


class Endless(io.RawIOBase):
    """A body without an end, which counts what was read of it."""

    def __init__(self) -> None:
        self.read_bytes = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        self.read_bytes += len(buffer)
        return len(buffer)


def test_an_announced_excess_is_refused_unread(client: FlaskClient) -> None:
    body = Endless()
    answer = client.post(
        "/webhooks/github",
        headers=signed("github", b""),
        environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": str(MOST_BYTES + 1)},
    )
    assert (answer.status_code, body.read_bytes) == (413, 0)


def test_chunks_without_end_are_refused_at_the_limit(client: FlaskClient) -> None:
    body = Endless()
    answer = client.post(
        "/webhooks/github",
        headers=signed("github", b"") | {"Transfer-Encoding": "chunked"},
        environ_overrides={"wsgi.input": body, "wsgi.input_terminated": True},
    )
    assert answer.status_code == 413
    assert body.read_bytes <= MOST_BYTES + 1024 * 1024


def test_what_is_not_signed_is_not_even_read(client: FlaskClient) -> None:
    body = Endless()
    answer = client.post("/webhooks/github", environ_overrides={"wsgi.input": body, "CONTENT_LENGTH": "1024"})
    assert (answer.status_code, body.read_bytes) == (401, 0)


# --- once each


def test_a_delivery_sent_twice_is_kept_once(client: FlaskClient, store: Store) -> None:
    assert [send(client, PING).status_code for _ in range(3)] == [202, 200, 200]
    assert len(kept(store)) == 1


def test_the_same_id_on_two_sites_is_two_deliveries(client: FlaskClient, store: Store) -> None:
    answers = [
        send(client, ticket(), "jira", own="7"),
        send(client, ticket(), "jira", own="7", key="south-secret"),
    ]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert {row["site"] for row in kept(store)} == {"northwind", "south"}


def test_a_delivery_without_an_id_is_known_by_its_body(client: FlaskClient) -> None:
    sent = [
        client.post("/webhooks/jira", data=body, headers=signed("jira", body)).status_code
        for body in (ticket(), ticket(), ticket(title="Another"))
    ]
    assert sent == [202, 200, 202]


def test_a_dead_one_sent_again_is_folded_again(client: FlaskClient, config: Config, store: Store) -> None:
    send(client, b"not json", "github", "issues")
    assert fold(config, store)["1"][0] == "dead"
    assert send(client, b"not json", "github", "issues").status_code == 202
    assert kept(store)[0]["state_name"] == "waiting"
    assert fold(config, store)["1"][0] == "dead"


def test_a_done_one_sent_again_stays_done(client: FlaskClient, config: Config, store: Store) -> None:
    send(client, ticket(), "jira")
    fold(config, store)
    assert send(client, ticket(), "jira").status_code == 200
    assert fold(config, store)["1"] == ("done", None)


def test_a_form_of_github_is_unwrapped(client: FlaskClient, config: Config, store: Store) -> None:
    form = {"Content-Type": "application/x-www-form-urlencoded"}
    send(client, b"payload=" + quote('{"action": "x", "label": {}}').encode(), event="label", **form)
    assert fold(config, store)["1"] == (
        "ignored",
        "label x: it names no item; items say their labels themselves",
    )


# --- bodies that nobody should have sent

BAD = {
    "not json": b"{",
    "empty": b"",
    "a list": b"[]",
    "a number": b"1",
    "a thousand levels": b'{"a":' * 1000 + b"1" + b"}" * 1000,
    "a hundred thousand levels": b"[" * 100_000,
    "NUL": b'{"webhookEvent":"jira:issue_updated","issue":{"id":"1","key":"PAY-1\\u0000"}}',
    "lone surrogate": b'{"webhookEvent":"jira:issue_updated","issue":{"id":"1","key":"PAY-1\\ud800"}}',
    "duplicate keys": b'{"webhookEvent":"jira:issue_updated","issue":{"id":"1","id":"2"}}',
    "NaN": b'{"webhookEvent":"jira:issue_updated","issue":NaN}',
    "a number of a hundred thousand digits": b'{"webhookEvent":' + b"9" * 100_000 + b"}",
    "wrong types": b'{"webhookEvent":"jira:issue_updated","issue":{"id":{},"key":[],"fields":7}}',
    "missing fields": b'{"webhookEvent":"jira:issue_updated"}',
    "not utf-8": b'{"webhookEvent":"\xff\xfe"}',
    "a huge id": b'{"webhookEvent":"jira:issue_updated","issue":{"id":"' + b"9" * 5000 + b'","fields":{}}}',
}


def test_signed_nonsense_is_kept_and_put_aside_with_a_reason(
    client: FlaskClient, config: Config, store: Store
) -> None:
    answers = {name: send(client, body, "jira", own=name).status_code for name, body in BAD.items()}
    assert answers == dict.fromkeys(BAD, 202)
    send(client, ticket(), "jira", own="good")
    ends = fold(config, store)
    assert ends.pop("good") == ("done", None)
    assert {name: end for name, end in ends.items() if end[0] != "dead" or not end[1]} == {}


def test_what_is_cut_short_is_kept_as_it_came(client: FlaskClient, store: Store) -> None:
    send(client, BAD["lone surrogate"], "jira")
    with store.read() as connection:
        found = rows.one(connection, kept(store)[0]["id"])
    assert found is not None
    assert found.body == BAD["lone surrogate"]


def test_unknown_events_are_ignored_counted_and_named_once(
    client: FlaskClient, config: Config, store: Store, capsys: pytest.CaptureFixture[str]
) -> None:
    for own in ("1", "2", "3"):
        send(client, b"{}", "github", "brand_new", own)
    send(client, b'{"webhookEvent": "jira:brand_new"}', "jira", own="4")
    ends = fold(config, store)
    assert ends["1"] == ends["3"] == ("ignored", "unknown event 'brand_new'")
    assert ends["4"][0] == "ignored"
    assert capsys.readouterr().out.count("unknown event 'brand_new'") == 1
    assert "sightline_unknown_events{reason=\"unknown event 'brand_new'\"} 3.0" in client.get("/metrics").text


def test_refused_deliveries_are_counted_and_told_once_a_minute(
    client: FlaskClient, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(5):
        client.post("/webhooks/github", data=PING)
    assert 'sightline_refused_deliveries{source="github"} 5.0' in client.get("/metrics").text
    assert capsys.readouterr().out.count("delivery refused") == 1


# --- a store that does not answer


@pytest.fixture
def full_disk() -> Iterator[None]:
    """No file may grow beyond a megabyte."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1024 * 1024, hard))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_store_that_cannot_write_asks_to_come_again(
    client: FlaskClient, store: Store, full_disk: None
) -> None:
    if not store.sqlite:
        pytest.skip("PostgreSQL has its files to itself")
    answer = send(client, b" " * 2 * 1024 * 1024)
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")
    assert send(client, PING, own="2").status_code == 202


def test_a_locked_store_is_waited_for_and_then_asks_to_come_again(
    config: Config, store: Store, client: FlaskClient
) -> None:
    if not store.sqlite:
        pytest.skip("PostgreSQL locks rows, not the store")
    with store.write():
        assert send(client, PING).status_code == 503
    assert send(client, PING, own="2").status_code == 202
