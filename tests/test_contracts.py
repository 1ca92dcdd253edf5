"""The judge of our requests is awake, its exceptions are true, and both trackers have the same methods."""

import inspect
import re
from collections.abc import Iterator

import pytest
import responses
from github import Auth, Github
from requests import Request
from wire import CONTRACTS, GITHUB, JIRA, NOT_DESCRIBED, judge

from linker.trackers.api import TRACKERS

pytestmark = pytest.mark.skipif(
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
    ("GET", f"{JIRA}/rest/api/2/search/jql?jql=x&startAt=50", "", "startAt"),
    ("GET", f"{JIRA}/rest/agile/1.0/board?projectKey=PAY", "", "projectKey"),
    ("PUT", f"{JIRA}/rest/api/2/issue/10063", '{"update": ["kr:O1.KR2"]}', "Body"),
    ("POST", f"{JIRA}/rest/api/2/search/approximate-count", '{"jql": 5}', "Body"),
]


@pytest.mark.parametrize(("verb", "url", "body", "named"), BREACHES)
def test_a_request_that_breaks_a_contract_is_named(verb: str, url: str, body: str, named: str) -> None:
    complaint = judge(Request(verb, url, headers=SIGNED, data=body).prepare())
    assert complaint is not None
    assert named in complaint


@pytest.mark.parametrize("known", NOT_DESCRIBED)
def test_what_is_excused_is_really_not_described(known: str) -> None:
    verb, path = known.replace(r"\d+", "7").split(" ")
    assert judge(Request(verb, GITHUB + path, headers=SIGNED).prepare(), excused={}) is not None


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


def _methods(api: type) -> Iterator[tuple[str, str]]:
    for name, method in inspect.getmembers(api, inspect.isfunction):
        if not name.startswith("_"):
            yield name, str(inspect.signature(method))


def test_both_trackers_are_spoken_to_alike() -> None:
    assert dict(_methods(TRACKERS["github"])) == dict(_methods(TRACKERS["jira"]))
