"""The mistakes that people make with a sprint's scope, each planted under the id of its finding."""

from datetime import datetime, timedelta
from random import Random

from webhooks.simulator import acts_github, acts_jira
from webhooks.simulator.clean_sprints import make_clean
from webhooks.simulator.company import TEAM
from webhooks.simulator.next_sprint import shape_next
from webhooks.simulator.pulls import slug
from webhooks.simulator.reshaping import (
    claim,
    end_in_time,
    epic_named,
    join_late,
    moment_in,
    never_end,
    points,
    put_below,
    serving,
    spare,
    up_to,
    write_line,
)
from webhooks.simulator.weeks import DEFAULT_TODAY, now_of
from webhooks.simulator.world import Ticket, World

REFUNDS = "Refunds without a call to support"
DRILLS = "Restore drills for tier one services"
UNKNOWN_CODES = ("O9.KR4", "O1.KR7", "O4.KR8")
_TOO_MUCH = {
    ("payments", 2): (("O1.KR1", "O1.KR3", "O3.KR2"), ("O1.KR2", "O2.KR1", "O2.KR3")),
    ("platform", 2): (("O4.KR1", "O4.KR3", "O1.KR1"), ("O4.KR2", "O5.KR1", "O5.KR2")),
}


def plant_in_sprints(world: World) -> None:
    """Plant what goes wrong with the scope of sprints, by a lot of its own; the clean ones are made clean."""
    rng = Random(f"scope-{world.seed}")  # noqa: S311  a seeded quarter, not a secret
    make_clean(world, rng)
    shape_next(world, rng)
    _on_too_much(world, rng)
    _without_key_result(world, rng)
    _blocked(world, rng)
    _left_undone(world, rng)
    _over_budget(world, rng)
    _short(world, rng)
    _unstaffed(world, rng)


def _on_too_much(world: World, rng: Random) -> None:
    """A sprint works on each key result of its team and on one of another team's, some tickets on three."""
    for (team, number), lines in _TOO_MUCH.items():
        for ticket, codes in zip(claim(world, rng, team, number, len(lines)), lines, strict=True):
            ticket.codes = tuple(f"2026Q4/{code}" for code in codes)
            write_line(ticket, ", ".join(codes))
            end_in_time(ticket, world.sprints[team, number].window)
        world.plant("unfocused", world.sprints[team, number].name)


def _over_budget(world: World, rng: Random) -> None:
    """Too much upkeep, too much debt, and twice too much that nobody planned."""
    for team, number, title, reason in (
        ("payments", 1, "Keep payment providers current", "ktlo"),
        ("web", 5, "Pay off the style sheet debt", "debt"),
    ):
        for ticket in _a_share(world, rng, team, number, 0.4):
            put_below(world, ticket, epic_named(world, title), rng)
        world.plant("over_budget", reason)
    for team, number in (("payments", 3), ("web", 4)):
        for ticket in _a_share(world, rng, team, number, 0.45):
            join_late(ticket, world.sprints[team, number].window, rng)
        world.plant("over_budget", "unplanned")


def _a_share(world: World, rng: Random, team: str, number: int, share: float) -> list[Ticket]:
    """Spare tickets that hold a share of the sprint's planned points: few and large ones."""
    whole = points([held for held in world.tickets if (held.team, held.sprint) == (team, number)])
    held = spare(world, team, number)
    return up_to(sorted(rng.sample(held, len(held)), key=lambda one: -(one.points or 0)), share, whole)


def _without_key_result(world: World, rng: Random) -> None:
    for team, number in (("web", 3), ("web", 4), ("web", 5), ("platform", 4)):
        for ticket in claim(world, rng, team, number, 1):
            ticket.parent = None
            world.plant("no_key_result", ticket)
    for team, number in (("payments", 4), ("web", 2), ("platform", 3)):
        for ticket in claim(world, rng, team, number, 1):
            ticket.parent = None
            join_late(ticket, world.sprints[team, number].window, rng)
            world.plant("added_without_key_result", ticket)
    for team, number, title in (
        ("payments", 3, REFUNDS),
        ("payments", 4, REFUNDS),
        ("platform", 4, DRILLS),
    ):
        for ticket in claim(world, rng, team, number, 1):
            put_below(world, ticket, epic_named(world, title), rng)
            world.plant("inactive_key_result", ticket)
    places = (("web", 3), ("payments", 4), ("platform", 4))
    for (team, number), code in zip(places, UNKNOWN_CODES, strict=True):
        for ticket in claim(world, rng, team, number, 1):
            ticket.unknown = True
            write_line(ticket, code)
            world.plant("unknown_code", ticket)
    for ticket in claim(world, rng, "web", 4, 1):
        ticket.points = -1.0
        world.plant("odd_estimate", ticket)


def _blocked(world: World, rng: Random) -> None:
    """Tickets wait for those of the other team, one of them for one that waits itself."""
    _blocked_on_github(world, rng)
    for number, day in ((3, 4), (4, 8)):
        window = world.sprints["payments", number].window
        waiting, team = ("payments", "web") if number == 3 else ("web", "payments")
        (held,) = claim(world, rng, waiting, number, 1, _may_stay)
        (by,) = claim(world, rng, team, number, 1, _may_stay)
        for ticket in (held, by):
            never_end(ticket, window)
        _hold_up(world, by, held, moment_in(window, day, 10))
    evening = now_of(DEFAULT_TODAY)
    first, second = claim(world, rng, "payments", 5, 2)
    by, between = claim(world, rng, "web", 5, 2)
    last = next(
        held for held in world.tickets if held.team == "web" and held.sprint is None and _long_there(held)
    )
    _hold_up(world, by, first, evening - timedelta(hours=4))
    _hold_up(world, between, second, evening - timedelta(hours=3, minutes=40))
    _hold_up(world, last, between, evening - timedelta(hours=3, minutes=20))


def _blocked_on_github(world: World, rng: Random) -> None:
    """An issue of this milestone and one of the next wait for one that is not done."""
    by, held = claim(world, rng, "platform", 4, 2)
    (after,) = claim(world, rng, "platform", 5, 1)
    window = world.sprints["platform", 4].window
    never_end(by, window)
    never_end(held, window)
    _hold_up(world, by, held, moment_in(window, 8, 11))
    _hold_up(world, by, after, now_of(DEFAULT_TODAY) - timedelta(hours=3))


def _may_stay(held: Ticket) -> bool:
    """Not of the key result that has to fall short later: what is carried over would add to it."""
    return not serving("O1.KR2")(held)


def _long_there(held: Ticket) -> bool:
    """In the backlog, begun by nobody, and a week old at the default today."""
    old = held.created < now_of(DEFAULT_TODAY) - timedelta(days=7)
    return old and held.starts is None and held.kind not in ("Epic", "Sub-task")


def _hold_up(world: World, blocker: Ticket, blocked: Ticket, at: datetime) -> None:
    world.plant("blocked", blocked)
    world.then(at, _block, blocker, blocked, at)


def _block(world: World, blocker: Ticket, blocked: Ticket, at: datetime) -> None:
    if blocker.known and blocked.known:
        act = acts_jira.link if blocked.in_jira else acts_github.block
        act(world, at, TEAM[blocked.team].planner, blocker, blocked)


def _left_undone(world: World, rng: Random) -> None:
    """Begun in the second sprint, and still not done in the fourth."""
    for team in TEAM:
        for ticket in claim(world, rng, team, 2, 1, _may_stay):
            never_end(ticket, world.sprints[team, 2].window)
            world.plant("carried_twice", ticket)


def _short(world: World, rng: Random) -> None:
    """Of the work on a key result at risk, one small ticket is left in the sprint that runs."""
    for number in (1, 2, 3):
        own = [held for held in world.tickets if (held.team, held.sprint) == ("payments", number)]
        for ticket in filter(serving("O1.KR2"), own):
            end_in_time(ticket, world.sprints["payments", number].window)
    held = [ticket for ticket in spare(world, "payments", 4) if serving("O1.KR2")(ticket)]
    taken = [held for held in world.tickets if (held.team, held.sprint) == ("payments", 4)]
    for ticket in taken:
        if serving("O1.KR2")(ticket) and ticket not in held:
            ticket.points = 1.0
    for ticket in held:
        put_below(world, ticket, epic_named(world, "Explain each ledger difference to finance"), rng)
    (lone,) = claim(world, rng, "payments", 4, 1)
    put_below(world, lone, epic_named(world, "Shorter address step"), rng)
    lone.points = 1.0
    world.plant("short_key_result", "2026Q4/O1.KR2")


def _unstaffed(world: World, rng: Random) -> None:
    """Nobody plans to look for secrets; and no epic serves the month end or the search at all."""
    for ticket in spare(world, "platform", 5):
        if serving("O5.KR1")(ticket):
            put_below(world, ticket, epic_named(world, "One pipeline for every service"), rng)
    for code in ("O5.KR1", "PAY.O2.KR2", "O3.KR1"):
        world.plant("unstaffed_key_result", f"2026Q4/{code}")


def plant_in_open_pulls(world: World) -> None:
    """The branch of work that is not merged today names another ticket of the same sprint than its title.

    What disagreed in an earlier sprint was merged before that was closed.
    """
    for pull in world.planted["branch and title disagree"]:
        closing = min(
            held.window.end for held in world.sprints.values() if held.window.end > pull.opened
        ) - timedelta(hours=3)
        pull.ended = max(min(pull.ended, closing), pull.opened + timedelta(minutes=30))
    today = now_of(DEFAULT_TODAY)
    for team in ("payments", "web"):
        begun = [
            held
            for held in world.pulls
            if len(held.tickets) == 1
            and (held.tickets[0].team, held.tickets[0].sprint) == (team, 4)
            and held.opened < today - timedelta(hours=2)
        ]
        pull = max(begun, key=lambda held: held.ended or today)
        pull.ended = max(pull.ended or today, today + timedelta(days=1))
        ticket = pull.tickets[0]
        other = next(
            held
            for held in world.tickets
            if (held.team, held.sprint) == (team, 4) and held is not ticket and held.created < pull.opened
        )
        pull.style, pull.branch = "title", f"feature/{other.key}-{slug(other.title)}"
        pull.serves = [ticket, other]
        world.plant("branch and title disagree", pull)
        world.plant("branch_title_disagree", pull)
