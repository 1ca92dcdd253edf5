"""Shapes the sprint that payments is planning: about 60 % serves a key result, and most of the rest could.

A planner who links the tickets whose titles speak for a key result, and takes out those of the dropped one,
comes above 90 %.
"""

from random import Random

from webhooks.simulator.reshaping import epic_named, points, put_below, serving, spare, take, up_to
from webhooks.simulator.world import Ticket, World

TEAM, SPRINT = "payments", 5
_SHARES = {"inactive": 0.09, "ktlo": 0.05, "none": 0.3}

#: Titles that speak for a key result of the team, though nobody linked them; the last ones speak for none.
_UNLINKED = (
    "Invalidate the price cache when a voucher ends",
    "Match late capture events to their booking",
    "Skip the second quote when the basket is unchanged",
    "Explain currency differences in the reconciliation job",
    "Fewer round trips while the stock reservation waits",
    "Flag ledger bookings without a capture",
    "Measure checkout latency per market",
    "Retry soft declines at the second acquirer",
    "Show fee postings in the difference report",
    "Slow order query for customers with many addresses",
    "Booking consumer stops at duplicate callbacks",
    "Warm-up job misses new markets",
)
_SILENT = "Agree on a name for the team room"
_ACTIVE = (
    "Warm the price cache before peak hours",
    "Explain each ledger difference to finance",
    "Fewer database round trips in checkout",
    "Book every capture exactly once",
    "Second acquirer for declined cards",
)


def shape_next(world: World, rng: Random) -> None:
    """Give each ticket of the sprint its part; one is not estimated, and one is estimated below zero."""
    held = spare(world, TEAM, SPRINT)
    held = rng.sample(held, len(held))
    for ticket in held:
        ticket.points = ticket.points or 3.0
    bare, odd, lone = held[:3]
    bare.points, odd.points, lone.points = None, -2.0, 1.0
    world.plant("no_estimate", bare)
    world.plant("odd_estimate", odd)
    whole = points(held)
    rest = sorted(
        held[3:], key=lambda ticket: abs((ticket.points or 0) - 3)
    )  # many of usual size, not one large
    for part, share in _SHARES.items():
        chosen = up_to(rest, share, whole)
        rest = [ticket for ticket in rest if ticket not in chosen]
        _PARTS[part](world, chosen, rng)
    _serve(world, [bare, odd, *rest], rng)
    put_below(world, lone, epic_named(world, "Shorter address step"), rng)
    world.plant("short_key_result", "2026Q4/O1.KR2")
    take(world, [ticket for ticket in held if ticket not in rest])


def _drop(world: World, tickets: list[Ticket], rng: Random) -> None:
    for ticket in tickets:
        put_below(world, ticket, epic_named(world, "Refunds without a call to support"), rng)
        world.plant("inactive_key_result", ticket)


def _maintain(world: World, tickets: list[Ticket], rng: Random) -> None:
    for ticket in tickets:
        put_below(world, ticket, epic_named(world, "Keep payment providers current"), rng)


def _unlink(world: World, tickets: list[Ticket], rng: Random) -> None:
    titles = [*rng.sample(_UNLINKED, len(_UNLINKED))]
    smallest = min(tickets, key=lambda held: held.points or 0)
    for ticket in tickets:
        ticket.title, ticket.parent = _SILENT if ticket is smallest else titles.pop(), None
        ticket.kind = "Story"
        world.plant("no_key_result", ticket)


def _serve(world: World, tickets: list[Ticket], rng: Random) -> None:
    """Whatever does not serve one of the team's active key results does so now, but for the short one."""
    codes = ("O1.KR1", "O1.KR3", "O2.KR1")
    for place, ticket in enumerate(tickets):
        if not any(serving(code)(ticket) for code in codes):
            put_below(world, ticket, epic_named(world, _ACTIVE[place % len(_ACTIVE)]), rng)


_PARTS = {"inactive": _drop, "ktlo": _maintain, "none": _unlink}
