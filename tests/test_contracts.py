"""The judge of our requests is awake, its exceptions are true, and both trackers have the same methods."""

import inspect
import itertools
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import pytest
import responses
from github import Auth, Github
from requests import Request
from wire import (
    CONTRACTS,
    GITHUB,
    GITHUB_WIRE,
    JIRA,
    NOT_DESCRIBED,
    NOW,
    github_access,
    jira_access,
    judge,
    label,
    web,
)

from linker.model import Change, ItemId
from linker.trackers.api import TRACKERS
from linker.trackers.github_api import GitHubApi
from linker.trackers.jira_api import JiraApi
from linker.trackers.outcome import Blocked, Page, Unreachable
from webhooks.simulator.fakes import GitHubState, JiraState, create_github, create_jira, mount
from webhooks.simulator.play import Quarter

judged = pytest.mark.skipif(
    not CONTRACTS.is_dir(), reason="the contracts are not in ../shared/data/contracts"
)

SIGNED = {"Authorization": "token x", "Content-Type": "application/json"}
BREACHES = [
    ("GET", f"{GITHUB}/repos/acme/pay/issues?state=any", "", "state"),
    ("GET", f"{GITHUB}/repos/acme/pay/pulls?since=2026-10-05T00:00:00Z", "", "since"),
    ("GET", f"{GITHUB}/repos/acme/pay/tags", "", "Path"),
    ("POST", f"{GITHUB}/repos/acme/pay/statuses/abc", '{"state": "green"}', "Body"),
    ("POST", f"{GITHUB}/repos/acme/pay/labels", '{"color": "c5d3e0"}', "Body"),
    ("PUT", f"{GITHUB}/repos/acme/pay/issues/7", "{}", "Operation"),
    ("PATCH", f"{GITHUB}/repos/acme/pay/issues/7", '{"milestone": [6]}', "Body"),
    ("GET", f"{JIRA}/rest/api/2/search/jql?jql=x&startAt=50", "", "startAt"),
    ("GET", f"{JIRA}/rest/agile/1.0/board?projectKey=PAY", "", "projectKey"),
    ("POST", f"{JIRA}/rest/agile/1.0/sprint/31/issue", '{"issues": [10063]}', "Body"),
    ("POST", f"{JIRA}/rest/agile/1.0/backlog/issue", '{"keys": ["PAY-63"]}', "Body"),
    ("PUT", f"{JIRA}/rest/api/2/issue/10063", '{"update": ["kr:O1.KR2"]}', "Body"),
    ("POST", f"{JIRA}/rest/api/2/search/approximate-count", '{"jql": 5}', "Body"),
]


@judged
@pytest.mark.parametrize(("verb", "url", "body", "named"), BREACHES)
def test_a_request_that_breaks_a_contract_is_named(verb: str, url: str, body: str, named: str) -> None:
    complaint = judge(Request(verb, url, headers=SIGNED, data=body).prepare())
    assert complaint is not None
    assert named in complaint


@judged
@pytest.mark.parametrize("known", NOT_DESCRIBED)
def test_what_is_excused_is_really_not_described(known: str) -> None:
    verb, path = known.replace(r"\d+", "7").split(" ")
    assert judge(Request(verb, GITHUB + path, headers=SIGNED).prepare(), excused={}) is not None


@judged
def test_the_bare_label_array_is_the_known_false_alarm_and_we_send_none() -> None:
    """GitHub takes it and PyGithub's own method sends it, but the contract asks for an object, as we send."""
    with responses.RequestsMock() as mock:
        mock.add("POST", re.compile(".*/issues/7/labels"), json=[])
        Github(auth=Auth.Token("x"), lazy=True).get_repo("acme/pay").get_issue(7).add_to_labels("kr:O1.KR2")
        bare = mock.calls[-1].request
    assert bare.body == '["kr:O1.KR2"]'
    assert judge(bare) is not None
    assert (
        judge(Request("POST", bare.url, headers=SIGNED, data='{"labels": ["kr:O1.KR2"]}').prepare()) is None
    )


@judged
def test_that_null_takes_an_issue_out_of_its_milestone_is_what_github_says() -> None:
    """Its contract says so in words, and by `nullable` beside `oneOf`, which validators read as nothing."""
    text = (CONTRACTS / "github-openapi.subset.json").read_text()
    assert "or use `null` to remove the current milestone" in text
    taken = Request("PATCH", f"{GITHUB}/repos/acme/pay/issues/7", headers=SIGNED, data='{"milestone": null}')
    assert judge(taken.prepare()) is None


def _methods(api: type) -> Iterator[tuple[str, str]]:
    for name, method in inspect.getmembers(api, inspect.isfunction):
        if not name.startswith("_"):
            yield name, str(inspect.signature(method))


def test_both_trackers_are_spoken_to_alike() -> None:
    assert dict(_methods(TRACKERS["github"])) == dict(_methods(TRACKERS["jira"]))


# --- a whole company, each request within the contracts


@pytest.fixture
def sites(told: Quarter) -> Iterator[tuple[GitHubState, JiraState]]:
    """Both trackers of the company, as they stand."""
    github, jira = create_github(told), create_jira(told)
    with web() as mock:
        mount(mock, github, GITHUB_WIRE)
        mount(mock, jira, JIRA)
        yield github.extensions["fake"], jira.extensions["fake"]


@pytest.fixture
def github(sites: tuple[GitHubState, JiraState]) -> tuple[GitHubApi, GitHubState]:
    return GitHubApi(github_access()), sites[0]


@pytest.fixture
def jira(sites: tuple[GitHubState, JiraState]) -> tuple[JiraApi, JiraState]:
    return JiraApi(jira_access()), sites[1]


def _items(pages: Iterable[Page]) -> tuple[set[ItemId], Page]:
    """The items of work in some pages, and the last page."""
    last, found = None, set()
    for last in pages:
        found |= {seen.item for facts in last.facts for seen in facts.observations if seen.item.place is None}
        assert not [facts.ignored for facts in last.facts if facts.ignored]
    assert last is not None
    return found, last


def test_a_backfill_of_github_finds_everything(github: tuple[GitHubApi, GitHubState]) -> None:
    api, held = github
    for name, repository in held.repositories.items():
        found, last = _items(api.pages(name, None, None, NOW))
        assert found == {
            ItemId("github", "github.com", f"{repository['id']}#{n}") for n, _ in held.all_items(name)
        }
        assert (last.done, last.total) == (len(found), len(found))


def test_a_backfill_of_jira_finds_everything(jira: tuple[JiraApi, JiraState]) -> None:
    api, held = jira
    for key in held.projects:
        found, last = _items(api.pages(key, None, None, NOW))
        assert len(found) == last.done == last.total
        assert found == {
            ItemId("jira", "northwind", i.now()["id"])
            for i in held.issues.values()
            if i.now()["key"].startswith(f"{key}-")
        }


def test_a_backfill_since_a_day_finds_what_changed_since(
    github: tuple[GitHubApi, GitHubState], jira: tuple[JiraApi, JiraState]
) -> None:
    day = datetime(2026, 11, 10, tzinfo=UTC)
    since = int(day.timestamp()) * 1000
    listed = dict(github[1].all_items("northwind/platform"))
    changed = {
        n for n, one in listed.items() if one.now("northwind/platform")["updated_at"] >= day.isoformat()[:19]
    }
    found, last = _items(github[0].pages("northwind/platform", since, None, NOW))
    assert {int(item.id.partition("#")[2]) for item in found} == changed
    assert len(listed) > len(changed) == last.total
    tickets = [one.now() for one in jira[1].issues.values()]
    newer = {
        one["id"]
        for one in tickets
        if one["key"][:4] == "PAY-" and one["fields"]["updated"] >= day.isoformat()
    }
    assert {item.id for item in _items(jira[0].pages("PAY", since, None, NOW))[0]} == newer


def test_a_backfill_that_is_cut_short_anywhere_goes_on_where_it_was(
    github: tuple[GitHubApi, GitHubState],
) -> None:
    api, held = github
    whole, _ = _items(api.pages("northwind/platform", None, None, NOW))
    for number, _ in held.all_items("northwind/platform"):
        if number % 5 == 0:
            held.faults.limit(f"*/pulls/{number}/commits", times=1)
    found: set[ItemId] = set()
    cursor: str | None = None
    blocked = 0
    for _ in range(100):
        try:
            for page in api.pages("northwind/platform", None, cursor, NOW):
                found |= _items([page])[0]
                cursor = page.cursor
            break
        except Blocked:
            blocked += 1
    assert found == whole
    assert blocked > 5


def test_labels_and_statuses_are_written_once_whatever_gets_lost(
    github: tuple[GitHubApi, GitHubState],
) -> None:
    api, held = github
    (place, one) = next((place, one) for place, one in held.items.items() if one.part == "pull_request")
    sha = one.now(place[0])["head"]["sha"]
    item = ItemId("github", "github.com", f"{held.repositories[place[0]]['id']}#{place[1]}")
    said: dict[str, str | bool | None] = {
        "state": "success",
        "description": "Serves O1.KR2.",
        "context": "sightline",
    }
    for change in (
        label(item),
        Change(item=item, surface=f"status:{sha}", desired=said),
        label(item, present=False),
    ):
        held.faults.lose_reply("*", method="POST")
        held.faults.lose_reply("*", method="DELETE")
        for _ in range(4):
            with suppress(Unreachable):
                api.apply(change)
        assert api.current(change).items() >= change.desired.items()
    assert len(held.ledger.writes("*/statuses/*")) == 1
    assert not held.ledger.refused()


def test_a_ticket_gets_its_label_in_one_write(jira: tuple[JiraApi, JiraState]) -> None:
    api, held = jira
    item = ItemId("jira", "northwind", next(iter(held.issues.values())).now()["id"])
    for change in (label(item), label(item, "kr:2026Q4/O2.KR1"), label(item, present=False)):
        assert api.apply(change) == api.apply(change)
        assert api.current(change) == change.desired
    assert {call.method for call in held.ledger.writes()} == {"PUT"}
    assert not held.ledger.refused()


def test_a_ticket_goes_round_the_sprints_in_one_write_each(jira: tuple[JiraApi, JiraState]) -> None:
    api, held = jira
    going = sorted(
        f"jira:northwind:sprint:{n}" for n, one in held.sprints.items() if one["state"] != "closed"
    )
    ticket = next(one for one in held.issues.values() if _open_sprint(held, one.now()) == going[0])
    item = ItemId("jira", "northwind", ticket.now()["id"])
    way: list[str | None] = [going[0], going[1], None, going[0]]
    for before, to in itertools.pairwise(way):
        desired = {"to": to, "from": [before] if before else [], "decision": f"to {to}"}
        change = Change(item=item, surface="sprint", desired=desired)
        held.faults.lose_reply("/rest/agile/1.0/*", method="POST")
        with pytest.raises(Unreachable):
            api.apply(change)
        assert (api.apply(change), api.current(change)) == ("already", {"to": to})
    assert len(held.ledger.writes()) == 3
    assert not held.ledger.refused()


def test_an_issue_goes_round_the_milestones_in_one_write_each(github: tuple[GitHubApi, GitHubState]) -> None:
    api, held = github
    name = "northwind/platform"
    first, second = [one for one in held.milestones[name].values() if one["state"] == "open"][:2]
    number = next(
        n for n, one in held.all_items(name) if (one.now(name)["milestone"] or {}).get("id") == first["id"]
    )
    item = ItemId("github", "github.com", f"{held.repositories[name]['id']}#{number}")
    way = [first["id"], second["id"], None, first["id"]]
    for before, to in itertools.pairwise(f"github:github.com:milestone:{n}" if n else None for n in way):
        desired = {"to": to, "from": [before] if before else [], "decision": f"to {to}"}
        change = Change(item=item, surface="sprint", desired=desired)
        held.faults.lose_reply("*/issues/*", method="PATCH")
        with pytest.raises(Unreachable):
            api.apply(change)
        assert (api.apply(change), api.current(change)) == ("already", {"to": to})
    assert len(held.ledger.writes()) == 3
    assert not held.ledger.refused()


def _open_sprint(held: JiraState, told: dict[str, Any]) -> str | None:
    now = [held.sprint_now(value) for value in told["fields"].get("customfield_10020") or ()]
    return next((f"jira:northwind:sprint:{one['id']}" for one in now if one["state"] != "closed"), None)
