"""Commands of people: kept once, asked for their author's rights once, and answered."""

from collections.abc import Collection, Sequence
from typing import Any

from sqlalchemy import Connection, select, update
from sqlalchemy.engine import RowMapping

from linker.store.inserts import insert_new
from linker.store.items import chunks
from linker.store.queues import commands
from linker.store.tables import items

ASKED, ANSWERED = 0, 1


def keep(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Keep commands that are new."""
    insert_new(connection, commands, rows)


def due(connection: Connection, site: str, now: int, limit: int) -> list[RowMapping]:
    """Commands of a site whose author's rights are to be asked for, oldest first, with their items."""
    query = (
        select(commands, items.c.tracker, items.c.tid, items.c.alias, items.c.container)
        .join(items, items.c.id == commands.c.item)
        .where(commands.c.site == site, commands.c.state == ASKED, commands.c.due_at <= now)
        .order_by(commands.c.due_at, commands.c.id)
        .limit(limit)
    )
    return list(connection.execute(query).mappings())


def later(connection: Connection, own: str, due_at: int) -> None:
    """Nobody could be asked: again at a time."""
    values = {"due_at": due_at, "attempts": commands.c.attempts + 1}
    connection.execute(update(commands).where(commands.c.id == own).values(values))


def answer(connection: Connection, own: str, reaction: str, text: str) -> None:
    """What is said to a command: a reaction, and why where it was not done."""
    values = {"state": ANSWERED, "answer": reaction, "text": text or None}
    connection.execute(update(commands).where(commands.c.id == own).values(**values))


def on_items(connection: Connection, rows: Collection[int]) -> dict[int, list[RowMapping]]:
    """Commands on items, in the order in which they were said."""
    found: dict[int, list[RowMapping]] = {}
    for part in chunks(rows):
        for row in connection.execute(select(commands).where(commands.c.item.in_(part))).mappings():
            found.setdefault(row["item"], []).append(row)
    for known in found.values():
        known.sort(key=lambda row: (row["content"]["at"], row["id"]))
    return found
