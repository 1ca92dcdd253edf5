"""What is true of the quarter as designed: the key results of each item, from the plan, not from any text."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from webhooks.simulator.readings import Reading, truths
from webhooks.simulator.scope_truth import Scope, scope_truth
from webhooks.simulator.serving import exempt, serves
from webhooks.simulator.tickets import CLEAN
from webhooks.simulator.world import Pull, Ticket, World


class Truth(NamedTuple):
    """Facts for tests; items as `jira:PAY-12`, key results as `2026Q4/O1.KR1`.

    serves: key results of each item (empty when none), as they follow from tags,
    parents and people's decisions
    exempt: reason of each item that is exempt and serves nothing (`NO-JIRA` and `MINOR` are ktlo)
    bots: pull requests of the dependency bot, exempt by rule and not by text
    needs_read: tickets that no delivery speaks of, and the pull requests that name them
    pending: items of which a delivery is still on its way today
    planted: each planted mistake with the short forms (or delivery ids) that it concerns
    clean: (team, sprint number) in which no scope mistake is planted
    key_results: what the readings of each key result have to say
    scope: the findings of each sprint as (id, subject), see scope_truth; a pending item may still change them
    """

    serves: dict[str, tuple[str, ...]]
    exempt: dict[str, str]
    bots: tuple[str, ...]
    needs_read: tuple[str, ...]
    pending: tuple[str, ...]
    planted: dict[str, tuple[str, ...]]
    clean: tuple[tuple[str, int], ...]
    key_results: dict[str, str]
    scope: Scope


def truth_of(world: World, waiting: Iterable[str], now: datetime, read: Sequence[Reading]) -> Truth:
    """The truth where the world stands; `waiting` are the subjects of deliveries not sent yet."""
    tickets = (*world.old, *world.epics, *world.tickets)
    items: list[Ticket | Pull] = [*(t for t in tickets if t.known), *(p for p in world.pulls if p.known)]
    told = set(waiting)
    planted = {
        name: tuple(_short(item) for item in found if _happened(item))
        for name, found in world.planted.items()
    }
    planted |= {
        "late": tuple(world.tape.late),
        "repeated": tuple(world.tape.repeated),
        "other id": tuple(world.tape.other_id),
    }
    return Truth(
        serves={item.alias: serves(item) for item in items},
        exempt={item.alias: reason for item in items if (reason := exempt(item)) is not None},
        bots=tuple(pull.alias for pull in world.pulls if pull.known and pull.exempt == "bot"),
        needs_read=tuple(item.alias for item in items if _unread(item, set(world.old))),
        pending=tuple(sorted({item.alias for item in items if _subject(item) in told})),
        planted=planted,
        clean=tuple(sorted(CLEAN)),
        key_results=truths(),
        scope=scope_truth(world, now, read),
    )


def _unread(item: Ticket | Pull, old: set[Ticket]) -> bool:
    return bool(old & set(item.serves)) if isinstance(item, Pull) else item in old


def _happened(item: Any) -> bool:
    return item.updated is not None if isinstance(item, Ticket | Pull) else True


def _short(item: Any) -> str:
    return item.alias if isinstance(item, Ticket | Pull) else str(item)


def _subject(item: Ticket | Pull) -> str:
    if isinstance(item, Pull):
        return f"pull {item.repository}#{item.number}"
    return f"issue {item.id}" if item.in_jira else f"issue platform#{item.number}"
