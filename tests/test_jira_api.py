"""Jira as the service meets it: items with all of their history, one write per label, limits obeyed."""

import base64
import json
import logging
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
import responses
from responses import matchers
from wire import JIRA, NOW, TOKEN, jira_access, label, sent, web

from linker.model import ItemId
from linker.trackers import FieldMap
from linker.trackers.jira_api import JiraApi
from linker.trackers.outcome import Blocked, Gone, Refused, Unreachable

API = f"{JIRA}/rest/api/2"
AGILE = f"{JIRA}/rest/agile/1.0"
TICKET = ItemId("jira", "northwind", "10063")
SPRINT_FIELD = "com.pyxis.greenhopper.jira:gh-sprint"
MAILS = {
    "errorMessages": [
        "To discard the user notification either admin or project admin permissions are required."
    ]
}


def ticket(number: int, **other: Any) -> dict[str, Any]:
    """An issue as REST gives it."""
    fields: dict[str, Any] = {
        "summary": f"Ticket {number}",
        "issuetype": {"id": "10001", "name": "Story", "subtask": False},
        "status": {"id": "3", "name": "In Progress", "statusCategory": {"key": "indeterminate"}},
        "labels": [],
        "created": "2026-10-01T09:00:00.000+0000",
        "updated": "2026-10-05T09:00:00.000+0000",
        "project": {"id": "10000", "key": "PAY"},
    }
    return {"id": str(10000 + number), "key": f"PAY-{number}", "fields": fields | other}


def move(number: int) -> dict[str, Any]:
    """One entry of a history."""
    item = {
        "field": "status",
        "fieldId": "status",
        "from": "1",
        "fromString": "To Do",
        "to": "3",
        "toString": "In Progress",
    }
    return {"id": str(number), "created": f"2026-10-02T09:00:{number % 60:02}.000+0000", "items": [item]}


def sprint(number: int) -> dict[str, Any]:
    return {
        "id": number,
        "name": f"Sprint {number}",
        "state": "active",
        "startDate": "2026-10-05T09:00:00.000Z",
    }


@pytest.fixture
def jira() -> Iterator[responses.RequestsMock]:
    """Jira Cloud with its fields and statuses; a test adds what it needs."""
    with web() as mock:
        mock.get(f"{API}/serverInfo", json={"deploymentType": "Cloud", "versionNumbers": [1001, 0, 0]})
        points = {
            "id": "customfield_10016",
            "name": "Story Points",
            "custom": True,
            "clauseNames": ["labels"],
        }
        sprints = {
            "id": "customfield_10020",
            "name": "Sprint",
            "custom": True,
            "schema": {"type": "array", "custom": SPRINT_FIELD},
        }
        mock.get(f"{API}/field", json=[points | {"schema": {"type": "number"}}, sprints])
        mock.get(
            f"{API}/status",
            json=[{"id": "3", "name": "In Progress", "statusCategory": {"key": "indeterminate"}}],
        )
        yield mock


@pytest.fixture
def api() -> JiraApi:
    return JiraApi(jira_access())


# --- reading


def test_a_ticket_comes_with_all_of_its_history(jira: responses.RequestsMock, api: JiraApi) -> None:
    cut = {"startAt": 0, "maxResults": 2, "total": 3, "histories": [move(2), move(1)]}
    jira.get(f"{API}/issue/10063", json=ticket(63) | {"changelog": cut})
    jira.get(
        f"{API}/issue/10063/changelog",
        json={"startAt": 0, "maxResults": 2, "total": 3, "values": [move(0), move(1)]},
    )
    rest = matchers.query_param_matcher({"startAt": "2", "maxResults": "100"})
    jira.get(
        f"{API}/issue/10063/changelog",
        json={"startAt": 2, "total": 3, "isLast": True, "values": [move(2)]},
        match=[rest],
    )
    facts = api.read(str(TICKET), now=NOW)
    assert {seen.item for seen in facts.observations} >= {TICKET}
    assert NOW in {seen.read_at for seen in facts.observations}
    assert sent(jira).count("GET /rest/api/2/issue/10063/changelog") == 2


def test_fields_go_by_id_and_are_discovered_once(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.get(f"{API}/issue/PAY-12", json=ticket(12))
    api.read("jira:PAY-12", now=NOW)
    api.read("jira:pay-12", now=NOW)
    asked = parse_qs(urlsplit(str(jira.calls[-1].request.url)).query)["fields"][0].split(",")
    assert "customfield_10020" in asked
    assert "labels" in asked
    assert sent(jira).count("GET /rest/api/2/field") == 1


def test_what_is_discovered_helps_to_read_deliveries_and_app_yaml_has_the_last_word(
    jira: responses.RequestsMock,
) -> None:
    own = JiraApi(jira_access(FieldMap(points=("customfield_99",)))).view()
    assert own.fields.points == ("customfield_99",)
    assert own.fields.sprint == ("customfield_10020",)
    assert own.categories["In Progress"] == "doing"


@pytest.mark.parametrize("place", ["project", "board"])
def test_places_are_read_by_their_number(jira: responses.RequestsMock, api: JiraApi, place: str) -> None:
    jira.get(f"{API if place == 'project' else AGILE}/{place}/3", json={"id": 3, "key": "PAY", "name": "Pay"})
    (seen,) = api.read(f"jira:northwind:{place}:3", now=NOW).observations
    assert (seen.item.place, seen.facets.title) == (place, "Pay")


def test_a_sprint_is_read_by_its_number(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.get(f"{AGILE}/sprint/7", json=sprint(7))
    (seen,) = api.read("jira:northwind:sprint:7", now=NOW).observations
    assert (str(seen.item), seen.read_at) == ("jira:northwind:sprint:7", NOW)


def test_what_is_not_there_is_gone(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.get(f"{API}/issue/10063", status=404, json={"errorMessages": ["Issue does not exist"]})
    with pytest.raises(Gone, match="not there, or hidden"):
        api.read(str(TICKET))


@pytest.mark.parametrize(
    "ref", ["jira:PAY-12/../x", "jira:northwind:version:3", "jira:pay-1?x", "jira:northwind:sprint:x"]
)
def test_names_that_are_none_reach_no_address(jira: responses.RequestsMock, api: JiraApi, ref: str) -> None:
    with pytest.raises(Refused, match="by itself"):
        api.read(ref)
    assert not [call for call in sent(jira) if "/issue/" in call or "/agile/" in call]


# --- backfill


def test_a_backfill_gives_sprints_and_tickets_and_resumes_at_each_page(
    jira: responses.RequestsMock, api: JiraApi
) -> None:
    _boards(jira)
    _search(jira, {None: (1, "b"), "b": (2, "c"), "c": (3, None)})
    cursor: str | None = None
    found: list[str] = []
    page = None
    while page is None or cursor:
        page = next(api.pages("PAY", None, cursor, NOW))
        cursor, found = page.cursor, found + [one.observations[-1].item.id for one in page.facts]
    assert found == ["project:10000", "board:1", "sprint:7", "sprint:8", "board:2", "10001", "10002", "10003"]
    assert (page.done, page.total) == (3, 3)


def test_a_start_is_asked_for_in_milliseconds_which_no_time_zone_moves(
    jira: responses.RequestsMock, api: JiraApi
) -> None:
    _boards(jira)
    _search(jira, {None: (1, None)})
    list(api.pages("PAY", NOW, None, NOW))
    asked = parse_qs(urlsplit(str(jira.calls[-1].request.url)).query)
    assert asked["jql"] == [f'project = "PAY" AND updated >= {NOW} ORDER BY key ASC']
    assert asked["expand"] == ["changelog"]


def test_a_search_that_repeats_itself_ends(jira: responses.RequestsMock, api: JiraApi) -> None:
    _boards(jira)
    _search(jira, {None: (1, "b"), "b": (2, "b")})
    with pytest.raises(Unreachable, match="the same page again"):
        list(api.pages("PAY", None, None, NOW))


def test_a_cursor_that_jira_has_forgotten_starts_the_tickets_again(
    jira: responses.RequestsMock, api: JiraApi
) -> None:
    _search(jira, {None: (1, None)})
    old = json.dumps({"stage": "issues", "at": "old", "done": 900, "total": 1000})
    (page,) = api.pages("PAY", None, old, NOW)
    assert (len(page.facts), page.cursor, page.done) == (1, None, 1)


def test_a_project_key_that_is_none_never_becomes_a_query(jira: responses.RequestsMock, api: JiraApi) -> None:
    with pytest.raises(Refused, match="no key of a project"):
        next(api.pages('PAY" OR project = "SECRET', None, None, NOW))
    assert not jira.calls


def test_data_center_is_searched_by_its_own_address() -> None:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as jira:  # the contract is Cloud's
        jira.get(f"{API}/serverInfo", json={"deploymentType": "Server", "versionNumbers": [9, 12, 0]})
        jira.get(f"{API}/field", json=[])
        jira.get(f"{API}/status", json=[])
        jira.get(f"{API}/project/PAY", json={"id": "10000", "key": "PAY"})
        jira.get(f"{AGILE}/board", status=404)
        second = matchers.query_param_matcher({"startAt": "2"}, strict_match=False)
        jira.get(f"{API}/search", json={"startAt": 2, "total": 3, "issues": [ticket(3)]}, match=[second])
        jira.get(f"{API}/search", json={"startAt": 0, "total": 3, "issues": [ticket(1), ticket(2)]})
        pages = list(JiraApi(jira_access(user=None)).pages("PAY", None, None, NOW))
        assert [(page.done, page.total) for page in pages] == [(0, None), (2, 3), (3, 3)]
        assert jira.calls[-1].request.headers["authorization"] == f"Bearer {TOKEN}"


# --- writing


def test_a_label_is_one_write_without_a_read(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.put(f"{API}/issue/10063", status=204)
    assert api.apply(label(TICKET)) == "set"
    assert api.apply(label(TICKET, present=False)) == "removed"
    bodies = [json.loads(call.request.body or "") for call in jira.calls[-2:]]
    assert bodies == [{"update": {"labels": [{verb: "kr:O1.KR2"}]}} for verb in ("add", "remove")]
    assert sent(jira) == ["GET /rest/api/2/serverInfo", *["PUT /rest/api/2/issue/10063"] * 2]
    assert "notifyUsers=false" in str(jira.calls[-1].request.url)


def test_where_mails_may_not_be_silenced_the_label_is_set_all_the_same(
    jira: responses.RequestsMock, api: JiraApi
) -> None:
    quiet = matchers.query_param_matcher({"notifyUsers": "false"})
    jira.put(f"{API}/issue/10063", status=403, json=MAILS, match=[quiet])
    jira.put(f"{API}/issue/10063", status=204, match=[matchers.query_param_matcher({})])
    assert [api.apply(label(TICKET)), api.apply(label(TICKET))] == ["set", "set"]
    assert sent(jira).count("PUT /rest/api/2/issue/10063") == 3  # it is learned once


def test_writes_keep_their_distance_and_every_request_its_time_out(jira: responses.RequestsMock) -> None:
    jira.put(f"{API}/issue/10063", status=204)
    slow, start = JiraApi(jira_access(spacing=0.02)), time.monotonic()
    for _ in range(3):
        slow.apply(label(TICKET))
    assert time.monotonic() - start >= 0.04
    assert {vars(call.request)["req_kwargs"]["timeout"] for call in jira.calls} == {(5, 30)}


@pytest.mark.parametrize("name", ["bug", "kr:", "KR:O1.KR2", "xkr:O1"])
def test_labels_that_are_not_ours_are_never_touched(
    jira: responses.RequestsMock, api: JiraApi, name: str
) -> None:
    with pytest.raises(AssertionError, match="only labels under kr:"):
        api.apply(label(TICKET, name, present=False))
    assert not jira.calls


def test_an_item_of_another_site_is_never_written(jira: responses.RequestsMock, api: JiraApi) -> None:
    with pytest.raises(AssertionError, match="not an item of northwind"):
        api.apply(label(ItemId("jira", "southwind", "10063")))
    assert not jira.calls


def test_what_a_ticket_carries_now_can_be_asked(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.get(f"{API}/issue/10063", json={"id": "10063", "fields": {"labels": ["kr:O1.KR2"]}})
    assert api.current(label(TICKET)) == {"present": True}
    assert api.current(label(TICKET, "kr:O9.KR9")) == {"present": False}


# --- when Jira says no


TEN = "Sun, 22 Nov 2026 10:00:00 GMT"
QUOTA = {"RateLimit-Reason": "jira-quota-global-based"}
LIMITS = [
    ({"Retry-After": "17", "RateLimit-Reason": "jira-burst-based"}, 17, "endpoint"),
    ({"Retry-After": "3", "RateLimit-Reason": "jira-per-issue-on-write"}, 3, "item"),
    (QUOTA | {"X-RateLimit-Reset": "2026-11-22T10:01:00Z", "Date": TEN}, 61, "site"),
    ({"Retry-After": "Sun, 22 Nov 2026 10:00:30 GMT", "Date": TEN}, 30, "site"),
    ({}, 60, "site"),
]  # fmt: skip


@pytest.mark.parametrize(("headers", "wait", "scope"), LIMITS)
def test_a_limit_says_how_long_to_wait_and_for_what(
    jira: responses.RequestsMock, api: JiraApi, headers: dict[str, str], wait: float, scope: str
) -> None:
    jira.put(f"{API}/issue/10063", status=429, headers=headers)
    with pytest.raises(Blocked) as blocked:
        api.apply(label(TICKET))
    assert (blocked.value.until, blocked.value.scope) == (wait, scope)
    assert sent(jira).count("PUT /rest/api/2/issue/10063") == 1


@pytest.mark.parametrize(
    "failure", [requests.ConnectTimeout(), requests.ReadTimeout(), requests.ConnectionError(TOKEN)]
)
def test_no_answer_is_unreachable_and_nothing_is_sent_again(
    jira: responses.RequestsMock, api: JiraApi, failure: Exception
) -> None:
    jira.put(f"{API}/issue/10063", body=failure)
    with pytest.raises(Unreachable) as lost:
        api.apply(label(TICKET))
    assert TOKEN not in str(lost.value)
    assert lost.value.__suppress_context__
    assert sent(jira).count("PUT /rest/api/2/issue/10063") == 1


@pytest.mark.parametrize("answer", [{"status": 500}, {"status": 503}, {"body": "<html>"}, {"json": []}])
def test_an_answer_that_is_none_is_unreachable(
    jira: responses.RequestsMock, api: JiraApi, answer: dict[str, Any]
) -> None:
    jira.get(f"{API}/issue/10063", **answer)
    with pytest.raises(Unreachable):
        api.current(label(TICKET))


@pytest.mark.parametrize("code", [400, 401, 403, 422])
def test_a_refusal_names_what_was_refused_and_never_a_token(
    jira: responses.RequestsMock, api: JiraApi, code: int
) -> None:
    jira.get(f"{API}/issue/10063", status=code, json={"errorMessages": [f"Bad {TOKEN}\n\x1b[31m"]})
    with pytest.raises(
        Refused, match=rf"northwind: GET issue/10063 was refused \({code}\): Bad \*\*\* \[31m"
    ):
        api.current(label(TICKET))


@pytest.mark.parametrize("where", ["https://evil.example.com/x", f"{API}/issue/1"])
def test_no_redirect_is_followed(jira: responses.RequestsMock, api: JiraApi, where: str) -> None:
    jira.get(f"{API}/issue/10063", status=302, headers={"Location": where})
    with pytest.raises(Refused, match="was redirected"):
        api.current(label(TICKET))
    assert sent(jira)[-1] == "GET /rest/api/2/issue/10063"


def test_an_outage_at_the_start_is_no_lasting_harm(jira: responses.RequestsMock, api: JiraApi) -> None:
    jira.replace("GET", f"{API}/serverInfo", body=requests.ConnectTimeout())
    with pytest.raises(Unreachable):
        api.apply(label(TICKET))
    jira.replace("GET", f"{API}/serverInfo", json={"deploymentType": "Cloud"})
    jira.put(f"{API}/issue/10063", status=204)
    assert api.apply(label(TICKET)) == "set"


def test_debug_logs_hold_no_token(
    jira: responses.RequestsMock, api: JiraApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    jira.put(f"{API}/issue/10063", status=400, json={"errorMessages": ["no"]})
    with pytest.raises(Refused):
        api.apply(label(TICKET))
    basic = base64.b64encode(f"bot@example.com:{TOKEN}".encode()).decode()
    assert jira.calls[-1].request.headers["Authorization"] == f"Basic {basic}"
    assert TOKEN not in caplog.text
    assert basic not in caplog.text


def test_without_a_token_no_password_is_looked_for(
    jira: responses.RequestsMock, tmp_path: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text(f"machine northwind.example.com login somebody password {TOKEN}\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    jira.get(f"{API}/issue/10063", json={"fields": {"labels": []}})
    JiraApi(jira_access(user=None, token=None)).current(label(TICKET))
    assert "Authorization" not in jira.calls[-1].request.headers


# --- Jira by hand


def _boards(mock: responses.RequestsMock) -> None:
    """A scrum board with two sprints, and a kanban board, which has none."""
    mock.get(f"{API}/project/PAY", json={"id": "10000", "key": "PAY", "name": "Payments"})
    mock.get(f"{AGILE}/board", json={"isLast": True, "values": [{"id": 1}, {"id": 2}]})
    mock.get(f"{AGILE}/board/1/sprint", json={"isLast": True, "values": [sprint(7), sprint(8)]})
    mock.get(
        f"{AGILE}/board/2/sprint", status=400, json={"errorMessages": ["The board does not support sprints"]}
    )


def _search(mock: responses.RequestsMock, pages: dict[str | None, tuple[int, str | None]]) -> None:
    """Pages by their token, each with one ticket; a token that is not known is refused as Jira does."""

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        query = parse_qs(urlsplit(str(request.url)).query)
        token = query.get("nextPageToken", [None])[0]
        if token not in pages:
            return 400, {}, json.dumps({"errorMessages": ["The token is not valid"]})
        number, following = pages[token]
        onward = {"isLast": True} if following is None else {"nextPageToken": following}
        return 200, {}, json.dumps({"issues": [ticket(number)]} | onward)

    mock.add_callback("GET", f"{API}/search/jql", callback=answer)
    mock.post(f"{API}/search/approximate-count", json={"count": len(pages)})
