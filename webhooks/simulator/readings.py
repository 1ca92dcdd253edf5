"""Weekly readings of every key result, with a known truth behind each: what moved, with or without work."""

from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random
from typing import NamedTuple

from linker import model
from webhooks.simulator.catalogue import KeyResultPlan, all_key_results
from webhooks.simulator.weeks import CYCLES, PREVIOUS, at

NOISE = 0.05  # standard deviation, as a share of the gap between baseline and target
STALE_AFTER_WEEKS = 4
#: The truth of a key result's numbers: the share of the gap closed in a week, and its last week.
SHAPES = {
    "moved with work": (0.075, 99),
    "moved without tracked work": (0.07, 99),
    "work without movement": (0.0, 99),
    "stalled": (0.0, 99),
    "guardrail breached": (0.16, 99),
    "stale": (0.03, STALE_AFTER_WEEKS),
    "dropped": (0.02, 5),
    "deferred": (0.0, 0),
}


class Reading(NamedTuple):
    """A measured value at a time; every second one is a check-in with a confidence between 0 and 1."""

    key_result: str
    at: datetime
    value: float
    unit: str
    source: str
    confidence: float | None
    note: str


def readings(seed: int, now: datetime) -> list[Reading]:
    """All readings up to a moment, oldest first: on Fridays at 15:00 UTC, from the first week."""
    found = [
        reading
        for cycle, kr in all_key_results()
        for reading in _series(seed, cycle, kr)
        if reading.at <= now
    ]
    return sorted(found, key=lambda held: (held.at, held.key_result))


def fact(told: Reading) -> model.Reading:
    """A reading as it comes in: said by whoever owns the key result, in the inbox at its own moment."""
    owners = {f"{cycle}/{kr.code}": kr.owner for cycle, kr in all_key_results()}
    return model.Reading(
        id=f"{told.key_result}@{told.at:%Y-%m-%d}",
        kr=told.key_result,
        at=int(told.at.timestamp() * 1000),
        value=Decimal(f"{told.value:g}"),
        confidence=None if told.confidence is None else Decimal(str(told.confidence)),
        note=told.note,
        source=told.source,
        actor=owners[told.key_result],
    )


def truths() -> dict[str, str]:
    """What each key result's review has to say, by full id; an amended target is a fact beside it."""
    return {f"{cycle}/{kr.code}": kr.shape for cycle, kr in all_key_results()}


def _series(seed: int, cycle: str, kr: KeyResultPlan) -> list[Reading]:
    rng = Random(f"readings-{seed}-{cycle}-{kr.code}")  # noqa: S311  a seeded quarter, not a secret
    slope, last = SHAPES[kr.shape]
    first = CYCLES[cycle][0]
    friday = first + timedelta(days=(4 - first.weekday()) % 7)
    made = []
    for week in range(1, 14):
        noise = rng.gauss(0, NOISE)
        if week > last or friday > CYCLES[cycle][1]:
            break
        closed = slope * (week - 1) * (1.4 if cycle == PREVIOUS else 1.0)
        if kr.comparator != "maintain_below":
            closed = min(1.0, closed)
        value = _value(kr, closed + noise)
        confidence = (
            round(min(0.95, max(0.1, 0.6 + closed / 3 - 0.03 * week + noise)), 1) if week % 2 == 0 else None
        )
        made.append(
            Reading(
                f"{cycle}/{kr.code}", _evening(friday), value, kr.unit, "manual", confidence, _note(kr, week)
            )
        )
        friday += timedelta(days=7)
    return made


def _value(kr: KeyResultPlan, closed: float) -> float:
    value = kr.baseline + (kr.target - kr.baseline) * closed
    digits = 0 if kr.unit in ("ms", "differences", "services", "secrets", "alarms") else 2
    return max(0.0, round(value, digits))


def _note(kr: KeyResultPlan, week: int) -> str:
    if kr.shape == "guardrail breached" and week == 8:
        return "The second acquirer declines more than the first."
    return "Waiting for the new dashboard." if kr.shape == "stale" and week == STALE_AFTER_WEEKS else ""


def _evening(day: date) -> datetime:
    return at(day, 15)
