"""What is planned reaches the trackers once, when they let us, and nothing is given up that only waits."""

import shutil
import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import responses
from sqlalchemy import select, update

from linker.config import Config, load_config, read_catalogue
from linker.store import Store, deliveries, open_store, work
from linker.store.deliveries import Parcel
from linker.store.queues import dirty, outbox, wants
from linker.store.tables import items
from linker.trackers.api import open_api
from webhooks.app import create_app
from webhooks.applier import Applier
from webhooks.engine import Engine, drain
from webhooks.inbox import Inbox
from webhooks.simulator import Delivery, Quarter
from webhooks.simulator.fakes import GitHubState, JiraState, create_github, create_jira, mount
from webhooks.sites import access

MANY = 700  # deliveries of the quarter: enough for labels and statuses on both trackers
GITHUB, JIRA = "https://api.github.example.com", "https://northwind.example.com"
NAMES = ("GITHUB_WEBHOOK_SECRET", "JIRA_WEBHOOK_SECRET", "GITHUB_TOKEN", "JIRA_USER", "JIRA_TOKEN")
ENVIRON = {name: f"canary-{name}" for name in NAMES}
TOKENS = {"github.com": ENVIRON["GITHUB_TOKEN"], "northwind": ENVIRON["JIRA_TOKEN"]}


class World:
    """A store in which much is planned and nothing is sent, beside the trackers at that moment."""

    def __init__(self, told: Quarter, config: Config, store: Store, mock: responses.RequestsMock) -> None:
        self.told, self.config, self.store = told, config, store
        self.now = _millis(told.deliveries[MANY].at)
        at = told.deliveries[MANY].at
        self.github, self.jira = GitHubState(told, at), JiraState(told, at)
        self.echoes: list[Delivery] = []
        self.github.on_delivery = self.jira.on_delivery = self.echoes.append
        mount(mock, create_github(self.github), GITHUB)
        mount(mock, create_jira(self.jira), JIRA)

    def applier(self, site: str) -> Applier:
        known = next(each for each in self.config.sites if each.name == site)
        api = open_api(access(self.config, known, spacing=0.0))
        made = Applier(site, api, self.store, Inbox(self.store), clock=lambda: self.now)
        made.budget.load()
        return made

    def work(self, applier: Applier, most: int = 1000) -> int:
        """Step until there is nothing to do; how many steps did something."""
        return next(count for count in range(most) if not applier.step())

    def all_told(self, site: str) -> None:
        """Work until what was read is judged, and all that follows is sent."""
        for _ in range(3):
            self.work(self.applier(site))
            self.fold()
            with self.store.write() as connection:
                connection.execute(update(outbox).values(due_at=0))
                connection.execute(update(wants).values(due_at=0))

    def calls(self) -> int:
        return len(self.github.ledger.calls) + len(self.jira.ledger.calls)

    def states(self, site: str) -> Counter[int]:
        with self.store.read() as connection:
            return Counter(connection.execute(select(outbox.c.state).where(outbox.c.site == site)).scalars())

    def left(self, site: str) -> int:
        """Changes that wait, but for those of items that are to be judged again first: nobody judges here."""
        with self.store.read() as connection:
            query = select(outbox.c.id).where(outbox.c.site == site, outbox.c.state == work.WAITING)
            return len(connection.execute(query.where(outbox.c.item.not_in(select(dirty.c.item)))).all())

    def fold(self) -> None:
        drain(Engine(self.config, self.store, clock=lambda: self.now))

    def keep(self, sent: list[Delivery]) -> None:
        with self.store.write() as connection:
            deliveries.keep(connection, [_parcel(each) for each in sent])

    def effects(self) -> tuple[dict[Any, int], Counter[Any]]:
        """Statuses by commit, and how often each label was set, as the trackers saw it."""
        statuses = {place: len(held) for place, held in self.github.statuses.items()}
        return statuses, Counter((echo.event, echo.body) for echo in self.echoes)


@pytest.fixture(scope="module")
def folder(told: Quarter, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The part of the quarter, folded and settled once for all tests."""
    made = tmp_path_factory.mktemp("planned")
    (made / "app.yaml").write_text(told.app_yaml(GITHUB, JIRA))
    (made / "okrs.yaml").write_text(told.okrs_yaml)
    config = load_config(made / "app.yaml", ENVIRON)
    store = open_store(config.store_url.get_secret_value())
    store.create()
    for day, text in told.catalogues:
        config.okrs_path.write_text(text)
        at = _millis(datetime(day.year, day.month, day.day, tzinfo=UTC))
        Inbox(store, partial(int, at)).load(read_catalogue(config))
    with store.write() as connection:
        deliveries.keep(connection, [_parcel(each) for each in told.deliveries[:MANY]])
    drain(Engine(config, store, clock=lambda: _millis(told.deliveries[MANY].at)))
    with store.write() as connection:
        connection.execute(update(outbox).values(due_at=0))
        connection.execute(update(wants).values(due_at=0))
    store.close()
    return made


@pytest.fixture
def world(told: Quarter, folder: Path, tmp_path: Path) -> Iterator[World]:
    shutil.copytree(folder, tmp_path / "own")
    config = load_config(tmp_path / "own" / "app.yaml", ENVIRON)
    store = open_store(config.store_url.get_secret_value())
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield World(told, config, store, mock)
    store.close()


SITES = [("github.com", "/repos/*"), ("northwind", "/rest/*")]
BOTH = pytest.mark.parametrize(("site", "path"), SITES)


def fake(world: World, site: str) -> Any:
    return world.github if site == "github.com" else world.jira


# --- as it should be


@BOTH
def test_what_is_planned_is_sent_once_and_kept_in_the_ledger(world: World, site: str, path: str) -> None:
    planned = world.states(site)[work.WAITING]
    assert planned > 20
    world.work(world.applier(site))
    with world.store.read() as connection:
        assert work.sent(connection) == world.states(site)[work.SENT]
    assert world.states(site)[work.WAITING] == 0
    assert fake(world, site).ledger.refused() == []
    before = world.calls()
    world.work(world.applier(site))
    assert world.calls() == before


def test_the_echo_of_what_we_wrote_plans_nothing(world: World) -> None:
    for _ in range(5):  # what was read may plan more
        for site, _path in SITES:
            world.work(world.applier(site))
        world.fold()
    writes = [len(fake(world, site).ledger.writes()) for site, _path in SITES]
    assert world.echoes
    world.keep(world.echoes)
    world.fold()
    for site, _path in SITES:
        world.work(world.applier(site))
    assert [len(fake(world, site).ledger.writes()) for site, _path in SITES] == writes


# --- when the tracker says wait


@BOTH
def test_a_limit_of_the_site_is_kept_to_even_by_the_next_process(world: World, site: str, path: str) -> None:
    fake(world, site).faults.limit(path, seconds=90, status=429)
    applier = world.applier(site)
    world.work(applier)
    assert len(fake(world, site).ledger.calls) <= 2  # to write and, on another endpoint, to read
    asked = world.calls()
    world.now += 80_000
    world.work(world.applier(site))
    assert world.calls() == asked
    fake(world, site).faults.clear()
    world.now += 11_000
    world.work(world.applier(site))
    assert world.states(site)[work.WAITING] == 0


def test_a_limit_of_one_issue_holds_up_only_that(world: World) -> None:
    number = _first(world.store, "northwind")
    world.jira.faults.fail(
        f"/rest/api/2/issue/{number}",
        429,
        method="PUT",
        headers={"Retry-After": "60", "RateLimit-Reason": "jira-per-issue-on-write"},
    )
    world.work(world.applier("northwind"))
    states = world.states("northwind")
    assert (states[work.WAITING] > 0, states[work.SENT] > 10) == (True, True)
    tried = [call for call in world.jira.ledger.calls if call.status == 429]
    assert len(tried) <= 3  # labels of that issue, each once


# --- when nobody answers


@BOTH
def test_a_site_that_is_away_is_tried_once_a_minute_and_costs_no_patience(
    world: World, site: str, path: str
) -> None:
    fake(world, site).faults.reset(path)
    applier = world.applier(site)
    world.work(applier)
    for _ in range(600):  # ten hours
        world.now += 60_000
        world.work(applier)
    tries = len(fake(world, site).ledger.calls)
    assert tries < 700 * 3  # a read is tried three times by the client
    assert world.states(site)[work.REFUSED_CHANGE] == 0
    fake(world, site).faults.clear()
    world.now += 3_600_000
    world.work(applier)
    assert world.left(site) == 0


@BOTH
def test_a_lost_reply_doubles_nothing(world: World, site: str, path: str) -> None:
    for pattern in ("*/statuses/*", "*/labels", "/rest/api/2/issue/*"):
        for verb in ("POST", "PUT"):
            fake(world, site).faults.lose_reply(pattern, method=verb, times=3)
    applier = world.applier(site)
    for _ in range(20):
        world.work(applier)
        world.now += 120_000
    assert world.left(site) == 0
    statuses, labels = world.effects()
    assert {place: count for place, count in statuses.items() if count > 1} == {}
    assert [told for told, count in labels.items() if count > 1] == []


@BOTH
def test_a_crash_before_it_was_noted_doubles_nothing(
    world: World, site: str, path: str, tmp_path: Path
) -> None:
    before = tmp_path / "before.sqlite"
    with closing(sqlite3.connect(str(world.store.url.database))) as connection:
        connection.execute("VACUUM INTO ?", [str(before)])
    world.applier(site).step()
    once = world.effects()
    world.store.close()
    for end in ("-wal", "-shm"):
        Path(f"{world.store.url.database}{end}").unlink(missing_ok=True)
    shutil.copy(before, str(world.store.url.database))  # as if the process had died before its commit
    world.applier(site).step()
    statuses, labels = world.effects()
    assert {place: count for place, count in statuses.items() if count > 1} == {}
    assert labels == once[1]


# --- when the tracker says no


@BOTH
def test_a_refusal_is_told_once_and_the_others_go_on(
    world: World, site: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    number = _first(world.store, site)
    place = f"*/{number.rpartition('#')[2]}/labels" if site == "github.com" else f"*/issue/{number}"
    fake(world, site).faults.fail(place, 403, message="No")
    applier = world.applier(site)
    world.work(applier)
    world.now += 7_200_000
    world.work(applier)
    states = world.states(site)
    assert states[work.WAITING] == 0
    assert states[work.SENT] > 10
    assert capsys.readouterr().out.count("change refused") == states[work.REFUSED_CHANGE] > 0


@BOTH
def test_a_token_that_is_not_accepted_pauses_the_site(
    world: World, site: str, path: str, capsys: pytest.CaptureFixture[str]
) -> None:
    planned = world.states(site)
    fake(world, site).faults.fail(path, 401, message="Bad credentials")
    applier = world.applier(site)
    for _ in range(30):
        world.work(applier)
        world.now += 60_000
    assert world.states(site) == planned  # nothing is refused for good
    assert len(fake(world, site).ledger.calls) <= 8
    assert capsys.readouterr().out.count("site paused") == 1
    said = create_app(world.config, world.store).test_client().get("/readyz")
    assert said.status_code == 503
    assert any(f"{site} does not accept us" in cause for cause in (said.json or {})["causes"])


@BOTH
def test_a_mended_token_goes_on_where_it_was(world: World, site: str, path: str) -> None:
    fake(world, site).faults.fail(path, 401)
    applier = world.applier(site)
    world.work(applier)
    fake(world, site).faults.clear()
    world.now += 601_000
    world.work(applier)
    assert world.states(site)[work.WAITING] == 0
    said = create_app(world.config, world.store).test_client().get("/readyz").json or {}
    assert [cause for cause in said["causes"] if site in cause] == []


def test_no_secret_reaches_the_log_or_the_store(world: World, capsys: pytest.CaptureFixture[str]) -> None:
    for status in (401, 403, 404, 429, 500):
        for site, path in SITES:
            fake(world, site).faults.clear()
            fake(world, site).faults.fail(path, status, message=f"Not {TOKENS[site]}")
            world.now += 86_400_000
            world.applier(site).step()
    with world.store.read() as connection:
        held = str(connection.execute(select(outbox.c.error)).scalars().all())
    assert "canary" not in held + capsys.readouterr().out


# --- without credentials


def test_without_credentials_nothing_is_sent_and_all_is_shown(
    told: Quarter, folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(folder, tmp_path / "own")
    secrets = {name: value for name, value in ENVIRON.items() if "WEBHOOK" in name}
    config = load_config(tmp_path / "own" / "app.yaml", secrets)
    store = open_store(config.store_url.get_secret_value())
    with store.write() as connection:
        connection.execute(outbox.delete())
        work.mark_dirty(connection, range(1, 2000), 0)
    drain(Engine(config, store, clock=lambda: _millis(told.deliveries[MANY].at)))
    with store.read() as connection:
        states = set(connection.execute(select(outbox.c.state)).scalars())
    store.close()
    assert all(site.dry for site in config.sites)
    assert states == {work.DRY}


def _first(store: Store, site: str) -> str:
    """The tracker's id of the first item with a label to be set."""
    waits = (outbox.c.site == site) & (outbox.c.state == work.WAITING)
    query = select(items.c.tid).join(outbox, outbox.c.item == items.c.id).where(waits)
    with store.read() as connection:
        found = connection.execute(query.where(outbox.c.surface.startswith("label:")).order_by(outbox.c.id))
        return str(found.scalars().first())


def _parcel(sent: Delivery) -> Parcel:
    headers = {name.lower(): value for name, value in sent.headers.items()}
    return Parcel(sent.source, sent.site, sent.id, sent.event, _millis(sent.at), headers, sent.body)


def _millis(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
