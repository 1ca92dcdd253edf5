"""What pages, commands and verdicts ask of the store; reads only."""

from typing import Any

from sqlalchemy import Connection, func, select

from linker.model import Level
from linker.store.tables import items, kr_sets, standing


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
