"""Which item a reference names: immutable ids, Jira keys and owner/name#n, under any name they ever had."""

from collections.abc import Callable, Collection

from linker.batch import Batch, as_id, home_of
from linker.model import ItemId, Millis
from linker.store import items

SiteOf = Callable[[str], str | None]  # where a reference could be read; None: nowhere


def alias_of(ref: str) -> str:
    """A short form as it is kept: upper case."""
    return ref.upper()


def resolve(batch: Batch, refs: Collection[str]) -> dict[str, ItemId | None]:
    """Each reference -> the item that it names, or None when none was seen or several sites have one."""
    found: dict[str, ItemId | None] = {ref: as_id(ref) for ref in refs}
    names = {ref: _name(ref) for ref, own in found.items() if own is None}
    known = items.alias_rows(batch.connection, set(names.values()))
    batch.need_rows({row for holders in known.values() for _, row in holders})
    for ref, name in names.items():
        found[ref] = _pick(batch, ref, known.get(name, []))
    batch.find({own for own in found.values() if own is not None})
    return {
        ref: own if own and own in batch.held and batch.held[own].seen else None for ref, own in found.items()
    }


def _name(ref: str) -> str:
    """What is looked up: the key itself, or the repository of owner/name#n."""
    return alias_of(ref).partition("#")[0]


def _pick(batch: Batch, ref: str, holders: list[tuple[Millis, int]]) -> ItemId | None:
    """The last one that was called so; a name can be given up and taken by another repository."""
    if not holders:
        return None
    _, latest = max((since, batch.rows[row].id) for since, row in holders)
    if len({batch.rows[row].id.site for _, row in holders}) > 1:
        return None  # two sites have it, and nothing tells which is meant
    number = ref.partition("#")[2]
    return ItemId("github", latest.site, f"{latest.id.removeprefix('repo:')}#{number}") if number else latest


def renamed(batch: Batch) -> set[int]:
    """Items to link again because a name is new, or means another item: those whose texts hold it."""
    known = items.alias_rows(batch.connection, {alias for alias, _ in batch.aliases})
    rows, waiting = [], set()
    for (alias, row), since in batch.aliases.items():
        before = {holder: at for at, holder in known.get(alias, [])}
        if row not in before or since < before[row]:
            rows.append({"alias": alias, "item": row, "since": since})
            if row not in before or len(before) > 1:
                waiting.add(alias)
    items.add_aliases(batch.connection, rows)
    found = items.naming(batch.connection, waiting)
    for alias in sorted(waiting):
        if alias.startswith("GITHUB:"):
            found |= items.naming_prefix(batch.connection, f"{alias}#")
    return found


def arrived(batch: Batch) -> set[int]:
    """Items to link again because one that they name by its id, or by owner/name#n, is seen at last."""
    own = [batch.rows[row].id for row in batch.came]
    homes = {one: batch.held[home].row for one in own if (home := home_of(one)) is not None}
    names = items.aliases_of(batch.connection, set(homes.values()))
    values = {alias_of(str(one)) for one in own}
    for one, row in homes.items():
        number = one.id.partition("#")[2]
        values |= {f"{name}#{number}" for name in names.get(row, ())}
    return items.naming(batch.connection, values)
