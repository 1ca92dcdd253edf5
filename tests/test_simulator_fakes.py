"""The fake trackers: what the quarter tells can be read, what we write is told back, nonsense is refused."""

import json
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests
import responses
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from webhooks.simulator import Delivery, Quarter
from webhooks.simulator.deliveries import headers_of, to_bytes
from webhooks.simulator.fakes import GitHubState, JiraState, create_github, create_jira, mount

SIGNED_IN = {"Authorization": "Bearer ghs_token"}
ISSUE = "/repos/northwind/platform/issues/{}"


class Fakes:
    """Both fakes at the end of the quarter, with what they would send to us."""

    def __init__(self, told: Quarter) -> None:
        self.github, self.jira = GitHubState(told, told.now), JiraState(told, told.now)
        self.echoes: list[Delivery] = []
        self.github.on_delivery = self.jira.on_delivery = self.echoes.append
        self._apps = {"github": create_github(self.github), "jira": create_jira(self.jira)}

    def call(self, tracker: str, method: str, path: str, body: Any = None, **headers: str) -> TestResponse:
        client = self._apps[tracker].test_client()
        return client.open(path, method=method, json=body, headers=SIGNED_IN | headers)

    def get(self, tracker: str, path: str) -> Any:
        return self.call(tracker, "GET", path).json

    def pull(self) -> tuple[str, str]:
        """An open pull request's path and head."""
        place, held = next(
            (place, held)
            for place, held in self.github.items.items()
            if held.part == "pull_request" and held.now(place[0])["state"] == "open"
        )
        return f"/repos/{place[0]}/issues/{place[1]}", held.now(place[0])["head"]["sha"]


@pytest.fixture
def fakes(told: Quarter) -> Fakes:
    return Fakes(told)


# --- reading


def test_every_item_that_deliveries_speak_of_can_be_read(fakes: Fakes, told: Quarter) -> None:
    deleted = set(told.truth.planted["ticket deleted"])
    for alias in sorted(set(told.truth.serves) - deleted)[::23]:
        tracker, _, ref = alias.partition(":")
        path = f"/repos/{ref.replace('#', '/issues/')}" if tracker == "github" else f"/rest/api/2/issue/{ref}"
        assert fakes.call(tracker, "GET", path).status_code == 200, alias


def test_nobody_reads_without_signing_in(fakes: Fakes) -> None:
    assert fakes.call("github", "GET", "/user", Authorization="").status_code == 401
    assert fakes.call("jira", "GET", "/rest/api/2/myself", Authorization="").status_code == 401


def test_a_ticket_that_moved_answers_to_both_keys(fakes: Fakes, told: Quarter) -> None:
    new = told.truth.planted["epic moved to another project"][0].partition(":")[2]
    issue = fakes.get("jira", f"/rest/api/2/issue/{new}?expand=changelog")
    lines = [line for made in issue["changelog"]["histories"] for line in made["items"]]
    old = next(line["fromString"] for line in lines if line["field"] == "Key")
    assert fakes.get("jira", f"/rest/api/2/issue/{old}")["key"] == new


def test_pages_lead_to_the_next(fakes: Fakes) -> None:
    answer = fakes.call("github", "GET", "/repos/northwind/platform/issues?state=all&per_page=100")
    assert 'page=2>; rel="next"' in answer.headers["Link"]
    numbers = {issue["number"] for issue in answer.json or ()}
    rest = fakes.get("github", "/repos/northwind/platform/issues?state=all&per_page=100&page=2")
    assert len(numbers) == 100
    assert numbers.isdisjoint(issue["number"] for issue in rest)


def test_a_repository_is_found_by_name_and_by_id(fakes: Fakes) -> None:
    named = fakes.get("github", "/repos/northwind/ledger")
    assert fakes.get("github", f"/repositories/{named['id']}") == named
    assert fakes.get("github", f"/repositories/{named['id']}/labels")[0]["name"] == "bug"


def test_a_search_goes_on_by_token_and_wants_a_bound(fakes: Fakes) -> None:
    query = {"jql": "project = PAY ORDER BY key ASC", "fields": ["summary"], "maxResults": 500}
    first = fakes.call("jira", "POST", "/rest/api/2/search/jql", query).json or {}
    assert len(first["issues"]) == 100
    second = fakes.call(
        "jira", "POST", "/rest/api/2/search/jql", {**query, "nextPageToken": first["nextPageToken"]}
    )
    assert (second.json or {})["isLast"] is True
    assert fakes.call("jira", "POST", "/rest/api/2/search/jql", {"jql": ""}).status_code == 400
    assert fakes.call("jira", "GET", "/rest/api/2/search?jql=project=PAY").status_code == 410


def test_a_search_since_a_moment_gives_what_changed(fakes: Fakes) -> None:
    query = {"jql": 'project in (PAY, WEB) AND updated >= "2026-11-26 09:00"', "fields": ["updated"]}
    found = (fakes.call("jira", "POST", "/rest/api/2/search/jql", query).json or {})["issues"]
    assert found
    assert all(issue["fields"]["updated"] >= "2026-11-26T09:00" for issue in found)


# --- writing


def test_a_label_is_set_once_and_told_once(fakes: Fakes) -> None:
    path, _ = fakes.pull()
    for _ in range(2):
        labels = fakes.call("github", "POST", f"{path}/labels", {"labels": ["kr:O4.KR1"]}).json or []
        assert [label["name"] for label in labels].count("kr:O4.KR1") == 1
    told = [json.loads(echo.body) for echo in fakes.echoes if echo.event == "pull_request"]
    assert [(body["action"], body["sender"]["type"]) for body in told] == [("labeled", "Bot")]


def test_a_label_comes_off_once(fakes: Fakes) -> None:
    path, _ = fakes.pull()
    fakes.call("github", "POST", f"{path}/labels", {"labels": ["kr:O4.KR1"]})
    assert fakes.call("github", "DELETE", f"{path}/labels/kr%3AO4.KR1").status_code == 200
    assert fakes.call("github", "DELETE", f"{path}/labels/kr%3AO4.KR1").status_code == 404


def test_jira_labels_change_one_by_one_and_are_told_with_a_changelog(fakes: Fakes) -> None:
    body = {"update": {"labels": [{"add": "kr:O1.KR1"}]}}
    assert fakes.call("jira", "PUT", "/rest/api/2/issue/PAY-130", body).status_code == 204
    told = json.loads(fakes.echoes[-1].body)
    assert told["user"]["accountType"] == "app"
    assert told["changelog"]["items"][0]["toString"].split()[-1] == "kr:O1.KR1"
    assert "kr:O1.KR1" in fakes.get("jira", "/rest/api/2/issue/PAY-130")["fields"]["labels"]
    fakes.call("jira", "PUT", "/rest/api/2/issue/PAY-130", body)
    assert len(fakes.echoes) == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/repos/northwind/platform/labels", {"name": "bug", "color": "1f6feb"}),
        ("/repos/northwind/platform/labels", {"name": "kr:O1.KR1x", "color": "#1f6fe"}),
        ("/repos/northwind/platform/labels", {"name": "x" * 51, "color": "1f6feb"}),
        (ISSUE.format(2) + "/labels", {"labels": ["x" * 51]}),
        (ISSUE.format(2) + "/labels", {"labels": [""]}),
        (ISSUE.format(2) + "/comments", {"body": "  "}),
        ("/repos/northwind/platform/statuses/{sha}", {"state": "good"}),
        ("/repos/northwind/platform/statuses/{sha}", {"state": "success", "description": "x" * 141}),
        ("/repos/northwind/platform/statuses/0000", {"state": "success"}),
        ("/repos/northwind/platform/check-runs", {"name": "x", "head_sha": "{sha}", "conclusion": "fine"}),
        ("/repos/northwind/platform/check-runs", {"name": "x", "head_sha": "{sha}", "status": "completed"}),
    ],
)
def test_github_refuses_nonsense(fakes: Fakes, path: str, body: dict[str, Any]) -> None:
    sha = next(held.now(place[0])["head"]["sha"] for place, held in fakes.github.items.items()
               if place[0].endswith("/platform") and held.part == "pull_request")  # fmt: skip
    body = json.loads(json.dumps(body).replace("{sha}", sha))
    assert fakes.call("github", "POST", path.replace("{sha}", sha), body).status_code == 422
    assert fakes.github.ledger.writes() == []
    assert len(fakes.github.ledger.refused()) == 1


@pytest.mark.parametrize(
    "body",
    [
        {"update": {"labels": [{"add": "kr O1"}]}},
        {"update": {"labels": [{"add": "x" * 256}]}},
        {"update": {"labels": [{"put": "x"}]}},
        {"fields": {"status": "Done"}},
    ],
)
def test_jira_refuses_nonsense(fakes: Fakes, body: dict[str, Any]) -> None:
    assert fakes.call("jira", "PUT", "/rest/api/2/issue/PAY-130", body).status_code == 400
    assert fakes.jira.ledger.writes() == []


def test_a_status_is_kept_on_its_commit(fakes: Fakes) -> None:
    path, sha = fakes.pull()
    repository = path.partition("/issues")[0]
    status = {"state": "success", "context": "sightline", "description": "serves O4.KR1"}
    assert fakes.call("github", "POST", f"{repository}/statuses/{sha}", status).status_code == 201
    combined = fakes.get("github", f"{repository}/commits/{sha}/status")
    assert (combined["state"], combined["statuses"][0]["context"]) == ("success", "sightline")
    assert fakes.echoes[-1].event == "status"


def test_only_an_app_may_write_check_runs(fakes: Fakes) -> None:
    path, sha = fakes.pull()
    repository = path.partition("/issues")[0]
    run = {
        "name": "Sightline",
        "head_sha": sha,
        "conclusion": "neutral",
        "output": {"title": "a", "summary": "b"},
    }
    assert (
        fakes.call("github", "POST", f"{repository}/check-runs", run, Authorization="token x").status_code
        == 403
    )
    made = fakes.call("github", "POST", f"{repository}/check-runs", run).json or {}
    assert made["status"] == "completed"
    assert fakes.get("github", f"{repository}/commits/{sha}/check-runs")["total_count"] == 1


def test_a_ticket_goes_to_another_sprint_and_to_the_backlog(fakes: Fakes) -> None:
    key, sprint = _planned_ticket(fakes)
    for _ in range(2):
        assert (
            fakes.call(
                "jira", "POST", f"/rest/agile/1.0/sprint/{sprint}/issue", {"issues": [key]}
            ).status_code
            == 204
        )
    assert fakes.call("jira", "POST", "/rest/agile/1.0/backlog/issue", {"issues": [key]}).status_code == 204
    told = [json.loads(echo.body) for echo in fakes.echoes]
    lines = [body["changelog"]["items"][0] for body in told]
    over = lines[0]["from"].rpartition(", ")[0]  # closed ones stay
    assert [(line["field"], line["to"]) for line in lines] == [
        ("Sprint", f"{over}, {sprint}"),
        ("Sprint", over),
    ]
    assert told[0]["issue"]["fields"]["customfield_10020"][-1]["state"] == "future"


def test_an_echo_shows_sprints_as_they_are_by_now(fakes: Fakes) -> None:
    field = "customfield_10020"
    over = {number for number, told in fakes.jira.sprints.items() if told["state"] == "closed"}
    stale = [
        held.now()["key"]
        for held in fakes.jira.issues.values()
        if any(
            one["id"] in over and one["state"] != "closed" for one in held.now()["fields"].get(field) or ()
        )
    ]
    assert stale, "bodies of long ago hold sprints that ran then"
    body = {"update": {"labels": [{"add": "kr:O1.KR1"}]}}
    for key in stale[:5]:
        assert fakes.call("jira", "PUT", f"/rest/api/2/issue/{key}", body).status_code == 204
        told = json.loads(fakes.echoes[-1].body)["issue"]["fields"][field]
        assert {one["state"] for one in told if one["id"] in over} == {"closed"}


@pytest.mark.parametrize("issues", [[], "PAY-130", [130], ["PAY-130"] * 51])
def test_jira_refuses_moves_that_it_does_not_know(fakes: Fakes, issues: Any) -> None:
    answer = fakes.call("jira", "POST", "/rest/agile/1.0/backlog/issue", {"issues": issues})
    assert (answer.status_code, fakes.echoes) == (400, [])


def test_jira_refuses_sprints_that_are_closed_or_unknown_and_who_may_not_plan(fakes: Fakes) -> None:
    key, sprint = _planned_ticket(fakes)
    closed = next(number for number, held in fakes.jira.sprints.items() if held["state"] == "closed")
    fakes.jira.schedules = False
    codes = [
        fakes.call("jira", "POST", f"/rest/agile/1.0/sprint/{number}/issue", {"issues": [own]}).status_code
        for number, own in ((closed, key), (99999, key), (sprint, "PAY-99999"), (sprint, key))
    ]
    assert codes == [400, 404, 404, 403]
    assert fakes.echoes == []


def test_an_issue_goes_to_another_milestone_and_to_none(fakes: Fakes) -> None:
    number, before, after = _planned_issue(fakes)
    path = ISSUE.format(number)
    for milestone in (after, after, None):
        answer = fakes.call("github", "PATCH", path, {"milestone": milestone}).json or {}
        assert (answer["milestone"] or {"number": None})["number"] == milestone
    told = [json.loads(echo.body) for echo in fakes.echoes]
    assert [(body["action"], body["milestone"]["number"]) for body in told] == [
        ("demilestoned", before), ("milestoned", after), ("demilestoned", after),
    ]  # fmt: skip


@pytest.mark.parametrize("milestone", [999, "3", True])
def test_github_refuses_milestones_that_it_does_not_know(fakes: Fakes, milestone: Any) -> None:
    path = ISSUE.format(_planned_issue(fakes)[0])
    assert fakes.call("github", "PATCH", path, {"milestone": milestone}).status_code == 422
    assert fakes.echoes == []


def test_who_may_not_write_is_told_nothing_by_github_and_nothing_happens(fakes: Fakes) -> None:
    number, before, after = _planned_issue(fakes)
    fakes.github.pushes = False
    answer = fakes.call("github", "PATCH", ISSUE.format(number), {"milestone": after})
    assert (answer.status_code, (answer.json or {})["milestone"]["number"]) == (200, before)
    assert fakes.echoes == []


def test_a_person_who_moves_a_ticket_after_us_wins(told: Quarter) -> None:
    """A body that says nothing of the sprint keeps ours; one that does takes it over."""
    moved = [one for one in told.deliveries if b'"field":"Sprint"' in one.body]
    own = json.loads(moved[-1].body)["issue"]
    state = JiraState(told, datetime.fromisoformat(own["fields"]["updated"]) - timedelta(seconds=1))
    held = state.find(own["key"])
    assert held is not None
    state.set_sprint(held, None)
    assert all(value["state"] == "closed" for value in held.now()["fields"]["customfield_10020"] or ())
    state.see(moved[-1])
    assert held.now()["fields"]["customfield_10020"] == own["fields"]["customfield_10020"]


def _planned_ticket(fakes: Fakes) -> tuple[str, int]:
    """A ticket that is in a sprint that goes on, and another sprint that does."""
    going = [number for number, held in fakes.jira.sprints.items() if held["state"] != "closed"]
    for held in fakes.jira.issues.values():
        inside = {value["id"] for value in held.now()["fields"].get("customfield_10020") or ()}
        if inside & set(going) and len(inside) > 1:
            future = next(n for n in going if n not in inside and fakes.jira.sprints[n]["state"] == "future")
            return str(held.now()["key"]), future
    raise AssertionError("no ticket is in a sprint that goes on")


def _planned_issue(fakes: Fakes) -> tuple[int, int, int]:
    """An issue with a milestone, the number of that, and the number of another open one."""
    known = fakes.github.milestones["northwind/platform"]
    for number, held in fakes.github.all_items("northwind/platform"):
        own = held.now("northwind/platform")["milestone"]
        if own and held.part == "issue":
            other = next(n for n, one in known.items() if one["state"] == "open" and n != own["number"])
            return number, own["number"], other
    raise AssertionError("no issue has a milestone")


# --- following the quarter


def test_a_fake_follows_the_deliveries_and_puts_our_labels_into_them(told: Quarter) -> None:
    state = GitHubState(told)
    opened, later = _two_of_one_pull(told)
    state.see(opened)
    body = json.loads(opened.body)
    full, number = body["repository"]["full_name"], body["number"]
    held = state.item(full, number)
    assert held is not None
    held.write("kr:O9.KR9", True, opened.at)
    assert "kr:O9.KR9" in [
        label["name"] for label in json.loads(state.see(later).body)["pull_request"]["labels"]
    ]


def test_a_person_who_takes_our_label_off_wins() -> None:
    state = GitHubState()
    state.see(_labels_of("opened", []))
    held = state.item("acme/pay", 7)
    assert held is not None
    held.write("kr:O1.KR1", True, datetime(2026, 10, 6, tzinfo=UTC))
    state.see(_labels_of("unlabeled", [], label={"name": "kr:O1.KR1"}))
    assert held.now("acme/pay")["labels"] == []


def _two_of_one_pull(told: Quarter) -> tuple[Delivery, Delivery]:
    first: dict[str, Delivery] = {}
    for delivery in told.deliveries:
        if delivery.event == "pull_request":
            body = json.loads(delivery.body)
            place = f"{body['repository']['full_name']}#{body['number']}"
            if body["action"] == "opened":
                first[place] = delivery
            elif body["action"] == "closed" and place in first:
                return first[place], delivery
    raise AssertionError("no pull request is opened and closed")


def _labels_of(action: str, labels: list[Any], **more: Any) -> Delivery:
    pull = {"number": 7, "labels": labels, "updated_at": "2026-10-05T08:00:00Z"}
    body = {"action": action, "pull_request": pull, "repository": {"full_name": "acme/pay"}, **more}
    at, guid = datetime(2026, 10, 7, tzinfo=UTC), f"hand-made-{action}"
    headers = headers_of("github", "pull_request", guid)
    return Delivery(at, "github", "github.com", guid, "pull_request", headers, to_bytes(body))


# --- the wire


@pytest.fixture
def wire() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock(assert_all_requests_are_fired=False) as mock:
        yield mock


def test_a_mounted_fake_answers_requests(wire: responses.RequestsMock, fakes: Fakes) -> None:
    mount(wire, create_github(fakes.github), "https://api.github.com")
    user = requests.get("https://api.github.com:443/user", headers=SIGNED_IN, timeout=5).json()
    assert user["login"] == "sightline-northwind[bot]"
    assert [call.path for call in fakes.github.ledger.calls] == ["/user"]


def test_addresses_in_answers_follow_where_the_fake_is_served(
    wire: responses.RequestsMock, fakes: Fakes
) -> None:
    mount(wire, create_jira(fakes.jira), "http://127.0.0.1:9099")
    issue = requests.get(
        "http://127.0.0.1:9099/rest/api/2/issue/PAY-130", headers=SIGNED_IN, timeout=5
    ).json()
    assert issue["self"].startswith("http://127.0.0.1:9099/")


def test_faults_hold_for_their_times(wire: responses.RequestsMock, fakes: Fakes) -> None:
    mount(wire, create_github(fakes.github), "https://api.github.com")
    fakes.github.faults.limit("/user", seconds=30, times=1)
    fakes.github.faults.fail("/user", 500, times=1)
    answers = [requests.get("https://api.github.com/user", headers=SIGNED_IN, timeout=5) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [403, 500, 200]
    assert answers[0].headers["Retry-After"] == "30"


def test_a_lost_reply_has_had_its_effect(wire: responses.RequestsMock, fakes: Fakes) -> None:
    mount(wire, create_github(fakes.github), "https://api.github.com")
    path, _ = fakes.pull()
    fakes.github.faults.lose_reply(f"{path}/labels")
    address = f"https://api.github.com{path}/labels"
    with pytest.raises(requests.ConnectionError):
        requests.post(address, json={"labels": ["kr:O4.KR1"]}, headers=SIGNED_IN, timeout=5)
    names = [label["name"] for label in requests.get(address, headers=SIGNED_IN, timeout=5).json()]
    assert names.count("kr:O4.KR1") == 1
    assert len(fakes.github.ledger.writes(f"{path}/labels")) == 1


def test_a_served_fake_hangs_up_when_told_to(fakes: Fakes) -> None:
    server = make_server("127.0.0.1", 0, create_github(fakes.github), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    fakes.github.faults.reset("/user", times=1)
    address = f"http://127.0.0.1:{server.server_port}/user"
    with pytest.raises(requests.ConnectionError):
        requests.get(address, headers=SIGNED_IN, timeout=5)
    assert requests.get(address, headers=SIGNED_IN, timeout=5).status_code == 200
    server.shutdown()
    server.server_close()
    thread.join()
