"""The catalogue: what a code means on a date, whether its key result is active, and what a version moves."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linker.okrs import Bound, Catalogue, changed_codes, load, parse

Q3 = {"id": "2026Q3", "start": "2026-07-01", "end": "2026-09-30"}
Q4 = {"id": "2026Q4", "start": "2026-10-01", "end": "2026-12-31"}


def kr(code: str, **more: Any) -> dict[str, Any]:
    return {"code": code, "title": code, "metric": "share", "baseline": 45, "target": 10} | more


def cycle(shell: dict[str, Any], *krs: dict[str, Any], **more: Any) -> dict[str, Any]:
    return shell | {"objectives": [{"code": "O1", "title": "Buyers finish", "key_results": list(krs)}]} | more


def catalogue(*cycles: dict[str, Any]) -> Catalogue:
    found, problems = parse({"cycles": list(cycles)}, lambda loc: None)
    assert found is not None, problems
    return found


def ms(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp() * 1000)


QUARTERS = catalogue(cycle(Q3, kr("O1.KR1"), kr("O1.KR9")), cycle(Q4, kr("O1.KR1"), kr("O1.KR2")))


# --- what a code means ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("at", "bound"),
    [
        ("2026-08-15", "2026Q3/O1.KR1"),
        ("2026-09-30T23:59:59", "2026Q3/O1.KR1"),  # the last day belongs to the cycle
        ("2026-10-01", "2026Q4/O1.KR1"),
        ("2026-05-01", "2026Q3/O1.KR1"),  # before all: the next to start
        ("2027-03-01", "2026Q4/O1.KR1"),  # after all: the one that ended last
    ],
)
def test_a_bare_code_binds_to_the_cycle_that_held_the_date(at: str, bound: str) -> None:
    assert QUARTERS.bind("o1.kr1", None, ms(at)) == Bound(bound, (bound,))


def test_only_cycles_that_have_the_code_count() -> None:
    assert QUARTERS.bind("O1.KR9", None, ms("2026-11-01")).kr == "2026Q3/O1.KR9"
    assert QUARTERS.bind("O1.KR2", None, ms("2026-08-01")).kr == "2026Q4/O1.KR2"


def test_a_named_cycle_binds_whatever_the_date() -> None:
    assert QUARTERS.bind("O1.KR1", "2026q3", ms("2026-11-01")).kr == "2026Q3/O1.KR1"
    assert QUARTERS.bind("O1.KR2", "2026Q3", ms("2026-08-01")) == Bound(None, ())


def test_an_unknown_code_has_no_candidates() -> None:
    assert QUARTERS.bind("O7.KR7", None, 0) == Bound(None, ())


def test_two_cycles_that_hold_the_date_make_a_code_ambiguous() -> None:
    year = {"id": "2026", "start": "2026-01-01", "end": "2026-12-31"}
    both = catalogue(cycle(Q4, kr("O1.KR1")), cycle(year, kr("O1.KR1")))
    bound = both.bind("O1.KR1", None, ms("2026-11-01"))
    assert bound == Bound(None, ("2026/O1.KR1", "2026Q4/O1.KR1"))
    assert both.bind("O1.KR1", None, ms("2026-03-01")).kr == "2026/O1.KR1"


def test_a_cycle_begins_in_its_own_time_zone() -> None:
    auckland = catalogue(cycle(Q3, kr("O1.KR1")), cycle(Q4, kr("O1.KR1"), timezone="Pacific/Auckland"))
    assert auckland.bind("O1.KR1", None, ms("2026-09-30T10:59")).kr == "2026Q3/O1.KR1"
    assert len(auckland.bind("O1.KR1", None, ms("2026-09-30T11:00")).candidates) == 2
    assert auckland.day_of("2026Q4/O1.KR1", ms("2026-09-30T11:00")) == date(2026, 10, 1)


def test_codes_have_one_form() -> None:
    small = catalogue(cycle(Q4, kr("pay.o1.kr2")))
    assert small.codes == {"PAY.O1.KR2"}
    assert list(small.krs) == ["2026Q4/PAY.O1.KR2"]
    assert small.cycle_ids == {"2026Q4"}


# --- active or not ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("on", "active", "why"),
    [
        (date(2026, 6, 30), False, "its cycle 2026Q3 starts on 1 July 2026"),
        (date(2026, 7, 1), True, ""),
        (date(2026, 9, 30), True, ""),
        (date(2026, 10, 14), True, ""),  # fourteen full days of grace
        (date(2026, 10, 15), False, "its cycle 2026Q3 ended on 30 September 2026"),
    ],
)
def test_a_key_result_is_active_in_its_cycle_and_shortly_after(on: date, active: bool, why: str) -> None:
    assert QUARTERS.active("2026Q3/O1.KR1", on) is active
    assert QUARTERS.why_inactive("2026Q3/O1.KR1", on) == why


def test_grace_is_a_setting() -> None:
    assert QUARTERS.active("2026Q3/O1.KR1", date(2026, 10, 1), grace_days=1)
    assert not QUARTERS.active("2026Q3/O1.KR1", date(2026, 10, 1), grace_days=0)


DROPPED = [
    {"state": "dropped", "on": "2026-11-03", "reason": "The supplier left."},
    {"state": "open", "on": "2026-10-12"},
]


def test_a_state_has_a_history() -> None:
    one = catalogue(cycle(Q4, kr("O1.KR1", history=DROPPED)))
    states = [
        one.state_on("2026Q4/O1.KR1", date(2026, month, day)) for month, day in ((10, 1), (10, 12), (11, 3))
    ]
    assert states == ["proposed", "open", "dropped"]
    assert one.krs["2026Q4/O1.KR1"].state == "dropped"
    assert one.why_inactive("2026Q4/O1.KR1", date(2026, 10, 1)) == "proposed until 12 October 2026"
    why = one.why_inactive("2026Q4/O1.KR1", date(2026, 12, 1))
    assert why == "dropped on 3 November 2026: The supplier left."


def test_before_it_was_dropped_it_was_open() -> None:
    one = catalogue(
        cycle(Q4, kr("O1.KR1", state="dropped", since="2026-11-03"), kr("O1.KR2", state="deferred"))
    )
    assert one.active("2026Q4/O1.KR1", date(2026, 11, 2))
    assert not one.active("2026Q4/O1.KR1", date(2026, 11, 3))
    assert one.why_inactive("2026Q4/O1.KR2", date(2026, 11, 3)) == "it is deferred"
    assert one.why_inactive("2026Q4/O9.KR9", date(2026, 11, 3)) == "no cycle has it"


def test_turns_name_the_days_on_which_something_changes() -> None:
    one = catalogue(cycle(Q4, kr("O1.KR1", history=DROPPED), kr("O1.KR2")))
    days = [date(2026, 10, 1), date(2026, 10, 12), date(2026, 11, 3), date(2027, 1, 15)]
    assert one.turns(date(2026, 1, 1)) == days
    assert one.turns(date(2026, 11, 3)) == days[3:]


# --- labels -----------------------------------------------------------------------------------------------


def test_a_label_is_the_code_where_the_code_alone_means_it() -> None:
    assert QUARTERS.label_code("2026Q4/O1.KR1", date(2026, 11, 1)) == "O1.KR1"
    assert QUARTERS.label_code("2026Q3/O1.KR9", date(2026, 11, 1)) == "O1.KR9"
    assert QUARTERS.label_code("2026Q3/O1.KR1", date(2026, 10, 5)) == "2026Q3/O1.KR1"


def test_two_open_cycles_with_one_code_need_the_full_id() -> None:
    half = {"id": "2026H2", "start": "2026-07-01", "end": "2026-12-31"}
    both = catalogue(cycle(Q4, kr("O1.KR1"), kr("O1.KR2")), cycle(half, kr("O1.KR1")))
    labels = [both.label_code(f"2026Q4/O1.KR{n}", date(2026, 11, 1)) for n in (1, 2)]
    assert labels == ["2026Q4/O1.KR1", "O1.KR2"]


# --- versions ---------------------------------------------------------------------------------------------


def test_a_dump_loads_to_the_same_catalogue_and_hash() -> None:
    again = load(QUARTERS.dump())
    assert again == QUARTERS
    assert again.sha256 == QUARTERS.sha256
    assert again.krs["2026Q3/O1.KR1"].target == Decimal(10)


def test_how_a_number_is_written_makes_no_new_version() -> None:
    assert catalogue(cycle(Q4, kr("O1.KR1", target=10.0))) == catalogue(cycle(Q4, kr("O1.KR1", target=10)))


def test_a_new_title_moves_no_code() -> None:
    retitled = catalogue(
        cycle(Q3, kr("O1.KR1"), kr("O1.KR9")), cycle(Q4, kr("O1.KR1", title="New"), kr("O1.KR2"))
    )
    assert retitled != QUARTERS
    assert changed_codes(QUARTERS, retitled) == frozenset()


def test_codes_that_came_went_or_moved_are_changed() -> None:
    assert changed_codes(None, QUARTERS) == QUARTERS.codes
    fewer = catalogue(cycle(Q3, kr("O1.KR1")), cycle(Q4, kr("O1.KR1"), kr("O1.KR2"), kr("O2.KR1")))
    assert changed_codes(QUARTERS, fewer) == {"O1.KR9", "O2.KR1"}
    longer = catalogue(cycle(Q3, kr("O1.KR1"), kr("O1.KR9")), cycle(Q4 | {"end": "2027-01-10"}, kr("O1.KR2")))
    assert changed_codes(QUARTERS, longer) == {"O1.KR1", "O1.KR2"}


def test_a_key_result_takes_over_its_objectives_team_and_guards_in_full() -> None:
    objective = {
        "code": "O1",
        "title": "T",
        "team": "web",
        "key_results": [kr("O1.KR1"), kr("O1.KR2", guards="o1.kr1")],
    }
    one = catalogue(Q4 | {"objectives": [objective]})
    assert one.krs["2026Q4/O1.KR2"].team == "web"
    assert one.krs["2026Q4/O1.KR2"].guards == "2026Q4/O1.KR1"
    assert one.krs["2026Q4/O1.KR2"].objective == "O1"


# --- properties -------------------------------------------------------------------------------------------

DAYS = st.dates(date(2025, 6, 1), date(2027, 6, 1))
STATES = st.sampled_from(["proposed", "open", "deferred", "dropped", "closed"])


@st.composite
def catalogues(draw: st.DrawFn) -> Catalogue:
    cycles = []
    for index in range(draw(st.integers(1, 4))):
        start = draw(DAYS)
        shell = {
            "id": f"C{index}",
            "start": str(start),
            "end": str(start + timedelta(draw(st.integers(0, 120)))),
        }
        krs = []
        for code in sorted(draw(st.sets(st.sampled_from(["A.1", "A.2", "B.1"])))):
            changes = draw(st.dictionaries(DAYS, STATES, max_size=3))
            krs.append(kr(code, history=[{"state": state, "on": str(on)} for on, state in changes.items()]))
        cycles.append(
            cycle(shell, *krs, timezone=draw(st.sampled_from(["UTC", "Asia/Tokyo", "America/New_York"])))
        )
    return catalogue(*cycles)


@given(catalogues(), DAYS, st.integers(0, 30))
def test_nothing_begins_or_ceases_between_turns(one: Catalogue, on: date, grace: int) -> None:
    before = on - timedelta(days=1)
    turned = any(one.active(kr_id, on, grace) != one.active(kr_id, before, grace) for kr_id in one.krs)
    assert (on in one.turns(before, grace)) is turned


@given(catalogues(), DAYS)
def test_a_code_binds_only_to_key_results_that_have_it(one: Catalogue, on: date) -> None:
    for code in one.codes:
        bound = one.bind(code, None, ms(str(on)))
        assert bound.candidates
        assert {one.krs[kr_id].code for kr_id in bound.candidates} == {code}
        assert (bound.kr is None) is (len(bound.candidates) > 1)


@given(catalogues(), DAYS, st.integers(0, 30))
def test_inactive_always_has_a_reason(one: Catalogue, on: date, grace: int) -> None:
    for kr_id in one.krs:
        assert bool(one.why_inactive(kr_id, on, grace)) is not one.active(kr_id, on, grace)


@given(catalogues())
def test_every_catalogue_survives_its_dump(one: Catalogue) -> None:
    assert load(one.dump()).dump() == one.dump()
    assert changed_codes(one, load(one.dump())) == frozenset()
