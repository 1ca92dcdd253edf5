"""The mistakes that people make with tickets in this quarter, each planted on purpose and noted by name."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from random import Random

from webhooks.simulator import acts_github, acts_jira
from webhooks.simulator.company import OUR_ACCOUNT, OUR_BOT, TEAM
from webhooks.simulator.tickets import CLEAN
from webhooks.simulator.weeks import at, working
from webhooks.simulator.world import Ticket, World

Act = Callable[[World, Ticket, datetime], None]


def plant_in_tickets(world: World, rng: Random) -> None:
    """Plant what goes wrong with tickets; all of it happens before the default today."""
    for epic in world.epics:
        if epic.plan and epic.plan.how == "none":
            world.plant("epic without key result", epic)
    _without_epic(world, rng)
    _late(world, rng)
    _full_id_before_the_cycle(world)
    _moved_epic(world)
    _wrong_points(world, rng)
    _labels(world, rng)
    for mistake, act, jira, github in _SCRIPTED:
        for ticket in (*pick(world, rng, jira, True), *pick(world, rng, github, False)):
            assert ticket.joins is not None
            moment = working(ticket.joins + timedelta(hours=rng.uniform(3, 40)), rng)
            world.plant(mistake, ticket)
            world.then(moment, act, ticket, moment)


def pick(
    world: World, rng: Random, count: int, jira: bool, sprints: tuple[int, ...] = (2, 3)
) -> list[Ticket]:
    """Tickets that serve a key result and that no other mistake has, outside of the clean sprints."""
    fit = [
        held
        for place, held in enumerate(world.tickets)
        if place not in world.taken and held.in_jira is jira and held.sprint in sprints and _serves_well(held)
    ]
    found = rng.sample(fit, count)
    world.taken |= {place for place, held in enumerate(world.tickets) if held in found}
    return found


def _serves_well(held: Ticket) -> bool:
    works = held.starts is not None and held.ends is not None and not held.dropped and held.kind != "Sub-task"
    clean = (held.team, held.sprint) in CLEAN
    return works and not clean and held.parent is not None and bool(held.parent.codes)


def _without_epic(world: World, rng: Random) -> None:
    for ticket in (*pick(world, rng, 7, True, (2, 3, 4)), *pick(world, rng, 3, False, (2, 3, 4))):
        ticket.parent = None
        world.plant("ticket without epic", ticket)


def _late(world: World, rng: Random) -> None:
    """The word of these tickets reaches us days after the work on them began."""
    for ticket in (*pick(world, rng, 3, True), *pick(world, rng, 1, False)):
        assert ticket.starts is not None
        ticket.late = ticket.starts - ticket.created + timedelta(hours=30)
        world.plant("ticket told late", ticket)


def _full_id_before_the_cycle(world: World) -> None:
    """An epic of the next quarter, written in this one: only the full id says which is meant."""
    epic = next(
        held for held in world.epics if held.labels == ["kr:O1.KR1"] and held.codes == ("2026Q4/O1.KR1",)
    )
    epic.created = at(date(2026, 9, 28), 9)
    epic.labels = ["kr:2026Q4/O1.KR1"]
    world.plant("full id before the cycle", epic)


def _moved_epic(world: World) -> None:
    """An epic moves to another project: its id stays, and so does everything below it."""
    epic = next(held for held in world.epics if held.title == "[O1.KR2] Wallets above the fold")
    moment = at(date(2026, 11, 4), 10)
    epic.moves = (moment, "WEB")
    world.plant("epic moved to another project", epic)
    world.then(moment, _move, epic, moment)


def _move(world: World, epic: Ticket, moment: datetime) -> None:
    acts_jira.move_project(world, epic, moment, TEAM[epic.team].planner, epic.next_key)


def _wrong_points(world: World, rng: Random) -> None:
    (ticket,) = pick(world, rng, 1, True)
    ticket.points = -1.0
    world.plant("negative points", ticket)


def _labels(world: World, rng: Random) -> None:
    """A label set by a person is a tag, and one of ours that a person takes off is a decision against it."""
    for ticket in (*pick(world, rng, 2, True), *pick(world, rng, 1, False)):
        ticket.parent = None
        _later(world, ticket, rng, "label set by a person", _person_tags)
    for ticket in (*pick(world, rng, 2, True), *pick(world, rng, 1, False)):
        _later(world, ticket, rng, "our label removed by a person", _person_unlinks)


def _later(world: World, ticket: Ticket, rng: Random, mistake: str, act: Act) -> None:
    assert ticket.starts is not None
    moment = working(ticket.starts + timedelta(hours=1), rng)
    world.plant(mistake, ticket)
    world.then(moment, act, ticket, moment)


def _person_tags(world: World, ticket: Ticket, moment: datetime) -> None:
    code = {"payments": "O1.KR2", "web": "O3.KR2", "platform": "O4.KR1"}[ticket.team]
    ticket.codes = (f"2026Q4/{code}",)
    _relabel(world, ticket, moment, TEAM[ticket.team].planner, add=(f"kr:{code}",))


def _person_unlinks(world: World, ticket: Ticket, moment: datetime) -> None:
    assert ticket.parent is not None
    code = ticket.parent.codes[0]
    label = f"kr:{code.partition('/')[2]}"
    ticket.unlinked = (code,)
    _relabel(world, ticket, moment, OUR_ACCOUNT if ticket.in_jira else OUR_BOT, add=(label,))
    _relabel(world, ticket, moment + timedelta(minutes=9), TEAM[ticket.team].people[0], remove=(label,))


def _relabel(world: World, ticket: Ticket, moment: datetime, actor: str, add: tuple[str, ...] = (),
             remove: tuple[str, ...] = ()) -> None:  # fmt: skip
    acts = acts_jira if ticket.in_jira else acts_github
    acts.relabel(world, ticket, moment, actor, add, remove)


def _reparent(world: World, ticket: Ticket, moment: datetime) -> None:
    """The ticket moves below another epic of its team, of another key result."""
    held = ticket.parent
    others = [
        epic
        for epic in world.epics
        if epic.team == ticket.team and epic.codes and held and epic.codes != held.codes
    ]
    acts = acts_jira if ticket.in_jira else acts_github
    acts.set_parent(world, ticket, moment, TEAM[ticket.team].planner, others[0])


def _delete(world: World, ticket: Ticket, moment: datetime) -> None:
    acts_jira.delete(world, ticket, moment, TEAM[ticket.team].planner)


def _retitle(world: World, ticket: Ticket, moment: datetime) -> None:
    acts_jira.retitle(world, ticket, moment, ticket.reporter, f"{ticket.title} (UTF-8 safe)")


def _block(world: World, ticket: Ticket, moment: datetime) -> None:
    """It is blocked by a ticket of the other team, if one is open."""
    other = next(
        held
        for held in world.tickets
        if held.in_jira and held.team != ticket.team and held.known and held.status != "Done"
    )
    acts_jira.link(world, moment, TEAM[ticket.team].planner, other, ticket)


def _take_out(world: World, ticket: Ticket, moment: datetime) -> None:
    """It is taken out of its sprint before it is done."""
    if not ticket.sprints:
        return
    if ticket.in_jira:
        closed = [held for held in ticket.sprints if held.state == "closed"]
        acts_jira.set_sprints(world, ticket, moment, TEAM[ticket.team].planner, closed)
    else:
        acts_github.set_sprint(world, ticket, moment, TEAM[ticket.team].planner, None)


#: Name of the mistake, what is done, and to how many tickets in Jira and on GitHub.
_SCRIPTED: tuple[tuple[str, Act, int, int], ...] = (
    ("ticket re-parented", _reparent, 3, 2),
    ("ticket deleted", _delete, 2, 0),
    ("ticket retitled", _retitle, 2, 0),
    ("blocked across teams", _block, 4, 0),
    ("removed from its sprint", _take_out, 4, 2),
)
