"""What is true of the quarter as designed: the key results of each item, from the plan, not from any text."""

from collections.abc import Iterable
from typing import Any, NamedTuple

from webhooks.simulator.readings import truths
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
    """

    serves: dict[str, tuple[str, ...]]
    exempt: dict[str, str]
    bots: tuple[str, ...]
    needs_read: tuple[str, ...]
    pending: tuple[str, ...]
    planted: dict[str, tuple[str, ...]]
    clean: tuple[tuple[str, int], ...]
    key_results: dict[str, str]


def truth_of(world: World, waiting: Iterable[str]) -> Truth:
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
        serves={item.alias: _serves(item) for item in items},
        exempt={item.alias: reason for item in items if (reason := _exempt(item)) is not None},
        bots=tuple(pull.alias for pull in world.pulls if pull.known and pull.exempt == "bot"),
        needs_read=tuple(item.alias for item in items if _unread(item, set(world.old))),
        pending=tuple(sorted({item.alias for item in items if _subject(item) in told})),
        planted=planted,
        clean=tuple(sorted(CLEAN)),
        key_results=truths(),
    )


def _serves(item: Ticket | Pull) -> tuple[str, ...]:
    if isinstance(item, Pull):
        inherited = {code for ticket in item.serves if ticket.known for code in _serves(ticket)}
    else:
        inherited = set(_serves(item.parent)) if item.parent is not None and item.parent.known else set()
    if isinstance(item, Pull) and item.exempt in ("NO-JIRA", "MINOR:", "ktlo") and not item.codes:
        return ()
    return tuple(sorted((set(item.codes) or inherited) - set(item.unlinked)))


def _exempt(item: Ticket | Pull) -> str | None:
    """An exemption inherits as key results do; a key result beats it."""
    if _serves(item) or item.exempt == "bot":
        return None
    if item.exempt is not None:
        return "ktlo" if item.exempt in ("NO-JIRA", "MINOR:") else item.exempt
    above = item.serves if isinstance(item, Pull) else [item.parent] if item.parent else []
    reasons = [reason for held in above if held.known and (reason := _exempt(held)) is not None]
    return reasons[0] if reasons else None


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
