"""Small facts of the installation itself: secrets made at first start, sign-in tokens, heartbeats."""

from sqlalchemy import Connection, select, update

from linker.store.inserts import insert_new, upsert
from linker.store.tables import meta, signins


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


def keep_signin(connection: Connection, token_hash: str, expires_at: int) -> None:
    """Keep the hash of a one-time token."""
    connection.execute(signins.insert(), {"token_hash": token_hash, "expires_at": expires_at})


def use_signin(connection: Connection, token_hash: str, now: int) -> bool:
    """Use a token up; False when it is unknown, used or too old."""
    good = (signins.c.token_hash == token_hash) & signins.c.used_at.is_(None) & (signins.c.expires_at > now)
    return connection.execute(update(signins).where(good).values(used_at=now)).rowcount == 1
