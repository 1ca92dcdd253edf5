"""A small company as pages show it: folded from deliveries, with one of each thing that a page can say."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import scenarios as s
from flask import Flask
from flask.testing import FlaskClient

from linker.config import load_config
from linker.store import Store, deliveries
from linker.store.deliveries import Parcel
from webhooks.app import create_app
from webhooks.engine import Engine, drain

EVIL = "<script>document.title='run'</script> <img src=x onerror=alert(1)> PAY-13"
MAIL = "planner@example.com"
APP = """\
store: sqlite:///unused.sqlite
url: http://127.0.0.1:8080
sites:
  - {tracker: github, name: github.com, url: "https://github.com", webhook_secrets: [ONE],
     repositories: [acme/pay]}
  - {tracker: jira, name: acme, url: "https://acme.example.com", webhook_secrets: [TWO], projects: [PAY],
     fields: {points: customfield_10016, sprint: customfield_10020}}
teams:
  - {name: payments, projects: [PAY], repositories: [acme/pay]}
"""
KR = "2026Q4/O1.KR1"


def story() -> list[Parcel]:
    """Tickets of a running sprint, one part of another; pull requests, a decision, readings, a bad body."""
    ticket, epic = (10012, "PAY-12"), (10003, "PAY-3")
    return [
        s.loaded(0, s.kr("O1.KR1", baseline=900, target=300, unit="ms"), s.kr("O1.KR2"), s.dropped("O2.KR1")),
        s.sprint(7, "active", 0),
        s.epic(*epic, 5, title="One call for the basket", body="KR: O1.KR2"),
        s.ticket(*ticket, 6, title="Quote once", parent=epic, sprints=[7], customfield_10016=5),
        s.ticket(10013, "PAY-13", 7, title="Tidy up", sprints=[7], customfield_10016=3),
        s.ticket(10014, "PAY-14", 8, title="Renew", body="KR: none - ktlo", sprints=[7], customfield_10016=2),
        s.ticket(10015, "PAY-15", 9, title="Refund", body="KR: O2.KR1", sprints=[7], customfield_10016=1),
        s.ticket(10016, "PAY-16", 9, title="Part", kind=("Sub-task", -1), parent=ticket, sprints=[7]),
        s.pull(7, 20, title="PAY-12: quote the basket once"),
        s.pull(8, 21, title="Speed up", body="KR: O9.KR9"),
        s.pull(9, 22, title=EVIL),
        s.decided("d1", s.jira_item(10012), "link", 30, kr=KR, actor=MAIL, why="agreed in planning"),
        s.measured("r1", KR, 15, "900", confidence="0.7"),
        s.measured("r2", KR, 35, "420", confidence="0.6", note="the cache is live", actor=MAIL),
        Parcel("jira", "acme", "broken", "jira:issue_updated", s.at(40), {}, b"{no json"),
    ]


def app_over(store: Store, folder: Path, parcels: list[Parcel]) -> Flask:
    """The app over a store into which these deliveries were folded."""
    (folder / "app.yaml").write_text(APP, encoding="utf-8")
    (folder / "okrs.yaml").write_text("cycles: []\n", encoding="utf-8")
    config = load_config(folder / "app.yaml", {"ONE": "github-secret", "TWO": "jira-secret"})
    with store.write() as connection:
        deliveries.keep(connection, parcels)
    if parcels:
        drain(Engine(config, store, lambda: s.NOW))
    return create_app(config, store, lambda: s.NOW)


def token(app: Flask) -> str:
    """A one-time token to sign in with."""
    made: str = app.extensions["sightline"].lockbox.make()
    return made


@contextmanager
def signed_in(app: Flask) -> Iterator[FlaskClient]:
    """A reader with a session."""
    app.config["WTF_CSRF_ENABLED"] = False
    with app.test_client() as client:
        assert client.post("/signin", data={"token": token(app)}).status_code == 302
        yield client
