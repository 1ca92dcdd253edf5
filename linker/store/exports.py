"""The graph as text: items, links and standing without record times, so that equal facts give equal text."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from linker.model import ItemId
from linker.store.tables import items, kr_set_members, links, standing


def graph_hash(connection: Connection) -> str:
    """SHA-256 over the export: equal for every order in which the same facts came."""
    whole = hashlib.sha256()
    for line in lines(connection):
        whole.update(line.encode() + b"\n")
    return whole.hexdigest()


def lines(connection: Connection) -> Iterator[str]:
    """One JSON object a line, sorted: items with what is held of them, their links, what they serve."""
    serves = _serves(connection)
    above = _links(connection)
    query = select(items).order_by(items.c.tracker, items.c.site, items.c.tid)
    for row in connection.execute(query).mappings():
        own = row["id"]
        if row["held"] or row["doc"].get("d"):
            krs, exemption = serves.get(own, ([], None))
            yield _line(
                {
                    "item": str(ItemId(row["tracker"], row["site"], row["tid"])),
                    "alias": row["alias"],
                    "deleted": bool(row["deleted"]),
                    "facets": {name: facet[2] for name, facet in sorted(row["doc"].get("f", {}).items())},
                    "own": row["own"],
                    "links": sorted(above.get(own, [])),
                    "serves": krs,
                    "exemption": exemption,
                }
            )


def _line(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"))


def _links(connection: Connection) -> dict[int, list[list[str]]]:
    found: dict[int, list[list[str]]] = {}
    for child, parent, kind in connection.execute(select(links.c.child, links.c.parent, links.c.kind)):
        found.setdefault(child, []).append([kind, parent])
    return found


def _serves(connection: Connection) -> dict[int, tuple[list[str], str | None]]:
    found: dict[int, tuple[list[str], str | None]] = {}
    query = select(standing.c.item, standing.c.exemption, kr_set_members.c.kr).select_from(
        standing.outerjoin(kr_set_members, kr_set_members.c.kr_set == standing.c.kr_set)
    )
    for item, exemption, kr in connection.execute(query.order_by(kr_set_members.c.kr)):
        krs, _ = found.setdefault(item, ([], exemption))
        if kr is not None:
            krs.append(kr)
    return found
