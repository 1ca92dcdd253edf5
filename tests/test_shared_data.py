"""Every recorded delivery, sent signed over HTTP to the running service: taken, and brought to an end."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from running import Installation, Running, until

from linker.store import deliveries as rows

Sent = dict[str, int]


@pytest.fixture(scope="module")
def home(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Installation:
    return Installation(tmp_path_factory.mktemp("recorded"))


@pytest.fixture(scope="module")
def service(home: Installation) -> Iterator[Running]:
    with home.start("serve") as running:
        yield running.up()


@pytest.fixture(scope="module")
def sent(service: Running, home: Installation, shared_data: Path) -> Sent:
    """The status of the answer to each recording; all of them folded."""
    answers = {}
    for source, event, name, body in recordings(shared_data):
        answers[name] = service.post(source, event, name, body)
    until(home.folded, "all recordings are folded", 120)
    return answers


def recordings(data: Path) -> Iterator[tuple[str, str, str, bytes]]:
    for path in sorted((data / "github-webhooks").glob("*.json")):
        if path.name != "_INDEX.json":
            yield "github", path.name.split(".")[0], path.name, path.read_bytes()
    for path in sorted((data / "github-webhooks-keyed").glob("*.json")):
        told = json.loads(path.read_bytes())
        yield "github", told["event"], f"keyed {path.name}", json.dumps(told["payload"]).encode()
    for path in sorted((data / "jira-webhooks").glob("*.json")):
        if path.name != "_INDEX.json":
            yield "jira", "", f"jira {path.name}", path.read_bytes()


@pytest.fixture(scope="module")
def ends(sent: Sent, home: Installation) -> dict[str, dict[str, Any]]:
    with home.store() as store, store.read() as connection:
        return {row["guid"]: row for row in rows.newest(connection, None, 1000)}


def test_each_is_taken(sent: Sent) -> None:
    assert len(sent) > 300
    assert {name: status for name, status in sent.items() if status != 202} == {}


def test_each_ends_done_or_ignored_with_a_reason(sent: Sent, ends: dict[str, dict[str, Any]]) -> None:
    found = {name: (ends[name]["state_name"], ends[name]["reason"]) for name in sent}
    wrong = {
        name: end for name, end in found.items() if end[0] != "done" and not (end[0] == "ignored" and end[1])
    }
    assert wrong == {}


def test_events_that_are_read_are_not_ignored_for_being_unknown(ends: dict[str, dict[str, Any]]) -> None:
    strangers = {row["reason"] for row in ends.values() if "unknown" in (row["reason"] or "")}
    assert strangers <= {"unknown event: the body has no webhookEvent"}


def test_the_engine_met_no_exception(service: Running, sent: Sent) -> None:
    assert [line for line in service.log if "exception" in line or line["level"] == "error"] == []


def test_nobody_followed_an_address_in_a_body(home: Installation, sent: Sent) -> None:
    assert home.left == ""


def test_the_watch_sees_who_leaves(home: Installation) -> None:
    reach = "import socket; s = socket.socket(); s.settimeout(0.01); s.connect_ex(('192.0.2.1', 9))"
    home.python(reach)
    assert "192.0.2.1" in home.left


def test_sent_once_more_all_are_duplicates(service: Running, sent: Sent, shared_data: Path) -> None:
    again = {name: service.post(s, event, name, body) for s, event, name, body in recordings(shared_data)}
    assert set(again.values()) == {200}
