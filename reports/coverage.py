"""The running sprints and what their points serve, from rows of the store to exact parts."""

from typing import NamedTuple

from linker import scope
from linker.model import Millis
from linker.scope import Parts, Span, Ticket
from linker.store import counts, sprints
from linker.store.sprints import Member, SprintRow
from reports.frame import Frame


class SprintParts(NamedTuple):
    """A running sprint: who works in it, which day it is, and what it serves."""

    sprint: SprintRow
    teams: tuple[str, ...]
    day: int | None  # day n of `days`; None where the tracker gives no start
    days: int | None
    parts: Parts


def coverage(frame: Frame) -> list[SprintParts]:
    """Every running sprint with its parts, in order of its end."""
    known = [sprint for sprint in sprints.sprints(frame.connection) if sprint.dates.state == "active"]
    inside = _inside(frame, [sprint.row for sprint in known])
    spans = [_span(sprint, inside.get(sprint.row, [])) for sprint in known]
    rows = scope.running(spans, frame.now)
    held = {sprint.row: sprint for sprint in known}
    sets = counts.kr_sets(frame.connection)
    parents = sprints.parents(frame.connection, [one.item for row in rows for one in inside.get(row, [])])
    active = frame.active
    found = []
    for row in rows:
        own = inside.get(row, [])
        tickets = [_ticket(one, sets, parents, active) for one in own]
        teams = tuple(sorted({team for one in own if (team := frame.team_of(one.container))}))
        number, whole = day_of(held[row], frame.now)
        found.append(SprintParts(held[row], teams, number, whole, scope.sums(tickets)))
    return found


def counted_rows(frame: Frame, rows: list[int]) -> tuple[int, ...]:
    """The tickets of sprints that carry their sums."""
    inside = _inside(frame, rows)
    parents = sprints.parents(frame.connection, [one.item for own in inside.values() for one in own])
    return tuple(
        ticket.row
        for own in inside.values()
        for ticket in scope.counted(_ticket(one, {}, parents, frozenset()) for one in own)
    )


def running_rows(frame: Frame) -> list[int]:
    """The sprints that run now."""
    known = [sprint for sprint in sprints.sprints(frame.connection) if sprint.dates.state == "active"]
    inside = _inside(frame, [sprint.row for sprint in known])
    return scope.running([_span(sprint, inside.get(sprint.row, [])) for sprint in known], frame.now)


def _inside(frame: Frame, rows: list[int]) -> dict[int, list[Member]]:
    found: dict[int, list[Member]] = {}
    for member in sprints.members(frame.connection, rows):
        found.setdefault(member.sprint, []).append(member)
    return found


def _span(sprint: SprintRow, inside: list[Member]) -> Span:
    """A milestone belongs to the repository of its issues; one without any stands alone."""
    place = sprint.dates.board
    if sprint.milestone:
        place = inside[0].container if inside else f"milestone:{sprint.row}"
    return Span(sprint.row, sprint.dates, sprint.milestone, place)


def _ticket(
    member: Member,
    sets: dict[int, tuple[str, ...]],
    parents: dict[int, frozenset[int]],
    active: frozenset[str],
) -> Ticket:
    krs = sets.get(member.kr_set or 0, ())
    return Ticket(
        member.item,
        scope.points(member.points),
        tuple(kr for kr in krs if kr in active),
        tuple(kr for kr in krs if kr not in active),
        member.exemption not in (None, "none"),
        parents.get(member.item, frozenset()),
    )


def day_of(sprint: SprintRow, now: Millis) -> tuple[int | None, int | None]:
    """Day n of m; None where the tracker gives no dates."""
    start, end = sprint.dates.start, sprint.dates.end
    if start is None or end is None or end <= start:
        return None, None
    whole = max(round((end - start) / 86_400_000), 1)
    return max((now - start) // 86_400_000 + 1, 1), whole
