"""The mistakes that people make with pull requests in this quarter, each planted and noted by name."""

from collections import Counter
from datetime import date, datetime, timedelta
from random import Random

from webhooks.simulator import acts_pulls
from webhooks.simulator.company import OUR_BOT, TEAM, TEAMS
from webhooks.simulator.pulls import slug
from webhooks.simulator.tickets import CLEAN
from webhooks.simulator.weeks import at, working
from webhooks.simulator.world import Pull, Ticket, World

LOOK_ALIKE_CODE = "O1.\u041aR2"  # the K is Cyrillic
_KEY_LIKE = ("UTF-8", "CVE-2026-1042", "SHA-256", "ISO-8601", "PEP-8")


def plant_in_pulls(world: World, rng: Random) -> None:
    """Plant what goes wrong with pull requests; all of it happens before the default today."""
    _written_wrong(world, rng)
    _disagreeing(world, rng)
    _before_its_ticket(world, rng)
    _labelled(world, rng)
    _named_later(world, rng)
    _umbrella(world, rng)
    counts = Counter(id(pull.tickets[0]) for pull in world.pulls if pull.tickets)
    for pull in world.pulls:
        if pull.tickets and counts[id(pull.tickets[0])] == 2:
            world.plant("two pull requests of one ticket", pull)


def _aside(world: World, rng: Random, day: date, title: str = "", body: str = "", branch: str = "") -> Pull:
    """A pull request without a ticket, of anybody, on or after a day."""
    team = rng.choice(TEAMS)
    opened = working(at(day, 7) + timedelta(hours=rng.uniform(0, 20)), rng)
    pull = Pull(
        rng.choice(team.repositories), rng.choice(team.people), "nothing", opened, opened + timedelta(hours=5)
    )
    pull.title, pull.body, pull.branch = title, body, branch
    world.pulls.append(pull)
    return pull


def _written_wrong(world: World, rng: Random) -> None:
    """Codes and keys that are not what they look like; only the last four serve anything."""
    october, november = date(2026, 10, 12), date(2026, 11, 9)
    plain = "Agreed in planning.\n\n"
    first = next(held for held in world.tickets if held.team == "payments" and held.sprint == 2)
    texts: list[tuple[str, date, str, str]] = [
        ("unknown code", october, "Trim the basket payload", f"{plain}KR: O9.KR4"),
        ("unknown code", november, "Shorter cache lifetimes", f"{plain}KR: O1.KR12"),
        ("look-alike letter", october, "Reorder the payment methods", f"{plain}KR: {LOOK_ALIKE_CODE}"),
        ("look-alike letter", november, f"[{LOOK_ALIKE_CODE}] Hide the coupon field", plain.strip()),
        ("project not configured", october, "OPS-31: Move the office printers", plain.strip()),
        ("project not configured", november, "Badge reader on the third floor", f"{plain}Fixes OPS-32."),
        (
            "code in a fence", november, "Document the trailer",
            f"{plain}```\nKR: O1.KR1\n```\n\nUse `KR: O1.KR1` as a trailer.",
        ),
        ("placeholder code", november, "Template for pull requests", f"{plain}KR: <code>"),
        ("opt-out beside a key", october, f"NO-JIRA: tidy up after {first.key}", plain.strip()),
        (
            "revert", november, f'Revert "{first.key}: {first.title}"',
            f'This reverts the change "{first.key}: {first.title}".',
        ),
        ("code of a dropped key result", november, "Show refund reasons in the mail", f"{plain}KR: O2.KR3"),
        ("code of a dropped key result", november, "Limit refunds per day", f"{plain}KR: O2.KR3"),
        (
            "code of an ended cycle", november, "Remove the last redirect to the old cluster",
            f"{plain}KR: 2026Q3/O1.KR1",
        ),
        ("two codes", october, "Faster basket drawer", f"{plain}KR: O1.KR2, O3.KR2"),
    ]  # fmt: skip
    served = {
        "code of a dropped key result": ("2026Q4/O2.KR3",), "code of an ended cycle": ("2026Q3/O1.KR1",),
        "two codes": ("2026Q4/O1.KR2", "2026Q4/O3.KR2"),
    }  # fmt: skip
    for mistake, day, title, body in texts:
        pull = _aside(world, rng, day, title, body, slug(title) if "-" not in title[:8] else "tidy-up")
        pull.codes = served.get(mistake, ())
        pull.exempt = "NO-JIRA" if mistake.startswith("opt-out") else None
        world.plant(mistake, pull)
    for word in _KEY_LIKE:
        pull = _aside(
            world, rng, november, f"Handle {word} input in one place", plain.strip(), f"handle-{word.lower()}"
        )
        world.plant("token that looks like a key", pull)


def _worked(world: World, rng: Random, count: int, jira: bool = True) -> list[Pull]:
    """Pull requests of tickets that serve a key result, outside of the clean sprints, one of a ticket."""
    begin, finish = at(date(2026, 10, 20)), at(date(2026, 11, 25))
    counts = Counter(id(pull.tickets[0]) for pull in world.pulls if pull.tickets)
    taken = {id(world.tickets[place]) for place in world.taken}
    done = [
        pull for pull in world.pulls if pull.tickets and pull.ended and pull.merges and pull.ended < finish
    ]
    alone = [pull for pull in done if pull.opened > begin and counts[id(pull.tickets[0])] == 1]
    fit = [pull for pull in alone if _plain(pull.tickets[0], jira) and id(pull.tickets[0]) not in taken]
    found = rng.sample(fit, count)
    world.taken |= {world.tickets.index(pull.tickets[0]) for pull in found}
    return found


def _plain(ticket: Ticket, jira: bool) -> bool:
    clean = (ticket.team, ticket.sprint) in CLEAN
    return (
        ticket.in_jira is jira
        and ticket.sprint in (2, 3, 4)
        and not clean
        and ticket.parent is not None
        and bool(ticket.parent.codes)
    )


def _disagreeing(world: World, rng: Random) -> None:
    """The title names one ticket and the branch another; both stand."""
    for pull in _worked(world, rng, 4):
        ticket = pull.tickets[0]
        other = next(
            held for held in world.tickets if held.team == ticket.team and held.parent not in (
                None, ticket.parent,
            ) and held.created < pull.opened and held.parent and held.parent.codes
        )  # fmt: skip
        pull.style, pull.branch = "title", f"feature/{other.key}-{slug(other.title)}"
        pull.serves = [ticket, other]
        world.plant("branch and title disagree", pull)


def _before_its_ticket(world: World, rng: Random) -> None:
    """The work came first, and its ticket was written an hour later under the key that everybody expected."""
    for pull in _worked(world, rng, 3):
        ticket = pull.tickets[0]
        pull.opened = ticket.created - timedelta(minutes=50)
        world.plant("pull request before its ticket", pull)


def _labelled(world: World, rng: Random) -> None:
    """A person puts a kr: label on, or takes ours off."""
    for day in (date(2026, 10, 21), date(2026, 11, 11)):
        pull = _aside(
            world, rng, day, "Preload the payment form" if day.month == 10 else "Warm the connection pool"
        )
        pull.codes = ("2026Q4/O1.KR1",)
        moment = pull.opened + timedelta(hours=1)
        world.plant("label set by a person", pull)
        world.then(moment, _label, pull, moment, pull.author, ("kr:O1.KR1",), ())
    for pull in _worked(world, rng, 2):
        code = (pull.tickets[0].parent or pull.tickets[0]).codes[0]
        label = (f"kr:{code.partition('/')[2]}",)
        pull.unlinked = (code,)
        moment = pull.opened + timedelta(minutes=12)
        world.plant("our label removed by a person", pull)
        world.then(moment, _label, pull, moment, OUR_BOT, label, ())
        world.then(
            moment + timedelta(minutes=8), _label, pull, moment + timedelta(minutes=8), pull.author, (), label
        )


def _named_later(world: World, rng: Random) -> None:
    """The title gets its key when somebody asks for it; once only after the merge."""
    for place, pull in enumerate(_worked(world, rng, 3)):
        key = pull.tickets[0].key
        pull.style, after = "plain", place == 2
        assert pull.ended is not None
        moment = pull.ended + timedelta(hours=2) if after else pull.opened + timedelta(minutes=25)
        world.plant("linked after the merge" if after else "title gets its key later", pull)
        world.then(moment, _rename, pull, moment, key)


def _umbrella(world: World, rng: Random) -> None:
    """One ticket without epic takes in whatever has no ticket of its own."""
    created = at(date(2026, 10, 6), 9)
    ticket = Ticket(
        "web",
        "Small fixes of the quarter",
        "For whatever is too small for a ticket.",
        "Task",
        created,
        "dev-web-3",
    )
    ticket.key, ticket.id = "WEB-99", 19999
    ticket.starts = created + timedelta(hours=2)
    world.tickets.append(ticket)
    world.plant("umbrella ticket", ticket)
    for week in range(11):
        opened = working(created + timedelta(days=4 * week + 2, hours=rng.uniform(0, 8)), rng)
        style = rng.choice(("title", "branch"))
        team = TEAM["web"]
        pull = Pull(
            rng.choice(team.repositories), rng.choice(team.people), style, opened, opened + timedelta(hours=7)
        )
        pull.title = rng.choice(
            (
                "Fix a margin",
                "Wrong icon on hover",
                "Missing translation",
                "Broken link in the footer",
                "Typo in a label",
            )
        )
        pull.tickets = pull.serves = [ticket]
        world.pulls.append(pull)


def _label(
    world: World, pull: Pull, moment: datetime, actor: str, add: tuple[str, ...], remove: tuple[str, ...]
) -> None:
    acts_pulls.label_pull(world, pull, moment, actor, add, remove)


def _rename(world: World, pull: Pull, moment: datetime, key: str) -> None:
    acts_pulls.retitle(world, pull, moment, pull.author, f"{key}: {pull.title}")
