"""Each finder by the smallest sprint that has what it looks for, and the nearest one that has not."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction
from typing import Any, get_args

import pytest
from hypothesis import given
from planned import ADDED, KRS, PLANS, RULES, card, goal, plan

from linker.model import Finding
from linker.scope import FINDERS, Blocked, Plan, Severity, find, numbers
from reports import wording

KR, OTHER, OLD = KRS[0], KRS[1], KRS[3]
SERVES = card(1, "10", KR)
RISK = goal(confidence=Decimal("0.4"))
SIX = tuple(f"2026Q4/O{n}.KR1" for n in range(6))
WAITS = (Blocked(("jira:PAY-90", "github:acme/pay#7"), "in Sprint 8"),)
STALE = goal(middle=True, stale=True, read_at=1)

#: finding -> (has it: plan and subject; the nearest that has not)
EXAMPLES: Mapping[str, list[tuple[Plan, str, Plan]]] = {
    "no_key_result": [
        (plan(card(1)), "jira:PAY-1", plan(card(1, exemption="ktlo"))),
        (plan(card(1, above="jira:PAY-3")), "jira:PAY-1", plan(card(1, story=ADDED))),
        (plan(card(1)), "jira:PAY-1", plan(card(1, category="dropped"))),
        (plan(card(1), card(2, parents=frozenset({9}))), "jira:PAY-2",
         plan(SERVES, card(2, parents=frozenset({1})))),
    ],
    "added_without_key_result": [
        (plan(card(1, story=ADDED)), "jira:PAY-1", plan(card(1))),
        (plan(card(1, "1", OLD, story=ADDED)), "jira:PAY-1", plan(card(1, "1", OLD, KR, story=ADDED))),
    ],
    "inactive_key_result": [
        (plan(card(1, "1", OLD)), "jira:PAY-1", plan(card(1, "1", OLD, KR))),
        (plan(card(1, "1", OLD, OTHER)), "jira:PAY-1", plan(card(1, "1", OLD, exemption="debt"))),
    ],
    "unknown_code": [
        (plan(replace(SERVES, unknown=(("O9.KR9", "Write O1.KR1."),))), "jira:PAY-1", plan(SERVES)),
    ],
    "unstaffed_key_result": [
        (plan(), KR, plan(SERVES)),
        (plan(), KR, plan(goals=(goal(kind="guardrail"),))),
        (plan(), KR, plan(goals=(goal(ours=False),))),
        (plan(), KR, plan(goals=(goal(active=False),))),
        (plan(replace(SERVES, category="dropped")), KR, plan(replace(SERVES, category="done"))),
        (plan(), KR, plan(goals=(goal(current=False),))),
    ],
    "short_key_result": [
        (plan(card(1, "0.9", KR), card(2, "9.1"), goals=(RISK,)), KR,
         plan(card(1, "1", KR), card(2, "9"), goals=(RISK,))),
        (plan(card(1, None, KR), card(2, "9"), goals=(RISK,)), KR, plan(card(2, "9"), goals=(RISK,))),
        (plan(card(1, "0.9", KR), card(2, "9.1"), goals=(RISK,)), KR,
         plan(card(1, "0.9", KR), card(2, "9.1"), goals=(goal(confidence=Decimal("0.5")),))),
    ],
    "over_budget": [
        (plan(card(1, "3.1", exemption="ktlo"), card(2, "6.9")), "ktlo",
         plan(card(1, "3", exemption="ktlo"), card(2, "7"))),
        (plan(card(1, "2.6", KR, story=ADDED), card(2, "7.4")), "unplanned",
         plan(card(1, "2.5", KR, story=ADDED), card(2, "7.5"))),
    ],
    "under_floor": [
        (plan(card(1, "1.9", exemption="debt"), card(2, "8.1")), "debt",
         plan(card(1, "2", exemption="debt"), card(2, "8"))),
        (plan(card(1)), "debt", plan(card(1, None))),
    ],
    "blocked": [
        (plan(replace(SERVES, blocked=WAITS)), "jira:PAY-1", plan(SERVES)),
        (plan(replace(SERVES, blocked=WAITS)), "jira:PAY-1",
         plan(replace(SERVES, blocked=WAITS, category="done"))),
    ],
    "carried_twice": [
        (plan(replace(SERVES, carried=2)), "jira:PAY-1", plan(replace(SERVES, carried=1))),
    ],
    "odd_estimate": [(plan(card(1, "-0.5")), "jira:PAY-1", plan(card(1, "0")))],
    "no_estimate": [(plan(card(1), card(2, None)), "jira:PAY-2", plan(card(1, None), card(2, None)))],
    "unfocused": [
        (plan(*(card(n, "1", kr) for n, kr in enumerate(SIX)), goals=tuple(map(goal, SIX))), "Sprint 7",
         plan(*(card(n, "1", kr) for n, kr in enumerate(SIX[1:])), goals=tuple(goal(kr) for kr in SIX))),
    ],
    "stale_reading": [
        (plan(SERVES, goals=(STALE,), readings=True), KR, plan(SERVES, goals=(STALE,))),
        (plan(SERVES, goals=(STALE._replace(read_at=None),), readings=True), KR,
         plan(SERVES, goals=(STALE._replace(middle=False),), readings=True)),
        (plan(SERVES, goals=(STALE,), readings=True), KR,
         plan(SERVES, goals=(STALE._replace(stale=False),), readings=True)),
        (plan(SERVES, goals=(STALE,), readings=True), KR,
         plan(SERVES, goals=(STALE._replace(ours=False),), readings=True)),
    ],
    "branch_title_disagree": [
        (plan(replace(SERVES, disagreeing=("github:acme/pay#7",))), "github:acme/pay#7", plan(SERVES)),
    ],
    "over_capacity": [
        (plan(SERVES, capacity=Fraction(9)), "Sprint 7", plan(SERVES, capacity=Fraction(10))),
        (plan(SERVES, capacity=Fraction(0)), "Sprint 7", plan(SERVES)),
    ],
}  # fmt: skip
CASES = [(own, *case) for own, cases in EXAMPLES.items() for case in cases]


def found(told: Plan, own: str | None = None) -> list[Finding]:
    return [one for one in find(told, numbers(told)) if own in (None, one.id)]


def test_every_finder_has_its_examples() -> None:
    assert set(EXAMPLES) == set(FINDERS)


@pytest.mark.parametrize(("own", "has", "subject", "has_not"), CASES, ids=[case[0] for case in CASES])
def test_it_finds_just_that(own: str, has: Plan, subject: str, has_not: Plan) -> None:
    assert subject in [one.subject for one in found(has, own)]
    assert subject not in [one.subject for one in found(has_not, own)]


@pytest.mark.parametrize(
    ("own", "has", "subject"), [case[:3] for case in CASES], ids=[case[0] for case in CASES]
)
def test_it_says_what_is_and_what_to_do(own: str, has: Plan, subject: str) -> None:
    for one in found(has, own):
        assert one.text.endswith(".")
        assert one.fix.endswith(".")
        assert one.text[0].isupper() or one.text[0].isdigit()
        assert one.fix[0].isupper()
        assert "  " not in one.text + one.fix
        assert one.fix != one.text
    assert own in wording.FINDINGS


@pytest.mark.parametrize("severity", get_args(Severity))
@pytest.mark.parametrize(("own", "has"), [(own, cases[0][0]) for own, cases in EXAMPLES.items()])
def test_the_policy_says_how_severe_it_is(own: str, has: Plan, severity: Any) -> None:
    usual = FINDERS[own][0]
    assert {one.severity for one in found(has, own)} == {usual}
    ruled = found(replace(has, rules=RULES._replace(severities={own: severity})), own)
    assert {one.severity for one in ruled} == (set() if severity == "off" else {severity})


@given(PLANS)
def test_the_most_severe_come_first_and_each_kind_stands_together(told: Plan) -> None:
    ruled = replace(told, rules=RULES._replace(severities={"no_estimate": "error", "blocked": "off"}))
    seen = found(ruled)
    ranks = ["error", "warning", "note"]
    order = [(ranks.index(one.severity), list(FINDERS).index(one.id)) for one in seen]
    assert order == sorted(order)
    size = {one.name: max(Fraction(one.points or 0), Fraction(0)) for one in told.cards}
    for own in {one.id for one in seen}:
        subjects = [one.subject for one in seen if one.id == own]
        worths = [size[name] for name in subjects if name in size]
        if own != "added_without_key_result":
            assert worths == sorted(worths, reverse=True)
        assert len(subjects) == len(set(subjects))
    by_name = {one.name: one for one in told.cards}
    assert all(by_name[one.subject].category != "dropped" for one in seen if one.subject in by_name)


def test_of_what_was_added_the_largest_comes_first_whatever_it_serves() -> None:
    told = plan(card(1, "1", story=ADDED), card(2, "5", OLD, story=ADDED))
    assert [one.subject for one in found(told, "added_without_key_result")] == ["jira:PAY-2", "jira:PAY-1"]


def test_an_empty_sprint_is_asked_for_its_key_results_only() -> None:
    assert [one.id for one in found(plan())] == ["unstaffed_key_result"]
    assert found(plan(goals=())) == []
