"""The neighbourhood above an item, read level by level; the cost depends on it alone, not on the graph."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from linker.model import Level
from linker.store.items import by_rows, chunks
from linker.store.tables import items, kr_set_members, links, standing

SERVING = ("parent", "delivers", "contributes")
DEEPEST = 16


class Step(NamedTuple):
    """One link upwards: from an item to a parent item, or to a key result by a tag."""

    child: int
    parent: int | None
    target: str  # ItemId as text, or a full KR id
    kind: str
    valid_from: int
    why: dict[str, Any]


def neighbourhood(connection: Connection, start: int) -> tuple[dict[int, Any], list[Step]]:
    """Every item above one over serving links, and the links between them."""
    rows = {row["id"]: row for row in by_rows(connection, [start])}
    steps: list[Step] = []
    frontier = set(rows)
    for _ in range(DEEPEST):
        found = _steps(connection, frontier)
        parents = {step.parent for step in found if step.parent is not None} - rows.keys()
        rows.update((row["id"], row) for row in by_rows(connection, parents))
        steps += [step for step in found if step.parent is None or _goes_down(rows, step)]
        frontier = {step.parent for step in steps if step.parent in parents and step.parent is not None}
        if not frontier:
            break
    return rows, steps


def _steps(connection: Connection, children: Collection[int]) -> list[Step]:
    found = []
    for part in chunks(children):
        query = select(
            links.c.child, links.c.parent_item, links.c.parent, links.c.kind, links.c.valid_from, links.c.why
        ).where(links.c.child.in_(part), links.c.kind.in_((*SERVING, "tag")))
        found += [
            Step(*row) for row in connection.execute(query.order_by(links.c.kind.desc(), links.c.parent))
        ]
    return found


def _goes_down(rows: dict[int, Any], step: Step) -> bool:
    child, parent = rows[step.child], rows.get(step.parent) if step.parent is not None else None
    if parent is None or parent["level"] is None or parent["deleted"] or child["level"] is None:
        return False
    peers = step.kind == "parent" and child["tracker"] == "github"
    return parent["level"] < child["level"] or (peers and child["level"] == parent["level"] == Level.TICKET)


def serves(connection: Connection, rows: Collection[int]) -> dict[int, tuple[tuple[str, ...], str | None]]:
    """What items serve, by their standing: item -> (full KR ids, exemption)."""
    krs: dict[int, list[str]] = {}
    exempt: dict[int, str | None] = {}
    for part in chunks(rows):
        query = (
            select(standing.c.item, standing.c.exemption, kr_set_members.c.kr)
            .select_from(standing.outerjoin(kr_set_members, kr_set_members.c.kr_set == standing.c.kr_set))
            .where(standing.c.item.in_(part))
            .order_by(standing.c.item, kr_set_members.c.kr)
        )
        for item, exemption, kr in connection.execute(query):
            krs.setdefault(item, [])
            exempt[item] = exemption
            if kr is not None:
                krs[item].append(kr)
    return {item: (tuple(own), exempt[item]) for item, own in krs.items()}


def named_items(connection: Connection, rows: Collection[int]) -> dict[int, list[str]]:
    """The tickets that items name over links that could serve: item -> aliases."""
    found: dict[int, list[str]] = {}
    for part in chunks(rows):
        query = (
            select(links.c.child, items.c.alias)
            .join(items, items.c.id == links.c.parent_item)
            .where(links.c.child.in_(part), links.c.kind.in_(SERVING), items.c.held)
            .order_by(links.c.kind, items.c.alias)
        )
        for child, alias in connection.execute(query):
            if alias and alias not in found.setdefault(child, []):
                found[child].append(alias)
    return found
