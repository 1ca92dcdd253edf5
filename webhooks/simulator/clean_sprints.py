"""Makes the clean sprints clean: each key result of the team is worked on, and debt stays within its band."""

from collections import Counter
from random import Random

from webhooks.simulator.reshaping import claim, epic_named, points, put_below, serving, spare, take, up_to
from webhooks.simulator.world import World

_LEAST = 0.2
_MOST_DEBT = 0.28
_WEB = ("O3.KR2", "O3.KR3")
#: An epic for each key result that platform has to work on; some of them are planned for later sprints.
_PLATFORM = {
    "O4.KR1": "A preview for each pull request",
    "O4.KR2": "Deploy in small steps and roll back alone",
    "O4.KR3": "One pipeline for every service",
    "O5.KR1": "Secrets leave the repositories",
    "O5.KR2": "Restore drills for tier one services",
}


def make_clean(world: World, rng: Random) -> None:
    """Move tickets below other epics until nothing is to be said of a clean sprint."""
    _web(world, rng)
    _platform(world, rng)


def _web(world: World, rng: Random) -> None:
    """A fifth and more of the points pay off debt, and each key result has its share of the rest."""
    epic = {
        "debt": epic_named(world, "Pay off the style sheet debt"),
        "O3.KR2": epic_named(world, "Images that are there before the shopper scrolls"),
        "O3.KR3": epic_named(world, "App onboarding in three screens"),
    }
    whole = points(spare(world, "web", 1))
    for code in _WEB:
        held = spare(world, "web", 1)
        own = [ticket for ticket in held if serving(code)(ticket)]
        kept = up_to(own, _LEAST, whole)
        others = [ticket for ticket in held if ticket not in own]
        more = up_to(rng.sample(others, len(others)), _LEAST - points(kept) / whole, whole)
        for ticket in more:
            put_below(world, ticket, epic[code], rng)
        take(world, [*kept, *more])
    rest = spare(world, "web", 1)
    for ticket in up_to(rng.sample(rest, len(rest)), _MOST_DEBT, whole):
        put_below(world, ticket, epic["debt"], rng)


def _platform(world: World, rng: Random) -> None:
    """Two tickets for each of the five key results, at the expense of those that have many."""
    for code, title in _PLATFORM.items():
        held = spare(world, "platform", 1)
        own = [ticket for ticket in held if serving(code)(ticket)]
        take(world, own[:2])
        counts = Counter(ticket.parent.codes for ticket in held if ticket.parent)
        for _ in range(2 - len(own)):
            most = max(counts, key=lambda codes: counts[codes])
            counts[most] -= 1
            (ticket,) = claim(world, rng, "platform", 1, 1, serving(most[0].partition("/")[2]))
            put_below(world, ticket, epic_named(world, title), rng)
