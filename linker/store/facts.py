"""Facts as they were told: versions of the catalogue, and the observations that are known already."""

from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import Connection, select, tuple_

from linker.store import chain
from linker.store.items import chunks
from linker.store.tables import catalogues, observations


class CatalogueRow(NamedTuple):
    """A version of the catalogue as it is kept."""

    at: int
    digest: str
    content: str


def keep_catalogue(connection: Connection, at: int, content: str, delivery: int, now: int) -> str:
    """Append a version of the catalogue, each once; returns its digest."""
    digest = chain.text_hash(content)
    known = select(catalogues.c.seq).where(catalogues.c.at == at, catalogues.c.digest == digest)
    if connection.execute(known).first() is None:
        row = {"at": at, "digest": digest, "content": content, "delivery": delivery, "recorded_at": now}
        chain.append(connection, catalogues, [row])
    return digest


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
        query = select(own.item, own.at, own.digest, own.read_at)
        for item, at, digest, read_at in connection.execute(query.where(tuple_(own.item, own.at).in_(part))):
            found.setdefault((item, at), set()).add((digest, bool(read_at)))
    return found
