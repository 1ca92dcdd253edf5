"""Small facts of the installation itself: secrets made at first start, sign-in tokens, heartbeats."""

from sqlalchemy import ColumnElement, Connection, delete, select, update

from linker.store.inserts import insert_new, upsert
from linker.store.queues import signins
from linker.store.tables import meta


def get(connection: Connection, key: str) -> str | None:
    """A value, or None."""
    return connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar()


def put(connection: Connection, key: str, value: str) -> None:
    """Set a value."""
    upsert(connection, meta, [{"key": key, "value": value}])


def get_or_set(connection: Connection, key: str, value: str) -> str:
    """The value that is kept; this one when none is."""
    insert_new(connection, meta, [{"key": key, "value": value}])
    return str(connection.execute(select(meta.c.value).where(meta.c.key == key)).scalar_one())


def beginning(connection: Connection, prefix: str) -> dict[str, str]:
    """All values whose keys begin so."""
    query = select(meta.c.key, meta.c.value).where(meta.c.key.startswith(prefix, autoescape=True))
    return dict(connection.execute(query).all())


def remove(connection: Connection, key: str) -> None:
    """Forget a value."""
    connection.execute(delete(meta).where(meta.c.key == key))


def keep_signin(connection: Connection, token_hash: str, expires_at: int, now: int) -> None:
    """Keep the hash of a one-time token or of a session; those that are over go."""
    connection.execute(delete(signins).where(signins.c.expires_at <= now))
    connection.execute(signins.insert(), {"token_hash": token_hash, "expires_at": expires_at})


def holds_signin(connection: Connection, token_hash: str, now: int) -> bool:
    """Whether a token or session is neither used up nor over."""
    query = select(signins.c.token_hash).where(_good(token_hash, now))
    return connection.execute(query).first() is not None


def use_signin(connection: Connection, token_hash: str, now: int) -> bool:
    """Use a token up; False when it is unknown, used or too old."""
    used = update(signins).where(_good(token_hash, now)).values(used_at=now)
    return connection.execute(used).rowcount == 1


def _good(token_hash: str, now: int) -> ColumnElement[bool]:
    return (signins.c.token_hash == token_hash) & signins.c.used_at.is_(None) & (signins.c.expires_at > now)
