"""A move on the wire: looked at before, written once, looked at after, refused in words where it must be."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from wire import GITHUB_WIRE, JIRA, github_access, jira_access, sent, web

from linker.model import Change, ItemId
from linker.trackers import FieldMap
from linker.trackers.github_api import GitHubApi
from linker.trackers.jira_api import JiraApi
from linker.trackers.outcome import Gone, Refused, Unreachable

API, AGILE = f"{JIRA}/rest/api/2", f"{JIRA}/rest/agile/1.0"
PAY = f"{GITHUB_WIRE}/repos/acme/pay"
TICKET, ISSUE = ItemId("jira", "northwind", "10063"), ItemId("github", "github.com", "1296269#7")
REPOSITORY = {"id": 1296269, "name": "pay", "full_name": "acme/pay", "private": True}
FIELD = "customfield_10020"


def move(item: ItemId, to: int | str | None, *before: int) -> Change:
    place = f"{item.tracker}:{item.site}:{'sprint' if item.tracker == 'jira' else 'milestone'}"
    goal = f"{place}:{to}" if isinstance(to, int) else to
    desired = {"to": goal, "from": [f"{place}:{number}" for number in before], "decision": "d1"}
    return Change(item=item, surface="sprint", desired=desired)


def bodies(mock: responses.RequestsMock, verb: str) -> list[Any]:
    return [json.loads(call.request.body or "") for call in mock.calls if call.request.method == verb]


# --- Jira


def ticket(*open_ones: int, closed: tuple[int, ...] = (), old: bool = False) -> dict[str, Any]:
    """A ticket that is in sprints, as objects or as the old strings."""
    told: list[Any] = [{"id": n, "name": f"PAY Sprint {n}", "state": "closed"} for n in closed]
    told += [{"id": n, "name": f"PAY Sprint {n}", "state": "active"} for n in open_ones]
    if old:
        kind = "com.atlassian.greenhopper.service.sprint.Sprint@1f"
        told = [f"{kind}[id={one['id']},state={one['state'].upper()},name={one['name']}]" for one in told]
    return {"id": "10063", "key": "PAY-63", "fields": {FIELD: told or None}}


@pytest.fixture
def jira() -> Iterator[responses.RequestsMock]:
    with web() as mock:
        mock.get(f"{API}/serverInfo", json={"deploymentType": "Cloud"})
        schema = {"type": "array", "custom": "com.pyxis.greenhopper.jira:gh-sprint"}
        mock.get(f"{API}/field", json=[{"id": FIELD, "name": "Sprint", "schema": schema}])
        mock.get(f"{API}/status", json=[])
        yield mock


@pytest.fixture
def api() -> JiraApi:
    return JiraApi(jira_access())


@pytest.mark.parametrize("old", [False, True])
def test_a_ticket_goes_to_another_sprint_in_one_write(
    jira: responses.RequestsMock, api: JiraApi, old: bool
) -> None:
    for found in (ticket(5, closed=(3,), old=old), ticket(6, closed=(3,), old=old)):
        jira.get(f"{API}/issue/10063", json=found)
    jira.post(f"{AGILE}/sprint/6/issue", status=204)
    assert api.apply(move(TICKET, 6, 5)) == "moved"
    assert bodies(jira, "POST") == [{"issues": ["10063"]}]
    asked = [call for call in sent(jira) if "issue" in call]
    read = "GET /rest/api/2/issue/10063"
    assert asked == [read, "POST /rest/agile/1.0/sprint/6/issue", read]


def test_a_ticket_goes_to_the_backlog(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.get(f"{API}/issue/10063", json=ticket(5))
    jira.get(f"{API}/issue/10063", json=ticket())
    jira.post(f"{AGILE}/backlog/issue", status=204)
    assert api.apply(move(TICKET, None, 5)) == "moved"
    assert bodies(jira, "POST") == [{"issues": ["10063"]}]


def test_a_ticket_that_is_there_is_not_written(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.get(f"{API}/issue/10063", json=ticket(6, closed=(5,)))
    assert api.apply(move(TICKET, 6, 5)) == "already"
    assert api.current(move(TICKET, 6, 5)) == {"to": "jira:northwind:sprint:6"}
    assert not bodies(jira, "POST")


def test_a_ticket_that_somebody_moved_is_left_where_it_is(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.get(f"{API}/issue/10063", json=ticket(9))
    with pytest.raises(
        Refused, match=r"^It was moved to PAY Sprint 9 in Jira meanwhile, so it was left there.$"
    ):
        api.apply(move(TICKET, 6, 5))
    jira.replace("GET", f"{API}/issue/10063", json=ticket(closed=(9,)))
    with pytest.raises(Refused, match=r"moved to the backlog in Jira meanwhile"):
        api.apply(move(TICKET, 6, 5))
    assert not bodies(jira, "POST")


def test_a_sprint_that_ended_with_the_ticket_in_it_is_no_move(
    jira: responses.RequestsMock, api: JiraApi
) -> None:
    jira.get(f"{API}/issue/10063", json=ticket(closed=(5,)))
    jira.get(f"{API}/issue/10063", json=ticket(6, closed=(5,)))
    jira.post(f"{AGILE}/sprint/6/issue", status=204)
    assert api.apply(move(TICKET, 6, 5)) == "moved"


def test_a_lost_reply_moves_nothing_twice(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.get(f"{API}/issue/10063", json=ticket(5))
    jira.get(f"{API}/issue/10063", json=ticket(6))
    jira.post(f"{AGILE}/sprint/6/issue", status=504)
    with pytest.raises(Unreachable):
        api.apply(move(TICKET, 6, 5))
    assert api.apply(move(TICKET, 6, 5)) == "already"
    assert len(bodies(jira, "POST")) == 1


def test_a_write_that_shows_nowhere_is_no_success(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.get(f"{API}/issue/10063", json=ticket(5))
    jira.post(f"{AGILE}/sprint/6/issue", status=204)
    with pytest.raises(Unreachable, match=r"does not show the change"):
        api.apply(move(TICKET, 6, 5))


def test_a_sprint_that_is_closed_or_gone_is_named(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.get(f"{API}/issue/10063", json=ticket(5))
    jira.post(f"{AGILE}/sprint/6/issue", status=400, json={"errorMessages": ["only active or future"]})
    jira.get(f"{AGILE}/sprint/6", json={"id": 6, "name": "PAY Sprint 6", "state": "closed"})
    with pytest.raises(Refused, match=r"^PAY Sprint 6 is closed in Jira. Choose a sprint that goes on.$"):
        api.apply(move(TICKET, 6, 5))
    jira.post(f"{AGILE}/sprint/7/issue", status=404)
    jira.get(f"{AGILE}/sprint/7", status=404)
    with pytest.raises(Refused, match=r"^Sprint 7 is not in Jira any more, or hidden from the account."):
        api.apply(move(TICKET, 7, 5))


def test_any_other_refusal_is_told_in_jira_s_own_words(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.get(f"{API}/issue/10063", json=ticket(5))
    jira.post(f"{AGILE}/sprint/6/issue", status=400, json={"errorMessages": ["Sub-tasks cannot be moved."]})
    jira.get(f"{AGILE}/sprint/6", json={"id": 6, "name": "PAY Sprint 6", "state": "active"})
    with pytest.raises(Refused, match=r"Sub-tasks cannot be moved"):
        api.apply(move(TICKET, 6, 5))


def test_a_missing_right_is_named(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.get(f"{API}/issue/10063", json=ticket(5))
    jira.post(f"{AGILE}/backlog/issue", status=403, json={"errorMessages": ["No"]})
    with pytest.raises(Refused, match=r"the permission Schedule Issues") as refused:
        api.apply(move(TICKET, None, 5))
    assert refused.value.status == 403


def test_a_ticket_that_is_gone_is_gone(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.get(f"{API}/issue/10063", status=404)
    with pytest.raises(Gone):
        api.apply(move(TICKET, 6, 5))


@pytest.mark.parametrize(
    "to",
    [
        "jira:southwind:sprint:6",
        "github:github.com:milestone:6",
        "jira:northwind:10063",
        "6",
        "jira:northwind:sprint:../x",
    ],
)
def test_what_is_no_sprint_of_the_site_is_never_asked_for(
    jira: responses.RequestsMock, api: JiraApi, to: str
) -> None:
    with pytest.raises(Refused, match=r"is no sprint"):
        api.apply(move(TICKET, to, 5))
    assert not [call for call in sent(jira) if "issue" in call]


def test_a_site_without_a_field_of_sprints_says_so(jira: responses.RequestsMock) -> None:
    jira.replace("GET", f"{API}/field", json=[])
    with pytest.raises(Refused, match=r"`fields.sprint` in app.yaml"):
        JiraApi(jira_access()).apply(move(TICKET, 6, 5))
    jira.get(f"{API}/issue/10063", json=ticket(6))
    known = JiraApi(jira_access(FieldMap(sprint=(FIELD,))))
    assert known.apply(move(TICKET, 6, 5)) == "already"


# --- GitHub


def milestone(own: int, state: str = "open") -> dict[str, Any]:
    return {"id": own, "number": own - 900, "title": f"Sprint {own}", "state": state}


def issue(inside: dict[str, Any] | None) -> dict[str, Any]:
    return {"number": 7, "title": "An issue", "state": "open", "milestone": inside}


@pytest.fixture
def github() -> Iterator[responses.RequestsMock]:
    """A repository with two open milestones and a closed one, and an issue in the first."""
    with web() as mock:
        mock.get(f"{GITHUB_WIRE}/repositories/1296269", json=REPOSITORY)
        mock.add_callback("GET", f"{PAY}/milestones", callback=_milestones)
        mock.get(f"{PAY}/issues/7", json=issue(milestone(905)))
        yield mock


def _milestones(request: Any) -> tuple[int, dict[str, str], str]:
    """Open ones on two pages; a link that leads elsewhere is not followed."""
    if "state=closed" in request.url:
        return 200, {}, json.dumps([milestone(904, "closed")])
    if "page=2" in request.url.replace("per_page", ""):
        return 200, {}, json.dumps([milestone(906)])
    onward = {"Link": '<https://evil.example.com/x?state=open&per_page=100&page=2>; rel="next"'}
    return 200, onward, json.dumps([milestone(905)])


@pytest.fixture
def hub() -> GitHubApi:
    return GitHubApi(github_access())


def test_an_issue_goes_to_another_milestone_by_its_number(
    github: responses.RequestsMock, hub: GitHubApi
) -> None:
    github.patch(f"{PAY}/issues/7", json=issue(milestone(906)))
    assert hub.apply(move(ISSUE, 906, 905)) == "moved"
    assert bodies(github, "PATCH") == [{"milestone": 6}]


def test_an_issue_goes_to_no_milestone(github: responses.RequestsMock, hub: GitHubApi) -> None:
    github.patch(f"{PAY}/issues/7", json=issue(None))
    assert hub.apply(move(ISSUE, None, 905)) == "moved"
    assert bodies(github, "PATCH") == [{"milestone": None}]
    assert not [call for call in sent(github) if call.endswith("/milestones")]


def test_an_issue_that_is_there_is_not_written(github: responses.RequestsMock, hub: GitHubApi) -> None:
    assert hub.apply(move(ISSUE, 905, 904)) == "already"
    assert hub.current(move(ISSUE, 905)) == {"to": "github:github.com:milestone:905"}


def test_an_issue_that_somebody_moved_is_left_where_it_is(
    github: responses.RequestsMock, hub: GitHubApi
) -> None:
    with pytest.raises(Refused, match=r"^It was moved to the milestone Sprint 905 on GitHub meanwhile"):
        hub.apply(move(ISSUE, 906))
    github.replace("GET", f"{PAY}/issues/7", json=issue(None))
    with pytest.raises(Refused, match=r"^It was moved to no milestone on GitHub meanwhile"):
        hub.apply(move(ISSUE, 906, 905))


@pytest.mark.parametrize("before", [(), (904,)])
def test_a_milestone_that_was_closed_with_the_issue_in_it_is_no_move(
    github: responses.RequestsMock, hub: GitHubApi, before: tuple[int, ...]
) -> None:
    github.replace("GET", f"{PAY}/issues/7", json=issue(milestone(904, "closed")))
    github.patch(f"{PAY}/issues/7", json=issue(milestone(906)))
    assert hub.apply(move(ISSUE, 906, *before)) == "moved"


def test_a_milestone_that_is_closed_or_gone_is_named(github: responses.RequestsMock, hub: GitHubApi) -> None:
    with pytest.raises(Refused, match=r"^Sprint 904 is closed on GitHub. Choose a milestone that is open.$"):
        hub.apply(move(ISSUE, 904, 905))
    with pytest.raises(Refused, match=r"^acme/pay has no such milestone any more."):
        hub.apply(move(ISSUE, 999, 905))
    assert not bodies(github, "PATCH")


def test_a_change_that_github_drops_in_silence_is_a_missing_right(
    github: responses.RequestsMock, hub: GitHubApi
) -> None:
    github.patch(f"{PAY}/issues/7", json=issue(milestone(905)))
    with pytest.raises(Refused, match=r"changed nothing. Give the token or the GitHub App write access"):
        hub.apply(move(ISSUE, 906, 905))


def test_a_lost_reply_of_github_moves_nothing_twice(github: responses.RequestsMock, hub: GitHubApi) -> None:
    github.patch(f"{PAY}/issues/7", status=502)
    with pytest.raises(Unreachable):
        hub.apply(move(ISSUE, 906, 905))
    github.replace("GET", f"{PAY}/issues/7", json=issue(milestone(906)))
    assert hub.apply(move(ISSUE, 906, 905)) == "already"
    assert len(bodies(github, "PATCH")) == 1
