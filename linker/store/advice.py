"""What suggestions are drawn from, and those that were made: rows of items with what they serve."""

from collections.abc import Collection, Iterator, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from linker.model import Level
from linker.store import sprints
from linker.store.inserts import upsert
from linker.store.items import chunks
from linker.store.tables import items, links, memberships, suggestions
from linker.store.up import SERVING, serves


class KnownRow(NamedTuple):
    """An item as suggestions see it; parents are rows, `krs` full ids."""

    id: int
    title: str
    krs: tuple[str, ...]
    exempt: bool
    parents: tuple[int, ...]
    container: str
    branch: str
    paths: tuple[str, ...]
    at: int
    name: str


class Kept(NamedTuple):
    """A suggestion that was made: what was asked, and [full KR id, reasons], best first."""

    basis: str
    content: list[list[Any]]


def newest(connection: Connection, most: int) -> Iterator[KnownRow]:
    """The newest epics, tickets and pull requests that are there."""
    query = select(items.c.id).where(items.c.held, ~items.c.deleted, items.c.level >= Level.EPIC)
    rows = list(connection.execute(query.order_by(items.c.created.desc()).limit(most)).scalars())
    for part in chunks(rows):
        yield from of_rows(connection, part)


def of_rows(connection: Connection, rows: Collection[int]) -> list[KnownRow]:
    """Items of work that are there, by row."""
    found = []
    columns = (items.c.id, items.c.title, items.c.container, items.c.created, items.c.alias, items.c.doc)
    standing, parents = serves(connection, rows), _parents(connection, rows)
    for part in chunks(rows):
        query = select(*columns).where(items.c.id.in_(part), items.c.held, ~items.c.deleted)
        for row in connection.execute(query.where(items.c.level >= Level.EPIC)):
            krs, exemption = standing.get(row.id, ((), None))
            facets = row.doc.get("f", {})
            head, paths = facets.get("head"), facets.get("paths")
            branch = str((head[3] or {}).get("branch", "")) if head else ""
            exempt = exemption not in (None, "none") and not krs
            changed = tuple(paths[3] or ()) if paths else ()
            place = (parents.get(row.id, ()), row.container or "", branch, changed)
            found.append(KnownRow(row.id, row.title, krs, exempt, *place, row.created or 0, row.alias or ""))
    return found


def _parents(connection: Connection, rows: Collection[int]) -> dict[int, tuple[int, ...]]:
    found: dict[int, tuple[int, ...]] = {}
    for part in chunks(rows):
        query = select(links.c.child, links.c.parent_item).where(links.c.child.in_(part))
        query = query.where(links.c.kind.in_(SERVING), links.c.parent_item.is_not(None))
        for child, parent in connection.execute(query.order_by(links.c.parent_item)):
            found[child] = (*found.get(child, ()), parent)
    return found


class Planned(NamedTuple):
    """A ticket in an open sprint, and what it serves."""

    item: int
    krs: tuple[str, ...]


def in_open_sprints(connection: Connection) -> list[Planned]:
    """Open tickets that are in a sprint which is not closed, and not exempt."""
    open_sprints = [one.row for one in sprints.sprints(connection) if one.dates.state != "closed"]
    found: list[Planned] = []
    for part in chunks(open_sprints):
        query = select(memberships.c.item).join(items, items.c.id == memberships.c.item).distinct()
        query = query.where(memberships.c.sprint.in_(part), items.c.category.in_(("todo", "doing")))
        rows = list(connection.execute(query.where(items.c.held, ~items.c.deleted)).scalars())
        standing = serves(connection, rows)
        for row in rows:
            krs, exempt = standing.get(row, ((), None))
            if krs or exempt in (None, "none"):
                found.append(Planned(row, krs))
    return found


def kept(connection: Connection, rows: Collection[int]) -> dict[int, Kept]:
    """Suggestions that were made."""
    found = {}
    for part in chunks(rows):
        for row in connection.execute(select(suggestions).where(suggestions.c.item.in_(part))):
            found[row.item] = Kept(row.basis, row.content)
    return found


def keep(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep suggestions, in place of older ones."""
    upsert(connection, suggestions, rows)
