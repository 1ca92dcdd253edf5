"""An outage of the store (locked, full, gone) told apart from a mistake in what is written."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from psycopg import Error as PostgresError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

# What the databases say when they cannot serve now, as opposed to what a statement of ours did wrong.
SQLITE_OUTAGES = frozenset(
    getattr(sqlite3, f"SQLITE_{name}")
    for name in (
        *("BUSY", "LOCKED", "NOMEM", "READONLY", "INTERRUPT", "IOERR", "CORRUPT", "FULL", "CANTOPEN"),
        *("PROTOCOL", "NOLFS", "NOTADB"),
    )
)
POSTGRES_OUTAGES = ("08", "25006", "40", "53", "55", "57", "58", "XX")  # beginnings of SQLSTATE


class StoreError(Exception):
    """The store cannot do what was asked; the text says what to do next."""


class StoreDown(StoreError):  # noqa: N818 - it says what is so
    """The store does not answer or cannot write now; nothing was changed, and trying again may help."""


@contextmanager
def told_apart() -> Iterator[None]:
    """An outage (locked, full, gone) is not a mistake in what is written: only the first is waited for."""
    try:
        yield
    except (DBAPIError, PoolTimeout, sqlite3.Error, PostgresError) as error:
        if not _outage(error):
            raise
        raise StoreDown(f"The store does not answer: {first_line(error)}") from error


def _outage(error: Exception) -> bool:
    if isinstance(error, PoolTimeout):
        return True  # no connection became free in time
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return True
    said = error.orig if isinstance(error, DBAPIError) else error  # some statements go to the driver itself
    if isinstance(said, sqlite3.Error):
        return getattr(said, "sqlite_errorcode", 0) & 0xFF in SQLITE_OUTAGES  # the rest is detail
    state = getattr(said, "sqlstate", None)
    if state is None:  # no server was reached that could say a state
        return type(said).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout")
    return str(state).startswith(POSTGRES_OUTAGES)


def opened(path: str | Path) -> IO[str]:
    """A file of locks; StoreDown when it cannot be there."""
    try:
        return Path(path).open("w")
    except OSError as error:
        raise StoreDown(f"The store does not answer: {error}") from error


def first_line(error: Exception) -> str:
    """What an error says, in one line."""
    return (str(error) or type(error).__name__).splitlines()[0]
