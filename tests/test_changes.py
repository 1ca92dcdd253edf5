"""What we want on a tracker, and no more: our labels on open items, one status on the newest head."""

import json
from pathlib import Path
from typing import Any

import pytest
import scenarios as s
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, update

from linker import tags
from linker.changes import Plan, Surface, difference, labels
from linker.config import config_from
from linker.model import Change, Level
from linker.store import Store, work
from linker.store.queues import outbox
from webhooks.sites import SitePolicy

ITEM = s.jira_item(10063)
KR1, KR2 = "kr:O1.KR1", "kr:O1.KR2"


def there(
    *names: str, ours: tuple[str, ...] = (), plans: dict[str, Plan] | None = None, told: str = ""
) -> Surface:
    return Surface(frozenset(names), frozenset(ours), frozenset(told.split()), plans or {})


def wanted(codes: list[str], now: Surface, category: str | None = "doing") -> list[tuple[str, bool]]:
    found = labels(ITEM, Level.TICKET, category, codes, now)
    return [(one.surface.removeprefix("label:"), bool(one.desired["present"])) for one in found]


def plan(present: bool, *, sent: bool) -> Plan:
    return Plan(1, {"present": present}, sent)


def test_each_active_key_result_is_a_label() -> None:
    assert wanted(["O1.KR1", "O1.KR2"], there(KR1)) == [(KR2, True)]


def test_only_our_own_labels_are_removed() -> None:
    assert wanted([], there(KR1, KR2, "bug", ours=(KR1,))) == [(KR1, False)]


def test_a_person_s_spelling_of_the_label_is_enough() -> None:
    assert wanted(["O1.KR1"], there("KR: o1.kr1")) == []


@pytest.mark.parametrize("category", ["done", "dropped", None])
def test_what_is_done_is_not_relabelled(category: str | None) -> None:
    assert wanted(["O1.KR1"], there(KR2, ours=(KR2,)), category) == []


def test_an_epic_gets_no_label() -> None:
    assert labels(ITEM, Level.EPIC, "doing", ["O1.KR1"], there()) == []


def test_a_label_that_was_sent_and_not_told_yet_is_taken_back_all_the_same() -> None:
    assert wanted([], there(plans={f"label:{KR1}": plan(True, sent=True)})) == [(KR1, False)]


def test_a_label_that_a_person_removed_is_not_removed_once_more() -> None:
    assert wanted([], there(plans={f"label:{KR1}": plan(True, sent=True)}, told=KR1)) == []


def test_a_removal_that_was_sent_and_not_told_yet_is_taken_back() -> None:
    plans = {f"label:{KR1}": plan(False, sent=True)}
    assert wanted(["O1.KR1"], there(KR1, ours=(KR1,), plans=plans)) == [(KR1, True)]


def test_nothing_is_planned_twice_and_what_waits_in_vain_is_moot() -> None:
    change = Change(item=ITEM, surface="status:a2", desired={"state": "success"})
    plans = {
        "status:a2": Plan(1, {"state": "success"}, False),
        "status:a1": Plan(2, {"state": "success"}, False),
    }
    assert difference([change], plans) == ((), (2,))


def test_what_is_on_its_way_is_never_moot() -> None:
    assert difference([], {"status:a1": Plan(2, {"state": "success"}, True)}) == ((), ())


codes = st.lists(st.sampled_from(["O1.KR1", "O1.KR2", "O2.KR1"]), unique=True)
names = st.sets(st.sampled_from([KR1, KR2, "kr:O2.KR1", "bug"]))


@given(codes, names, names)
def test_once_applied_nothing_is_left_to_do(desired: list[str], now: set[str], ours: set[str]) -> None:
    before = there(*now, ours=tuple(ours))
    for label, present in wanted(desired, before):
        assert (label not in now) if present else (label in now & ours)
        (now.add if present else now.discard)(label)
        (ours.add if present else ours.discard)(label)
    assert wanted(desired, there(*now, ours=tuple(ours))) == []
    assert {tags.label_for(code) for code in desired} <= now


# --- in the outbox


def told(store: Store, *parcels: Any) -> Any:
    return s.tell(store, s.loaded(0), s.ticket(10063, "PAY-12", 5, body="KR: O1.KR1"), *parcels)


def states(store: Store) -> dict[str, int]:
    with store.read() as connection:
        return {row.surface: row.state for row in connection.execute(select(outbox))}


def test_a_status_of_a_head_that_was_pushed_over_is_moot(store: Store) -> None:
    fold = told(store, s.pull(7, 10, title="PAY-12"))
    s.tell(store, s.pull(7, 20, title="PAY-12", sha="a2"), fold=fold)
    found = states(store)
    assert (found["status:a1"], found["status:a2"]) == (work.MOOT, work.WAITING)


def test_a_pull_request_that_is_merged_wants_nothing_any_more(store: Store) -> None:
    fold = told(store, s.pull(7, 10, title="PAY-12"))
    s.tell(store, s.pull(7, 20, title="PAY-12", state="closed", merged=True), fold=fold)
    assert [surface for _, surface, _ in s.wanted(store)] == [f"label:{KR1}"]  # the ticket's own


def test_what_is_deleted_wants_nothing_any_more(store: Store) -> None:
    fold = told(store)
    s.tell(store, s.ticket(10063, "PAY-12", 9, event="jira:issue_deleted"), fold=fold)
    assert s.wanted(store) == []


def test_a_plan_that_is_wanted_again_waits_again(store: Store) -> None:
    fold = told(store)
    s.tell(store, s.ticket(10063, "PAY-12", 9), fold=fold)
    assert states(store) == {f"label:{KR1}": work.MOOT}
    s.tell(store, s.ticket(10063, "PAY-12", 10, body="KR: O1.KR1"), fold=fold)
    assert states(store) == {f"label:{KR1}": work.WAITING}


def test_a_change_that_is_being_sent_is_taken_back_by_another_one(store: Store) -> None:
    fold = told(store)
    with store.write() as connection:
        assert len(work.claim(connection, "acme", s.NOW, 60_000, 8)) == 1
    s.tell(store, s.ticket(10063, "PAY-12", 9), fold=fold)
    assert s.wanted(store) == [("jira:10063", f"label:{KR1}", [("present", False)])]


def test_our_echo_and_a_second_look_plan_nothing(store: Store) -> None:
    fold = told(store)
    with store.write() as connection:
        connection.execute(update(outbox).values(state=work.SENT, sent_at=s.NOW))
    echo = s.labelled(10063, "PAY-12", 9, "", KR1, s.JIRA_BOT, body="KR: O1.KR1")
    s.tell(store, echo, s.ticket(10063, "PAY-12", 11, title="x", body="KR: O1.KR1", labels=[KR1]), fold=fold)
    assert states(store) == {f"label:{KR1}": work.SENT}


def test_only_places_that_are_configured_get_changes(store: Store) -> None:
    new = ("4711", "acme/payments")
    fold = s.folding(store)
    s.keep(store, [s.loaded(0), s.pull(7, 10, title="O1.KR1: a"), s.renamed(new, "pay", 20)])
    s.keep(
        store,
        [s.pull(8, 30, title="O1.KR1: b", repo=s.TOOLS), s.ticket(10063, "PAY-12", 5, body="KR: O1.KR1")],
    )
    s.run(fold)
    s.judge(store, fold, s.Rules(places={"ACME/PAY"}))
    assert {item for item, _, _ in s.wanted(store)} == {"github:4711#7"}  # under its older name


def test_a_repository_without_checks_gets_labels_only(store: Store) -> None:
    fold = s.folding(store)
    s.keep(store, [s.loaded(0), s.pull(7, 10, title="O1.KR1: a")])
    s.run(fold)
    s.judge(store, fold, s.Rules(mode="off"))
    assert [surface for _, surface, _ in s.wanted(store)] == [f"label:{KR1}"]


def test_a_dropped_key_result_takes_its_labels_and_no_standing(store: Store) -> None:
    echo = s.labelled(10063, "PAY-12", 9, "", KR1, s.JIRA_BOT, body="KR: O1.KR1")
    fold = told(store, echo, s.pull(7, 10, title="PAY-12"))
    s.tell(store, s.loaded(20, s.dropped("O1.KR1"), s.kr("O1.KR2"), s.kr("O2.KR1")), fold=fold)
    assert s.serves(store, ITEM) == s.serves(store, s.github_item(7)) == ["2026Q4/O1.KR1"]
    assert ("jira:10063", f"label:{KR1}", [("present", False)]) in s.wanted(store)
    status = next(dict(desired) for _, surface, desired in s.wanted(store) if surface == "status:a1")
    assert status["description"].startswith("Only inactive key results: O1.KR1"), json.dumps(status)


def test_a_place_is_followed_under_any_of_its_names() -> None:
    hooks = {"GITHUB_WEBHOOK_SECRET": "one", "JIRA_WEBHOOK_SECRET": "two"}
    github = {"name": "github.com", "tracker": "github", "url": "https://github.com"}
    jira = {"name": "acme", "tracker": "jira", "url": "https://acme.example.com", "projects": ["PAY"]}
    sites = [
        github | {"repositories": ["acme/pay"], "webhook_secrets": ["GITHUB_WEBHOOK_SECRET"]},
        jira | {"webhook_secrets": ["JIRA_WEBHOOK_SECRET"]},
    ]
    policy = SitePolicy(config_from({"sites": sites}, hooks, Path("/srv")))
    assert policy.follows("github", "github.com", {"acme/payments", "ACME/PAY"})
    assert policy.follows("jira", "acme", {"PAY"})
    assert not policy.follows("jira", "acme", {"WEB"})
    assert not policy.follows("github", "other", {"acme/pay"})
