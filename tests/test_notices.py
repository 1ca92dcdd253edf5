"""Warnings about a sprint: one message for what changed, after two minutes; nothing where all is well."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path
from typing import Any

import planned
import pytest
import scenarios as s
from flask import Flask, request
from sqlalchemy import select
from werkzeug.serving import make_server

from linker import scope
from linker.config import Config, config_from
from linker.notices import Notice, Told, notice, whole
from linker.scope import Limit, Plan, Rules, Term
from linker.store import Store, deliveries, work
from linker.store.deliveries import Parcel
from linker.store.queues import outbox
from linker.trackers.slack import SlackApi, escaped
from webhooks.applier import Applier
from webhooks.engine import Engine, drain
from webhooks.inbox import Inbox

URL = "https://sightline.example.com/sprints/1/plan"
HOUR = 3_600_000
STARTED = Term(0, 14 * 24 * HOUR, None, 0)
RULES = Rules({scope.UNPLANNED: Limit(Fraction(1, 4))})


def said(plan: Plan, told: Told = Told()) -> Notice | None:  # noqa: B008  frozen
    numbers = scope.numbers(plan)
    return notice(plan, numbers, scope.find(plan, numbers), told, URL)


def running(*cards: scope.Card, now: int = HOUR, term: Term = STARTED) -> Plan:
    return planned.plan(*cards, rules=RULES, now=now, term=term)


GOOD = planned.card(1, "5", planned.KRS[0])
BARE = planned.card(2, "3")
LATE = planned.card(3, "1", story=planned.ADDED)


# --- what is said


def test_a_start_with_something_wrong_is_said_with_its_whole() -> None:
    found = said(running(GOOD, BARE))
    assert found is not None
    assert found.lines == (
        "Sprint 7: 5 of 8 points serve an active key result, 63 %.",
        "PAY-2 serves no key result.",
        f"Look and decide: {URL}",
    )


def test_a_clean_sprint_says_nothing() -> None:
    assert said(running(GOOD)) is None


@pytest.mark.parametrize(
    "plan",
    [
        running(GOOD, BARE, now=-1),
        running(GOOD, BARE, now=25 * HOUR),
        running(GOOD, BARE, term=Term(0, 14 * 24 * HOUR, 2 * HOUR, 0)),
        running(GOOD, BARE, term=Term(None, None, None, 0)),
    ],
)
def test_before_the_start_long_after_it_and_when_it_is_over_nothing_is_said(plan: Plan) -> None:
    assert said(plan) is None


def test_what_comes_later_is_told_once() -> None:
    found = said(running(GOOD, LATE), Told(start=True))
    assert found is not None
    assert found.lines[1] == "PAY-3 came after the start and serves no active key result."
    assert said(running(GOOD, LATE), found.told) is None
    more = said(running(GOOD, LATE, planned.card(4, "1", story=planned.ADDED)), found.told)
    assert more is not None
    assert more.lines[1].startswith("PAY-4 came")


def test_of_many_five_are_named() -> None:
    late = [planned.card(row, "0", story=planned.ADDED) for row in range(10, 18)]
    found = said(running(GOOD, *late), Told(start=True))
    assert found is not None
    assert found.lines[1].startswith("PAY-10, PAY-11, PAY-12, PAY-13, PAY-14 and 3 more came")


def test_the_unplanned_budget_is_told_once() -> None:
    late = planned.card(3, "5", planned.KRS[0], story=planned.ADDED)
    found = said(running(GOOD, late), Told(start=True))
    assert found is not None
    assert found.lines[1] == "50 % of the points came after the start; the policy allows 25 %."
    assert said(running(GOOD, late), found.told) is None


def test_no_name_mentions_anybody_in_slack() -> None:
    assert escaped("<!channel> & <@U1>") == "&lt;!channel&gt; &amp; &lt;@U1&gt;"


# --- the road of a message


class Slack:
    """An incoming webhook: it takes only what Slack takes, and can be made to refuse."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.answers: list[tuple[str, int]] = []
        self.app = Flask("slack")
        self.app.add_url_rule("/services/T0/B0/canary", view_func=self._post, methods=["POST"])

    def _post(self) -> Any:
        if self.answers:
            return self.answers.pop(0)
        body = request.get_json()
        if set(body) != {"text"} or not body["text"] or len(body["text"]) > 40_000:
            return "invalid_payload", 400
        self.texts.append(body["text"])
        return "ok", 200


@pytest.fixture
def slack() -> Iterator[tuple[Slack, str]]:
    known = Slack()
    server = make_server("127.0.0.1", 0, known.app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield known, f"http://127.0.0.1:{server.server_port}/services/T0/B0/canary"
    server.shutdown()
    thread.join()


class Clock:
    """The wall clock of a test."""

    def __init__(self) -> None:
        self.at = s.NOW

    def __call__(self) -> int:
        return self.at


class Company:
    """A store with an engine and the thread's work for Slack, one step at a time."""

    def __init__(self, store: Store, url: str) -> None:
        self.store, self.clock = store, Clock()
        self.config = configured(url)
        self.engine = self.fresh()
        hooks = {team: hook.url for team, hook in self.config.hooks.items()}
        self.messenger = Applier("slack", SlackApi(hooks), store, Inbox(store), clock=self.clock)

    def fresh(self) -> Engine:
        """Another engine over the same store: a restart, or the next leader."""
        engine = Engine(self.config, self.store, lambda: s.at(30), wall=self.clock)
        engine.prepare()
        return engine

    def tell(self, *parcels: Parcel) -> None:
        """Deliveries come, and the engine looks at what they made."""
        with self.store.write() as connection:
            deliveries.keep(connection, parcels)
        self.look()

    def look(self, engine: Engine | None = None) -> None:
        """Time for one look passes."""
        self.clock.at += 6_000
        drain(engine or self.engine)

    def later(self, minutes: float = 3) -> None:
        """Time passes, and what is due is sent."""
        self.clock.at += int(minutes * 60_000)
        while self.messenger.step():
            pass

    def messages(self) -> list[Any]:
        """What lies in the outbox for Slack."""
        with self.store.read() as connection:
            rows = connection.execute(select(outbox).where(outbox.c.site == "slack")).mappings()
            return [(row["state"], row["error"]) for row in rows]


def configured(url: str) -> Config:
    data = {
        "sites": [
            {"tracker": "jira", "name": "acme", "url": "https://acme.example.com", "webhook_secrets": ["TWO"],
             "projects": ["PAY"], "fields": {"points": "customfield_10016", "sprint": "customfield_10020"}},
        ],
        "teams": [{"name": "payments", "projects": ["PAY"], "warn": {"slack": "HOOK", "host": "127.0.0.1"}}],
    }  # fmt: skip
    return config_from(data, {"TWO": "2", "HOOK": url}, Path("/srv"))


def added(number: int, at: float = 40, **other: Any) -> Parcel:
    return s.ticket(10100 + number, f"PAY-{100 + number}", at, sprints=[7], created=at - 1, **other)


START = (s.loaded(0, s.kr("O1.KR1")), s.sprint(7, "active", 1, "sprint_started"))


@contextmanager
def nothing_secret(company: Company) -> Iterator[None]:
    yield
    assert "canary" not in str(company.messages())


def test_ten_tickets_added_at_once_are_one_message(store: Store, slack: tuple[Slack, str]) -> None:
    known, url = slack
    company = Company(store, url)
    company.tell(*START, s.ticket(10012, "PAY-12", 5, sprints=[7], body="KR: O1.KR1"))
    company.later()
    assert known.texts == []
    for number in range(10):
        company.tell(added(number))
    assert known.texts == []
    company.later()
    assert len(known.texts) == 1
    assert "PAY-100, PAY-101, PAY-102, PAY-103, PAY-104 and 5 more came after the start" in known.texts[0]
    company.look()
    company.later()
    company.look(company.fresh())  # a restart tells nothing twice
    company.later()
    assert len(known.texts) == 1


def test_what_is_mended_before_it_is_due_is_not_told(store: Store, slack: tuple[Slack, str]) -> None:
    known, url = slack
    company = Company(store, url)
    company.tell(*START, s.ticket(10012, "PAY-12", 5, sprints=[7], body="KR: O1.KR1"), added(1))
    company.tell(added(1, 41, body="KR: O1.KR1"))
    company.later()
    assert known.texts == []
    assert company.messages() == [(work.MOOT, None)]
    company.tell(added(2, 50))
    company.later()
    assert len(known.texts) == 1
    assert "PAY-102 came" in known.texts[0]


def test_slack_that_is_down_gets_the_message_when_it_is_up(store: Store, slack: tuple[Slack, str]) -> None:
    known, url = slack
    company = Company(store, url)
    known.answers = [("", 500), ("", 503)]
    company.tell(*START, added(1))
    for _ in range(6):
        company.later()
        company.look()
    assert len(known.texts) == 1


def test_a_webhook_that_is_gone_is_said_without_its_address(store: Store, slack: tuple[Slack, str]) -> None:
    known, url = slack
    company = Company(store, url)
    known.answers = [("no_service", 404)] * 3
    company.tell(*START, added(1))
    with nothing_secret(company):
        company.later()
        ((state, error),) = company.messages()
        assert state == work.REFUSED_CHANGE
        assert "make a new one in Slack" in error
    company.look()
    company.later()
    assert known.texts == []


def test_without_a_webhook_here_the_message_is_only_shown(
    store: Store, empty_sqlite: Callable[[int], str]
) -> None:
    company = Company(store, "")
    company.tell(*START, added(1))
    assert [state for state, _ in company.messages()] == [work.DRY]
    company.look()
    assert [state for state, _ in company.messages()] == [work.DRY]


# --- on a planning ticket


def on_ticket(store: Store) -> Company:
    company = Company(store, "")
    data = company.config.model_dump()
    sites = [{**site, "token": "TOKEN", "dry": False} for site in data["sites"]]
    teams = [{"name": "payments", "projects": ["PAY"], "warn": {"ticket": "PAY-1"}}]
    company.config = config_from({"sites": sites, "teams": teams}, {"TWO": "2", "TOKEN": "t"}, Path("/srv"))
    company.engine = company.fresh()
    return company


def comments(company: Company) -> list[tuple[int, str]]:
    with company.store.read() as connection:
        rows = connection.execute(select(outbox).where(outbox.c.surface.like("notice:%"))).mappings()
        return [(row["state"], row["desired"]["text"]) for row in rows]


def test_a_comment_begins_with_something_to_say_and_is_kept_true(store: Store) -> None:
    company = on_ticket(store)
    company.tell(s.ticket(10001, "PAY-1", 1, title="Planning"), *START, added(9, 5, body="KR: O1.KR1"))
    assert comments(company) == []
    company.tell(added(1))
    ((state, text),) = comments(company)
    assert (state, "PAY-101 came after the start" in text) == (work.WAITING, True)
    with store.write() as connection:  # it was sent
        connection.execute(outbox.update().where(outbox.c.surface.like("notice:%")).values(state=work.SENT))
    company.tell(added(1, 50, body="KR: O1.KR1"))
    ((state, text),) = comments(company)
    assert (state, "PAY-101" in text) == (work.WAITING, False)
    assert "Nothing else needs a look." in text


def test_a_public_place_reads_no_title(store: Store) -> None:
    plan = running(GOOD, BARE)
    numbers = scope.numbers(plan)
    lines = whole(plan, numbers, scope.find(plan, numbers), URL, titled=False)
    assert lines[0] == "This sprint: 5 of 8 points serve an active key result, 63 %."
    assert "Sprint 7" not in "".join(lines)


def test_a_look_that_finds_nothing_takes_no_write_lock(store: Store, slack: tuple[Slack, str]) -> None:
    company = Company(store, slack[1])
    company.tell(*START, added(1, 5, body="KR: O1.KR1"))
    with store.write():  # somebody else writes
        company.clock.at += 600_000
        company.engine._warner.step(company.engine.catalogue, s.at(30), company.clock.at)


def test_nothing_is_planned_before_the_planning_ticket_is_known(store: Store) -> None:
    company = on_ticket(store)
    company.tell(*START, added(1))
    assert comments(company) == []
    company.tell(s.ticket(10001, "PAY-1", 1, title="Planning"))
    assert len(comments(company)) == 1
