"""Which item a reference names: immutable ids, Jira keys and owner/name#n, under any name they ever had."""

from collections.abc import Callable, Collection

from linker.batch import Batch, as_id
from linker.model import ItemId, Millis
from linker.store import items

SiteOf = Callable[[str], str | None]  # where a reference could be read; None: nowhere


def alias_of(ref: str) -> str:
    """A short form as it is kept: upper case."""
    return ref.upper()


def resolve(batch: Batch, refs: Collection[str]) -> dict[str, ItemId | None]:
    """Each reference -> the item that it names, or None when none is held or several sites have one."""
    found: dict[str, ItemId | None] = {ref: as_id(ref) for ref in refs}
    short = [ref for ref, own in found.items() if own is None]
    names = {ref: _name(ref) for ref in short}
    known = items.alias_rows(batch.connection, {name for name in names.values() if name})
    batch.need_rows({row for holders in known.values() for _, row in holders})
    for ref in short:
        found[ref] = _pick(batch, ref, known.get(names[ref], []))
    _hold_existing(batch, {own for own in found.values() if own is not None})
    return {ref: own if own is not None and _present(batch, own) else None for ref, own in found.items()}


def _name(ref: str) -> str:
    """What is looked up: the key itself, or the repository of owner/name#n."""
    return alias_of(ref).partition("#")[0]


def _pick(batch: Batch, ref: str, holders: list[tuple[Millis, int]]) -> ItemId | None:
    own = [batch.rows[row].id for _, row in holders]
    if not own or len({one.site for one in own}) > 1:
        return None  # nobody is called so, or two sites have it and nothing tells which is meant
    latest = own[-1]
    if ref.startswith("github:"):
        number = ref.partition("#")[2]
        return ItemId("github", latest.site, f"{latest.id.removeprefix('repo:')}#{number}")
    return latest


def _hold_existing(batch: Batch, ids: set[ItemId]) -> None:
    """Load items that exist, without making rows for those that do not."""
    missing = {own for own in ids if own not in batch.held}
    batch.need_rows({row["id"] for row in items.by_ids(batch.connection, missing)})


def _present(batch: Batch, own: ItemId) -> bool:
    return own in batch.held


def renamed(batch: Batch) -> set[int]:
    """Items to link again because a name is new: those whose texts were waiting for it."""
    names = {alias for alias, _ in batch.aliases}
    known = items.alias_rows(batch.connection, names)
    rows, waiting, prefixes = [], set(), set()
    for (alias, row), since in batch.aliases.items():
        before = {holder: at for at, holder in known.get(alias, [])}
        if row not in before:
            waiting.add(alias)
            if alias.startswith("GITHUB:"):
                prefixes.add(f"{alias}#")
        if row not in before or since < before[row]:
            rows.append({"alias": alias, "item": row, "since": since})
    items.add_aliases(batch.connection, rows)
    found = items.naming(batch.connection, waiting)
    for prefix in prefixes:
        found |= items.naming_prefix(batch.connection, prefix)
    return found


def arrived(batch: Batch, rows: Collection[int]) -> set[int]:
    """Items to link again because a GitHub item that they name by owner/name#n has come."""
    own = [batch.rows[row].id for row in rows]
    homes = {
        f"repo:{one.id.partition('#')[0]}": one.site
        for one in own
        if one.tracker == "github" and "#" in one.id
    }
    repos = {home: batch.held[ItemId("github", site, home)].row for home, site in homes.items()}
    names = items.aliases_of(batch.connection, set(repos.values()))
    values = set()
    for one in own:
        home, hash_, number = one.id.partition("#")
        if one.tracker == "github" and hash_:
            values |= {f"{name}#{number}" for name in names.get(repos[f"repo:{home}"], ())}
    return items.naming(batch.connection, values)
