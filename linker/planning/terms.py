"""Sprints and milestones with the place they belong to, and when they ran."""

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from linker.model import Millis
from linker.planning.look import Look
from linker.scope import Term
from linker.store import Connection, sprints
from linker.store import planning as rows_of
from linker.store.sprints import SprintRow


class SprintKnown(NamedTuple):
    """A sprint, its board or repository, its term, and the projects or repositories of its tickets."""

    sprint: SprintRow
    place: str
    term: Term
    containers: frozenset[str]

    @property
    def row(self) -> int:
        """Its row in the store."""
        return self.sprint.row

    @property
    def is_open(self) -> bool:
        """Whether it is still to come, or runs."""
        return self.sprint.dates.state != "closed"


def sprints_known(connection: Connection, look: Look) -> dict[int, SprintKnown]:
    """Every sprint that is held, by row; the start of a milestone is the end of the one before it."""
    known = sprints.sprints(connection)
    inside = rows_of.containers_of(connection, [one.row for one in known])
    places = {one.row: _place(one, inside.get(one.row, frozenset())) for one in known}
    ends: dict[str, list[Millis]] = {}
    for one in known:
        if one.milestone and one.dates.end is not None:
            ends.setdefault(places[one.row], []).append(one.dates.end)
    return {
        one.row: SprintKnown(
            one,
            places[one.row],
            _term(one, ends.get(places[one.row], ()), look),
            inside.get(one.row, frozenset()),
        )
        for one in known
    }


def terms(known: Mapping[int, SprintKnown]) -> dict[str, Term]:
    """Terms by row, as the history of tickets names sprints."""
    return {str(row): one.term for row, one in known.items()}


def before(one: SprintKnown, known: Mapping[int, SprintKnown], most: int) -> list[SprintKnown]:
    """The sprints of the same place that were closed last before this one, the newest first."""
    last = one.term.closed
    fit = [
        other
        for other in known.values()
        if other.place == one.place
        and other.row != one.row
        and other.term.closed is not None
        and (last is None or other.term.closed < last)
    ]
    return sorted(fit, key=lambda other: (-(other.term.closed or 0), other.row))[:most]


def _place(one: SprintRow, inside: frozenset[str]) -> str:
    """A Jira sprint belongs to its board, a milestone to the repository of its issues."""
    held = min(inside, default=None) if one.milestone else one.dates.board
    return held or f"sprint:{one.row}"


def _term(one: SprintRow, ends: Iterable[Millis], look: Look) -> Term:
    dates = one.dates
    start = dates.start
    if one.milestone and dates.end is not None:
        start = max((end for end in ends if end < dates.end), default=None)
    closed = (dates.completed or dates.end) if dates.state == "closed" else None
    return Term(start, dates.end, closed, look.grace)
