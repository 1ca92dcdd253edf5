"""Progress and pace follow from readings alone: exact, alike in both directions, never green without one."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linker.model import Comparator, Cycle, KeyResult, KRKind, Reading
from linker.okrs import Measured, Pace, expected, measured, pace, phase, progress, stale
from linker.okrs.measured import BANDS

QUARTER = Cycle(id="2026Q4", start=date(2026, 10, 1), end=date(2026, 12, 31), timezone="Europe/Berlin")
SETUP, EXECUTION = date(2026, 10, 20), date(2026, 11, 20)
ALARMS = ("at risk", "off track")


def kr(comparator: Comparator = "from_to", baseline: Any = 900, target: Any = 300, **other: Any) -> KeyResult:
    said = {"code": "O1.KR1", "title": "Latency", "cycle": "2026Q4", "objective": "O1", **other}
    return KeyResult.model_validate(said | {"comparator": comparator, "baseline": baseline, "target": target})


def reading(value: Any, on: date, confidence: str | None = None, own: str = "") -> Reading:
    at = datetime(on.year, on.month, on.day, 15, tzinfo=UTC)
    return Reading.model_validate(
        {
            "id": own or f"{on}",
            "kr": "2026Q4/O1.KR1",
            "at": int(at.timestamp() * 1000),
            "value": str(value),
            "confidence": confidence,
        }
    )


# --- progress


@pytest.mark.parametrize(
    ("known", "value", "share"),
    [
        (kr(), "420", Fraction(4, 5)),
        (kr(baseline=61, target=66), "62", Fraction(1, 5)),
        (kr(baseline="0.1", target="0.4"), "0.2", Fraction(1, 3)),  # exact, where floats are not
        (kr(), "1200", Fraction(-1, 2)),
        (kr(), "240", Fraction(11, 10)),
        (kr(baseline=5, target=5), "5", None),
        (kr(baseline=None), "5", None),
        (kr(target=None), "5", None),
        (kr("ratio", 7, 20), "20", Fraction(1)),
        (kr("ratio", None, 20), "20", None),
        (kr("at_most", 6, 2), "3", Fraction(3, 4)),
        (kr("at_most", None, 2), "2", Fraction(1)),
        (kr("at_most", None, 2), "2.1", Fraction(0)),
        (kr("at_most", 1, 2), "1.5", Fraction(1)),  # it was met at the start: there is no way to go
        (kr("at_most", 1, 2), "3", Fraction(0)),
        (kr("at_least", 90, 99), "93", Fraction(1, 3)),
        (kr("at_least", None, 99), "98", Fraction(0)),
        (kr("at_least", None, 99), "99", Fraction(1)),
        (kr("maintain_below", "0.25", "0.4"), "0.4", Fraction(1)),
        (kr("maintain_below", "0.25", "0.4"), "0.41", Fraction(0)),
        (kr("maintain_below", None, None), "0.41", None),
        (kr("zero", 9, 0), "3", Fraction(2, 3)),
        (kr("zero", 9, None), "0", Fraction(1)),
        (kr("zero", None, None), "0", Fraction(1)),
        (kr("zero", None, None), "2", Fraction(0)),
        (kr("boolean", None, None), "1", Fraction(1)),
        (kr("boolean", 0, 1), "0", Fraction(0)),
    ],
)
def test_progress_is_the_share_of_the_way(known: KeyResult, value: str, share: Fraction | None) -> None:
    assert progress(known, Decimal(value)) == share


numbers = st.decimals(-10_000, 10_000, places=3)
ways = st.tuples(numbers, numbers).filter(lambda pair: pair[0] != pair[1])


@given(ways, numbers)
def test_up_and_down_are_the_same_way(way: tuple[Decimal, Decimal], value: Decimal) -> None:
    baseline, target = way
    up, down = kr(baseline=baseline, target=target), kr(baseline=-baseline, target=-target)
    assert progress(up, value) == progress(down, -value)
    swapped = progress(kr(baseline=target, target=baseline), value)
    here = progress(up, value)
    assert here is not None
    assert swapped is not None
    assert here + swapped == 1


@given(ways, numbers, numbers)
def test_nearer_to_the_target_is_never_less(
    way: tuple[Decimal, Decimal], one: Decimal, other: Decimal
) -> None:
    known = kr(baseline=way[0], target=way[1])
    low, high = sorted((one, other), key=lambda value: value * (1 if way[0] < way[1] else -1))
    assert (progress(known, low) or 0) <= (progress(known, high) or 0)


@given(st.sampled_from(get_args(Comparator)), st.none() | numbers, st.none() | numbers, numbers, numbers)
def test_every_comparator_goes_one_way(
    comparator: Comparator, baseline: Decimal | None, target: Decimal | None, one: Decimal, other: Decimal
) -> None:
    known = kr(comparator, baseline, Decimal(0) if comparator == "zero" and target else target)
    shares = [progress(known, value) for value in sorted((one, other, Decimal(0), Decimal(1)))]
    told = [share for share in shares if share is not None]
    assert len(told) in (0, len(shares))  # whether it can be said depends on the key result, not on the value
    if comparator != "boolean":
        assert told in (sorted(told), sorted(told, reverse=True))


# --- the expected curve


def test_the_curve_is_flat_then_steep_then_flatter() -> None:
    days = [date(2026, 9, 30), date(2026, 10, 31), date(2026, 11, 30), date(2026, 12, 31), date(2027, 2, 1)]
    assert [round(float(expected(QUARTER, day)), 2) for day in days] == [0, 0.16, 0.64, 1, 1]


def test_a_cycle_of_twelve_weeks_turns_after_four_and_eight() -> None:
    cycle = Cycle(id="c", start=date(2026, 1, 5), end=date(2026, 3, 29))
    weeks = [cycle.start + timedelta(days=7 * n - 1) for n in (4, 8, 12)]
    assert [expected(cycle, day) for day in weeks] == [Fraction(15, 100), Fraction(65, 100), 1]
    assert [phase(cycle, day) for day in weeks] == ["setup", "execution", "completion"]
    assert [phase(cycle, day + timedelta(days=1)) for day in weeks] == ["execution", "completion", "over"]
    assert phase(cycle, date(2026, 1, 4)) == "before"


spans = st.tuples(st.dates(date(2020, 1, 1), date(2030, 1, 1)), st.integers(0, 400))


@given(spans, st.integers(-30, 430))
def test_the_curve_never_falls_and_ends_at_one(span: tuple[date, int], day: int) -> None:
    cycle = Cycle(id="c", start=span[0], end=span[0] + timedelta(days=span[1]))
    on = cycle.start + timedelta(days=day)
    assert 0 <= expected(cycle, on) <= expected(cycle, on + timedelta(days=1)) <= 1
    assert expected(cycle, cycle.end) == 1
    assert expected(cycle, cycle.start - timedelta(days=1)) == 0
    assert phase(cycle, on) in ("before", "setup", "execution", "completion", "over")


# --- pace


@pytest.mark.parametrize(
    ("kind", "share", "said"),
    [
        ("committed", "0.75", "on track"),
        ("committed", "0.65", "at risk"),
        ("committed", "0.35", "off track"),
        ("aspirational", "0.55", "on track"),
        ("aspirational", "0.45", "at risk"),
        ("aspirational", "0.20", "off track"),
    ],
)
def test_each_kind_has_its_own_bands(kind: KRKind, share: str, said: Pace) -> None:
    known = kr(baseline=0, target=1, kind=kind)
    due = expected(QUARTER, EXECUTION)
    value = Decimal(str(round(float(due) * float(share), 6)))
    assert pace(known, QUARTER, value, None, EXECUTION) == said


def test_every_kind_but_guardrails_has_a_band() -> None:
    assert {*BANDS, "guardrail"} == set(get_args(KRKind))


def test_whoever_is_at_the_target_has_reached_it() -> None:
    assert pace(kr(), QUARTER, Decimal(300), Decimal("0.1"), EXECUTION) == "reached"
    assert pace(kr(), QUARTER, Decimal(250), None, SETUP) == "reached"


def test_a_low_confidence_is_a_risk_and_never_a_rescue() -> None:
    assert pace(kr(), QUARTER, Decimal(420), Decimal("0.5"), EXECUTION) == "on track"
    assert pace(kr(), QUARTER, Decimal(420), Decimal("0.4"), EXECUTION) == "at risk"
    assert pace(kr(), QUARTER, Decimal(900), Decimal("0.9"), EXECUTION) == "off track"


def test_the_setup_raises_no_alarm() -> None:
    assert pace(kr(), QUARTER, Decimal(1500), Decimal("0.1"), SETUP) == "on track"


@pytest.mark.parametrize("on", [SETUP, EXECUTION, date(2027, 1, 5)])
def test_a_breached_guardrail_is_off_track_on_every_day(on: date) -> None:
    known = kr("maintain_below", "0.25", "0.4", kind="guardrail")
    assert pace(known, QUARTER, Decimal("0.5"), Decimal(1), on) == "off track"
    assert pace(known, QUARTER, Decimal("0.4"), Decimal(1), on) == "on track"


def test_without_a_target_nothing_is_said() -> None:
    assert pace(kr(target=None), QUARTER, Decimal(5), Decimal(1), EXECUTION) == "unknown"


comparators = st.sampled_from(get_args(Comparator))
known_krs = st.builds(
    kr,
    comparators,
    st.none() | numbers,
    st.none() | numbers,
    kind=st.sampled_from(get_args(KRKind)),
)
confidences = st.none() | st.sampled_from(["0", "0.3", "0.5", "1"])
days = st.dates(date(2026, 9, 1), date(2027, 1, 31))
said = st.builds(reading, numbers, days, confidences, st.uuids().map(str))


@given(known_krs, st.lists(said, max_size=5), days)
def test_what_is_stale_or_missing_is_never_green(known: KeyResult, readings: list[Reading], on: date) -> None:
    found = measured(known, QUARTER, readings, on, 14)
    if found.value is None or found.stale or found.progress is None:
        assert found.pace == "unknown"
    elif known.kind == "guardrail":
        assert (found.pace == "off track") == (found.progress < 1)
    elif found.pace in ALARMS and known.comparator != "maintain_below":
        assert phase(QUARTER, min(on, QUARTER.end)) not in ("before", "setup")


@given(known_krs, st.lists(said, max_size=4), days, st.randoms(use_true_random=False))
def test_the_order_of_arrival_changes_nothing(
    known: KeyResult, readings: list[Reading], on: date, chance: Any
) -> None:
    shuffled = chance.sample(readings, len(readings))
    assert measured(known, QUARTER, shuffled, on, 14) == measured(known, QUARTER, readings, on, 14)


# --- all together


def test_the_last_reading_and_the_last_confidences_count() -> None:
    told = [
        reading(850, date(2026, 11, 6), "0.8"),
        reading(600, date(2026, 11, 13), "0.6"),
        reading(480, date(2026, 11, 20)),
    ]
    found = measured(kr(), QUARTER, told, EXECUTION, 14)
    assert (found.value, found.confidence, found.confidence_before) == (
        Decimal(480),
        Decimal("0.6"),
        Decimal("0.8"),
    )
    assert (found.progress, found.pace, found.stale) == (Fraction(7, 10), "on track", False)


def test_a_day_sees_no_later_reading() -> None:
    told = [reading(850, date(2026, 11, 6)), reading(300, date(2026, 11, 27))]
    assert measured(kr(), QUARTER, told, date(2026, 11, 12), 14).value == Decimal(850)
    assert measured(kr(), QUARTER, told, date(2026, 11, 5), 14) == Measured()


def test_a_day_ends_in_the_time_zone_of_the_cycle() -> None:
    late = reading(300, date(2026, 11, 6)).model_copy(
        update={"at": int(datetime(2026, 11, 6, 23, 30, tzinfo=UTC).timestamp() * 1000)}
    )
    assert measured(kr(), QUARTER, [late], date(2026, 11, 6), 14) == Measured()
    assert measured(kr(), QUARTER, [late], date(2026, 11, 7), 14).value == Decimal(300)


def test_an_old_reading_is_stale_and_its_pace_unknown() -> None:
    told = [reading(420, date(2026, 11, 6), "0.9")]
    assert not measured(kr(), QUARTER, told, date(2026, 11, 20), 14).stale
    found = measured(kr(), QUARTER, told, date(2026, 11, 21), 14)
    assert (found.stale, found.pace, found.progress) == (True, "unknown", Fraction(4, 5))
    assert not stale(None, EXECUTION, 14)


def test_a_cycle_that_is_over_keeps_its_last_word() -> None:
    told = [reading(320, date(2026, 12, 28), "0.9")]
    found = measured(kr(), QUARTER, told, date(2027, 6, 1), 14)
    assert (found.stale, found.pace) == (False, "on track")
