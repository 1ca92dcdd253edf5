"""How the store is opened: SQLite (WAL, FULL, BEGIN IMMEDIATE) or PostgreSQL; what returned is on disk."""

import fcntl
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, nullcontext
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config as AlembicConfig
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.exc import OperationalError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from linker.store.outage import StoreError, first_line, opened, told_apart
from linker.store.turns import Turns

FOLD_LOCK = 4711  # advisory locks on PostgreSQL: one fold leader per store, one process that migrates
SCHEMA_LOCK = 4712
BUSY_SECONDS = 30

Leading = Callable[[], bool]


class Store:
    """Two engines on one database: `write` for short transactions, `read` for pages and queries."""

    def __init__(self, url: URL) -> None:
        self.url = url
        self.sqlite = url.get_backend_name() == "sqlite"
        self.writing = _sqlite_engine(url, "BEGIN IMMEDIATE") if self.sqlite else _postgres_engine(url)
        self.reading = _sqlite_engine(url, "BEGIN") if self.sqlite else self.writing
        on_file = self.sqlite and url.database not in (None, "", ":memory:")
        self._turns = Turns(str(url.database)) if on_file else None
        self._at_once = _sqlite_engine(url, "BEGIN IMMEDIATE", wait=0) if on_file else None
        self._kept: Connection | None = None

    @contextmanager
    def write(self) -> Iterator[Connection]:
        """One transaction that is on disk when the block ends; StoreDown when it cannot be."""
        turn = self._turns.wait() if self._turns else nullcontext()
        with told_apart(), turn, self.writing.begin() as connection:
            yield connection

    @contextmanager
    def write_at_once(self) -> Iterator[Connection | None]:
        """The same where nobody else writes now, on a connection that is kept; else None, and `write` waits.

        For the ack that comes alone, which then needs no other thread. Never on PostgreSQL, over a network.
        """
        with told_apart(), ExitStack() as stack:
            yield self._free(stack)

    def _free(self, stack: ExitStack) -> Connection | None:
        """A transaction at the turn, both on the stack; None where somebody else writes."""
        if self._turns is None or self._at_once is None or not stack.enter_context(self._turns.at_once()):
            return None
        if self._kept is None or self._kept.closed:
            self._kept = self._at_once.connect()
        try:
            stack.enter_context(self._kept.begin())
        except OperationalError:  # somebody who takes no turns holds the lock: another program, a backup
            return None
        return self._kept

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """One consistent look at the store; StoreDown when it cannot be read."""
        with told_apart(), self.reading.begin() as connection:
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
            raise StoreError(f"The store {self.name} cannot be opened: {first_line(error)}") from error

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
        with told_apart():
            # A connection of its own, closed at the end: a pooled one would take the lock with it, and a
            # transaction that stays open would hold up vacuum.
            alone = create_engine(self.url, poolclass=NullPool, isolation_level="AUTOCOMMIT")
            connection = alone.connect()
        try:
            with told_apart():
                taken = connection.execute(text("SELECT pg_try_advisory_lock(:n)"), {"n": FOLD_LOCK}).scalar()
            yield (lambda: _answers(connection)) if taken else None
        finally:
            connection.invalidate()
            connection.close()
            alone.dispose()

    def close(self) -> None:
        """Give all connections back."""
        if self._turns is not None and self._at_once is not None:
            self._turns.close()
            if self._kept is not None:
                self._kept.close()
            self._at_once.dispose()
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


def _answers(connection: Connection) -> bool:
    try:
        return connection.execute(text("SELECT 1")).scalar() == 1
    except SQLAlchemyError:
        return False


def _sqlite_engine(url: URL, begin: str, wait: int = BUSY_SECONDS) -> Engine:
    engine = create_engine(url, connect_args={"timeout": wait, "check_same_thread": False})

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


@contextmanager
def _file_lock(path: Path) -> Iterator[bool]:
    with opened(path) as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
