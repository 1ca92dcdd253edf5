"""A sprint's points fall into parts that add up to the whole, exactly, whatever the sprint."""

from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from linker.model import SprintDates
from linker.scope import PARTS, Span, Ticket, add, counted, percent, points, running, sums

CODES = st.lists(st.sampled_from(["2026Q4/O1.KR1", "2026Q4/O1.KR2", "2026Q4/O2.KR1"]), unique=True)
POINTS = st.none() | st.decimals(-3, 40, places=2)
TICKETS = st.lists(
    st.builds(
        Ticket,
        row=st.integers(1, 12),
        points=POINTS,
        active=CODES.map(tuple),
        inactive=CODES.map(tuple),
        exempt=st.booleans(),
        parents=st.frozensets(st.integers(1, 12), max_size=2),
    ),
    unique_by=lambda ticket: ticket.row,
)


def ticket(row: int, worth: str | None = "1", *active: str, **other: object) -> Ticket:
    known = {"inactive": (), "exempt": False, "parents": frozenset()} | other
    return Ticket(row, points(worth), active, **known)  # type: ignore[arg-type]  # a test names them one by one


@given(TICKETS)
def test_parts_add_up_to_the_whole(tickets: list[Ticket]) -> None:
    parts = sums(tickets)
    assert sum(parts.points.values()) == parts.total
    assert sum(parts.krs.values()) == parts.points["active"]
    assert parts.number == len(counted(tickets))
    assert sum(max(Fraction(one.points or 0), Fraction(0)) for one in counted(tickets)) == parts.total


@given(TICKETS)
def test_each_ticket_is_counted_or_lies_below_one_that_is(tickets: list[Ticket]) -> None:
    held = {one.row: one for one in tickets}
    covered, frontier = set(), {one.row for one in counted(tickets)}
    while frontier:
        covered |= frontier
        frontier = {row for row, one in held.items() if one.parents & covered} - covered
    assert covered == held.keys()


@given(st.lists(TICKETS, max_size=4))
def test_sprints_add_up(sprints: list[list[Ticket]]) -> None:
    whole = add([sums(one) for one in sprints])
    assert sum(whole.points.values()) == whole.total == sum((sums(one).total for one in sprints), Fraction(0))


@given(st.lists(st.fractions(0, 100), min_size=1, max_size=6))
def test_percentages_are_whole_and_make_a_hundred(values: list[Fraction]) -> None:
    shown = percent(values)
    assert sum(shown) == (100 if sum(values) else 0)
    exact = [value * 100 / (sum(values) or 1) for value in values]
    assert all(abs(one - true) < 1 for one, true in zip(shown, exact, strict=True))


def test_several_key_results_share_a_ticket_equally() -> None:
    parts = sums([ticket(1, "5", "a", "b", "c")])
    assert parts.krs == {"a": Fraction(5, 3), "b": Fraction(5, 3), "c": Fraction(5, 3)}
    assert parts.serving == {"a": 1, "b": 1, "c": 1}


def test_an_active_key_result_comes_before_all_else() -> None:
    both = ticket(1, "3", "a", inactive=("old",), exempt=True)
    spared = ticket(2, "2", inactive=("old",), exempt=True)
    parts = sums([both, spared, ticket(3, "1", inactive=("old",)), ticket(4)])
    assert [parts.points[part] for part in PARTS] == [3, 1, 2, 1]


def test_no_estimate_and_a_negative_one_are_told_apart() -> None:
    parts = sums([ticket(1, None), ticket(2, "-2"), ticket(3, "NaN"), ticket(4, "0.5")])
    assert (parts.total, parts.unestimated, parts.negative) == (Fraction(1, 2), 2, 1)
    assert points("1e3") == Decimal(1000)


def span(row: int, end: int | None, place: str, milestone: bool = False, state: str = "active") -> Span:
    return Span(row, SprintDates.model_validate({"state": state, "end": end}), milestone, place)


def test_a_sprint_runs_while_it_is_active_on_its_board() -> None:
    assert running([span(1, 50, "a"), span(2, 150, "a"), span(3, 150, "b", state="future")], 100) == [2]
    assert running([span(1, 50, "a"), span(2, 40, "a")], 100) == [1]  # overdue, and nothing newer
    assert running([span(1, 150, "a"), span(2, 160, "a"), span(3, None, "b")], 100) == [3, 1, 2]


def test_of_open_milestones_the_next_one_due_runs() -> None:
    due = [span(1, 50, "a", True), span(2, 150, "a", True), span(3, 250, "a", True), span(4, None, "a", True)]
    assert running(due, 100) == [2]
    assert running(due, 300) == []
