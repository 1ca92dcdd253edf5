"""How far a key result is, and whether that is far enough: by its readings alone, never by work."""

from collections.abc import Iterable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Literal, NamedTuple
from zoneinfo import ZoneInfo

from linker.model import Cycle, KeyResult, KRKind, Millis, Reading

Pace = Literal["reached", "on track", "at risk", "off track", "unknown"]
Phase = Literal["before", "setup", "execution", "completion", "over"]


class Band(NamedTuple):
    """Shares of the expected progress from which a key result is on track, and from which only at risk."""

    on_track: Fraction
    at_risk: Fraction


# Choices of good practice, in one place until app.yaml can say otherwise. A quarter is no straight line but
# setup (weeks 1 to 4), execution (5 to 8) and completion (9 to 12), with no alarm in the first. Each phase is
# given with the share of the cycle and of the way that lie behind at its end; the latter is our choice.
CURVE: tuple[tuple[Phase, Fraction, Fraction], ...] = (
    ("setup", Fraction(1, 3), Fraction(15, 100)),
    ("execution", Fraction(2, 3), Fraction(65, 100)),
    ("completion", Fraction(1), Fraction(1)),
)
# A committed key result is well done from 0.7 on, an aspirational one from 0.5; where off track begins is our
# choice. A guardrail has no band: it holds or it is breached.
BANDS: dict[KRKind, Band] = {
    "committed": Band(Fraction(7, 10), Fraction(4, 10)),
    "aspirational": Band(Fraction(5, 10), Fraction(25, 100)),
}
DOUBT = Decimal("0.5")  # a confidence below this is a risk, whatever the numbers say
STALE_DAYS = 14  # two weekly check-ins were missed


class Measured(NamedTuple):
    """What the readings of a key result say on a day; `value` is None where there is none yet."""

    value: Decimal | None = None
    at: Millis | None = None
    confidence: Decimal | None = None
    confidence_before: Decimal | None = None
    progress: Fraction | None = None  # not clamped: below 0 is further away than at the start
    pace: Pace = "unknown"
    stale: bool = False


def measured(
    kr: KeyResult, cycle: Cycle, readings: Iterable[Reading], on: date, stale_days: int = STALE_DAYS
) -> Measured:
    """Judge by the readings up to the end of a day in the cycle's time zone; those that stand, in any order.

    A cycle that is over is judged as on its last day, so that its last readings do not become stale.
    """
    known = sorted((one for one in readings if day_of(cycle, one.at) <= on), key=lambda one: (one.at, one.id))
    if not known:
        return Measured()
    last = known[-1]
    said = [one.confidence for one in known if one.confidence is not None]
    confidence = said[-1] if said else None
    day = min(on, cycle.end)
    old = stale(day_of(cycle, last.at), day, stale_days)
    return Measured(
        last.value,
        last.at,
        confidence,
        said[-2] if len(said) > 1 else None,
        progress(kr, last.value),
        "unknown" if old else pace(kr, cycle, last.value, confidence, day),
        old,
    )


def progress(kr: KeyResult, value: Decimal) -> Fraction | None:
    """The share of the way from baseline to target, exact and not clamped; None where it cannot be said.

    A limit without a way to go (`at_most`, `at_least` and `zero` from a baseline that meets them or without
    one; `maintain_below` always) is 1 while it is met, else 0.
    """
    target = target_of(kr)
    if target is None:
        return None
    if kr.comparator == "boolean":
        return Fraction(bool(value) == bool(target))
    if kr.baseline is not None and has_way(kr):
        start = Fraction(kr.baseline)
        return (Fraction(value) - start) / (Fraction(target) - start)
    if kr.comparator in ("from_to", "ratio"):
        return None
    return Fraction(_met(kr, target, value))


def target_of(kr: KeyResult) -> Decimal | None:
    """The target; where the comparator says it already, it need not be written."""
    known = {"zero": Decimal(0), "boolean": Decimal(1) if kr.target is None else kr.target}
    return known.get(kr.comparator, kr.target)


def has_way(kr: KeyResult) -> bool:
    """Whether there is a way to go from baseline to target, and not only a limit that is met or not."""
    target = target_of(kr)
    if target is None or kr.baseline is None or kr.comparator in ("maintain_below", "boolean"):
        return False
    if kr.comparator in ("from_to", "ratio"):
        return kr.baseline != target
    return not _met(kr, target, kr.baseline)


def expected(cycle: Cycle, on: date) -> Fraction:
    """The share of the way expected at the end of a day: 0 before the cycle, 1 from its last day on."""
    gone = _gone(cycle, on)
    time, share = Fraction(0), Fraction(0)
    for _, end, done in CURVE:
        if gone < end:
            return share + (gone - time) / (end - time) * (done - share)
        time, share = end, done
    return share


def phase(cycle: Cycle, on: date) -> Phase:
    """The phase that a day lies in; a day belongs to the phase in which it begins."""
    if on < cycle.start:
        return "before"
    if on > cycle.end:
        return "over"
    begun = _gone(cycle, on) - Fraction(1, _days(cycle))
    return next(name for name, end, _ in CURVE if begun < end)


def pace(kr: KeyResult, cycle: Cycle, value: Decimal, confidence: Decimal | None, on: date) -> Pace:
    """Whether a value that is not stale is far enough on a day.

    A guardrail is judged on every day, and so is whatever has to stay below its target. All others raise no
    alarm in the setup; later a low confidence makes a key result that is on track one at risk.
    """
    done = progress(kr, value)
    if done is None:
        return "unknown"
    if holds_always(kr):
        held: Pace = "on track" if done >= 1 else "off track"
        return "at risk" if held == "on track" and _doubted(confidence) and _alarms(cycle, on) else held
    if done >= 1:
        return "reached"
    if not _alarms(cycle, on):
        return "on track"
    band, due = BANDS[kr.kind], expected(cycle, on)
    if done < band.at_risk * due:
        return "off track"
    return "at risk" if done < band.on_track * due or _doubted(confidence) else "on track"


def holds_always(kr: KeyResult) -> bool:
    """Whether a key result has to hold on every day of its cycle, instead of being reached once."""
    return kr.kind == "guardrail" or kr.comparator == "maintain_below"


def stale(last: date | None, on: date, stale_days: int = STALE_DAYS) -> bool:
    """Whether the last reading is more than so many days old; where there is none, nothing is stale."""
    return last is not None and (on - last).days > stale_days


def day_of(cycle: Cycle, at: Millis) -> date:
    """The calendar day of an instant in the cycle's time zone."""
    return datetime.fromtimestamp(at / 1000, ZoneInfo(cycle.timezone)).date()


def _met(kr: KeyResult, target: Decimal, value: Decimal) -> bool:
    return value >= target if kr.comparator == "at_least" else value <= target


def _gone(cycle: Cycle, on: date) -> Fraction:
    passed = (on - cycle.start).days + 1
    return Fraction(min(max(passed, 0), _days(cycle)), _days(cycle))


def _days(cycle: Cycle) -> int:
    return (cycle.end - cycle.start).days + 1


def _alarms(cycle: Cycle, on: date) -> bool:
    return phase(cycle, on) not in ("before", "setup")


def _doubted(confidence: Decimal | None) -> bool:
    return confidence is not None and confidence < DOUBT
