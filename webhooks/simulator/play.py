"""Plays the quarter: plans it from the seed, writes the script, and carries it out in order up to today."""

from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import NamedTuple

from webhooks.simulator import acts_github, acts_jira, acts_pulls
from webhooks.simulator.catalogue import okrs_yaml, versions
from webhooks.simulator.company import REPOSITORIES, TEAM, TEAMS
from webhooks.simulator.deliveries import Delivery, Told
from webhooks.simulator.mistakes_pulls import plant_in_pulls
from webhooks.simulator.mistakes_scope import plant_in_open_pulls, plant_in_sprints
from webhooks.simulator.mistakes_tickets import plant_in_tickets
from webhooks.simulator.pulls import plan_pulls, write_text
from webhooks.simulator.readings import Reading, readings
from webhooks.simulator.settings import app_yaml
from webhooks.simulator.tape import Tape
from webhooks.simulator.tickets import number_issue, number_tickets, plan_tickets
from webhooks.simulator.truth import Truth, truth_of
from webhooks.simulator.weeks import DEFAULT_TODAY, at, now_of
from webhooks.simulator.world import Commit, Pull, Sprint, Ticket, World

_LAST_DAY = date(2026, 12, 31)


class Quarter(NamedTuple):
    """A quarter up to a day: what was sent to us, what the trackers hold, and what is true of it."""

    seed: int
    today: date
    now: datetime
    deliveries: list[Delivery]
    told: list[Told]
    commits: dict[str, list[Commit]]
    truth: Truth
    okrs_yaml: str
    catalogues: list[tuple[date, str]]
    readings: list[Reading]

    def app_yaml(
        self,
        github_url: str = "https://api.github.com",
        jira_url: str = "https://northwind.example.com",
        *,
        app: bool = False,
        **more: str,
    ) -> str:
        """The operator's file for this company, with the addresses of the two trackers."""
        return app_yaml(github_url, jira_url, **more, app=app)


def quarter(seed: int = 7, today: date | None = None) -> Quarter:
    """The seeded quarter up to today; the same seed and day give the same bytes, a later day only adds."""
    today = today or DEFAULT_TODAY
    now = now_of(today)
    world = _planned(seed)
    for move in sorted(world.script, key=lambda held: (held.at, held.order)):
        if move.at > now:
            break
        move.act(world, *move.args)
    tape = world.tape
    sent = sorted((held for held in tape.deliveries if held.at <= now), key=lambda held: (held.at, held.id))
    told = sorted((held for held in tape.told if held.at <= now), key=lambda held: held.at)
    pending = {held.body for held in tape.deliveries if held.at > now} - {held.body for held in sent}
    commits = {f"{pull.repository}#{pull.number}": pull.commits for pull in world.pulls if pull.known}
    waiting = [held.subject for held in told if held.body in pending]
    read = readings(seed, now)
    truth = truth_of(world, waiting, now, read)
    return Quarter(seed, today, now, sent, told, commits, truth, okrs_yaml(today), versions(today), read)


def _planned(seed: int) -> World:
    rng = Random(f"quarter-{seed}")  # noqa: S311  a seeded quarter, not a secret
    world = World(seed, Tape(seed))
    plan_tickets(world, rng)
    plant_in_tickets(world, rng)
    plant_in_sprints(world)
    number_tickets(world)
    plan_pulls(world, rng)
    plant_in_pulls(world, rng)
    plant_in_open_pulls(world)
    _number_github(world)
    for pull in world.pulls:
        write_text(pull, Random(f"text-{seed}-{pull.repository}-{pull.number}"))  # noqa: S311
    _script(world, rng)
    return world


def _number_github(world: World) -> None:
    """Issues and pull requests of a repository share one counter, in the order of their creation."""
    for known in REPOSITORIES:
        held: list[tuple[datetime, int, Ticket | Pull]] = [
            (pull.opened, place, pull)
            for place, pull in enumerate(world.pulls)
            if pull.repository == known.name
        ]
        if known.name == "platform":
            issues = [*world.epics, *world.tickets]
            held += [
                (ticket.created, 10000 + place, ticket)
                for place, ticket in enumerate(issues)
                if not ticket.in_jira
            ]
        for number, (_, _, item) in enumerate(sorted(held, key=lambda found: found[:2]), start=1):
            if isinstance(item, Pull):
                item.number = number
            else:
                number_issue(item, number)


def _script(world: World, rng: Random) -> None:
    first = datetime(2026, 9, 1, 8, tzinfo=UTC)
    world.then(first, lambda held: acts_jira.set_up(held, first))
    world.then(first, lambda held: acts_github.set_up(held, first))
    for ticket in world.old:
        world.then(ticket.created, acts_jira.held_before, ticket, ticket.created)
    for sprint in world.sprints.values():
        _script_sprint(world, sprint)
    for ticket in (*world.epics, *world.tickets):
        _script_ticket(world, ticket, rng)
    for pull in world.pulls:
        _script_pull(world, pull, rng)


def _script_sprint(world: World, sprint: Sprint) -> None:
    window, after = sprint.window, world.sprints.get((sprint.team.name, sprint.window.number + 1))
    made = max(at(_LAST_DAY.replace(month=10, day=1), 9), window.start - timedelta(days=10))
    acts = acts_jira if sprint.team.project else acts_github
    world.then(made, acts.make_sprint, sprint, made)
    if sprint.team.project:
        world.then(window.start, acts_jira.start_sprint, sprint)
    world.then(window.end, acts.close_sprint, sprint, after)


def _script_ticket(world: World, ticket: Ticket, rng: Random) -> None:
    team = TEAM[ticket.team]
    acts = acts_jira if ticket.in_jira else acts_github
    world.then(ticket.created, acts.create, ticket, ticket.created, ticket.late)
    doer = rng.choice(team.people)
    if ticket.sprint is not None and ticket.joins is not None:
        world.then(
            ticket.joins, _join, ticket, ticket.joins, team.planner, world.sprints[ticket.team, ticket.sprint]
        )
    if ticket.starts is not None:
        world.then(ticket.starts, _start, ticket, ticket.starts, doer)
        if ticket.ends is not None:
            review = ticket.starts + (ticket.ends - ticket.starts) * 0.6
            if ticket.in_jira and rng.random() < 0.7:
                world.then(review, _review, ticket, review, doer)
            world.then(ticket.ends, _end, ticket, ticket.ends, doer)
    if ticket.in_jira and ticket.starts is not None and rng.random() < 0.06:
        asked = ticket.starts + timedelta(hours=1)
        world.then(
            asked,
            acts_jira.comment,
            ticket,
            asked,
            rng.choice(team.people),
            "Please attach a trace of a slow request.",
        )


def _script_pull(world: World, pull: Pull, rng: Random) -> None:
    world.then(pull.opened, acts_pulls.open_pull, pull, pull.opened)
    if pull.draft_until is not None:
        world.then(pull.draft_until, acts_pulls.ready, pull, pull.draft_until)
    for place, moment in enumerate(pull.pushes):
        message = ("Address review remarks", "Fix a flaky test", "Rename for clarity")[place % 3]
        world.then(moment, acts_pulls.push, pull, moment, message)
    if rng.random() < 0.07:
        asked = pull.opened + timedelta(hours=1)
        reviewer = rng.choice(next(team for team in TEAMS if pull.repository in team.repositories).people)
        world.then(asked, _remark, pull, asked, reviewer)
    if pull.ended is not None:
        world.then(pull.ended, acts_pulls.end_pull, pull, pull.ended)


def _join(world: World, ticket: Ticket, moment: datetime, actor: str, sprint: Sprint) -> None:
    if not ticket.known:
        return
    if moment > sprint.window.start + timedelta(minutes=15):
        world.plant("added after start", ticket)
    if ticket.in_jira:
        acts_jira.set_sprints(world, ticket, moment, actor, [sprint])
    else:
        acts_github.set_sprint(world, ticket, moment, actor, sprint)


def _start(world: World, ticket: Ticket, moment: datetime, actor: str) -> None:
    if not ticket.known:
        return
    if ticket.in_jira:
        acts_jira.set_status(world, ticket, moment, actor, "In Progress")
    else:
        acts_github.start(world, ticket, moment, actor)


def _review(world: World, ticket: Ticket, moment: datetime, actor: str) -> None:
    if ticket.known:
        acts_jira.set_status(world, ticket, moment, actor, "In Review")


def _end(world: World, ticket: Ticket, moment: datetime, actor: str) -> None:
    if not ticket.known:
        return
    if ticket.in_jira:
        acts_jira.set_status(world, ticket, moment, actor, "Done")
    else:
        acts_github.close(world, ticket, moment, actor)


def _remark(world: World, pull: Pull, moment: datetime, author: str) -> None:
    if pull.state == "open":
        acts_pulls.comment(
            world, pull, moment, author, "Reads well. One question on the empty case, see inline."
        )
