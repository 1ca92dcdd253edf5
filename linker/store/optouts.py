"""Pull requests as opt-outs, umbrella tickets and late links count them; reads only, and walks no graph."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, func, select

from linker.model import Level, Millis
from linker.store.items import chunks
from linker.store.lists import NAMING, OPTED_OUT, exempt_for
from linker.store.tables import decisions, items, link_log, links, standing, verdicts
from linker.store.up import SERVING

LINKING = (*SERVING, "tag")
PRESENT = ("todo", "doing", "done")


class JudgedRow(NamedTuple):
    """A pull request that was judged."""

    created: Millis
    repository: str
    exempt: bool
    reason: str | None
    source: str | None


class LogRow(NamedTuple):
    """What was said of a link of a pull request: it began, ended, or never was."""

    child: int
    op: str
    parent: str
    kind: str
    valid_from: Millis
    valid_to: Millis | None
    field: str


def judged(connection: Connection, start: Millis, end: Millis) -> list[JudgedRow]:
    """Pull requests that were made within a time and judged, one row each."""
    query = (
        select(items.c.created, items.c.container, verdicts.c.word, exempt_for, verdicts.c.source)
        .select_from(
            items.join(verdicts, verdicts.c.item == items.c.id).outerjoin(
                standing, standing.c.item == items.c.id
            )
        )
        .where(_pull(), *_made(start, end))
    )
    return [
        JudgedRow(created, container or "", word == OPTED_OUT, reason, source)
        for created, container, word, reason, source in connection.execute(query)
    ]


def absorbed(connection: Connection, start: Millis, end: Millis) -> dict[int, int]:
    """Open and done tickets -> how many pull requests of a time name them as their work."""
    above = items.alias()
    query = (
        select(links.c.parent_item, func.count(links.c.child.distinct()))
        .select_from(
            links.join(items, items.c.id == links.c.child).join(above, above.c.id == links.c.parent_item)
        )
        .where(_pull(), *_made(start, end), links.c.kind.in_(NAMING))
        .where(above.c.level.in_((Level.TICKET, Level.SUBTASK)), ~above.c.deleted)
        .where(above.c.category.in_(PRESENT))
        .group_by(links.c.parent_item)
    )
    return {row: int(number) for row, number in connection.execute(query)}


def perhaps_late(connection: Connection, start: Millis | None, end: Millis | None) -> dict[int, Millis]:
    """Merged pull requests, and when: no link of today began before, or a person linked them.

    Only their log can tell whether an earlier link ended meanwhile.
    """
    merged = (_pull(), items.c.category == "done", items.c.done_at.is_not(None), *_made(start, end))
    by_link = (
        select(items.c.id, items.c.done_at)
        .select_from(items.join(links, links.c.child == items.c.id))
        .where(*merged, links.c.kind.in_(LINKING))
        .group_by(items.c.id, items.c.done_at)
        .having(func.min(links.c.valid_from) > items.c.done_at)
    )
    by_person = (
        select(items.c.id, items.c.done_at)
        .select_from(items.join(decisions, decisions.c.item == items.c.id))
        .where(*merged, decisions.c.kind == "link")
    )
    return {row: at for query in (by_link, by_person) for row, at in connection.execute(query)}


def logs(connection: Connection, children: Collection[int]) -> list[LogRow]:
    """What was asserted and retracted of the serving links of items, in order."""
    found: list[LogRow] = []
    for part in chunks(children):
        query = (
            select(link_log)
            .where(link_log.c.child.in_(part), link_log.c.kind.in_(LINKING))
            .order_by(link_log.c.seq)
        )
        for row in connection.execute(query).mappings():
            field = str((row["why"] or {}).get("field", ""))
            own = (row["child"], row["op"], row["parent"], row["kind"], row["valid_from"], row["valid_to"])
            found.append(LogRow(*own, field))
    return found


def decided(connection: Connection, rows: Collection[int]) -> list[tuple[int, Any]]:
    """Every decision of a person on items: (item, content)."""
    found: list[tuple[int, Any]] = []
    for part in chunks(rows):
        query = select(decisions.c.item, decisions.c.content).where(decisions.c.item.in_(part))
        found += [(item, content) for item, content in connection.execute(query.order_by(decisions.c.seq))]
    return found


def _pull() -> ColumnElement[bool]:
    return (items.c.level == Level.PULL_REQUEST) & ~items.c.deleted


def _made(start: Millis | None, end: Millis | None) -> list[ColumnElement[bool]]:
    """Made at or after a time, and before another."""
    found = [] if start is None else [items.c.created >= start]
    return found if end is None else [*found, items.c.created < end]
