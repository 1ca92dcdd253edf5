"""Items as rows: found by identity, by alias, or by what they name."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, literal, select, update
from sqlalchemy.engine import RowMapping

from linker.model import ItemId
from linker.store.inserts import insert_new, upsert
from linker.store.tables import aliases, candidates, contents, items

CHUNK = 500  # most parameters in one IN (...): SQLite's old limit is 999


def chunks(values: Collection[Any], size: int = CHUNK) -> Iterator[list[Any]]:
    """Values in lists short enough for one statement."""
    whole = list(values)
    for start in range(0, len(whole), size):
        yield whole[start : start + size]


def by_ids(connection: Connection, ids: Collection[ItemId]) -> list[RowMapping]:
    """Rows of items by identity."""
    found: list[RowMapping] = []
    places: dict[tuple[str, str], list[str]] = defaultdict(list)
    for own in ids:
        places[own.tracker, own.site].append(own.id)
    for (tracker, site), tids in places.items():
        for part in chunks(tids):
            query = select(items).where(items.c.tracker == tracker, items.c.site == site)
            found += connection.execute(query.where(items.c.tid.in_(part))).mappings().all()
    return found


def by_rows(connection: Connection, rows: Collection[int]) -> list[RowMapping]:
    """Rows of items by row id."""
    found: list[RowMapping] = []
    for part in chunks(rows):
        found += connection.execute(select(items).where(items.c.id.in_(part))).mappings().all()
    return found


def create(connection: Connection, ids: Sequence[ItemId]) -> dict[ItemId, int]:
    """Make rows for items that are named for the first time."""
    if not ids:
        return {}
    rows = [
        {"tracker": own.tracker, "site": own.site, "tid": own.id, "held": False, "doc": {}, "title": ""}
        for own in ids
    ]
    returning = items.insert().returning(items.c.id, sort_by_parameter_order=True)
    return dict(zip(ids, connection.execute(returning, rows).scalars(), strict=True))


def save(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Bring item rows up to date; each row holds `id` and the columns."""
    if rows:
        upsert(connection, items, rows)


def add_aliases(connection: Connection, rows: Sequence[dict[str, Any]]) -> None:
    """Note that an alias (upper case) names an item since a time."""
    upsert(connection, aliases, rows)


def alias_rows(connection: Connection, names: Collection[str]) -> dict[str, list[tuple[int, int]]]:
    """Who is or was called so: alias -> (since, item row), oldest first."""
    found: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for part in chunks(names):
        query = select(aliases.c.alias, aliases.c.since, aliases.c.item).where(aliases.c.alias.in_(part))
        for alias, since, item in connection.execute(query):
            found[alias].append((since, item))
    return {alias: sorted(known) for alias, known in found.items()}


def aliases_of(connection: Connection, rows: Collection[int]) -> dict[int, list[str]]:
    """All names an item ever had."""
    found: dict[int, list[str]] = defaultdict(list)
    for part in chunks(rows):
        query = select(aliases.c.item, aliases.c.alias).where(aliases.c.item.in_(part))
        for item, alias in connection.execute(query):
            found[item].append(alias)
    return found


def names_of(connection: Connection, places: Collection[ItemId]) -> dict[ItemId, frozenset[str]]:
    """All names that repositories ever had, in upper case and without their tracker."""
    rows = {row["id"]: ItemId(row["tracker"], row["site"], row["tid"]) for row in by_ids(connection, places)}
    named = aliases_of(connection, rows.keys())
    return {rows[row]: frozenset(one.partition(":")[2] for one in own) for row, own in named.items()}


def naming(connection: Connection, values: Collection[str]) -> set[int]:
    """Items whose texts name one of these codes or aliases."""
    found: set[int] = set()
    for part in chunks(values):
        query = select(candidates.c.item).where(candidates.c.value.in_(part))
        found |= set(connection.execute(query).scalars())
    return found


def naming_prefix(connection: Connection, prefix: str) -> set[int]:
    """Items whose texts name something that begins so: the issues of a renamed repository."""
    query = select(candidates.c.item).where(candidates.c.value.startswith(prefix, autoescape=True))
    return set(connection.execute(query).scalars())


def add_candidates(connection: Connection, named: Mapping[int, Iterable[str]]) -> None:
    """What items name, or named once: their past is told again when it comes."""
    rows = [
        {"item": item, "value": value[:255]} for item, values in named.items() for value in sorted(values)
    ]
    insert_new(connection, candidates, rows)


def keep_texts(connection: Connection, texts: Mapping[str, str]) -> None:
    """Keep long texts once, by their hash."""
    insert_new(connection, contents, [{"hash": own, "text": text} for own, text in texts.items()])


def with_heads(connection: Connection, heads: Collection[str]) -> set[int]:
    """Pull requests whose head is one of these commits."""
    found: set[int] = set()
    for part in chunks(heads):
        found |= set(connection.execute(select(items.c.id).where(items.c.head.in_(part))).scalars())
    return found


def texts(connection: Connection, hashes: Collection[str]) -> dict[str, str]:
    """Long texts by their hash."""
    found: dict[str, str] = {}
    for part in chunks(hashes):
        query = select(contents.c.hash, contents.c.text).where(contents.c.hash.in_(part))
        found.update((own, text) for own, text in connection.execute(query))
    return found


def rename(connection: Connection, repository: ItemId, name: str) -> set[int]:
    """A repository has another name: its items show it; returns those that are open."""
    number = repository.id.removeprefix("repo:")
    inside = (
        (items.c.tracker == repository.tracker)
        & (items.c.site == repository.site)
        & items.c.tid.startswith(f"{number}#", autoescape=True)
    )
    alias = literal(f"{name}#") + func.substr(items.c.tid, len(number) + 2)
    connection.execute(update(items).where(inside).values(container=name, alias=alias))
    still_open = select(items.c.id).where(inside, items.c.category.in_(("todo", "doing")))
    return set(connection.execute(still_open).scalars())
