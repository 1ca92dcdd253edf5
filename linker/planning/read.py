"""A sprint from the store as a Plan, with what could come into it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from fractions import Fraction

from linker.config.app import Team
from linker.model import Millis
from linker.planning.cards import cards, past
from linker.planning.goals import goals
from linker.planning.look import Look, day_of, exact
from linker.planning.terms import SprintKnown, before, sprints_known
from linker.scope import Card, Plan, Ticket, counted, points
from linker.store import Connection, readings, sprints
from linker.store import planning as rows_of

MOST_CANDIDATES = 60
LOOKED_BACK = 3  # sprints whose done points make a capacity


@dataclass(frozen=True)
class Planned:
    """A sprint, its plan, and what planning stands on."""

    known: SprintKnown
    plan: Plan
    candidates: tuple[Card, ...]  # tickets that could come in
    teams: tuple[Team, ...]
    on: date  # the day on which key results are active or not
    gone: tuple[Card, ...]  # that were in it once
    capacity_from: str  # given, history or nothing
    siblings: tuple[SprintKnown, ...]  # all sprints of the same place, in order of their end


def planned(connection: Connection, look: Look, row: int) -> Planned | None:
    """Read a sprint; None when nothing is held by that number."""
    known = sprints_known(connection, look)
    one = known.get(row)
    if one is None:
        return None
    ever = rows_of.tickets(connection, sorted({stay.item for stay in rows_of.stays_in(connection, [row])}))
    told = cards(connection, ever, one, known, look.now)
    inside = tuple(card for card in told if card.story.inside)
    teams = look.teams(one.sprint.dates.board, frozenset(card.place for card in inside))
    on = _day(one, look.now)
    capacity, source = _capacity(connection, one, known, teams, look.now)
    candidates = tuple(_candidates(connection, one, known, teams, inside, look.now))
    served = {kr for card in (*inside, *candidates) for kr in card.krs}
    plan = Plan(
        one.sprint.title or one.sprint.tid,
        inside,
        goals(connection, look, on, [team.name for team in teams], served),
        look.rules,
        one.term,
        look.now,
        capacity,
        readings.any_readings(connection),
    )
    return Planned(
        one,
        plan,
        candidates,
        teams,
        on,
        tuple(card for card in told if not card.story.inside),
        source,
        _siblings(one, known),
    )


def _day(one: SprintKnown, now: Millis) -> date:
    """The day that counts: today, the first day of a sprint to come, the last one of a closed one."""
    if one.term.closed is not None:
        return day_of(one.term.closed)
    return day_of(max(now, one.term.start or now))


def _candidates(
    connection: Connection,
    one: SprintKnown,
    known: Mapping[int, SprintKnown],
    teams: tuple[Team, ...],
    inside: tuple[Card, ...],
    now: Millis,
) -> list[Card]:
    """What could come in: tickets of the team's projects and repositories, or of those in the sprint."""
    if not one.is_open:
        return []
    places = {place for team in teams for place in (*team.projects, *team.repositories)}
    places |= {card.place for card in inside}
    open_sprints = [row for row, other in known.items() if other.is_open]
    rows = rows_of.candidates(connection, sorted(places), open_sprints, MOST_CANDIDATES)
    same = "github:" if one.sprint.milestone else "jira:"
    found = cards(connection, rows_of.tickets(connection, rows), one, known, now)
    return [card for card in found if card.name.startswith(same)]


def _capacity(
    connection: Connection,
    one: SprintKnown,
    known: Mapping[int, SprintKnown],
    teams: tuple[Team, ...],
    now: Millis,
) -> tuple[Fraction | None, str]:
    """As given for its teams, else the mean of what was done in the last three sprints of the place."""
    given = [exact(team.capacity) for team in teams if team.capacity is not None]
    if teams and len(given) == len(teams):
        return sum((share for share in given if share is not None), Fraction(0)), "given"
    earlier = before(one, known, LOOKED_BACK)
    done = [_done(connection, other, now) for other in earlier]
    if not done or not any(done):
        return None, "nothing"
    return Fraction(round(sum(done, Fraction(0)) / len(done))), "history"


def _done(connection: Connection, one: SprintKnown, now: Millis) -> Fraction:
    """The points that were done at the close of a sprint, each once."""
    ever = rows_of.tickets(connection, [stay.item for stay in rows_of.stays_in(connection, [one.row])])
    then = past(connection, ever, one)
    inside = {row["id"]: told for row in ever if (told := then.story(row["id"], one, now)).inside}
    above = sprints.parents(connection, list(inside))
    tickets = [
        Ticket(row["id"], points(row["points"]), (), (), False, above.get(row["id"], frozenset()))
        for row in ever
        if row["id"] in inside
    ]
    done = [ticket.points or 0 for ticket in counted(tickets) if inside[ticket.row].done]
    return sum((max(Fraction(worth), Fraction(0)) for worth in done), Fraction(0))


def _siblings(one: SprintKnown, known: Mapping[int, SprintKnown]) -> tuple[SprintKnown, ...]:
    same = [other for other in known.values() if other.place == one.place]
    return tuple(sorted(same, key=lambda other: (other.term.end or other.term.start or 0, other.row)))
