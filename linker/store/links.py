"""Links, standing and findings as rows: what holds now, and the log of what was asserted and retracted."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Connection, bindparam, delete, select, true

from linker.model import Level
from linker.store import chain
from linker.store.inserts import upsert
from linker.store.items import chunks
from linker.store.tables import (
    applied,
    findings,
    items,
    kr_set_members,
    kr_sets,
    link_log,
    links,
    memberships,
    observations,
    standing,
)


def links_of(connection: Connection, children: Collection[int]) -> dict[int, dict[tuple[str, str], Any]]:
    """Current links of items: child -> (parent, kind) -> row."""
    found: dict[int, dict[tuple[str, str], Any]] = defaultdict(dict)
    for part in chunks(children):
        for row in connection.execute(select(links).where(links.c.child.in_(part))).mappings():
            found[row["child"]][row["parent"], row["kind"]] = row
    return found


def save_links(
    connection: Connection, gone: Sequence[tuple[int, str, str]], rows: Sequence[dict[str, Any]]
) -> None:
    """Take away links by (child, parent, kind), and write new or changed ones."""
    if gone:  # by bound key, row after row: a list of triples scans the table
        own = (links.c.child == bindparam("a")) & (links.c.parent == bindparam("b"))
        statement = delete(links).where(own, links.c.kind == bindparam("c"))
        connection.execute(statement, [{"a": child, "b": parent, "c": kind} for child, parent, kind in gone])
    upsert(connection, links, rows)


def log(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Append asserts and retracts."""
    chain.append(connection, link_log, rows)


def log_of(connection: Connection, child: int) -> list[Any]:
    """What was asserted and retracted of an item's links, in order."""
    query = select(link_log).where(link_log.c.child == child).order_by(link_log.c.seq)
    return list(connection.execute(query).mappings())


def history(connection: Connection, item: int) -> list[Any]:
    """All observations of an item, in order of the tracker's time."""
    query = select(observations).where(observations.c.item == item)
    return list(connection.execute(query.order_by(observations.c.at, observations.c.seq)).mappings())


def children_of(connection: Connection, parents: Collection[int]) -> set[int]:
    """Items that have one of these for their parent in the tracker's own hierarchy."""
    found: set[int] = set()
    for part in chunks(parents):
        query = select(links.c.child).where(links.c.parent_item.in_(part), links.c.kind == "parent")
        found |= set(connection.execute(query).scalars())
    return found


def open_below(connection: Connection, parents: Collection[int]) -> set[int]:
    """Open pull requests that name one of these, in whatever way."""
    return _pulls_below(connection, parents, items.c.category == "doing")


def pulls_below(connection: Connection, parents: Collection[int]) -> set[int]:
    """Pull requests that name one of these, merged ones too."""
    return _pulls_below(connection, parents, true())


def _pulls_below(connection: Connection, parents: Collection[int], which: ColumnElement[bool]) -> set[int]:
    found: set[int] = set()
    for part in chunks(parents):
        query = select(links.c.child).join(items, items.c.id == links.c.child)
        query = query.where(links.c.parent_item.in_(part), items.c.level == Level.PULL_REQUEST)
        found |= set(connection.execute(query.where(which)).scalars())
    return found


def set_findings(
    connection: Connection, wanted: Mapping[int, Iterable[dict[str, Any]]], only: str | None = None
) -> None:
    """The findings of each item, replacing what was found before; `only` those of one kind."""
    kind = true() if only is None else findings.c.finding == only
    for part in chunks(wanted.keys()):
        connection.execute(delete(findings).where(findings.c.item.in_(part), kind))
    rows = {
        (item, row["finding"], row["subject"]): {"item": item, **row}
        for item, own in wanted.items()
        for row in own
    }
    if rows:
        connection.execute(findings.insert(), list(rows.values()))


def set_memberships(connection: Connection, wanted: Mapping[int, Collection[int]]) -> None:
    """The sprints in which each item is now."""
    for part in chunks(wanted.keys()):
        connection.execute(delete(memberships).where(memberships.c.item.in_(part)))
    rows = [{"item": item, "sprint": sprint} for item, own in wanted.items() for sprint in set(own)]
    if rows:
        connection.execute(memberships.insert(), rows)


def kr_set_ids(connection: Connection, sets: Collection[tuple[str, ...]]) -> dict[tuple[str, ...], int]:
    """The row of each set of key results, made where it is new."""
    words = {"\n".join(members): members for members in sets}
    found: dict[tuple[str, ...], int] = {}
    for part in chunks(words.keys()):
        query = select(kr_sets.c.id, kr_sets.c.members).where(kr_sets.c.members.in_(part))
        found.update((words[text], own) for own, text in connection.execute(query))
    for text, members in words.items():
        if members not in found:
            insert = kr_sets.insert().values(members=text).returning(kr_sets.c.id)
            found[members] = connection.execute(insert).scalar_one()
            rows = [{"kr_set": found[members], "kr": kr} for kr in members]
            if rows:
                connection.execute(kr_set_members.insert(), rows)
    return found


def save_standing(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """What items serve: rows of item, kr_set, exemption."""
    upsert(connection, standing, rows)


def open_serving(connection: Connection, krs: Collection[str]) -> set[int]:
    """Open items that serve one of these key results."""
    found: set[int] = set()
    for part in chunks(krs):
        query = (
            select(standing.c.item)
            .join(kr_set_members, kr_set_members.c.kr_set == standing.c.kr_set)
            .join(items, items.c.id == standing.c.item)
            .where(kr_set_members.c.kr.in_(part), items.c.category.in_(("todo", "doing")))
        )
        found |= set(connection.execute(query).scalars())
    return found


def our_labels(connection: Connection, rows: Collection[int]) -> dict[int, frozenset[str]]:
    """The labels that our ledger of applied changes says are ours on each item."""
    found: dict[int, dict[str, bool]] = defaultdict(dict)
    for part in chunks(rows):
        query = (
            select(applied.c.item, applied.c.surface, applied.c.desired, applied.c.result)
            .where(applied.c.item.in_(part), applied.c.surface.like("label:%"))
            .order_by(applied.c.seq)
        )
        for item, surface, desired, result in connection.execute(query):
            label = surface.partition(":")[2]
            if result == "set":
                found[item][label] = bool(desired.get("present"))
            elif result == "removed":
                found[item][label] = False
    return {item: frozenset(label for label, on in own.items() if on) for item, own in found.items()}


def graph_rows(
    connection: Connection,
) -> tuple[Iterable[tuple[int, int]], Iterable[tuple[int, int, str, bool]], Iterable[tuple[int, Any]]]:
    """All that the trace graph is built from: (row, level), (child, parent, kind, peer), (row, own)."""
    present = items.c.held & ~items.c.deleted & items.c.level.is_not(None)
    nodes = connection.execute(select(items.c.id, items.c.level).where(present)).all()
    joined = links.join(items, items.c.id == links.c.child)
    peer = (links.c.kind == "parent") & (items.c.tracker == "github")
    query = select(links.c.child, links.c.parent_item, links.c.kind, peer).select_from(joined)
    edges = connection.execute(query.where(links.c.parent_item.is_not(None))).all()
    own = connection.execute(select(items.c.id, items.c.own).where(items.c.own.is_not(None))).all()
    return nodes, [(c, p, k, bool(e)) for c, p, k, e in edges], own
