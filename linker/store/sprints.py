"""Sprints and milestones with their dates, and the tickets that are or were in them."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, delete, or_, select

from linker.model import SPRINT, ItemId, Level, Millis, SprintDates
from linker.store.inserts import insert_new
from linker.store.items import by_ids, chunks
from linker.store.queues import outbox
from linker.store.tables import applied, items, links, memberships, standing, stays
from linker.store.work import MOOT, WAITING

UNANSWERED = (WAITING, MOOT)  # a change that was tried and is in one of these states had no answer


class SprintRow(NamedTuple):
    """A Jira sprint or a GitHub milestone; `board` is what it belongs to where the tracker says so."""

    row: int
    title: str
    dates: SprintDates
    milestone: bool
    tid: str = ""
    name: str = ""  # its ItemId as text


class Member(NamedTuple):
    """A ticket of a sprint, with its standing as rows keep it."""

    sprint: int
    item: int
    level: int
    container: str | None
    category: str | None
    points: str | None
    kr_set: int | None
    exemption: str | None


def sprints(connection: Connection, rows: Collection[int] | None = None) -> list[SprintRow]:
    """Every sprint that is held, or those asked for, in order of end; those without dates are left out."""
    query = select(items.c.id, items.c.tracker, items.c.site, items.c.tid, items.c.title, items.c.doc).where(
        items.c.level.is_(None), or_(items.c.tid.like("sprint:%"), items.c.tid.like("milestone:%"))
    )
    if rows is not None:
        query = query.where(items.c.id.in_(list(rows)))
    found = []
    for row, tracker, site, tid, title, doc in connection.execute(query.where(items.c.held)):
        facet = doc.get("f", {}).get("dates")
        if facet and facet[3]:
            dates = SprintDates.model_validate(facet[3])
            found.append(
                SprintRow(row, title, dates, tid.startswith("milestone:"), tid, f"{tracker}:{site}:{tid}")
            )
    return sorted(found, key=_last)


def closed(connection: Connection, ids: Collection[ItemId]) -> frozenset[ItemId]:
    """Those of some sprints that are over or gone; one that is not held yet may well go on."""
    found = set()
    for row in by_ids(connection, ids):
        facet = row["doc"].get("f", {}).get("dates")
        if row["deleted"] or (facet and facet[3] and facet[3]["state"] == "closed"):
            found.add(ItemId(row["tracker"], row["site"], row["tid"]))
    return frozenset(found)


def named(connection: Connection, ids: Collection[ItemId]) -> dict[ItemId, str]:
    """What sprints are called."""
    rows = by_ids(connection, ids)
    return {ItemId(row["tracker"], row["site"], row["tid"]): row["title"] for row in rows if row["title"]}


class Sent(NamedTuple):
    """What became of people's moves of an item: decision -> sprint, as text; `tried` had no answer yet."""

    sent: dict[str, str | None]
    tried: dict[str, str | None]


def moved(connection: Connection, rows: Collection[int], now: Millis) -> dict[int, Sent]:
    """Where our ledger says that we put items, and what is on its way."""
    found = {row: Sent({}, {}) for row in rows}
    for part in chunks(rows):
        ledger = select(applied.c.item, applied.c.desired).where(applied.c.item.in_(part))
        for item, desired in connection.execute(
            ledger.where(applied.c.surface == SPRINT).order_by(applied.c.seq)
        ):
            found[item].sent[desired["decision"]] = desired["to"]
        planned = select(outbox).where(outbox.c.item.in_(part), outbox.c.surface == SPRINT)
        for plan in connection.execute(planned).mappings():
            own, desired = found[plan["item"]], plan["desired"]
            own.tried.update(desired.get("tried", {}))
            if plan["lease_until"] > now:
                own.sent[desired["decision"]] = desired["to"]
            elif plan["attempts"] and plan["state"] in UNANSWERED:
                own.tried[desired["decision"]] = desired["to"]
    return found


def titles(connection: Connection, item: int) -> list[tuple[int, str]]:
    """The sprints in which an item is: row and title."""
    query = (
        select(items.c.id, items.c.title)
        .join(memberships, memberships.c.sprint == items.c.id)
        .where(memberships.c.item == item)
        .order_by(items.c.id)
    )
    return [(row, title) for row, title in connection.execute(query)]


def members(connection: Connection, rows: Collection[int]) -> list[Member]:
    """The tickets and sub-tasks of sprints; pull requests carry no points and are left out."""
    found: list[Member] = []
    for part in chunks(rows):
        query = (
            select(
                memberships.c.sprint,
                items.c.id,
                items.c.level,
                items.c.container,
                items.c.category,
                items.c.points,
                standing.c.kr_set,
                standing.c.exemption,
            )
            .join(items, items.c.id == memberships.c.item)
            .outerjoin(standing, standing.c.item == items.c.id)
            .where(memberships.c.sprint.in_(part), items.c.held, ~items.c.deleted)
            .where(items.c.level.in_((Level.TICKET, Level.SUBTASK)))
            .order_by(memberships.c.sprint, items.c.id)
        )
        found += [Member(*row) for row in connection.execute(query)]
    return found


def set_stays(connection: Connection, rows: Mapping[int, Sequence[dict[str, Any]]]) -> None:
    """When items were in which sprint: rows of item, sprint, since and until, in place of those before."""
    for part in chunks(rows):
        connection.execute(delete(stays).where(stays.c.item.in_(part)))
    insert_new(connection, stays, [row for own in rows.values() for row in own])


def parents(connection: Connection, rows: Collection[int]) -> dict[int, frozenset[int]]:
    """The parents of items in the trackers' own hierarchy."""
    found: dict[int, set[int]] = {}
    for part in chunks(rows):
        query = select(links.c.child, links.c.parent_item).where(
            links.c.child.in_(part), links.c.kind == "parent", links.c.parent_item.is_not(None)
        )
        for child, parent in connection.execute(query):
            found.setdefault(child, set()).add(parent)
    return {child: frozenset(above) for child, above in found.items()}


def _last(sprint: SprintRow) -> tuple[Millis, int]:
    return sprint.dates.end or 0, sprint.row
