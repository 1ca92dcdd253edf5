"""A sprint as history: what was planned, added, removed, done and carried over, from when tickets were in it.

All of it is a function of valid time: of the stays of tickets in sprints, and of their states.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

from linker.model import Millis

MINUTE = 60_000
FOREVER: Millis = 1 << 62


class Stay(NamedTuple):
    """A ticket was in a sprint from a time until another (exclusive); None: it is still there."""

    since: Millis
    until: Millis | None = None

    def holds(self, at: Millis) -> bool:
        """Whether it was there at a time."""
        return self.since <= at < (FOREVER if self.until is None else self.until)


class Term(NamedTuple):
    """When a sprint ran: its start, its planned end, and when it was closed; None where nobody said so."""

    start: Millis | None
    end: Millis | None
    closed: Millis | None
    grace: Millis = 15 * MINUTE

    @property
    def planned_at(self) -> Millis | None:
        """The time at which members count as planned."""
        return None if self.start is None else self.start + self.grace

    @property
    def judged_at(self) -> Millis | None:
        """From when on leaving a closed sprint is clearing it up; before, it is taking a ticket out.

        People move what is left before they press the button, and later when the end has passed anyway. A
        sprint that was closed at once is judged when its planning was over, or at its close.
        """
        if self.closed is None:
            return None
        judged = min(self.closed - self.grace, self.closed if self.end is None else self.end)
        return judged if self.planned_at is None else max(judged, min(self.planned_at, self.closed))


class State(NamedTuple):
    """Since when a ticket is in a state, and whether that is done."""

    since: Millis
    done: bool


class Story(NamedTuple):
    """What a ticket was in one sprint; `inside` says whether it is (or at the close was) a member."""

    planned: bool = False
    added: bool = False
    removed: bool = False
    inside: bool = False
    done: bool = False


def stays(versions: Iterable[tuple[Millis, frozenset[str]]]) -> dict[str, tuple[Stay, ...]]:
    """When a ticket was in which sprint, from what its sprint field held since when, in order of time."""
    told = list(versions)
    begun: dict[str, Millis] = {}
    found: dict[str, list[Stay]] = {}
    for at, held in told:
        for sprint in sorted(begun.keys() - held):
            since = begun.pop(sprint)
            if since < at:
                found.setdefault(sprint, []).append(Stay(since, at))
        for sprint in held - begun.keys():
            begun[sprint] = at
    for sprint, since in begun.items():
        found.setdefault(sprint, []).append(Stay(since))
    return {sprint: tuple(sorted(own)) for sprint, own in found.items()}


def done_at(states: Sequence[State], at: Millis) -> bool:
    """Whether a ticket was done at a time; `states` in order of time."""
    known = [state.done for state in states if state.since <= at]
    return known[-1] if known else False


def story(term: Term, own: Sequence[Stay], states: Sequence[State], now: Millis) -> Story:
    """What became of a ticket in a sprint that is to come, runs, or is closed."""
    last = (
        FOREVER - 1 if term.judged_at is None else term.judged_at
    )  # the tracker's clock may be ahead of ours
    inside = any(stay.holds(last) for stay in own)
    done = done_at(states, last if term.closed is None else term.closed)
    planned_at = term.planned_at
    if planned_at is None or planned_at > now:
        return Story(planned=inside, inside=inside, done=done)
    planned_at = min(planned_at, last)
    planned = any(stay.holds(planned_at) for stay in own)
    came = any(planned_at < stay.since <= last for stay in own)
    return Story(planned, came and not planned, (planned or came) and not inside, inside, done)


def carried(terms: Mapping[str, Term], own: Mapping[str, Sequence[Stay]], states: Sequence[State],
            sprint: str) -> int:  # fmt: skip
    """In how many sprints that were closed before this one a ticket was at their close without being done."""
    here = own.get(sprint, ())
    if not here:
        return 0
    last = max(FOREVER if stay.until is None else stay.until for stay in here)
    number = 0
    for other, term in terms.items():
        judged, closed = term.judged_at, term.closed
        if other == sprint or judged is None or closed is None or not _before(term, terms.get(sprint)):
            continue
        there = any(stay.holds(judged) for stay in own.get(other, ()))
        number += there and judged < last and not done_at(states, closed)
    return number


def _before(one: Term, other: Term | None) -> bool:
    """Whether a sprint was over when the other one was; one that is open still is after all closed ones."""
    if other is None or other.closed is None:
        return True
    return (one.closed or 0) < other.closed
