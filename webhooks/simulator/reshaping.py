"""Changes the plan of tickets that no other mistake has: where they hang, when they join, when they end."""

from collections.abc import Callable
from datetime import datetime, timedelta
from random import Random

from webhooks.simulator.epics import VERBS
from webhooks.simulator.weeks import Window, working
from webhooks.simulator.world import Ticket, World

Wanted = Callable[[Ticket], bool]


def spare(world: World, team: str, sprint: int) -> list[Ticket]:
    """Tickets planned for a sprint before it starts: no mistake yet, below an epic, nothing below."""
    above = {id(held.parent) for held in world.tickets}
    window = world.sprints[team, sprint].window
    return [
        held
        for place, held in enumerate(world.tickets)
        if (held.team, held.sprint) == (team, sprint)
        and place not in world.taken
        and held.parent is not None
        and id(held) not in above
        and not held.dropped
        and held.joins is not None
        and held.joins < window.start
    ]


def serving(code: str) -> Wanted:
    """Whether a ticket hangs below an epic of this key result of the running quarter."""
    return lambda held: held.parent is not None and f"2026Q4/{code}" in held.parent.codes


def claim(
    world: World, rng: Random, team: str, sprint: int, count: int, wanted: Wanted = lambda held: True
) -> list[Ticket]:
    """So many spare tickets of a sprint, those that are wanted first; no other mistake gets them."""
    held = spare(world, team, sprint)
    found = sorted(rng.sample(held, len(held)), key=lambda ticket: not wanted(ticket))[:count]
    if len(found) < count:
        raise ValueError(f"Sprint {sprint} of {team} has {len(found)} spare tickets, not {count}.")
    take(world, found)
    return found


def take(world: World, tickets: list[Ticket]) -> None:
    """Keep tickets from other mistakes."""
    own = {id(held) for held in tickets}
    world.taken |= {place for place, held in enumerate(world.tickets) if id(held) in own}


def epic_named(world: World, title: str) -> Ticket:
    """The epic of a title."""
    return next(held for held in world.epics if held.title == title)


def put_below(world: World, ticket: Ticket, epic: Ticket, rng: Random) -> None:
    """The ticket is about a part of another epic, and was so from the start."""
    assert epic.plan is not None
    used = {held.title for held in world.tickets}
    titles = [verb.format(part) for verb in VERBS for part in epic.plan.parts]
    title = rng.choice([held for held in titles if held not in used] or titles)
    ticket.title, ticket.parent = title[0].upper() + title[1:], epic
    ticket.kind = "Story" if ticket.kind == "Bug" else ticket.kind
    ticket.labels = [held for held in ticket.labels if held != "bug"]


def write_line(ticket: Ticket, codes: str) -> None:
    """A line for key results in the ticket's own text."""
    ticket.body = f"{ticket.body}\n\nKR: {codes}"


def join_late(ticket: Ticket, window: Window, rng: Random) -> None:
    """It is written and put into the sprint while that runs, and worked on as soon as somebody is free."""
    joins = working(window.start + timedelta(hours=rng.uniform(20, 190)), rng)
    ticket.joins, ticket.created = joins, joins - timedelta(minutes=rng.randrange(5, 90))
    if ticket.starts is not None:
        ticket.starts = working(joins + timedelta(hours=rng.uniform(2, 24)), rng)
        if ticket.ends is not None:
            ticket.ends = working(ticket.starts + timedelta(hours=rng.uniform(14, 60)), rng)


def never_end(ticket: Ticket, window: Window) -> None:
    """Somebody begins, and it is never done."""
    ticket.starts, ticket.ends = ticket.starts or window.start + timedelta(days=1, hours=3), None


def end_in_time(ticket: Ticket, window: Window) -> None:
    """It is done before the sprint is closed, whatever the plan was."""
    latest = window.end - timedelta(hours=20)
    if ticket.starts is None or ticket.starts > latest - timedelta(days=1):
        ticket.starts = max(latest - timedelta(days=2), (ticket.joins or window.start) + timedelta(hours=1))
    ticket.ends = min(ticket.ends or latest, latest)


def points(tickets: list[Ticket]) -> float:
    """The sum of their estimates; what is negative counts nothing."""
    return sum(max(held.points or 0, 0) for held in tickets)


def up_to(tickets: list[Ticket], share: float, whole: float) -> list[Ticket]:
    """As many, in their order, as fit into a share of the points."""
    found: list[Ticket] = []
    for ticket in tickets:
        if ticket.points and points([*found, ticket]) <= share * whole:
            found.append(ticket)
    return found


def moment_in(window: Window, day: int, hour: int) -> datetime:
    """A working hour (UTC) of the sprint's day, from 0."""
    return window.start.replace(hour=hour, minute=10) + timedelta(days=day)
