"""The same facts give the same graph, standing, outbox and history, in whatever order they come."""

import os
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice, permutations
from math import factorial
from pathlib import Path
from random import Random
from typing import Any

import pytest
import scenarios as s
from chance import events
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from linker.config import Config, load_config, read_catalogue
from linker.store import Store, deliveries, exports
from linker.store.deliveries import Parcel
from linker.store.queues import outbox
from webhooks.engine import Engine, drain
from webhooks.simulator import Quarter, quarter

EVERY_ORDER = bool(os.environ.get("SIGHTLINE_EVERY_ORDER"))  # takes minutes
ALL = 60  # permutations of a story; where there are more, so many are drawn by lot
LIMITS = (64, 1, 3)  # deliveries in one transaction

EPIC, OTHER_EPIC, TICKET = (10010, "PAY-3"), (10011, "PAY-4"), (10063, "PAY-12")
KR1, KR2 = "kr:O1.KR1", "kr:O1.KR2"
PERSON = "557058:planner"


def retitle() -> list[Parcel]:
    return [
        s.loaded(0),
        s.ticket(10063, "PAY-12", 5, title="Cache prices", body="KR: O1.KR2"),
        s.ticket(10064, "PAY-13", 6, title="[O2.KR1] Measure"),
        s.pull(7, 10, action="opened", title="PAY-12 Cache", created=10),
        s.pull(7, 20, title="PAY-13 Cache"),
        s.pull(7, 30, title="O1.KR1: cache"),
    ]


def close_and_reopen() -> list[Parcel]:
    return [
        s.loaded(0),
        s.ticket(10063, "PAY-12", 5, body="KR: O1.KR2"),
        s.pull(7, 10, action="opened", title="PAY-12 Cache"),
        s.pull(7, 20, action="closed", title="PAY-12 Cache", state="closed"),
        s.pull(7, 30, action="reopened", title="PAY-12 Cache"),
        s.pull(7, 31, action="synchronize", title="PAY-12 Cache", sha="a2"),
        s.ticket(10063, "PAY-12", 40, body="KR: O1.KR2", status="done"),
    ]


def key_move() -> list[Parcel]:
    moved = {"Key": ("PAY-12", "WEB-5")}
    return [
        s.loaded(0),
        s.ticket(10063, "PAY-12", 5, body="KR: O1.KR2"),
        s.ticket(10063, "WEB-5", 20, body="KR: O1.KR2", changed=moved),
        s.ticket(10063, "WEB-5", 30, body="KR: O1.KR1"),
        s.pull(7, 10, action="opened", title="PAY-12 Cache"),
        s.pull(8, 25, action="opened", title="WEB-5 Cache more"),
    ]


def re_parented_epic() -> list[Parcel]:
    return [
        s.loaded(0),
        s.epic(10010, "PAY-3", 2, body="KR: O1.KR1"),
        s.epic(10011, "PAY-4", 3, body="KR: O1.KR2"),
        s.ticket(*TICKET, 5, parent=EPIC),
        s.labelled(*TICKET, 6, "", KR1, s.JIRA_BOT, parent=EPIC),
        s.ticket(*TICKET, 20, labels=[KR1], parent=OTHER_EPIC),
        s.labelled(*TICKET, 21, KR1, KR2, s.JIRA_BOT, parent=OTHER_EPIC),
    ]


def labels_by_people() -> list[Parcel]:
    return [
        s.loaded(0),
        s.epic(10010, "PAY-3", 2, body="KR: O1.KR1"),
        s.ticket(*TICKET, 5, parent=EPIC),
        s.labelled(*TICKET, 6, "", KR1, s.JIRA_BOT, parent=EPIC),
        s.labelled(*TICKET, 20, KR1, "", PERSON, parent=EPIC),
        s.labelled(*TICKET, 30, "", KR2, PERSON, parent=EPIC),
        s.read(s.ticket(*TICKET, 30, labels=[KR2], parent=EPIC), 31),
    ]


def sprint_move() -> list[Parcel]:
    return [
        s.sprint(7, "active", 1, "sprint_started"),
        s.sprint(8, "future", 2, "sprint_created"),
        s.ticket(*TICKET, 5, sprints=[7], body="KR: O1.KR1"),
        s.ticket(*TICKET, 20, sprints=[7, 8], body="KR: O1.KR1"),
        s.sprint(7, "closed", 30, "sprint_closed"),
        s.loaded(0),
    ]


def kr_dropped() -> list[Parcel]:
    rest = s.kr("O1.KR2"), s.kr("O2.KR1")
    return [
        s.loaded(0),
        s.loaded(50, s.dropped("O1.KR1"), *rest),
        s.ticket(*TICKET, 5, body="KR: O1.KR1"),
        s.labelled(*TICKET, 6, "", KR1, s.JIRA_BOT, body="KR: O1.KR1"),
        s.pull(7, 10, action="opened", title="PAY-12 Cache"),
        s.pull(8, 11, action="opened", title="O1.KR1, O1.KR2: both"),
    ]


def catalogue_amended() -> list[Parcel]:
    return [
        s.loaded(0),
        s.loaded(50, s.kr("O1.KR2"), s.kr("O1.KR3"), s.kr("O1.KR3", cycle="2026Q3")),
        s.loaded(50, s.kr("O1.KR2"), s.kr("O1.KR3")),
        s.ticket(*TICKET, 5, body="KR: O1.KR1, O1.KR3"),
        s.pull(7, 10, action="opened", title="PAY-12 Cache"),
        s.pull(7, 20, title="PAY-12 Cache", body="KR: O1.KR2"),
    ]


def delete_then_late_update() -> list[Parcel]:
    return [
        s.loaded(0),
        s.epic(10010, "PAY-3", 2, body="KR: O1.KR1"),
        s.ticket(*TICKET, 5, parent=EPIC),
        s.ticket(*TICKET, 20, parent=EPIC, body="KR: O1.KR2"),
        s.ticket(*TICKET, 30, parent=EPIC, body="KR: O1.KR2", event="jira:issue_deleted"),
        s.ticket(*TICKET, 40, parent=EPIC, title="Too late"),
        s.pull(7, 10, action="opened", title="PAY-12 Cache"),
    ]


def decision_before_its_item() -> list[Parcel]:
    ticket, pull = s.jira_item(10063), s.github_item(7)
    return [
        s.loaded(0),
        s.decided("d1", ticket, "link", 1, kr="2026Q4/O1.KR1"),
        s.decided("d2", pull, "exempt", 2, reason="ktlo"),
        s.decided("d3", pull, "exempt", 3, undoes="d2"),
        s.ticket(*TICKET, 5),
        s.pull(7, 10, action="opened", title="PAY-12 Cache"),
    ]


def two_edits_in_one_second() -> list[Parcel]:
    return [
        s.loaded(0),
        s.ticket(*TICKET, 5, body="KR: O1.KR2"),
        s.pull(7, 10, action="opened", title="PAY-12 Cache", created=10),
        s.pull(7, 10, title="O1.KR1: Cache", created=10),
        s.pull(7, 10, action="labeled", label=KR1, labels=[KR1], title="PAY-12 Cache", by=s.BOT, created=10),
        s.pull(7, 10, action="unlabeled", label=KR1, title="PAY-12 Cache", created=10),
        s.read(s.pull(7, 10, title="PAY-12 Cache", created=10), 11),
    ]


def ticket_after_its_pull_request() -> list[Parcel]:
    return [
        s.pull(7, 10, action="opened", title="Cache", body="Fixes PAY-12, refs #3", branch="PAY-13-cache"),
        s.ticket(10064, "PAY-13", 20, kind=("Sub-task", -1), parent=TICKET, created=18),
        s.ticket(*TICKET, 21, parent=EPIC, created=18),
        s.epic(10010, "PAY-3", 22, body="KR: O1.KR1", created=18),
        s.issue(3, 23, body="KR: O1.KR2", created=18),
        s.loaded(0),
    ]


def unlink_then_rescan() -> list[Parcel]:
    pull = s.pull(7, 10, action="opened", title="PAY-12 Cache")
    return [
        s.loaded(0),
        s.ticket(*TICKET, 5, body="KR: O1.KR1, O1.KR2"),
        pull,
        s.decided("d1", s.github_item(7), "unlink", 20, kr="2026Q4/O1.KR1"),
        s.read(pull, 30),
        s.read(s.ticket(*TICKET, 5, body="KR: O1.KR1, O1.KR2"), 31),
    ]


def repository_renamed() -> list[Parcel]:
    new, taken = ("4711", "acme/payments"), ("4713", "acme/pay")
    return [
        s.issue(3, 5, body="KR: O1.KR1"),
        s.pull(7, 10, action="opened", body="Closes #3"),
        s.renamed(new, "pay", 20),
        s.pull(8, 25, action="opened", body="Closes acme/pay#3", repo=new, repo_updated=20),
        s.pull(9, 26, action="opened", body="Closes acme/payments#3", repo=s.TOOLS),
        s.issue(3, 30, repo=taken, body="KR: O1.KR2", repo_updated=28),
        s.loaded(0),
    ]


def parent_that_came_between() -> list[Parcel]:
    """Two bodies say that there is no parent, and between them an event of its own said that there is one."""
    return [
        s.epic(10010, "PAY-3", 5, body="KR: O1.KR1"),
        s.ticket(*TICKET, 6, title="Cache"),
        s.linked(10010, TICKET[0], 20, "Epic-Story Link"),
        s.loaded(0),
        s.ticket(*TICKET, 40, title="Cache"),
    ]


def two_bodies_of_one_second() -> list[Parcel]:
    """Of two bodies of one moment one takes a link away, which the other one gives back in another place."""
    return [
        s.loaded(0),
        s.ticket(*TICKET, 5),
        s.pull(7, 20, title="PAY-12 Cache", created=10),
        s.pull(7, 30, title="PAY-1, PAY-2: cache", branch="feature/PAY-12", created=10),
        s.pull(7, 30, title="Cache", body="refs PAY-12", sha="a2", created=10),
    ]


STORIES = (
    two_bodies_of_one_second,
    parent_that_came_between,
    retitle,
    close_and_reopen,
    key_move,
    re_parented_epic,
    labels_by_people,
    sprint_move,
    kr_dropped,
    catalogue_amended,
    delete_then_late_update,
    decision_before_its_item,
    two_edits_in_one_second,
    ticket_after_its_pull_request,
    unlink_then_rescan,
    repository_renamed,
)


def with_duplicate(order: Sequence[Parcel], draw: Random) -> list[Parcel]:
    """One delivery comes once more, later: under its own id, or the same body under another one."""
    place = draw.randrange(len(order))
    again = order[place] if draw.random() < 0.5 else order[place]._replace(guid="sent-once-more")
    later = draw.randint(place + 1, len(order))
    return [*order[:later], again, *order[later:]]


def orders(parcels: Sequence[Parcel], most: int | None) -> Iterator[tuple[int, list[Parcel]]]:
    """All permutations, or so many by lot, each with a duplicate; the story's own order comes first."""
    draw = Random(7)
    if most is None or factorial(len(parcels)) <= most:
        found: Iterator[Sequence[Parcel]] = permutations(parcels)
    else:
        drawn = (draw.sample(parcels, len(parcels)) for _ in range(most - 1))
        found = islice((order for part in ([list(parcels)], drawn) for order in part), most)
    for number, order in enumerate(found):
        yield number, with_duplicate(order, draw)


def outcome(store: Store, number: int, order: Sequence[Parcel]) -> dict[str, Any]:
    """What there is to see after an order; batches of several sizes, judged at the end or on the way."""
    limit = LIMITS[number % len(LIMITS)]
    s.empty(store)
    fold = s.folding(store)
    if number % 4 == 3:
        for parcel in order:
            s.tell(store, parcel, limit=limit, fold=fold)
    else:
        s.tell(store, *order, limit=limit, fold=fold)
    with store.read() as connection:
        return s.seen(connection)


@pytest.fixture
def fast(empty_sqlite: Callable[[int], str]) -> Iterator[Store]:
    yield from s.in_memory(empty_sqlite)


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_every_order_of_a_story_ends_alike(story: Any, fast: Store) -> None:
    parcels = story()
    first: dict[str, Any] = {}
    for number, order in orders(parcels, None if EVERY_ORDER else ALL):
        found = outcome(fast, number, order)
        first = first or found
        assert found == first, [parcels.index(p) if p in parcels else "again" for p in order]


def test_a_removed_label_of_ours_stays_an_unlink_however_often_it_is_replayed(fast: Store) -> None:
    draw, told = Random(3), labels_by_people()[:-2]
    told.append(s.read(s.ticket(*TICKET, 40, parent=EPIC), 41))
    for _ in range(100):
        s.empty(fast)
        s.tell(fast, *with_duplicate(draw.sample(told, len(told)), draw), limit=draw.choice(LIMITS))
        assert s.serves(fast, s.jira_item(10063)) == []
        assert s.wanted(fast) == []


@pytest.mark.parametrize("story", STORIES, ids=lambda story: story.__name__)
def test_both_databases_tell_the_same_story(story: Any, store: Store, fast: Store) -> None:
    for number, order in islice(orders(story(), 3), 1, 3):
        assert outcome(store, number, order) == outcome(fast, number, order)


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(told=events(), draw=st.randoms(use_true_random=False), limit=st.sampled_from([64, 5, 1]))
def test_longer_stories_end_alike(fast: Store, told: list[Parcel], draw: Random, limit: int) -> None:
    order = with_duplicate(draw.sample(told, len(told)), draw)
    assert folded(fast, order, limit) == folded(fast, told, 64)


def folded(store: Store, order: Sequence[Parcel], limit: int) -> dict[str, Any]:
    s.empty(store)
    s.tell(store, *order, limit=limit)
    with store.read() as connection:
        return s.seen(connection)


# --- the simulated company, two weeks of it


@pytest.fixture(scope="module")
def weeks() -> Quarter:
    return quarter(7, None if EVERY_ORDER else date(2026, 10, 16))


@pytest.fixture
def company(weeks: Quarter, fast: Store, tmp_path: Path) -> Engine:
    """An engine whose inbox holds all that the company's trackers and okrs.yaml told, in order."""
    engine = _engine(weeks, fast, tmp_path)
    s.keep(fast, _told(weeks, engine.config))
    return engine


def _engine(weeks: Quarter, store: Store, folder: Path) -> Engine:
    names = ("GITHUB_WEBHOOK_SECRET", "JIRA_WEBHOOK_SECRET", "GITHUB_TOKEN", "JIRA_USER", "JIRA_TOKEN")
    text = weeks.app_yaml("http://127.0.0.1:1", "http://127.0.0.1:2", url="http://127.0.0.1:3")
    (folder / "app.yaml").write_text(text)
    (folder / "okrs.yaml").write_text(weeks.okrs_yaml)
    config = load_config(folder / "app.yaml", dict.fromkeys(names, "x" * 32), service=True)
    return Engine(config, store, lambda: int(weeks.now.timestamp() * 1000))


def _told(weeks: Quarter, config: Config) -> list[Parcel]:
    parcels = []
    for day, text in weeks.catalogues:
        at = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp() * 1000)
        config.okrs_path.write_text(text, encoding="utf-8")
        body = read_catalogue(config).dump().encode()
        parcels.append(Parcel("catalogue", "", f"catalogue-{day}", "load", at, {}, body))
    for one in weeks.deliveries:
        headers = {name.lower(): value for name, value in one.headers.items()}
        at = int(one.at.timestamp() * 1000)
        parcels.append(Parcel(one.source, one.site, one.id, one.event, at, headers, one.body))
    return parcels


def _rows(store: Store) -> list[Any]:
    with store.read() as connection:
        return list(connection.execute(select(outbox).order_by(outbox.c.id)))


def test_a_second_replay_after_quiet_plans_nothing(company: Engine) -> None:
    drain(company)
    before = _rows(company.store)
    with company.store.read() as connection:
        seen, spoken = s.seen(connection), exports.graph_hash(connection)
    with company.store.write() as connection:
        assert deliveries.again(connection) > 500
    drain(company)
    assert _rows(company.store) == before
    with company.store.read() as connection:
        assert (s.seen(connection), exports.graph_hash(connection)) == (seen, spoken)


def test_the_quarter_in_any_order_is_the_same(company: Engine, weeks: Quarter) -> None:
    drain(company)
    with company.store.read() as connection:
        in_order = s.seen(connection)
    s.empty(company.store)
    told = _told(weeks, company.config)
    s.keep(company.store, Random(11).sample(told, len(told)))
    drain(company)
    with company.store.read() as connection:
        assert s.seen(connection) == in_order
