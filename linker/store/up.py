"""The neighbourhood above an item, read level by level; the cost depends on it alone, not on the graph."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from linker.store.items import by_rows, chunks
from linker.store.tables import kr_set_members, links, standing

SERVING = ("parent", "delivers", "contributes")


class Step(NamedTuple):
    """One link upwards: from an item to a parent item, or to a key result by a tag."""

    child: int
    parent: int | None
    target: str  # ItemId as text, or a full KR id
    kind: str
    valid_from: int
    why: dict[str, Any]


def neighbourhood(connection: Connection, start: int) -> tuple[dict[int, Any], list[Step]]:
    """Every item above one over links that could serve, and the links between them, in a circle or not."""
    rows = {row["id"]: row for row in by_rows(connection, [start])}
    steps: list[Step] = []
    frontier = set(rows)
    while frontier:
        found = _steps(connection, frontier)
        steps += found
        frontier = {step.parent for step in found if step.parent is not None} - rows.keys()
        rows.update((row["id"], row) for row in by_rows(connection, frontier))
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
