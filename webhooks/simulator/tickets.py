"""Plans the epics and tickets of the quarter: when each is written, joins a sprint, starts and ends."""

from datetime import date, datetime, timedelta
from random import Random

from webhooks.simulator.company import TEAMS, Team
from webhooks.simulator.deliveries import stable_number
from webhooks.simulator.epics import BUGS, EPICS, VERBS, WHY, EpicPlan
from webhooks.simulator.weeks import Window, at, windows, working
from webhooks.simulator.world import Sprint, Ticket, World

#: Sprints in which nothing goes wrong: all work serves a key result or pays off debt within the budget, each
#: key result of the team is worked on, and all is estimated, planned and done in time.
CLEAN = frozenset({("web", 1), ("platform", 1)})
PER_SPRINT = 21
BACKLOG = 14
_POINTS = (1, 2, 2, 3, 3, 3, 5, 5, 8)


def plan_tickets(world: World, rng: Random) -> None:
    """Fill the world with sprints, epics and tickets; nothing has happened yet."""
    for team in TEAMS:
        used: set[str] = set()
        epics = [_epic(team, plan, rng) for plan in EPICS if plan.team == team.name]
        world.epics += epics
        for window in windows(team.name):
            number = 100 * (team.board or 13) + window.number
            world.sprints[team.name, window.number] = Sprint(team, window, number)
            world.tickets += [
                _planned(team, epics, window, rng, used) for _ in range(PER_SPRINT + rng.randrange(-2, 3))
            ]
        world.tickets += [_backlog(team, epics, rng, used) for _ in range(BACKLOG)]
        world.tickets += [
            _earlier(epic, rng, used)
            for epic in epics
            if epic.plan and epic.plan.cycle != "2026Q4"
            for _ in range(11)
        ]
    world.tickets += _subtasks(world.tickets, rng)
    _old(world)


def number_tickets(world: World) -> None:
    """Give each Jira ticket its key and id in the order of creation, as Jira would."""
    counters = {team.project: 100 for team in TEAMS}
    jira = [ticket for ticket in (*world.epics, *world.tickets) if ticket.in_jira]
    births = [(ticket.created, place, ticket, "") for place, ticket in enumerate(jira)]
    moves = [(*held.moves, held) for held in jira if held.moves]
    events = [
        *births,
        *((moment, 10000 + place, held, key) for place, (moment, key, held) in enumerate(moves)),
    ]
    for place, (_, _, ticket, target) in enumerate(sorted(events, key=lambda event: event[:2])):
        project = target or next(team.project for team in TEAMS if team.name == ticket.team)
        counters[project] += 1
        if target:
            ticket.next_key = f"{project}-{counters[project]}"
        else:
            ticket.key, ticket.id = f"{project}-{counters[project]}", 20001 + place


def number_issue(ticket: Ticket, number: int) -> None:
    """Give a GitHub issue its number and id."""
    ticket.number, ticket.id = number, stable_number(f"github-issue-{ticket.team}-{number}")


def _epic(team: Team, plan: EpicPlan, rng: Random) -> Ticket:
    day = date(2026, 10, 1) if plan.cycle == "2026Q4" else date(2026, 9, 14)
    created = at(day, 7) + timedelta(seconds=rng.randrange(4 * 3600))
    body = f"{rng.choice(WHY)} Covers {', '.join(plan.parts[:3])} and more."
    if plan.how == "line":
        body += f"\n\nKR: {', '.join(plan.codes)}"
    if plan.how in ("ktlo", "debt"):
        body += f"\n\nKR: none - {plan.how}"
    epic = Ticket(team.name, plan.title, body, "Epic", created, team.planner, plan=plan)
    epic.codes = tuple(f"{plan.cycle}/{code}" for code in plan.codes)
    epic.exempt = plan.how if plan.how in ("ktlo", "debt") else None
    if plan.how == "label":
        epic.labels = [f"kr:{code}" for code in plan.codes]
    if plan.how == "field":
        epic.kr_field = ", ".join(plan.codes)
    if not team.project:
        epic.labels.insert(0, "epic")
    return epic


def _choose(epics: list[Ticket], sprint: int, clean: bool, rng: Random) -> Ticket:
    fit = [epic for epic in epics if epic.plan and epic.plan.sprints[0] <= sprint <= epic.plan.sprints[1]]
    if clean:
        fit = [epic for epic in fit if epic.codes and "O2.KR3" not in epic.codes[0]]
    return rng.choices(fit, [epic.plan.weight if epic.plan else 0 for epic in fit])[0]


def _written(epic: Ticket, created: datetime, rng: Random, used: set[str], plain: bool = False) -> Ticket:
    assert epic.plan is not None
    kind = "Bug" if rng.random() < 0.18 else ("Task" if rng.random() < 0.3 else "Story")
    for _ in range(40):
        part = rng.choice(epic.plan.parts)
        title = rng.choice(BUGS if kind == "Bug" else VERBS).format(part)
        title = title[0].upper() + title[1:]
        if title not in used:
            break
    else:
        title = f"{title}, part {len(used)}"
    used.add(title)
    team = next(team for team in TEAMS if team.name == epic.team)
    ticket = Ticket(
        epic.team,
        title,
        rng.choice(WHY),
        kind,
        created,
        rng.choice((team.planner, *team.people)),
        parent=epic,
    )
    if plain or rng.random() > 0.06:
        ticket.points = float(rng.choice(_POINTS))
    if not team.project:
        ticket.labels = (["bug"] if kind == "Bug" else []) + (
            [f"points:{ticket.points:.0f}"] if ticket.points else []
        )
    return ticket


def _planned(team: Team, epics: list[Ticket], window: Window, rng: Random, used: set[str]) -> Ticket:
    clean = (team.name, window.number) in CLEAN
    added = not clean and rng.random() < 0.1
    epic = _choose(epics, window.number, clean, rng)
    friday = at(window.start.date() - timedelta(days=3), 9)
    if added:
        joins = working(window.start + timedelta(hours=rng.uniform(3, 210)), rng)
        created = joins - timedelta(minutes=rng.randrange(5, 90))
    else:
        joins = friday + timedelta(seconds=rng.randrange(5 * 3600))
        oldest = max(epic.created + timedelta(hours=1), friday - timedelta(days=16))
        created = working(oldest + (joins - timedelta(hours=1) - oldest) * rng.random(), rng)
        created = min(created, joins - timedelta(minutes=10))
    ticket = _written(epic, created, rng, used, clean)
    ticket.sprint, ticket.joins = window.number, joins
    begin, length = max(window.start, joins) + timedelta(minutes=30), window.end - window.start
    if clean:
        ticket.starts = working(begin + length * rng.uniform(0, 0.45), rng)
        ticket.ends = min(
            working(ticket.starts + length * rng.uniform(0.05, 0.35), rng),
            window.end - timedelta(hours=2 + rng.randrange(40)),
        )
    elif rng.random() > 0.05:
        ticket.starts = working(begin + length * rng.uniform(0, 0.7), rng)
        ticket.ends = working(ticket.starts + timedelta(hours=rng.uniform(14, 150)), rng)
        if rng.random() < 0.04:
            ticket.ends = None
        ticket.dropped = rng.random() < 0.02
    return ticket


def _backlog(team: Team, epics: list[Ticket], rng: Random, used: set[str]) -> Ticket:
    epic = _choose(epics, rng.randrange(2, 5), False, rng)
    created = working(at(date(2026, 10, 2)) + timedelta(days=rng.uniform(0, 54)), rng)
    return _written(epic, created, rng, used)


def _earlier(epic: Ticket, rng: Random, used: set[str]) -> Ticket:
    created = working(epic.created + timedelta(hours=rng.uniform(2, 60)), rng)
    ticket = _written(epic, created, rng, used)
    ticket.starts = working(created + timedelta(hours=rng.uniform(12, 150)), rng)
    ticket.ends = working(ticket.starts + timedelta(hours=rng.uniform(20, 130)), rng)
    return ticket


def _subtasks(tickets: list[Ticket], rng: Random) -> list[Ticket]:
    fit = [
        held
        for held in tickets
        if held.in_jira and held.kind == "Story" and held.sprint in (2, 3, 4) and held.starts and held.ends
    ]
    made: list[Ticket] = []
    for parent in rng.sample(fit, 10):
        for title in ("Write the migration", "Update the runbook"):
            part = f"{title}: {parent.title}"
            task = Ticket(
                parent.team,
                part,
                "",
                "Sub-task",
                parent.created + timedelta(minutes=len(made) + 3),
                parent.reporter,
                parent=parent,
            )
            task.starts, task.ends = parent.starts, parent.ends
            made.append(task)
    return made


def _old(world: World) -> None:
    """Tickets of long ago, held by Jira and told by nobody: an epic with two tickets below, and one alone."""
    long_ago = at(date(2026, 8, 20))
    epic = Ticket(
        "payments",
        "Reconcile with the bank every night",
        "KR: 2026Q4/O2.KR1",
        "Epic",
        long_ago,
        "planner-payments",
    )
    epic.codes = ("2026Q4/O2.KR1",)
    below = [
        Ticket(
            "payments",
            title,
            "Left over from summer.",
            "Story",
            long_ago + timedelta(hours=1 + place),
            "dev-payments-1",
            parent=epic,
        )
        for place, title in enumerate(
            ("Read the bank file twice a day", "Mark bookings that have no bank line")
        )
    ]
    alone = Ticket("web", "Collect feedback on the size guide", "", "Story", long_ago, "dev-web-2")
    for number, ticket in zip((40, 41, 42), (epic, *below), strict=True):
        ticket.key, ticket.id = f"PAY-{number}", 19000 + number
    alone.key, alone.id = "WEB-17", 19117
    office = Ticket("web", "Move the office printers", "", "Task", long_ago, "office-manager")
    office.key, office.id = "OPS-31", 19531
    world.old = [epic, *below, alone, office]
