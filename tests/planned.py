"""Cards, goals and plans for tests, by example and by chance."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

from hypothesis import strategies as st

from linker.scope import UNPLANNED, Card, Goal, Limit, Plan, Rules, Story, Term

KRS = ("2026Q4/O1.KR1", "2026Q4/O1.KR2", "2026Q4/O2.KR1", "2026Q3/O1.KR1")
ADDED = Story(added=True, inside=True)
RULES = Rules(
    {
        "ktlo": Limit(Fraction(3, 10)),
        "debt": Limit(Fraction(4, 10), Fraction(2, 10)),
        UNPLANNED: Limit(Fraction(1, 4)),
    }
)


def card(row: int, points: str | None = "1", *krs: str, **other: Any) -> Card:
    known: dict[str, Any] = {"exemption": None, "category": "todo"} | other
    return Card(
        row, f"jira:PAY-{row}", f"Ticket {row}", None if points is None else Decimal(points), krs, **known
    )


def goal(own: str = KRS[0], **other: Any) -> Goal:
    known: dict[str, Any] = {"active": True, "ours": True, "kind": "committed"} | other
    return Goal(own, own.partition("/")[2], "A result", "lead", "payments", "Pay", **known)


def plan(*cards: Card, goals: tuple[Goal, ...] = (goal(),), rules: Rules = RULES, **other: Any) -> Plan:
    known: dict[str, Any] = {"term": Term(0, 100, None, 0), "now": 50} | other
    return Plan("Sprint 7", cards, goals, rules, **known)


GOALS = (
    goal(KRS[0], confidence=Decimal("0.3")),
    goal(KRS[1]),
    goal(KRS[2], ours=False),
    goal(KRS[3], active=False),
)
SERVED = st.lists(st.sampled_from(KRS), unique=True, max_size=3).map(tuple)
EXEMPT = st.sampled_from([None, None, "ktlo", "debt", "spike"])
POINTS = st.none() | st.decimals(-2, 21, places=1)


def _cards(
    rows: st.SearchStrategy[int], categories: list[str], parents: bool
) -> st.SearchStrategy[list[Card]]:
    one = st.builds(
        Card,
        row=rows,
        name=st.none(),
        title=st.just("A ticket"),
        points=POINTS,
        krs=SERVED,
        exemption=EXEMPT,
        category=st.sampled_from(categories),
        parents=st.frozensets(st.integers(1, 14), max_size=1) if parents else st.just(frozenset()),
        story=st.sampled_from([Story(planned=True, inside=True), ADDED]),
        impact=st.dictionaries(st.sampled_from(KRS), st.fractions(0, 1, max_denominator=20), max_size=2),
    )
    named = one.map(lambda told: Card(**{**told.__dict__, "name": f"jira:PAY-{told.row}"}))
    return st.lists(named, unique_by=lambda told: told.row, max_size=9)


INSIDE = _cards(st.integers(1, 14), ["todo", "doing", "done", "dropped"], parents=True)
COMING = _cards(st.integers(20, 30), ["todo"], parents=True)
PLANS = st.builds(
    lambda cards, capacity, now: plan(*cards, goals=GOALS, capacity=capacity, now=now),
    INSIDE,
    st.none() | st.integers(0, 60).map(Fraction),
    st.sampled_from([-10, 50]),
)
