"""Plans the pull requests of the quarter: whose work each does, how it names it, when it is merged."""

import re
from datetime import date, datetime, timedelta
from random import Random

from webhooks.simulator.company import DEPENDENCY_BOT, ISSUES_REPOSITORY, JIRA_URL, ORG, TEAM, TEAMS, Team
from webhooks.simulator.epics import DEPENDENCIES, SIDE_WORK, WHY
from webhooks.simulator.weeks import at, working
from webhooks.simulator.world import Pull, Ticket, World

_JIRA_STYLES = {
    "title": 34,
    "bracket": 12,
    "branch": 18,
    "fixes": 12,
    "url": 6,
    "tail": 8,
    "refs": 6,
    "title+branch": 12,
}
_GITHUB_STYLES = {"closes": 50, "fixes-url": 12, "part-of": 18, "title-ref": 8, "resolves-colon": 12}
#: Work without a ticket: style -> pull requests a week for the whole company.
_ASIDE = {"bot": 3.2, "no-jira": 1.7, "minor": 1.6, "ktlo": 1.1, "nothing": 2.6, "tag": 1.4}
_BRANCH_WORDS = re.compile(r"[^a-z0-9]+")
_CODES = {"payments": ("O1.KR1", "O2.KR1"), "web": ("O3.KR2", "O3.KR3"), "platform": ("O4.KR1", "O4.KR3")}


def plan_pulls(world: World, rng: Random) -> None:
    """Fill the world with pull requests; keys and numbers are known, texts are not written yet."""
    for ticket in world.tickets:
        if ticket.starts is not None and not ticket.dropped and rng.random() < 0.97:
            world.pulls += _for_ticket(ticket, rng)
    for week in range(-1, 13):
        monday = date(2026, 10, 5) + timedelta(days=7 * (week - 1))
        for style, rate in _ASIDE.items():
            count = int(rate) + (rng.random() < rate % 1)
            world.pulls += [_aside(style, monday, rng) for _ in range(count)]
    world.pulls += [
        _old_work(world.old[place], hour, rng) for place, hour in ((1, 30), (2, 200), (1, 420), (3, 500))
    ]


def write_text(pull: Pull, rng: Random) -> None:
    """Write title, body and branch of a pull request in its style."""
    first = pull.tickets[0] if pull.tickets else None
    if pull.title == "":
        pull.title = first.title if first else rng.choice(SIDE_WORK)
    pull.branch = pull.branch or f"{rng.choice(('', 'topic/', 'dev/'))}{slug(pull.title)}"
    pull.body = pull.body or _body(rng)
    if first is not None and first.in_jira:
        _name_jira(pull, first)
    elif first is not None:
        _name_issue(pull, first)
    else:
        _name_aside(pull, rng)


def slug(title: str) -> str:
    """A title as a branch spells it; short, so that branches stay readable."""
    whole = _BRANCH_WORDS.sub("-", title.lower()).strip("-")
    return whole if len(whole) <= 44 else whole[:44].rpartition("-")[0]


def _name_jira(pull: Pull, first: Ticket) -> None:
    key, title = first.key, pull.title
    if pull.style in ("title", "title+branch"):
        pull.title = f"{key}: {title}"
    if pull.style == "bracket":
        pull.title = f"[{key}] {title}"
    if pull.style == "tail":
        pull.title = f"{title} ({key})"
    if pull.style in ("branch", "title+branch"):
        pull.branch = f"feature/{key}-{slug(title)}"
    line = {"fixes": f"Fixes {key}.", "url": f"Resolves {JIRA_URL}/browse/{key}", "refs": f"Refs {key}"}.get(
        pull.style
    )
    if line:
        pull.body = f"{pull.body}\n\n{line}"


def _name_issue(pull: Pull, first: Ticket) -> None:
    ref = (
        f"#{first.number}"
        if pull.repository == ISSUES_REPOSITORY
        else f"{ORG}/{ISSUES_REPOSITORY}#{first.number}"
    )
    if pull.style == "title-ref":
        pull.title, line = f"{pull.title} ({ref})", f"Closes {ref}"
    else:
        line = {
            "closes": f"Closes {ref}",
            "fixes-url": f"Fixes https://github.com/{ORG}/{ISSUES_REPOSITORY}/issues/{first.number}",
            "part-of": f"Part of {ref}",
            "resolves-colon": f"Resolves: {ref}",
        }[pull.style]
    pull.body = f"{pull.body}\n\n{line}"


def _name_aside(pull: Pull, rng: Random) -> None:
    if pull.style == "bot":
        name, version = rng.choice(DEPENDENCIES)
        old, new = f"{version}.{rng.randrange(3)}", f"{version}.{rng.randrange(3, 9)}"
        pull.title = f"Bump {name} from {old} to {new}"
        pull.branch = f"dependabot/all/{name.rpartition('/')[2]}-{new}"
        pull.body = f"Bumps {name} from {old} to {new}.\n\nThe release notes list fixes up to {new}."
        pull.labels = ["dependencies"]
    elif pull.style == "no-jira":
        pull.title = f"NO-JIRA: {pull.title}"
    elif pull.style == "minor":
        pull.title = f"MINOR: {pull.title}"
    elif pull.style == "ktlo":
        pull.body = f"{pull.body}\n\nKR: none - ktlo"
    elif pull.style == "tag":
        pull.body = f"{pull.body}\n\nKR: {pull.codes[0].partition('/')[2]}"


def _body(rng: Random) -> str:
    steps = rng.sample(
        (
            "Reads are batched.", "The old path stays behind a flag.", "Adds a counter and a histogram.",
            "Tests cover the empty case.", "No change of the public interface.",
            "Tried on staging with last week's traffic.", "The error text says what to do next.",
            "Removes a branch that nobody takes.", "Roll-back is one switch.",
        ),
        rng.randrange(2, 5),
    )  # fmt: skip
    listed = "\n".join(f"- {step}" for step in steps)
    checked = "## How it was checked\nUnit tests and a run on staging."
    return f"{rng.choice(WHY)}\n\n## What changed\n{listed}\n\n{checked}"


def _for_ticket(ticket: Ticket, rng: Random) -> list[Pull]:
    assert ticket.starts is not None
    team = TEAM[ticket.team]
    begin, finish = ticket.starts, ticket.ends
    span = (finish or begin + timedelta(days=3)) - begin
    opened = begin + span * rng.uniform(0.1, 0.5)
    ended = finish - timedelta(minutes=rng.randrange(20, 150)) if finish else None
    first = _pull(team, ticket, opened, ended, rng)
    made = [first]
    lot = rng.random()
    if lot < 0.06 and ended is not None:
        first.merges, first.ended = False, opened + (ended - opened) * 0.4
        made.append(_pull(team, ticket, opened + (ended - opened) * 0.5, ended, rng))
    elif lot < 0.27 and ticket.kind != "Sub-task":
        second = _pull(team, ticket, opened + span * rng.uniform(0.05, 0.3), ended, rng)
        second.title = rng.choice(
            ("Follow-up: {}", "Clean up after: {}", "Tests for: {}", "Release note for: {}")
        ).format(ticket.title.lower())
        made.append(second)
    return made


def _pull(team: Team, ticket: Ticket, opened: datetime, ended: datetime | None, rng: Random) -> Pull:
    styles = _JIRA_STYLES if ticket.in_jira else _GITHUB_STYLES
    style = rng.choices(list(styles), list(styles.values()))[0]
    repository = team.repositories[0 if rng.random() < 0.65 else 1]
    author = ticket.assignee or rng.choice(team.people)
    if ended is not None and ended <= opened:
        ended = opened + timedelta(minutes=50)
    pull = Pull(
        repository, author, style, opened.replace(microsecond=0), ended, tickets=[ticket], serves=[ticket]
    )
    _pace(pull, rng)
    return pull


def _aside(style: str, monday: date, rng: Random) -> Pull:
    team = rng.choice(TEAMS)
    opened = working(at(monday, 7) + timedelta(hours=rng.uniform(0, 110)), rng)
    ended = working(opened + timedelta(hours=rng.uniform(1, 60)), rng)
    author = DEPENDENCY_BOT if style == "bot" else rng.choice(team.people)
    pull = Pull(rng.choice(team.repositories), author, style, opened, ended)
    pull.exempt = {"no-jira": "NO-JIRA", "minor": "MINOR:", "ktlo": "ktlo", "bot": "bot"}.get(style)
    if style == "tag":
        cycle = "2026Q4" if opened.date() >= date(2026, 10, 1) else "2026Q3"
        code = rng.choice(_CODES[team.name]) if cycle == "2026Q4" else "O1.KR1"
        pull.codes = (f"{cycle}/{code}",)
    _pace(pull, rng)
    return pull


def _old_work(ticket: Ticket, hours: int, rng: Random) -> Pull:
    opened = working(at(date(2026, 10, 5)) + timedelta(hours=hours), rng)
    return _pull(TEAM[ticket.team], ticket, opened, working(opened + timedelta(hours=30), rng), rng)


def _pace(pull: Pull, rng: Random) -> None:
    """When commits arrive after the first, and whether it begins as a draft."""
    end = pull.ended or pull.opened + timedelta(days=2)
    span = end - pull.opened
    count = 0 if pull.author == DEPENDENCY_BOT else rng.choice((0, 0, 1, 1, 2, 3))
    pull.pushes = sorted(
        (pull.opened + span * rng.uniform(0.1, 0.85)).replace(microsecond=0) for _ in range(count)
    )
    if count and rng.random() < 0.12:
        pull.draft_until = pull.opened + span * 0.05
