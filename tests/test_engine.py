"""The engine: one leads, no tracker holds up the fold, and what was read too early is read again."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from running import OKRS, SECRETS, Installation, listen, ticket, until
from sqlalchemy import func, select, text

from linker.config import Config, load_config
from linker.store import Store, StoreDown, deliveries, meta, open_store, sources, work
from linker.store.deliveries import Parcel
from linker.store.queues import outbox
from linker.store.tables import items
from webhooks.engine import Engine, drain, is_led
from webhooks.inbox import Inbox
from webhooks.okrs_file import load_if_changed
from webhooks.simulator import Quarter
from webhooks.simulator.fakes import GitHubState, JiraState, create_github, create_jira

MANY = 150
TOKENS = {"GITHUB_TOKEN": "one", "JIRA_USER": "bot@example.com", "JIRA_TOKEN": "two"}


class Site:
    """A configured installation beside fakes of both trackers on loopback."""

    def __init__(self, told: Quarter, folder: Path) -> None:
        at = told.deliveries[MANY].at
        self.told = told
        self.now = int(at.timestamp() * 1000)
        self.github, self.jira = GitHubState(told, at), JiraState(told, at)
        self.servers = [listen(create_github(self.github)), listen(create_jira(self.jira))]
        urls = [f"http://127.0.0.1:{server.server_port}" for server in self.servers]
        (folder / "app.yaml").write_text(told.app_yaml(*urls))
        (folder / "okrs.yaml").write_text(told.okrs_yaml)
        self.config: Config = load_config(folder / "app.yaml", SECRETS | TOKENS)
        self.store: Store = open_store(self.config.store_url.get_secret_value())
        self.store.create()

    def receive(self, source: str) -> None:
        sent = [each for each in self.told.deliveries[:MANY] if each.source == source]
        parcels = [
            Parcel(each.source, each.site, each.id, each.event, self.now, each.headers, each.body)
            for each in sent
        ]
        with self.store.write() as connection:
            deliveries.keep(connection, parcels)

    def counts(self) -> dict[str, int]:
        with self.store.read() as connection:
            return deliveries.counts(connection)

    def known(self) -> str | None:
        with self.store.read() as connection:
            return meta.get(connection, "jira:northwind")

    def estimated(self) -> int:
        """How many tickets have points."""
        query = select(func.count()).where(items.c.tracker == "jira", items.c.points.is_not(None))
        with self.store.read() as connection:
            return int(connection.execute(query).scalar_one())

    @contextmanager
    def engine(self) -> Iterator[Engine]:
        """Its engine, at work in a thread."""
        engine = Engine(self.config, self.store, clock=lambda: self.now, spacing=0.0)
        thread = threading.Thread(target=engine.run, daemon=True)
        thread.start()
        try:
            yield engine
        finally:
            engine.stop.set()
            thread.join(30)
            assert not thread.is_alive()


@pytest.fixture
def site(told: Quarter, tmp_path: Path) -> Iterator[Site]:
    made = Site(told, tmp_path)
    yield made
    for server in made.servers:
        server.shutdown()
    made.store.close()


# --- fields of Jira


def test_a_jira_that_hangs_holds_up_no_fold(site: Site) -> None:
    site.jira.faults.slow("/rest/api/2/serverInfo", 4, times=1)
    site.receive("jira")
    with site.engine():
        until(lambda: "waiting" not in site.counts(), "all is folded")
        assert site.known() is None
        until(site.known, "the fields are known in the end")


def test_what_was_read_without_the_fields_is_read_again(site: Site) -> None:
    site.jira.faults.fail("/rest/api/2/field", 503)
    site.receive("jira")
    with site.engine():
        until(lambda: "waiting" not in site.counts(), "all is folded")
        assert site.estimated() == 0
        site.jira.faults.clear()
    with site.engine():
        until(site.known, "the fields are known")
        until(lambda: site.estimated() > 10, "points are read")
        until(lambda: "waiting" not in site.counts(), "all is folded again")
    assert "dead" not in site.counts()


def test_fields_that_did_not_change_fold_nothing_again(site: Site) -> None:
    site.receive("jira")
    with site.engine():
        until(lambda: site.known() and "waiting" not in site.counts(), "all is folded")
    with site.store.read() as connection:
        before = {row["id"]: row["done_at"] for row in deliveries.newest(connection, None, 1000)}
    with site.engine():
        until(lambda: len([c for c in site.jira.ledger.calls if c.path.endswith("/field")]) > 1, "it asked")
        until(lambda: is_led(site.store), "it leads")
    with site.store.read() as connection:
        after = {row["id"]: row["done_at"] for row in deliveries.newest(connection, None, 1000)}
    assert {own: at for own, at in after.items() if own in before} == before


def test_only_one_site_is_folded_again(site: Site) -> None:
    site.receive("jira")
    site.receive("github")
    drain(Engine(site.config, site.store, clock=lambda: site.now))
    with site.store.write() as connection:
        again = sources.fold_again(connection, "jira", "northwind")
    assert 0 < again == site.counts()["waiting"] < MANY


# --- who leads


def test_one_leads_and_the_next_follows(store_urls: Callable[[], str]) -> None:
    url = store_urls()
    one, other = open_store(url), open_store(url)
    with one.leader() as first, other.leader() as second:
        assert first is not None
        assert first()
        assert second is None
    with other.leader() as second:
        assert second is not None
    with one.leader() as first:
        assert first is not None
    one.close()
    other.close()


@pytest.mark.postgres
def test_who_lost_the_connection_leads_no_more(empty_postgres: Callable[[int], str]) -> None:
    store, other = open_store(empty_postgres(0)), open_store(empty_postgres(0))
    end = "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
    with store.leader() as leading:
        assert leading is not None
        with other.read() as connection:
            connection.execute(text(end))
        assert not leading()
        with other.leader() as second:
            assert second is not None
    store.close()
    other.close()


def test_an_engine_that_stopped_does_not_lead(site: Site) -> None:
    assert not is_led(site.store)
    with site.engine():
        until(lambda: is_led(site.store), "it leads")
    assert not is_led(site.store)


# --- the store comes and goes


def test_a_locked_store_is_waited_for(site: Site) -> None:
    site.receive("github")
    other = open_store(site.config.store_url.get_secret_value())
    with ExitStack() as ends:
        lock = ends.enter_context(ExitStack())
        lock.enter_context(other.write())
        ends.enter_context(site.engine())
        assert set(site.counts()) == {"waiting"}
        lock.close()
        until(lambda: "waiting" not in site.counts(), "all is folded")
    other.close()


def test_a_statement_that_can_never_succeed_is_no_outage(store: Store) -> None:
    with pytest.raises(Exception, match="no_such_table") as failure, store.write() as connection:
        connection.execute(text("INSERT INTO no_such_table VALUES (1)"))
    assert not isinstance(failure.value, StoreDown)


def test_a_full_or_foreign_file_is_an_outage(tmp_path: Path) -> None:
    path = tmp_path / "store.sqlite"
    store = open_store(f"sqlite:///{path}")
    store.create()
    with store.write() as connection:
        connection.exec_driver_sql("PRAGMA max_page_count = 1")
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar()
        connection.exec_driver_sql(f"PRAGMA max_page_count = {pages}")
    body = Parcel("github", "github.com", "1", "ping", 1, {}, b"x" * 1_000_000)
    with pytest.raises(StoreDown, match="full"), store.write() as connection:
        deliveries.keep(connection, [body])
    store.close()


# --- okrs.yaml


def test_the_same_catalogue_is_kept_once(tmp_path: Path) -> None:
    home = Installation(tmp_path)
    with home.store() as store:
        inbox = Inbox(store)
        assert [load_if_changed(home.config, store, inbox) for _ in range(2)] == [True, False]
        (tmp_path / "okrs.yaml").write_text(OKRS.replace("target: 30", "target: 25"))
        assert load_if_changed(home.config, store, inbox)
        (tmp_path / "okrs.yaml").write_text(OKRS)
        assert load_if_changed(home.config, store, inbox)  # back to the first is a change too
    assert home.states() == {"waiting": 3}


# --- the clock is an input


def test_the_turn_of_a_cycle_judges_open_items_again(tmp_path: Path) -> None:
    home = Installation(tmp_path)
    end = datetime(2026, 12, 31, tzinfo=UTC)
    with home.store() as store:
        load_if_changed(home.config, store, Inbox(store, lambda: 1_790_000_000_000))
        _keep_ticket(store)
        days = iter([end, end + timedelta(days=10), end + timedelta(days=40)])
        labels = []
        for day in days:
            engine = Engine(home.config, store, clock=lambda day=day: int(day.timestamp() * 1000))  # type: ignore[misc]
            drain(engine)
            labels.append(_planned(store))
    assert labels == [["label:kr:O1.KR2"], ["label:kr:O1.KR2"], []]


def _keep_ticket(store: Store) -> None:
    body = ticket(title="Quote once [O1.KR2]")
    with store.write() as connection:
        deliveries.keep(
            connection,
            [Parcel("jira", "northwind", "1", "", 1_793_610_000_000, {}, body)],
        )


def _planned(store: Store) -> list[str]:
    """The labels that are wanted on the tracker."""
    with store.read() as connection:
        rows = connection.execute(select(outbox.c.surface, outbox.c.desired, outbox.c.state)).all()
    return [surface for surface, desired, state in rows if desired["present"] and state != work.MOOT]
