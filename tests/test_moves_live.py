"""From a planner's word to the tracker and back: moved once, taken back once, never over somebody's hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import responses
from sqlalchemy import select

from linker.config import load_config
from linker.model import Change, Decision, ItemId
from linker.store import Store, deliveries, open_store, work
from linker.store.deliveries import Parcel
from linker.store.queues import outbox
from linker.store.tables import items
from linker.trackers.api import open_api
from webhooks.applier import Applier
from webhooks.engine import Engine, drain
from webhooks.inbox import Inbox
from webhooks.simulator import Delivery, Quarter
from webhooks.simulator.fakes import GitHubState, JiraState, create_github, create_jira, mount
from webhooks.sites import access

GITHUB, JIRA = "https://api.github.example.com", "https://northwind.example.com"
NAMES = ("GITHUB_WEBHOOK_SECRET", "JIRA_WEBHOOK_SECRET", "GITHUB_TOKEN", "JIRA_USER", "JIRA_TOKEN")
ENVIRON = {name: f"canary-{name}" for name in NAMES}
PLATFORM = "northwind/platform"


class Story(NamedTuple):
    """One item that is planned, where it is, and two other places that go on."""

    item: ItemId
    at: str
    to: str
    other: str


class World:
    """A store that knows one planned item of each tracker, beside the trackers as they stand."""

    def __init__(self, told: Quarter, folder: Path, mock: responses.RequestsMock) -> None:
        (folder / "app.yaml").write_text(told.app_yaml(GITHUB, JIRA))
        (folder / "okrs.yaml").write_text(told.okrs_yaml)
        self.config = load_config(folder / "app.yaml", ENVIRON)
        self.store: Store = open_store(self.config.store_url.get_secret_value())
        self.store.create()
        self.now = int(told.now.timestamp() * 1000)
        self.echoes: list[Delivery] = []
        self.github, self.jira = GitHubState(told, told.now), JiraState(told, told.now)
        self.github.on_delivery = self.jira.on_delivery = self.echoes.append
        mount(mock, create_github(self.github), GITHUB)
        mount(mock, create_jira(self.jira), JIRA)
        self.stories = {"jira": self._ticket(), "github": self._issue()}
        self.keep(
            [_delivery(one) for one in told.told if one.event in ("milestone",) or "sprint_" in one.event]
        )
        for story in self.stories.values():
            self.keep([self.body(story)])
        self.fold()

    def _ticket(self) -> Story:
        going = [n for n, one in self.jira.sprints.items() if one["state"] != "closed"]
        for held in self.jira.issues.values():
            told = held.now()
            now = [n for one in told["fields"].get("customfield_10020") or () if (n := one["id"]) in going]
            if now and told["fields"]["status"]["statusCategory"]["key"] != "done":
                places = [f"jira:northwind:sprint:{n}" for n in (now[0], *(n for n in going if n != now[0]))]
                return Story(ItemId("jira", "northwind", told["id"]), *places[:3])
        raise AssertionError("no ticket is planned")

    def _issue(self) -> Story:
        milestones = self.github.milestones[PLATFORM]
        milestones[77] = max(milestones.items())[1] | {"id": 7700, "number": 77, "title": "Some day"}
        known = milestones.values()
        going = [one["id"] for one in known if one["state"] == "open"]
        for number, held in self.github.all_items(PLATFORM):
            told = held.now(PLATFORM)
            own = (told["milestone"] or {}).get("id")
            if own in going and told["state"] == "open":
                places = [f"github:github.com:milestone:{n}" for n in (own, *(n for n in going if n != own))]
                row = self.github.repositories[PLATFORM]["id"]
                return Story(ItemId("github", "github.com", f"{row}#{number}"), *places[:3])
        raise AssertionError("no issue is planned")

    def body(self, story: Story) -> Delivery:
        """The last that the tracker told of an item."""
        at = self.jira.now
        if story.item.tracker == "jira":
            held = self.jira.issues[story.item.id]
            return Delivery(
                at,
                "jira",
                "northwind",
                f"j{len(held.raw)}",
                "jira:issue_updated",
                {},
                held.raw[-1],
            )
        issue = self.github.items[PLATFORM, int(story.item.id.partition("#")[2])]
        head = {"x-github-event": "issues"}
        return Delivery(at, "github", "github.com", f"g{len(issue.raw)}", "issues", head, issue.raw[-1])

    def keep(self, sent: list[Delivery]) -> None:
        with self.store.write() as connection:
            deliveries.keep(connection, [_parcel(one, self.now) for one in sent])

    def decide(self, story: Story, own: str, **other: Any) -> None:
        self.now += 1000
        content = {"id": own, "item": story.item, "kind": "move", "actor": "planner", "at": self.now, **other}
        Inbox(self.store).decide(Decision.model_validate(content))
        self.fold()

    def fold(self) -> None:
        drain(Engine(self.config, self.store, clock=lambda: self.now))

    def send(self, story: Story) -> None:
        """Send all that waits for a site."""
        site = next(one for one in self.config.sites if one.name == story.item.site)
        api = open_api(access(self.config, site, spacing=0.0))
        applier = Applier(site.name, api, self.store, Inbox(self.store), clock=lambda: self.now)
        applier.budget.load()
        while applier.step():
            pass

    def echo(self) -> None:
        """What the trackers told since comes in."""
        self.keep(self.echoes)
        self.echoes.clear()
        self.fold()

    def by_hand(self, story: Story, to: str) -> None:
        """Somebody moves the item in its tracker."""
        number = int(to.rpartition(":")[2])
        if story.item.tracker == "jira":
            told = self.jira.sprints[number]
            self.jira.set_sprint(self.jira.issues[story.item.id], told | {"boardId": told["originBoardId"]})
        else:
            known = self.github.milestones[PLATFORM]
            goal = next(own for own, one in known.items() if one["id"] == number)
            path = f"/repos/{PLATFORM}/issues/{story.item.id.partition('#')[2]}"
            signed = {"Authorization": "token theirs"}
            create_github(self.github).test_client().patch(path, json={"milestone": goal}, headers=signed)
            self.github.ledger.calls.clear()

    def there(self, story: Story) -> str | None:
        """Where the item is in its tracker."""
        site = next(one for one in self.config.sites if one.name == story.item.site)
        api = open_api(access(self.config, site, spacing=0.0))
        asked = Change(item=story.item, surface="sprint", desired={"to": None, "from": [], "decision": ""})
        found = api.current(asked)["to"]
        assert found is None or isinstance(found, str)
        return found

    def known(self, story: Story) -> list[str]:
        """The sprints of the item that go on, as the store has them."""
        with self.store.read() as connection:
            doc = connection.execute(select(items.c.doc).where(items.c.tid == story.item.id)).scalar_one()
        return [one for one in doc["f"]["sprints"][3] if one in (story.at, story.to, story.other)]

    def plans(self) -> list[tuple[int, str | None]]:
        """The state of what we want on sprints, and what the tracker said of it."""
        with self.store.read() as connection:
            query = select(outbox.c.state, outbox.c.error).where(outbox.c.surface == "sprint")
            return [(state, error) for state, error in connection.execute(query)]

    def moves(self, tracker: str) -> int:
        """How many times an item was moved by us."""
        ledger = self.jira.ledger if tracker == "jira" else self.github.ledger
        wrote = [call for call in ledger.writes() if call.method in ("POST", "PATCH")]
        return len([call for call in wrote if "/agile/" in call.path or call.method == "PATCH"])


@pytest.fixture
def world(told: Quarter, tmp_path: Path) -> Iterator[World]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        made = World(told, tmp_path, mock)
        yield made
        made.store.close()


BOTH = pytest.mark.parametrize("tracker", ["jira", "github"])


@BOTH
def test_a_move_is_written_once_and_its_echo_ends_it(world: World, tracker: str) -> None:
    story = world.stories[tracker]
    world.decide(story, "m", sprint=story.to, seen=[story.at])
    world.send(story)
    assert world.there(story) == story.to
    for _ in range(3):
        world.echo()
        world.send(story)
    assert world.known(story) == [story.to]
    assert (world.moves(tracker), world.plans()) == (1, [(work.SENT, None)])


@BOTH
def test_a_move_to_the_backlog_and_back(world: World, tracker: str) -> None:
    story = world.stories[tracker]
    world.decide(story, "m", sprint=None, seen=[story.at])
    world.send(story)
    world.echo()
    assert (world.there(story), world.known(story)) == (None, [])
    world.decide(story, "u", undoes="m")
    world.send(story)
    world.echo()
    world.send(story)
    assert (world.there(story), world.known(story), world.moves(tracker)) == (story.at, [story.at], 2)


@BOTH
def test_an_undo_in_time_sends_nothing(world: World, tracker: str) -> None:
    story = world.stories[tracker]
    world.decide(story, "m", sprint=story.to, seen=[story.at])
    world.decide(story, "u", undoes="m")
    world.send(story)
    assert (world.there(story), world.moves(tracker)) == (story.at, 0)
    assert world.plans() == [(work.MOOT, None)]


@BOTH
def test_an_undo_works_though_the_tracker_never_tells_of_the_move(world: World, tracker: str) -> None:
    """What was moved is read back, so that a webhook that is lost holds up nothing."""
    story = world.stories[tracker]
    world.decide(story, "m", sprint=story.to, seen=[story.at])
    world.send(story)
    assert world.there(story) == story.to
    world.decide(story, "u", undoes="m")
    world.send(story)
    world.fold()
    assert (world.there(story), world.known(story), world.moves(tracker)) == (story.at, [story.at], 2)


@BOTH
def test_late_echoes_move_nothing(world: World, tracker: str) -> None:
    story = world.stories[tracker]
    world.decide(story, "m", sprint=story.to, seen=[story.at])
    world.send(story)
    world.decide(story, "u", undoes="m")
    world.send(story)
    late, world.echoes[:] = world.echoes[::-1], []
    for echo in late:
        world.echoes.append(echo)
        world.echo()
        world.send(story)
    assert (world.there(story), world.known(story), world.moves(tracker)) == (story.at, [story.at], 2)


@BOTH
def test_whoever_moves_it_in_between_has_the_last_word_and_is_told(world: World, tracker: str) -> None:
    story = world.stories[tracker]
    world.decide(story, "m", sprint=story.to, seen=[story.at])
    world.by_hand(story, story.other)
    world.send(story)
    ((state, error),) = world.plans()
    assert state == work.REFUSED_CHANGE
    assert error is not None
    assert error.startswith("It was moved to ")
    world.echo()
    world.send(story)
    assert (world.there(story), world.moves(tracker)) == (story.other, 0)


def lost(world: World, tracker: str) -> Story:
    """A move was made, and its answer never came."""
    story = world.stories[tracker]
    world.decide(story, "m", sprint=story.to, seen=[story.at])
    path, method = {"jira": ("/rest/agile/1.0/*", "POST"), "github": ("*/issues/*", "PATCH")}[tracker]
    (world.jira if tracker == "jira" else world.github).faults.lose_reply(path, method=method)
    world.send(story)
    world.now += 3_600_000
    world.fold()
    return story


@BOTH
@pytest.mark.parametrize("told_first", [False, True])
def test_a_lost_reply_moves_nothing_twice_and_is_noted(world: World, tracker: str, told_first: bool) -> None:
    story = lost(world, tracker)
    if told_first:
        world.echo()
    world.send(story)
    world.echo()
    assert (world.there(story), world.moves(tracker), world.plans()) == (story.to, 1, [(work.SENT, None)])


@BOTH
@pytest.mark.parametrize("told_first", [False, True])
def test_what_had_no_answer_can_be_taken_back(world: World, tracker: str, told_first: bool) -> None:
    story = lost(world, tracker)
    if told_first:
        world.echo()
    world.decide(story, "u", undoes="m")
    for _ in range(2):
        world.send(story)
        world.echo()
    assert (world.there(story), world.moves(tracker)) == (story.at, 2)


@BOTH
def test_a_missing_right_is_said_and_nothing_happens(world: World, tracker: str) -> None:
    story = world.stories[tracker]
    world.jira.schedules = world.github.pushes = False
    world.decide(story, "m", sprint=story.to, seen=[story.at])
    world.send(story)
    ((state, error),) = world.plans()
    assert state == work.REFUSED_CHANGE
    assert error is not None
    assert "Schedule Issues" in error or "write access to issues" in error
    assert world.there(story) == story.at


def _delivery(told: Any) -> Delivery:
    headers = {"x-github-event": told.event}
    site = "northwind" if told.source == "jira" else "github.com"
    return Delivery(told.at, told.source, site, f"{told.at}-{told.subject}", told.event, headers, told.body)


def _parcel(sent: Delivery, now: int) -> Parcel:
    headers = {name.lower(): value for name, value in sent.headers.items()}
    return Parcel(sent.source, sent.site, sent.id, sent.event, now, headers, sent.body)
