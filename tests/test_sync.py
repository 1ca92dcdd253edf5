"""The first day: what the trackers hold is read page by page, and goes on where it was stopped."""

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from functools import partial
from pathlib import Path

import pytest
from running import SECRETS, Installation, listen, until
from sqlalchemy import select

from linker.config import Config, load_config, read_catalogue
from linker.store import Connection, Store, deliveries, open_store, sources, syncs
from linker.store.deliveries import Parcel
from linker.store.queues import syncs as sync_rows
from linker.store.tables import items, kr_sets, standing
from webhooks.engine import Engine, drain
from webhooks.inbox import Inbox
from webhooks.simulator import Delivery, Quarter
from webhooks.simulator.fakes import GitHubState, JiraState, create_github, create_jira
from webhooks.syncing import Scope, Step, scopes, sync_scope

MANY = 1200
TOKENS = {"GITHUB_TOKEN": "one", "JIRA_USER": "bot@example.com", "JIRA_TOKEN": "two"}
Standing = dict[str, tuple[frozenset[str], str | None]]


class Trackers:
    """Both fakes on loopback, at one moment of the quarter."""

    def __init__(self, told: Quarter) -> None:
        self.told = told
        at = told.deliveries[MANY].at
        self.now = _millis(at)
        self.github, self.jira = GitHubState(told, at), JiraState(told, at)
        apps = (create_github(self.github), create_jira(self.jira))
        self.servers = [listen(app) for app in apps]

    @property
    def app(self) -> str:
        urls = [f"http://127.0.0.1:{server.server_port}" for server in self.servers]
        return self.told.app_yaml(*urls)

    def clear(self) -> None:
        for state in (self.github, self.jira):
            state.faults.clear()
            state.ledger.clear()


@pytest.fixture(scope="module")
def both(told: Quarter) -> Iterator[Trackers]:
    made = Trackers(told)
    yield made
    for server in made.servers:
        server.shutdown()


@pytest.fixture
def trackers(both: Trackers) -> Trackers:
    both.clear()
    return both


@pytest.fixture
def home(trackers: Trackers, tmp_path: Path) -> Installation:
    made = Installation(tmp_path, trackers.app.replace("{", "{{").replace("}", "}}"), TOKENS)
    (tmp_path / "okrs.yaml").write_text(trackers.told.okrs_yaml)
    return made


def run(config: Config, store: Store, scope: Scope) -> list[Step]:
    return list(sync_scope(config, store, scope, None, spacing=0.0, first_wait=0.0))


def held(store: Store) -> Standing:
    """What each ticket and pull request serves."""
    joined = items.outerjoin(standing, standing.c.item == items.c.id).outerjoin(
        kr_sets, kr_sets.c.id == standing.c.kr_set
    )
    query = select(items.c.tracker, items.c.alias, kr_sets.c.members, standing.c.exemption)
    query = query.select_from(joined).where(items.c.held, ~items.c.deleted, items.c.level.is_not(None))
    with store.read() as connection:
        return {
            f"{row.tracker}:{row.alias}": (frozenset((row.members or "").split()), row.exemption)
            for row in connection.execute(query)
        }


# --- what comes of it


def test_a_first_day_gives_what_deliveries_gave(trackers: Trackers, tmp_path: Path) -> None:
    """Equal, but for what only one of the two ways is told."""
    synced, sent = (_made(trackers, tmp_path / name) for name in ("synced", "sent"))
    config, store = synced
    for scope in scopes(config):
        steps = run(config, store, scope)
        assert steps[-1].error is None
        assert steps[-1].done == steps[-1].total
    drain(Engine(config, store, clock=lambda: trackers.now))
    by_sync = held(store)
    store.close()
    config, store = sent
    with store.write() as connection:
        deliveries.keep(connection, [_parcel(each) for each in trackers.told.deliveries[: MANY + 1]])
    drain(Engine(config, store, clock=lambda: trackers.now))
    by_deliveries = held(store)
    store.close()
    assert len(by_deliveries) > 250
    assert by_deliveries.keys() <= by_sync.keys()
    more = {name for name in by_sync if name not in by_deliveries}
    assert len(more) < 10
    other = {name for name, said in by_deliveries.items() if by_sync[name] != said}
    # Tickets older than the webhook have no delivery: what hangs below them serves nothing until they are
    # read. The other way round, a sync does not ask for the sub-issues of GitHub yet.
    less = {name for name in other if not by_deliveries[name][0] <= by_sync[name][0]}
    assert {name.partition("#")[0] for name in less} <= {"github:northwind/platform"}
    assert all(by_deliveries[name] == (frozenset(), None) for name in other - less)


def _made(trackers: Trackers, folder: Path) -> tuple[Config, Store]:
    folder.mkdir()
    (folder / "app.yaml").write_text(trackers.app)
    config = load_config(folder / "app.yaml", SECRETS | TOKENS, catalogue=False)
    store = open_store(config.store_url.get_secret_value())
    store.create()
    day, text = trackers.told.catalogues[0]
    config.okrs_path.write_text(text)
    Inbox(store, partial(int, _millis(datetime(day.year, day.month, day.day).astimezone()))).load(
        read_catalogue(config)
    )
    return config, store


def test_a_second_run_folds_and_plans_nothing_new(trackers: Trackers, tmp_path: Path) -> None:
    config, store = _made(trackers, tmp_path / "twice")
    scope = scopes(config)[0]
    run(config, store, scope)
    drain(Engine(config, store, clock=lambda: trackers.now))
    before = held(store)
    run(config, store, scope)
    drain(Engine(config, store, clock=lambda: trackers.now))
    assert held(store) == before
    store.close()


# --- stopped and started again


def test_a_run_goes_on_at_its_cursor(trackers: Trackers, tmp_path: Path) -> None:
    config, store = _made(trackers, tmp_path / "whole")
    scope = next(each for each in scopes(config) if each.name.endswith("/storefront"))
    whole = run(config, store, scope)
    asked = len(trackers.github.ledger.calls)
    store.close()
    config, store = _made(trackers, tmp_path / "stopped")
    steps = iter(sync_scope(config, store, scope, None, spacing=0.0))
    for _ in range(len(whole) - 2):
        next(steps)
    del steps  # as a kill would, between two pages
    trackers.github.ledger.clear()
    rest = run(config, store, scope)
    assert rest[-1] == whole[-1]
    assert len(rest) < len(whole)
    assert len(trackers.github.ledger.calls) < asked
    store.close()


def test_a_killed_command_goes_on_where_it_was(home: Installation, trackers: Trackers) -> None:
    for state in (trackers.github, trackers.jira):
        state.faults.slow("*", 0.05)
    with home.store() as store, store.read() as connection:
        assert _cursors(connection) == {}
    with home.start("sync") as running:
        until(lambda: _begun(home), "some pages were read")
        running.kill()
    cursors = _begun(home)
    trackers.clear()
    found = home.run("sync", "--json")
    assert found.returncode == 0, found.stderr
    told = json.loads(found.stdout)
    assert (told["failed"], told["scopes"]) == ({}, 8)
    assert cursors
    with home.store() as store, store.read() as connection:
        rows = connection.execute(select(sync_rows)).mappings().all()
    assert all(row["finished_at"] and row["cursor"] is None and row["error"] is None for row in rows)


def _begun(home: Installation) -> dict[str, str]:
    with home.store() as store, store.read() as connection:
        return _cursors(connection)


def _cursors(connection: Connection) -> dict[str, str]:
    query = select(sync_rows.c.scope, sync_rows.c.cursor).where(sync_rows.c.cursor.is_not(None))
    return dict(connection.execute(query).all())


def test_a_new_question_starts_anew(store: Store) -> None:
    with store.write() as connection:
        assert syncs.begin(connection, "s", "PAY", None, 1) == (None, 0)
        syncs.advance(connection, "s", "PAY", "here", 100, 300)
        assert syncs.begin(connection, "s", "PAY", None, 2) == ("here", 100)
        assert syncs.begin(connection, "s", "PAY", 1_790_000_000_000, 3) == (None, 0)


# --- what cannot be read


def test_a_scope_that_fails_is_named_with_the_fix_and_skipped(home: Installation, trackers: Trackers) -> None:
    trackers.github.faults.fail("/repos/*/mobile*", 403, message="Resource not accessible")
    trackers.jira.faults.fail("/rest/api/2/project/WEB", 404)
    found = home.run("sync")
    assert found.returncode == 1
    assert "projects and repositories read" in found.stdout
    assert "Give the token or the GitHub App the permission for it" in found.stdout
    assert "Skipped northwind WEB: " in found.stdout
    assert "Traceback" not in found.stderr


def test_a_short_outage_is_waited_out(trackers: Trackers, tmp_path: Path) -> None:
    config, store = _made(trackers, tmp_path / "outage")
    scope = next(each for each in scopes(config) if each.tracker == "jira")
    trackers.jira.faults.reset("/rest/*", times=2)
    assert run(config, store, scope)[-1].error is None
    trackers.jira.faults.reset("/rest/*")
    failed = run(config, store, scope)[-1]
    assert failed.error
    assert "ConnectionError" in failed.error
    store.close()


def test_a_long_wait_is_left_for_the_next_run(trackers: Trackers, tmp_path: Path) -> None:
    config, store = _made(trackers, tmp_path / "limit")
    scope = next(each for each in scopes(config) if each.tracker == "github")
    trackers.github.faults.limit("*", seconds=3000)
    assert "wait 3000 s" in (run(config, store, scope)[-1].error or "")
    store.close()


# --- the command


def test_a_dry_run_reads_nothing(home: Installation, trackers: Trackers) -> None:
    found = home.run("sync", "--dry-run")
    assert found.returncode == 0
    assert "northwind: PAY" in found.stdout
    assert trackers.jira.ledger.calls == trackers.github.ledger.calls == []
    assert not (home.folder / "sightline.sqlite").exists()


def test_since_reads_only_what_changed(home: Installation, trackers: Trackers) -> None:
    counts = []
    for words in (["--since", "2026-10-10"], []):
        told = json.loads(home.run("sync", "--json", *words).stdout)
        counts.append(told["read"])
        with suppress(FileNotFoundError):
            (home.folder / "sightline.sqlite").unlink()
    assert 0 < counts[0] < counts[1]
    assert home.run("sync", "--since", "yesterday").returncode == 2


def test_without_credentials_it_says_what_to_do(tmp_path: Path) -> None:
    found = Installation(tmp_path).run("sync")
    assert found.returncode == 1
    assert "No site has credentials. Set the environment variables that `token` names" in found.stderr


def test_what_was_read_is_folded_by_whoever_runs_next(home: Installation) -> None:
    found = home.run("sync")
    assert "No engine runs now" in found.stdout
    with home.store() as store, store.read() as connection:
        assert sources.newest_catalogue(connection) is None


def _parcel(sent: Delivery) -> Parcel:
    headers = {name.lower(): value for name, value in sent.headers.items()}
    return Parcel(sent.source, sent.site, sent.id, sent.event, _millis(sent.at), headers, sent.body)


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
