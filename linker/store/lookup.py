"""Find an item by any name that people use for it."""

from typing import NamedTuple

from sqlalchemy import Connection, select

from linker.model import Decision, DecisionKind, ItemId, item_id
from linker.store.tables import aliases, decisions, items


class DecisionRow(NamedTuple):
    """A decision as it is kept."""

    item: ItemId
    kind: DecisionKind
    kr: str | None


def rows(connection: Connection, name: str) -> dict[int, str]:
    """Items called so: row -> item id as text. Takes PAY-12, jira:PAY-12, acme/pay#7 or an item id."""
    try:
        own = item_id(name)
        query = select(items).where(
            items.c.tracker == own.tracker, items.c.site == own.site, items.c.tid == own.id
        )
        return _named(connection, query)
    except ValueError:
        pass
    tracker, colon, short = name.partition(":")
    trackers = [tracker.lower()] if colon else ["github"] if "#" in name else ["jira"]
    short = (short if colon else name).strip()
    if trackers == ["github"] and "#" in short:
        repository, _, number = short.partition("#")
        return _github(connection, repository, number)
    return _holders(connection, [f"{known}:{short}".upper() for known in trackers])


def item_of(connection: Connection, row: int) -> ItemId:
    """The identity of an item."""
    found = connection.execute(
        select(items.c.tracker, items.c.site, items.c.tid).where(items.c.id == row)
    ).one()
    return ItemId(*found)


def decision(connection: Connection, own: str) -> DecisionRow | None:
    """A decision by its id."""
    query = (
        select(items.c.tracker, items.c.site, items.c.tid, decisions.c.kind, decisions.c.kr)
        .join(items, items.c.id == decisions.c.item)
        .where(decisions.c.id == own)
    )
    found = connection.execute(query).first()
    return DecisionRow(ItemId(*found[:3]), found[3], found[4]) if found else None


def decisions_from(connection: Connection, item: int, source: str) -> list[Decision]:
    """The decisions on an item whose ids begin with a source: the versions of one comment."""
    query = select(decisions.c.content).where(decisions.c.item == item).order_by(decisions.c.seq)
    found = [Decision.model_validate(content) for content in connection.execute(query).scalars()]
    return [one for one in found if one.id.startswith(f"{source}:")]


def _holders(connection: Connection, names: list[str]) -> dict[int, str]:
    holders = select(aliases.c.item).where(aliases.c.alias.in_(names))
    return _named(connection, select(items).where(items.c.id.in_(holders)))


def _github(connection: Connection, repository: str, number: str) -> dict[int, str]:
    found: dict[int, str] = {}
    for home in _holders(connection, [f"GITHUB:{repository}".upper()]).values():
        _, site, tid = item_id(home)
        own = f"{tid.removeprefix('repo:')}#{number}"
        query = select(items).where(items.c.tracker == "github", items.c.site == site, items.c.tid == own)
        found.update(_named(connection, query))
    return found


def _named(connection: Connection, query: object) -> dict[int, str]:
    result = connection.execute(query).mappings()  # type: ignore[call-overload]  # any select over items
    return {row["id"]: str(ItemId(row["tracker"], row["site"], row["tid"])) for row in result}
