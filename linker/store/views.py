"""What pages, commands and verdicts ask of the store; reads only."""

from collections.abc import Collection
from typing import Any

from sqlalchemy import Connection, func, select

from linker.model import Level
from linker.store.items import chunks
from linker.store.tables import findings, items, kr_sets, standing
from linker.store.work import still_wanted

NAMED = ("jira", "github")


def unread(connection: Connection, rows: Collection[int]) -> dict[int, tuple[str, ...]]:
    """References that items name, that are asked for and not answered yet; what they named once is none."""
    named: dict[int, list[str]] = {}
    for part in chunks(rows):
        for item, doc in connection.execute(select(items.c.id, items.c.doc).where(items.c.id.in_(part))):
            if doc.get("n"):
                named[item] = doc["n"]
    waiting = still_wanted(connection, {ref for refs in named.values() for ref in refs})
    found = {
        item: tuple(sorted(ref.partition(":")[2] for ref in refs if ref in waiting))
        for item, refs in named.items()
    }
    return {item: refs for item, refs in found.items() if refs}


def unknown_codes(connection: Connection, row: int) -> tuple[str, ...]:
    """Codes on an item that the catalogue does not hold."""
    ids = ("unknown_code", "lookalike_code")
    query = select(findings.c.subject).where(findings.c.item == row, findings.c.finding.in_(ids))
    return tuple(connection.execute(query.order_by(findings.c.subject)).scalars())


def open_items(connection: Connection) -> list[int]:
    """Items of work that are not done: the ones whose labels and checks can still change."""
    open_now = items.c.held & ~items.c.deleted & items.c.category.in_(("todo", "doing"))
    return list(connection.execute(select(items.c.id).where(open_now, items.c.level.is_not(None))).scalars())


def totals(connection: Connection) -> dict[str, int]:
    """How many items there are, and how many tickets and pull requests serve, are exempt, or do neither."""
    present = items.c.held & ~items.c.deleted
    by_level: dict[int | None, int] = dict(
        connection.execute(select(items.c.level, func.count()).where(present).group_by(items.c.level)).all()
    )
    joined = items.outerjoin(standing, standing.c.item == items.c.id).outerjoin(
        kr_sets, kr_sets.c.id == standing.c.kr_set
    )
    work = present & (items.c.level >= Level.TICKET)
    serving = func.coalesce(kr_sets.c.members, "") != ""
    exempt = standing.c.exemption.is_not(None) & (standing.c.exemption != "none")

    def count(*wanted: Any) -> int:
        query = select(func.count()).select_from(joined).where(work, *wanted)
        return int(connection.execute(query).scalar_one())

    whole, serves = count(), count(serving)
    spared = count(~serving, exempt)
    return {
        "epics": by_level.get(Level.EPIC, 0) + by_level.get(Level.INITIATIVE, 0),
        "tickets": by_level.get(Level.TICKET, 0) + by_level.get(Level.SUBTASK, 0),
        "pulls": by_level.get(Level.PULL_REQUEST, 0),
        "serving": serves,
        "exempt": spared,
        "neither": whole - serves - spared,
    }
