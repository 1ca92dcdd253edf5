"""What readings say of a key result, in words and as a picture; work that landed is no part of it."""

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from linker.model import Cycle, KeyResult, Reading
from linker.okrs import STALE_DAYS, Measured, expected, measured, phase, progress
from linker.okrs.measured import CURVE, day_of, has_way, holds_always, target_of
from linker.store import readings
from reports import wording
from reports.frame import Frame

SHOWN = 10  # readings that are listed before the rest is folded
EDGE = 14  # percent of the picture above its highest and below its lowest line


class Line(NamedTuple):
    """A straight line of the picture, in percent of its width and height."""

    x1: float
    y1: float
    x2: float
    y2: float


class Level(NamedTuple):
    """A value that the picture marks by a line across; whether its words go below the line."""

    name: str
    text: str
    y: float
    below: bool


class Picture(NamedTuple):
    """Readings over the days of the cycle, from left to right, each with its words."""

    points: list[tuple[float, float, str]]
    lines: list[Line]
    curve: list[Line]  # what is expected
    levels: list[Level]
    today: float | None


class Guard(NamedTuple):
    """A key result that has to hold while this one is pursued."""

    id: str
    pace: str


class Shown(NamedTuple):
    """All that the page of a key result says of its readings."""

    now: Measured
    value: str
    way: str  # how far it is, and how far it should be
    why: str  # what makes it so, where the numbers alone do not say it
    change: str  # of the confidence
    check_in: Reading | None
    series: list[Reading]  # newest first
    picture: Picture | None
    limit: bool  # it is kept or not, and there is no way to go
    guards: list[Guard]
    judged: bool  # open in a cycle that is not over: of others no pace is said


def shown(frame: Frame, kr: KeyResult, cycle: Cycle) -> Shown:
    """Read the series of a key result and say what it means today."""
    series = readings.series(frame.connection, kr.id)
    on = day_of(cycle, frame.now)
    now = measured(kr, cycle, series, on)
    known = [one for one in series if day_of(cycle, one.at) <= on]
    said = [one for one in known if one.confidence is not None]
    judged = on <= cycle.end and frame.catalogue.state_on(kr.id, on) == "open"
    return Shown(
        now,
        "" if now.value is None else worth(kr, now.value),
        way(kr, cycle, now, on, judged=judged),
        why(kr, cycle, now, known, on),
        change(now),
        said[-1] if said else None,
        known[::-1],
        picture(kr, cycle, known, on),
        not has_way(kr),
        _guards(frame, kr, cycle, on),
        judged,
    )


def worth(kr: KeyResult, value: Decimal) -> str:
    """A value in the words of its key result: 420 ms, or yes."""
    if kr.comparator == "boolean":
        return "yes" if value else "no"
    return wording.exact(value, kr.unit)


def way(kr: KeyResult, cycle: Cycle, now: Measured, on: date, *, judged: bool = True) -> str:
    """How far a key result is, and how far it should be by now; a limit is kept or not."""
    target = target_of(kr)
    if now.value is None:
        return ""
    if target is None or now.progress is None:
        return "There is no way to go from baseline to target, so no progress can be said."
    if kr.comparator == "boolean":
        return "It is reached." if now.progress == 1 else "It is not reached yet."
    if not has_way(kr):
        side = "below" if (kr.comparator == "at_least") == (now.progress < 1) else "above"
        said = f"at or {side}" if now.progress == 1 else side
        return f"It is {said} its limit of {worth(kr, target)}."
    if now.progress >= 1:
        return f"It is {'at' if now.progress == 1 else 'past'} its target of {worth(kr, target)}."
    ends = f"from {wording.exact(kr.baseline or Decimal(0))} to {worth(kr, target)}"
    due = f". Expected by now: {wording.share(expected(cycle, on))}."
    if not judged and now.at is not None:
        due = f", at the last reading on {wording.calendar(day_of(cycle, now.at))}."
    if now.progress < 0:
        return f"It is further from the target than at the start, on the way {ends}{due}"
    if now.progress == 0:
        return f"It is where it was at the start, on the way {ends}{due}"
    return f"{wording.share(now.progress)} of the way {ends}{due}"


def why(kr: KeyResult, cycle: Cycle, now: Measured, series: Sequence[Reading], on: date) -> str:
    """What stands behind the pace, where progress and expectation alone do not explain it."""
    if now.at is None:
        return ""
    if now.stale:
        days = (min(on, cycle.end) - day_of(cycle, now.at)).days
        return f"The last reading is {days} days old. After {STALE_DAYS} days a value says nothing of today."
    if now.pace == "off track" and holds_always(kr):
        since = wording.calendar(breached_since(kr, cycle, series, on))
        return f"It has to hold on every day, and has been breached since the reading of {since}."
    if now.pace == "at risk" and now.confidence is not None and now.confidence < Decimal("0.5"):
        return f"Its last confidence is {plain(now.confidence)}, and below 0.5 is a risk."
    if now.pace == "on track" and phase(cycle, on) == "setup" and not holds_always(kr):
        return (
            f"The cycle is in its setup until {wording.calendar(_setup_ends(cycle))}, so nothing is late yet."
        )
    return ""


def breached_since(kr: KeyResult, cycle: Cycle, series: Sequence[Reading], on: date) -> date:
    """The day of the first reading of those in a row, up to the last, that do not hold."""
    first = on
    for one in reversed(series):
        if progress(kr, one.value) == 1:
            break
        first = day_of(cycle, one.at)
    return first


def change(now: Measured) -> str:
    """How the confidence changed since the check-in before."""
    if now.confidence is None or now.confidence_before is None:
        return ""
    if now.confidence == now.confidence_before:
        return "as before"
    return f"{'up' if now.confidence > now.confidence_before else 'down'} from {plain(now.confidence_before)}"


def plain(value: Decimal) -> str:
    """A confidence without zeros that say nothing."""
    return f"{value.normalize():f}"


def actor(name: str) -> str:
    """Who said it, without the door through which it came."""
    return wording.person(name.removeprefix("cli:"))


def picture(kr: KeyResult, cycle: Cycle, series: Sequence[Reading], on: date) -> Picture | None:
    """Readings against the expected curve; None where there is too little to draw."""
    target = target_of(kr)
    if not series or target is None or kr.comparator == "boolean":
        return None
    marks = [("target" if has_way(kr) else "limit", target)]
    if kr.baseline is not None and has_way(kr):
        marks.append(("start", kr.baseline))
    values = [one.value for one in series] + [value for _, value in marks]
    low, high = min(values), max(values)

    def height(value: Decimal | Fraction) -> float:
        share = Fraction(1, 2) if low == high else (Fraction(value) - Fraction(low)) / Fraction(high - low)
        return round(float(100 - EDGE - share * (100 - 2 * EDGE)), 2)

    day = _midnights(cycle)
    points = [
        (
            _across(one.at, day),
            height(one.value),
            f"{wording.calendar(day_of(cycle, one.at), year=False)}: {worth(kr, one.value)}",
        )
        for one in series
    ]
    levels = [
        Level(name, f"{name} {wording.exact(value)}", height(value), height(value) > 50)
        for name, value in marks
    ]
    curve: list[tuple[float, float]] = []
    if kr.baseline is not None and has_way(kr):
        start, gap = Fraction(kr.baseline), Fraction(target) - Fraction(kr.baseline)
        knots = [(Fraction(0), Fraction(0)), *((end, done) for _, end, done in CURVE)]
        curve = [(round(float(100 * x), 2), height(start + gap * share)) for x, share in knots]
    noon = _moment(cycle, on, time(12))
    return Picture(
        points,
        _joined([point[:2] for point in points]),
        _joined(curve),
        levels,
        _across(noon, day) if cycle.start <= on <= cycle.end else None,
    )


def _guards(frame: Frame, kr: KeyResult, cycle: Cycle, on: date) -> list[Guard]:
    named = {kr.code, kr.id}
    found = [one for objective in cycle.objectives for one in objective.key_results if one.guards in named]
    newest = readings.newest(frame.connection, [one.id for one in found])
    return [Guard(one.id, measured(one, cycle, newest.get(one.id, ()), on).pace) for one in found]


def _setup_ends(cycle: Cycle) -> date:
    days = (cycle.end - cycle.start).days + 1
    return max(
        (day for n in range(days) if phase(cycle, day := cycle.start + timedelta(days=n)) == "setup"),
        default=cycle.start,
    )


def _midnights(cycle: Cycle) -> tuple[float, float]:
    """The first instant of the cycle and the first after it."""
    after = cycle.end + timedelta(days=1)
    return _moment(cycle, cycle.start, time.min), _moment(cycle, after, time.min)


def _moment(cycle: Cycle, day: date, clock: time) -> float:
    return datetime.combine(day, clock, ZoneInfo(cycle.timezone)).timestamp() * 1000


def _across(at: float, span: tuple[float, float]) -> float:
    share = (at - span[0]) / (span[1] - span[0])
    return round(100 * min(max(share, 0.0), 1.0), 2)


def _joined(points: Sequence[tuple[float, float]]) -> list[Line]:
    return [Line(*one, *other) for one, other in pairwise(points)]
