"""How far each backfill is: cursor, counts and the last error, so that it resumes and can be shown."""

from sqlalchemy import Connection, select, update

from linker.store.inserts import upsert
from linker.store.queues import syncs


def begin(
    connection: Connection, site: str, scope: str, since: int | None, now: int
) -> tuple[str | None, int]:
    """The cursor and count of an unfinished run of the same kind; a new run otherwise."""
    own = (syncs.c.site == site) & (syncs.c.scope == scope)
    row = connection.execute(select(syncs).where(own)).mappings().first()
    if row is not None and row["finished_at"] is None and row["since"] == since and row["cursor"]:
        return row["cursor"], row["done"]
    fresh = {"cursor": None, "done": 0, "total": None, "since": since, "started_at": now}
    upsert(
        connection,
        syncs,
        [{"site": site, "scope": scope, **fresh, "finished_at": None, "error": None}],
    )
    return None, 0


def advance(
    connection: Connection, site: str, scope: str, cursor: str | None, done: int, total: int | None
) -> None:
    """A page is kept; the next run goes on after it. The last page has no cursor and is the end."""
    own = (syncs.c.site == site) & (syncs.c.scope == scope)
    connection.execute(update(syncs).where(own).values(cursor=cursor, done=done, total=total, error=None))


def finish(connection: Connection, site: str, scope: str, now: int) -> None:
    """All pages are kept."""
    own = (syncs.c.site == site) & (syncs.c.scope == scope)
    connection.execute(update(syncs).where(own).values(finished_at=now, cursor=None, error=None))


def fail(connection: Connection, site: str, scope: str, error: str) -> int:
    """It stopped; returns how many were read."""
    own = (syncs.c.site == site) & (syncs.c.scope == scope)
    connection.execute(update(syncs).where(own).values(error=error[:500]))
    return int(connection.execute(select(syncs.c.done).where(own)).scalar_one())
