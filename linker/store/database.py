"""How the store is opened: SQLite (WAL, FULL, BEGIN IMMEDIATE) or PostgreSQL; what returned is on disk."""

import fcntl
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.pool import NullPool

FOLD_LOCK = 4711  # advisory locks on PostgreSQL: one fold leader per store, one process that migrates
SCHEMA_LOCK = 4712
BUSY_SECONDS = 30

# What the databases say when they cannot serve now, as opposed to what a statement of ours did wrong.
SQLITE_OUTAGES = frozenset(
    getattr(sqlite3, f"SQLITE_{name}")
    for name in (
        *("BUSY", "LOCKED", "NOMEM", "READONLY", "INTERRUPT", "IOERR", "CORRUPT", "FULL", "CANTOPEN"),
        *("PROTOCOL", "NOLFS", "NOTADB"),
    )
)
POSTGRES_OUTAGES = ("08", "25006", "40", "53", "55", "57", "58", "XX")  # beginnings of SQLSTATE

Leading = Callable[[], bool]


class StoreError(Exception):
    """The store cannot do what was asked; the text says what to do next."""


class StoreDown(StoreError):  # noqa: N818 - it says what is so
    """The store does not answer or cannot write now; nothing was changed, and trying again may help."""


class Store:
    """Two engines on one database: `write` for short transactions, `read` for pages and queries."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.sqlite = url.get_backend_name() == "sqlite"
        self.writing = _sqlite_engine(url, "BEGIN IMMEDIATE") if self.sqlite else _postgres_engine(url)
        self.reading = _sqlite_engine(url, "BEGIN") if self.sqlite else self.writing

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that is on disk when the block ends; StoreDown when it cannot be."""
        with self._turn(), _told_apart(), self.writing.begin() as connection:
            yield connection

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Writers of a file take turns in the order in which they came.

        SQLite lets a writer that finds the file locked sleep ever longer, so that one which writes without
        pause keeps all others out. Who waits at the door is the next to have the turn.
        """
        if not self.sqlite or self.url.database in (None, "", ":memory:"):
            yield
            return
        with _opened(f"{self.url.database}.turn") as turn:
            with _opened(f"{self.url.database}.door") as door:
                fcntl.flock(door, fcntl.LOCK_EX)
                fcntl.flock(turn, fcntl.LOCK_EX)
            yield

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent look at the store; StoreDown when it cannot be read."""
        with _told_apart(), self.reading.begin() as connection:
            yield connection

    def create(self) -> None:
        """Bring the schema to the newest version; safe to call at every start, and by several at once."""
        try:
            if self.sqlite and self.url.database:
                Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
            with self.writing.connect() as connection:
                if not self.sqlite:
                    connection.execute(text("SELECT pg_advisory_xact_lock(:n)"), {"n": SCHEMA_LOCK})
                config = _alembic()
                known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
                held = MigrationContext.configure(connection).get_current_revision()
                if held is not None and held not in known:
                    raise StoreError(
                        f"This store was written by a newer Sightline (schema {held}). "
                        "Start that version, or restore a backup made before the upgrade."
                    )
                config.attributes["connection"] = connection
                command.upgrade(config, "head")
                connection.commit()
        except (SQLAlchemyError, OSError) as error:
            raise StoreError(f"The store {self.name} cannot be opened: {_first_line(error)}") from error

    @property
    def name(self) -> str:
        """The address without a password, for messages."""
        return self.url.render_as_string(hide_password=True)

    @contextmanager
    def leader(self) -> Iterator[Leading | None]:
        """Hold the one right to fold, or None when another process has it. Death gives it back.

        What is given tells whether the right is still held: PostgreSQL takes it away with the connection.
        """
        if self.sqlite:
            with _file_lock(Path(f"{self.url.database}.leader")) as held:
                yield (lambda: True) if held else None
            return
        with _told_apart():
            # A connection of its own, closed at the end: a pooled one would take the lock with it, and a
            # transaction that stays open would hold up vacuum.
            alone = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
            connection = alone.connect()
        try:
            with _told_apart():
                taken = connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": FOLD_LOCK}).scalar()
            yield (lambda: _answers(connection)) if taken else None
        finally:
            connection.invalidate()
            connection.close()
            alone.dispose()

    def close(self) -> None:
        """Give all connections back."""
        self.writing.dispose()
        self.reading.dispose()


def open_store(url: str) -> Store:
    """A Store for `sqlite:///path` or `postgresql+psycopg://...`; StoreError for anything else."""
    try:
        parsed = make_url(url)
    except SQLAlchemyError as error:
        raise StoreError("store: not an address. Write sqlite:///sightline.sqlite, for example.") from error
    if parsed.get_backend_name() not in ("sqlite", "postgresql"):
        raise StoreError(f"store: {parsed.get_backend_name()} is not supported. Use sqlite or postgresql.")
    if parsed.drivername == "postgresql":
        parsed = parsed.set(drivername="postgresql+psycopg")
    return Store(parsed)


@contextmanager
def _told_apart() -> Iterator[None]:
    """An outage (locked, full, gone) is not a mistake in what is written: only the first is waited for."""
    try:
        yield
    except (DBAPIError, PoolTimeout) as error:
        if not _outage(error):
            raise
        raise StoreDown(f"The store does not answer: {_first_line(error)}") from error


def _outage(error: Exception) -> bool:
    if not isinstance(error, DBAPIError):
        return True  # no connection became free in time
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.Error):
        return getattr(error.orig, "sqlite_errorcode", 0) & 0xFF in SQLITE_OUTAGES  # the rest is detail
    state = getattr(error.orig, "sqlstate", None)
    if state is None:  # no server was reached that could say a state
        return type(error.orig).__name__ in ("OperationalError", "InterfaceError", "ConnectionTimeout")
    return str(state).startswith(POSTGRES_OUTAGES)


def _answers(connection: Connection) -> bool:
    try:
        return connection.execute(text("SELECT 1")).scalar() == 1
    except SQLAlchemyError:
        return False


def _sqlite_engine(url: URL, begin: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": BUSY_SECONDS, "check_same_thread": False})

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves, else pysqlite defers the lock
        cursor = connection.cursor()
        cursor.execute("PRAGMA journal_mode=WAL")
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA foreign_keys=ON")
        cursor.execute("PRAGMA cache_size=-65536")
        cursor.execute("PRAGMA temp_store=MEMORY")
        cursor.close()

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql(begin)

    return engine


def _postgres_engine(url: URL) -> Engine:
    engine = create_engine(url, pool_pre_ping=True, pool_size=8)

    @event.listens_for(engine, "connect")
    def _prepare(connection: Any, _record: object) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET synchronous_commit TO on")
            cursor.execute("SET timezone TO 'UTC'")
        connection.commit()

    return engine


def _alembic() -> AlembicConfig:
    config = AlembicConfig()
    config.set_main_option("script_location", "linker.store:migrations")
    config.set_main_option("path_separator", "os")
    return config


def _opened(path: str | Path) -> IO[str]:
    try:
        return Path(path).open("w")
    except OSError as error:
        raise StoreDown(f"The store does not answer: {error}") from error


@contextmanager
def _file_lock(path: Path) -> Iterator[bool]:
    with _opened(path) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
