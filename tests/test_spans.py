"""When each link held: the log always comes to what is true now, and history is what the days were."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from linker.model import ItemId, Link, Provenance
from linker.spans import LogRow, Span, difference, spans, told

CHILD = ItemId("jira", "acme", "10063")
WHY = Provenance(rule="parent", field="parent")


def link(parent: str, kind: Any = "parent") -> Link:
    return Link(child=CHILD, parent=parent, kind=kind, why=WHY)


def said(rows: list[LogRow]) -> list[tuple[str, Span]]:
    return [(row.op, row.span) for row in rows]


def test_a_link_holds_until_a_state_without_it() -> None:
    found = spans([(1, [link("a")]), (5, [link("a"), link("b")]), (9, [link("b")])])
    assert set(found) == {Span("a", "parent", 1, 9), Span("b", "parent", 5, None)}


def test_a_link_that_comes_back_has_two_spans() -> None:
    found = spans([(1, [link("a")]), (5, []), (9, [link("a")])])
    assert set(found) == {Span("a", "parent", 1, 5), Span("a", "parent", 9, None)}


def test_what_held_for_no_time_never_was() -> None:
    assert set(spans([(1, [link("a")]), (1, [link("b")])])) == {Span("b", "parent", 1, None)}


def test_a_span_that_ended_is_retracted_with_its_end() -> None:
    rows = difference([Span("a", "parent", 1, None)], {Span("a", "parent", 1, 7): WHY})
    assert said(rows) == [("retract", Span("a", "parent", 1, 7))]


def test_a_span_that_never_held_is_retracted_at_its_start() -> None:
    rows = difference([Span("a", "parent", 1, None)], {Span("a", "parent", 3, None): WHY})
    assert said(rows) == [
        ("retract", Span("a", "parent", 1, 1)),
        ("assert", Span("a", "parent", 3, None)),
    ]


def test_what_is_true_already_is_not_said_again() -> None:
    true = {Span("a", "parent", 1, 7): WHY, Span("b", "parent", 2, None): WHY}
    assert difference(true, true) == []


states = st.lists(
    st.tuples(st.integers(0, 9), st.lists(st.sampled_from("abc"), unique=True)), max_size=8
).map(lambda found: spans([(at, [link(parent) for parent in links]) for at, links in sorted(found)]))


@given(st.lists(states, max_size=5))
def test_the_log_comes_to_what_is_true_after_every_change(history: list[dict[Span, Provenance]]) -> None:
    log: list[tuple[str, Span]] = []
    for true in history:
        log += said(difference(told(log), true))
        assert told(log) == set(true)
