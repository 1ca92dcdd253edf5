"""A warning on a planning ticket: one comment of ours, found by its mark, edited in place."""

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

import pytest
import responses
from wire import GITHUB_WIRE, JIRA, github_access, jira_access, web

from linker.model import Change, ItemId
from linker.trackers.github_api import GitHubApi
from linker.trackers.jira_api import JiraApi
from linker.trackers.outcome import Gone, Unreachable

COMMENTS = f"{JIRA}/rest/api/2/issue/10063/comment"
PAY = f"{GITHUB_WIRE}/repos/acme/pay"
MARK = "Sightline, sprint 7"
REPOSITORY = {"id": 1296269, "name": "pay", "full_name": "acme/pay", "private": True}


def about(sprint: str, ticket: str, text: str = "3 of 8 points serve.") -> Change:
    tracker, site, own = sprint.split(":", 2)
    item = ItemId(tracker, site, own)  # type: ignore[arg-type]  # one of the two
    return Change(
        item=item,
        surface="notice:ticket:payments",
        desired={"text": text, "item": ticket, "mark": MARK},
    )


JIRA_NOTICE = about("jira:northwind:sprint:7", "jira:northwind:10063")
GITHUB_NOTICE = about("github:github.com:milestone:9", "github:github.com:1296269#3")


def written(mock: responses.RequestsMock) -> list[tuple[str, Any]]:
    calls = [call.request for call in mock.calls if call.request.method in ("POST", "PUT", "PATCH")]
    return [(str(one.method), json.loads(one.body or "{}")) for one in calls]


@pytest.fixture
def jira() -> Iterator[responses.RequestsMock]:
    with web() as mock:
        mock.get(f"{JIRA}/rest/api/2/serverInfo", json={"deploymentType": "Cloud"})
        yield mock


def comment(own: int, body: str) -> dict[str, Any]:
    return {"id": str(own), "body": body}


def test_the_first_word_is_a_comment_that_ends_with_our_mark(jira: responses.RequestsMock) -> None:
    jira.get(COMMENTS, json={"comments": [comment(1, "Sightline, sprint 77"), comment(2, "hello")]})
    jira.post(COMMENTS, json=comment(3, "x"), status=201)
    assert JiraApi(jira_access()).apply(JIRA_NOTICE) == "set"
    assert written(jira) == [("POST", {"body": f"3 of 8 points serve.\n\n{MARK}"})]


def test_the_next_word_edits_it(jira: responses.RequestsMock) -> None:
    jira.get(
        COMMENTS, json={"comments": [comment(2, "hello"), comment(3, f"2 of 8 points serve.\n\n{MARK}")]}
    )
    jira.put(f"{COMMENTS}/3", json=comment(3, "x"))
    assert JiraApi(jira_access()).apply(JIRA_NOTICE) == "set"
    assert written(jira) == [("PUT", {"body": f"3 of 8 points serve.\n\n{MARK}"})]


def test_a_comment_of_somebody_else_is_left_alone(jira: responses.RequestsMock) -> None:
    theirs = comment(3, f"2 of 8 points serve.\n\n{MARK}") | {"author": {"accountId": "557058:planner"}}
    jira.get(COMMENTS, json={"comments": [theirs]})
    jira.post(COMMENTS, json=comment(4, "x"), status=201)
    access = jira_access()
    access = dataclasses.replace(access, view=access.view._replace(bots=frozenset({"557058:sightline"})))
    assert JiraApi(access).apply(JIRA_NOTICE) == "set"
    assert [verb for verb, _ in written(jira)] == ["POST"]


def test_an_answer_that_cannot_be_read_makes_no_second_comment(jira: responses.RequestsMock) -> None:
    jira.get(COMMENTS, json={"comments": "none"})
    with pytest.raises(Unreachable):
        JiraApi(jira_access()).apply(JIRA_NOTICE)
    assert written(jira) == []


def test_the_same_word_is_not_written_again(jira: responses.RequestsMock) -> None:
    jira.get(COMMENTS, json={"comments": [comment(3, f"3 of 8 points serve.\r\n\r\n{MARK}\n")]})
    assert JiraApi(jira_access()).apply(JIRA_NOTICE) == "already"
    assert written(jira) == []


def test_a_planning_ticket_that_is_gone_is_said(jira: responses.RequestsMock) -> None:
    jira.get(COMMENTS, status=404, json={"errorMessages": ["Issue does not exist"], "errors": {}})
    with pytest.raises(Gone):
        JiraApi(jira_access()).apply(JIRA_NOTICE)


def test_an_issue_of_github_gets_a_comment_of_its_own_beside_that_of_checks() -> None:
    with web() as mock:
        mock.get(f"{GITHUB_WIRE}/repositories/1296269", json=REPOSITORY)
        others = [{"id": 5, "body": "<!-- sightline -->\nof a check", "user": {"login": "sightline[bot]"}}]
        mock.get(f"{PAY}/issues/3/comments", json=others)
        mock.post(f"{PAY}/issues/3/comments", json={"id": 6}, status=201)
        assert GitHubApi(github_access()).apply(GITHUB_NOTICE) == "set"
        assert written(mock) == [("POST", {"body": f"<!-- {MARK} -->\n3 of 8 points serve."})]
