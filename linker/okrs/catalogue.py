"""The catalogue: which key result a code means on a date, and whether that key result is active."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

from linker import tags
from linker.model import Cycle, KeyResult, KRState, Millis

GRACE_DAYS = 14
_CYCLES = TypeAdapter(tuple[Cycle, ...])


class Bound(NamedTuple):
    """What a code means: `kr` is a full id; ambiguous with several candidates, unknown with none."""

    kr: str | None
    candidates: tuple[str, ...]


class Span(NamedTuple):
    """From when to when a code means a key result, by its cycle's days and time zone."""

    start: Millis  # first instant of the first day
    end: Millis  # first instant after the last day
    kr: str


@dataclass(frozen=True, eq=False)
class Catalogue:
    """All cycles with their objectives and key results; equal when their content is equal."""

    cycles: tuple[Cycle, ...] = ()

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Catalogue) and self.sha256 == other.sha256

    def __hash__(self) -> int:
        return hash(self.sha256)

    @cached_property
    def krs(self) -> Mapping[str, KeyResult]:
        """Key results by full id, `2026Q4/O1.KR2`."""
        return {kr.id: kr for cycle in self.cycles for kr in _key_results(cycle)}

    @cached_property
    def codes(self) -> frozenset[str]:
        """Canonical codes of every cycle."""
        return frozenset(self.bindings)

    @cached_property
    def cycle_ids(self) -> frozenset[str]:
        """Names of the cycles, as written."""
        return frozenset(cycle.id for cycle in self.cycles)

    @cached_property
    def sha256(self) -> str:
        """The content hash: SHA-256 of dump()."""
        return hashlib.sha256(self.dump().encode()).hexdigest()

    def cycle_of(self, kr_id: str) -> Cycle:
        """The cycle of a key result; KeyError when the catalogue does not hold it."""
        return self._cycles[self.krs[kr_id].cycle]

    def day_of(self, kr_id: str, at: Millis) -> date:
        """The calendar day of an instant, in the time zone of the key result's cycle."""
        return datetime.fromtimestamp(at / 1000, ZoneInfo(self.cycle_of(kr_id).timezone)).date()

    def bind(self, code: str, cycle: str | None, at: Millis) -> Bound:
        """Find the key result that a code meant at an instant.

        A bare code binds to the cycle that held the instant, among the cycles that have the code; else to the
        next one to start, else to the one that ended last. Two such cycles: ambiguous.
        """
        spans = self.bindings.get(tags.canonical(code), ())
        if cycle is not None:
            wanted = cycle.upper()
            return _bound([span for span in spans if self.krs[span.kr].cycle.upper() == wanted])
        held = [span for span in spans if span.start <= at < span.end]
        if held:
            return _bound(held)
        coming = [span for span in spans if span.start > at]
        if coming:
            first = min(span.start for span in coming)
            return _bound([span for span in coming if span.start == first])
        last = max((span.end for span in spans), default=0)
        return _bound([span for span in spans if span.end == last])

    def state_on(self, kr_id: str, on: date) -> KRState:
        """The state of a key result on a day; before its first dated change it was proposed or open."""
        kr = self.krs[kr_id]
        if not kr.history:
            return kr.state
        past = [change.state for change in kr.history if change.on <= on]
        if past:
            return past[-1]
        return "proposed" if kr.history[0].state in ("open", "proposed") else "open"

    def active(self, kr_id: str, on: date, grace_days: int = GRACE_DAYS) -> bool:
        """Open on that day, in a cycle that holds the day or ended at most `grace_days` full days before."""
        cycle = self.cycle_of(kr_id)
        in_time = cycle.start <= on and (on - cycle.end).days <= grace_days
        return in_time and self.state_on(kr_id, on) == "open"

    def why_inactive(self, kr_id: str, on: date, grace_days: int = GRACE_DAYS) -> str:
        """Plain words that follow "is not active:"; empty when it is active."""
        if kr_id not in self.krs:
            return "no cycle has it"
        if self.active(kr_id, on, grace_days):
            return ""
        if self.state_on(kr_id, on) != "open":
            return self._why_not_open(self.krs[kr_id], on)
        cycle = self.cycle_of(kr_id)
        if on < cycle.start:
            return f"its cycle {cycle.id} starts on {_said(cycle.start)}"
        return f"its cycle {cycle.id} ended on {_said(cycle.end)}"

    def label_code(self, kr_id: str, on: date) -> str:
        """The code alone where it means this key result on that day, else the full id."""
        kr = self.krs[kr_id]
        noon = datetime.combine(on, time(12), ZoneInfo(self.cycle_of(kr_id).timezone))
        alone = self.bind(kr.code, None, int(noon.timestamp() * 1000)).kr == kr_id
        return kr.code if alone else kr_id

    def turns(self, after: date, grace_days: int = GRACE_DAYS) -> list[date]:
        """Days after `after` on which some key result begins or ceases to be active, in order."""
        found: set[date] = set()
        for kr_id, kr in self.krs.items():
            cycle = self.cycle_of(kr_id)
            days = {cycle.start, cycle.end + timedelta(days=grace_days + 1), *(c.on for c in kr.history)}
            for on in days - found:
                before = on - timedelta(days=1)
                if on > after and self.active(kr_id, on, grace_days) != self.active(
                    kr_id, before, grace_days
                ):
                    found.add(on)
        return sorted(found)

    def dump(self) -> str:
        """Canonical JSON: the same content gives the same text."""
        cycles = [cycle.model_dump(mode="json") for cycle in self.cycles]
        return json.dumps({"cycles": cycles}, sort_keys=True, separators=(",", ":"), ensure_ascii=False)

    @cached_property
    def _cycles(self) -> Mapping[str, Cycle]:
        return {cycle.id: cycle for cycle in self.cycles}

    @cached_property
    def bindings(self) -> Mapping[str, tuple[Span, ...]]:
        """What each canonical code can mean, and when, in order of time."""
        found: dict[str, list[Span]] = {}
        for cycle in self.cycles:
            start = _midnight(cycle.start, cycle.timezone)
            end = _midnight(cycle.end + timedelta(days=1), cycle.timezone)
            for kr in _key_results(cycle):
                found.setdefault(tags.canonical(kr.code), []).append(Span(start, end, kr.id))
        return {code: tuple(sorted(spans)) for code, spans in found.items()}

    def _why_not_open(self, kr: KeyResult, on: date) -> str:
        state = self.state_on(kr.id, on)
        past = [change for change in kr.history if change.on <= on]
        if past:
            said = f"{state} on {_said(past[-1].on)}"
            return f"{said}: {past[-1].reason}" if past[-1].reason else said
        opens = next((change.on for change in kr.history if change.state == "open"), None)
        return f"{state} until {_said(opens)}" if opens else f"it is {state}"


def load(text: str) -> Catalogue:
    """The catalogue back from dump(); ValueError when the text is none."""
    data: Any = json.loads(text)
    return Catalogue(_CYCLES.validate_python(data["cycles"]))


def changed_codes(old: Catalogue | None, new: Catalogue) -> frozenset[str]:
    """Canonical codes that may bind otherwise: added, removed, or in a cycle whose days moved; not titles."""
    before = old.bindings if old else {}
    after = new.bindings
    return frozenset(code for code in before.keys() | after.keys() if before.get(code) != after.get(code))


def _key_results(cycle: Cycle) -> Iterator[KeyResult]:
    for objective in cycle.objectives:
        yield from objective.key_results


def _bound(spans: list[Span]) -> Bound:
    candidates = tuple(span.kr for span in spans)
    return Bound(candidates[0] if len(candidates) == 1 else None, candidates)


def _midnight(on: date, zone: str) -> Millis:
    return int(datetime.combine(on, time.min, ZoneInfo(zone)).timestamp() * 1000)


def _said(on: date) -> str:
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
