"""How much serves what: counted from `standing`, never by walking the graph; reads only."""

from collections.abc import Iterable
from typing import NamedTuple

from sqlalchemy import Connection, Select, func, select

from linker.model import Level
from linker.store.items import chunks
from linker.store.queues import outbox
from linker.store.tables import findings, items, kr_set_members, links, standing, verdicts


class SetCount(NamedTuple):
    """How many items of a level and category share a set of key results."""

    kr_set: int
    level: int
    category: str | None
    number: int


class FindingCount(NamedTuple):
    """How many items have a finding, with one of its texts as an example."""

    finding: str
    severity: str
    number: int
    fix: str


class GroupCount(NamedTuple):
    """Work that serves a key result below one parent: tickets, and pull requests that name these."""

    parent: int
    level: int
    category: str | None
    number: int


def kr_sets(connection: Connection) -> dict[int, tuple[str, ...]]:
    """Every set of key results that some item serves: row -> full ids, sorted."""
    found: dict[int, list[str]] = {}
    query = select(kr_set_members.c.kr_set, kr_set_members.c.kr)
    for row, kr in connection.execute(query.order_by(kr_set_members.c.kr_set, kr_set_members.c.kr)):
        found.setdefault(row, []).append(kr)
    return {row: tuple(krs) for row, krs in found.items()}


def by_set(connection: Connection, kr: str | None = None) -> list[SetCount]:
    """Items by the set that they serve, level and category; deleted items serve nothing.

    For all key results it reads two narrow indexes: (level, category) of items, and standing by its key.
    """
    query = (
        select(standing.c.kr_set, items.c.level, items.c.category, func.count())
        .select_from(items.join(standing, standing.c.item == items.c.id))
        .where(items.c.level >= Level.TICKET)
        .group_by(standing.c.kr_set, items.c.level, items.c.category)
    )
    if kr is not None:
        query = query.where(standing.c.kr_set.in_(_sets_with(kr)))
    return [SetCount(*row) for row in connection.execute(query)]


def _sets_with(kr: str) -> Select[tuple[int]]:
    return select(kr_set_members.c.kr_set).where(kr_set_members.c.kr == kr)


def found(connection: Connection) -> list[FindingCount]:
    """Findings by kind, the most severe and most frequent first."""
    query = select(
        findings.c.finding,
        func.min(findings.c.severity),
        func.count(findings.c.item.distinct()),
        func.min(findings.c.fix),
    ).group_by(findings.c.finding)
    order = ("error", "warning", "note")
    rows = [FindingCount(*row) for row in connection.execute(query)]
    return sorted(rows, key=lambda row: (order.index(row.severity), -row.number, row.finding))


def open_pulls(connection: Connection) -> dict[str, int]:
    """Open pull requests by verdict."""
    query = (
        select(verdicts.c.word, func.count())
        .select_from(items.join(verdicts, verdicts.c.item == items.c.id))
        .where(items.c.level == Level.PULL_REQUEST, items.c.category == "doing", ~items.c.deleted)
        .group_by(verdicts.c.word)
    )
    return {word: int(number) for word, number in connection.execute(query)}


def any_items(connection: Connection) -> bool:
    """Whether anything of work is held at all."""
    return (
        connection.execute(select(items.c.id).where(items.c.level.is_not(None)).limit(1)).first() is not None
    )


def checks_waiting(connection: Connection, kr: str) -> tuple[int, int]:
    """Open pull requests that serve a key result: all, and those whose check is still to be written."""
    serving = (
        select(items.c.id)
        .join(standing, standing.c.item == items.c.id)
        .join(kr_set_members, kr_set_members.c.kr_set == standing.c.kr_set)
        .where(kr_set_members.c.kr == kr, items.c.level == Level.PULL_REQUEST, items.c.category == "doing")
    )
    rows = list(connection.execute(serving).scalars())
    told = outbox.c.surface.like("check:%") | outbox.c.surface.like("status:%")
    waiting = 0
    for part in chunks(rows):
        query = select(func.count(func.distinct(outbox.c.item))).where(outbox.c.item.in_(part), told)
        waiting += int(connection.execute(query.where(outbox.c.state == 0)).scalar_one())
    return len(rows), waiting


def groups(connection: Connection, kr: str) -> list[GroupCount]:
    """What serves a key result, by the parent (epic, or issue with sub-issues) of its tickets."""
    serving = select(standing.c.item).where(standing.c.kr_set.in_(_sets_with(kr)))
    under = links.alias()
    tickets = (
        select(links.c.parent_item, items.c.level, items.c.category, func.count())
        .select_from(links.join(items, items.c.id == links.c.child))
        .where(links.c.kind == "parent", items.c.level == Level.TICKET)
        .where(links.c.child.in_(serving), links.c.parent_item.in_(serving))
        .group_by(links.c.parent_item, items.c.level, items.c.category)
    )
    pulls = (
        select(links.c.parent_item, items.c.level, items.c.category, func.count(items.c.id.distinct()))
        .select_from(
            links.join(under, under.c.parent_item == links.c.child).join(items, items.c.id == under.c.child)
        )
        .where(links.c.kind == "parent", under.c.kind.in_(("delivers", "contributes")))
        .where(items.c.level == Level.PULL_REQUEST)
        .where(links.c.parent_item.in_(serving), items.c.id.in_(serving))
        .group_by(links.c.parent_item, items.c.level, items.c.category)
    )
    rows: Iterable[GroupCount] = (
        GroupCount(*row) for query in (tickets, pulls) for row in connection.execute(query)
    )
    return list(rows)
