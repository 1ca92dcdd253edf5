"""Facts as they were told: versions of the catalogue, and the observations that are known already."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, select

from linker.store import chain, meta
from linker.store.items import chunks
from linker.store.tables import catalogues, observations

LINKED = "linked_catalogue"


class CatalogueRow(NamedTuple):
    """A version of the catalogue as it is kept."""

    at: int
    digest: str
    content: str


def keep_catalogue(connection: Connection, at: int, content: str, delivery: int, now: int) -> CatalogueRow:
    """Append a version of the catalogue, each once."""
    own = CatalogueRow(at, chain.text_hash(content), content)
    if _catalogue(connection, own.at, own.digest) is None:
        row = {"at": at, "digest": own.digest, "content": content, "delivery": delivery, "recorded_at": now}
        chain.append(connection, catalogues, [row])
    return own


def linked_catalogue(connection: Connection) -> CatalogueRow | None:
    """The version by which all items are linked; an older one than the newest while a change is folded."""
    noted = meta.get(connection, LINKED)
    at, _, digest = (noted or "").partition(":")
    return _catalogue(connection, int(at), digest) if noted else None


def note_linked(connection: Connection, version: CatalogueRow) -> None:
    """All items are linked by this version."""
    meta.put(connection, LINKED, f"{version.at}:{version.digest}")


def _catalogue(connection: Connection, at: int, digest: str) -> CatalogueRow | None:
    query = select(catalogues.c.at, catalogues.c.digest, catalogues.c.content)
    row = connection.execute(query.where(catalogues.c.at == at, catalogues.c.digest == digest)).first()
    return CatalogueRow(*row) if row else None


def newest_catalogue(connection: Connection) -> CatalogueRow | None:
    """The version that holds: the newest by the time it was loaded."""
    query = select(catalogues.c.at, catalogues.c.digest, catalogues.c.content)
    newest = query.order_by(catalogues.c.at.desc(), catalogues.c.digest.desc()).limit(1)
    row = connection.execute(newest).first()
    return CatalogueRow(*row) if row else None


def observed(
    connection: Connection, moments: Collection[tuple[int, int]]
) -> dict[tuple[int, int], set[tuple[str, bool]]]:
    """What was told of items at moments: (item, at) -> digests, and whether each was read."""
    found: dict[tuple[int, int], set[tuple[str, bool]]] = {}
    own = observations.c
    for part in chunks(moments, 200):
        # Two plain lists use the index where a list of pairs scans the table.
        rows, times, pairs = {row for row, _ in part}, {at for _, at in part}, set(part)
        query = select(own.item, own.at, own.digest, own.read_at).where(own.item.in_(rows), own.at.in_(times))
        for item, at, digest, read_at in connection.execute(query):
            if (item, at) in pairs:
                found.setdefault((item, at), set()).add((digest, bool(read_at)))
    return found
