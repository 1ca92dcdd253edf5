"""Facts that are kept beside the items: versions of the catalogue, and references that want to be read."""

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import Connection, select

from linker.store import chain
from linker.store.inserts import insert_new
from linker.store.tables import catalogues, wants


class CatalogueRow(NamedTuple):
    """A version of the catalogue as it is kept."""

    at: int
    digest: str
    content: str


def keep_catalogue(connection: Connection, at: int, content: str, delivery: int, now: int) -> None:
    """Append a version of the catalogue."""
    digest = chain.text_hash(content)
    row = {"at": at, "digest": digest, "content": content, "delivery": delivery, "recorded_at": now}
    chain.append(connection, catalogues, [row])


def newest_catalogue(connection: Connection) -> CatalogueRow | None:
    """The version that holds: the newest by the time it was loaded."""
    query = select(catalogues.c.at, catalogues.c.digest, catalogues.c.content)
    newest = query.order_by(catalogues.c.at.desc(), catalogues.c.digest.desc()).limit(1)
    row = connection.execute(newest).first()
    return CatalogueRow(*row) if row else None


def want(connection: Connection, asked: Sequence[tuple[str, str, str]], now: int) -> None:
    """Ask once for references: (ref, site, why)."""
    rows = [
        {"ref": ref[:255], "site": site, "reason": why, "state": 0, "attempts": 0, "due_at": now}
        for ref, site, why in asked
    ]
    insert_new(connection, wants, rows)
