"""GitHub as the service meets it: items are read whole, writes happen once, limits are obeyed."""

import json
import logging
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Event, Lock
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import pytest
import requests
import responses
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from pydantic import SecretStr
from responses import matchers
from wire import GITHUB_WIRE, NOW, TOKEN, github_access, label, sent, web

from linker.model import Change, ItemId, Level
from linker.trackers.github_api import GitHubApi
from linker.trackers.outcome import App, Blocked, Gone, Refused, Unreachable

PAY = f"{GITHUB_WIRE}/repos/acme/pay"
REPOSITORY = {
    "id": 1296269,
    "name": "pay",
    "full_name": "acme/pay",
    "private": True,
    "default_branch": "main",
}
PULL = ItemId("github", "github.com", "1296269#7")
SHA = "6dcb09b5b57875f334f61aebed695e2e4193db5e"
SECOND_LIMIT = {
    "message": "You have exceeded a secondary rate limit. Please wait a few minutes before you try again."
}


def issue(number: int, updated: str = "2026-10-05T09:00:00Z", **other: Any) -> dict[str, Any]:
    """An issue as REST gives it."""
    times = {"created_at": "2026-10-01T09:00:00Z", "updated_at": updated}
    return (
        {"number": number, "title": f"Issue {number}", "body": None, "state": "open", "labels": []}
        | times
        | other
    )


def pull(number: int, updated: str = "2026-10-05T09:00:00Z") -> dict[str, Any]:
    """A pull request as REST gives it."""
    head = {"sha": SHA, "ref": "PAY-12-retry", "repo": REPOSITORY}
    base = {"sha": "0" * 40, "ref": "main", "repo": REPOSITORY}
    return issue(number, updated, head=head, base=base, merged_at=None, draft=False)


def status(**desired: str | None) -> Change:
    said: dict[str, Any] = {"state": "success", "description": "Serves O1.KR2.", "context": "sightline"}
    return Change(item=PULL, surface=f"status:{SHA}", desired=said | desired)


@pytest.fixture
def github() -> Iterator[responses.RequestsMock]:
    """GitHub with one repository; a test adds what it needs."""
    with web() as mock:
        mock.get(PAY, json=REPOSITORY)
        mock.get(f"{GITHUB_WIRE}/repositories/1296269", json=REPOSITORY)
        yield mock


@pytest.fixture
def api() -> GitHubApi:
    return GitHubApi(github_access())


# --- reading


def test_a_pull_request_comes_with_its_commits_and_files(
    github: responses.RequestsMock, api: GitHubApi
) -> None:
    github.get(f"{PAY}/issues/7", json=issue(7, pull_request={"url": "https://elsewhere.example.com/steal"}))
    github.get(f"{PAY}/pulls/7", json=pull(7))
    github.get(f"{PAY}/pulls/7/commits", json=[{"commit": {"message": "PAY-12: retry\n\nKR: O1.KR2"}}])
    github.get(f"{PAY}/pulls/7/files", json=[{"filename": "src/pay.py", "previous_filename": "pay.py"}])
    facts = api.read(str(PULL), now=NOW)
    whole = {
        name: getattr(seen.facets, name)
        for seen in facts.observations
        for name in seen.facets.model_fields_set
    }
    assert {seen.item for seen in facts.observations} == {PULL}
    assert whole["kind"].level is Level.PULL_REQUEST
    assert whole["commits"] == ("PAY-12: retry\n\nKR: O1.KR2",)
    assert whole["paths"] == ("src/pay.py", "pay.py")
    assert {seen.read_at for seen in facts.observations} == {NOW}


def test_only_the_first_250_commits_are_asked_for(github: responses.RequestsMock, api: GitHubApi) -> None:
    github.get(f"{PAY}/issues/7", json=issue(7, pull_request={}))
    github.get(f"{PAY}/pulls/7", json=pull(7))
    more = {"Link": f'<{PAY}/pulls/7/commits?per_page=100&page=2>; rel="next"'}
    github.get(f"{PAY}/pulls/7/commits", json=[{"commit": {"message": "again"}}] * 100, headers=more)
    github.get(f"{PAY}/pulls/7/files", json=[])
    api.read("github:acme/pay#7", now=NOW)
    assert sent(github).count("GET /repos/acme/pay/pulls/7/commits") == 3


def test_an_issue_and_a_repository_are_read_by_alias_or_id(
    github: responses.RequestsMock, api: GitHubApi
) -> None:
    github.get(f"{PAY}/issues/3", json=issue(3))
    assert api.read("github:acme/pay#3").observations[0].item.id == "1296269#3"
    (seen,) = api.read("github:github.com:repo:1296269", now=NOW).observations
    assert seen.item.place == "repo"
    assert seen.facets.place is not None
    assert seen.facets.place.private


def test_what_is_not_there_is_gone(github: responses.RequestsMock, api: GitHubApi) -> None:
    github.get(f"{PAY}/issues/9", status=404, json={"message": "Not Found"})
    github.get(f"{PAY}/issues/8", status=410, json={"message": "This issue was deleted"})
    for number in (8, 9):
        github.get(f"{PAY}/pulls/{number}", status=404, json={"message": "Not Found"})
        with pytest.raises(Gone):
            api.read(f"github:acme/pay#{number}")


@pytest.mark.parametrize("status", [404, 410])
def test_a_pull_request_is_read_where_issues_are_switched_off(
    github: responses.RequestsMock, api: GitHubApi, status: int
) -> None:
    github.get(f"{PAY}/issues/7", status=status, json={"message": "Issues are disabled for this repo"})
    github.get(f"{PAY}/pulls/7", json=pull(7))
    github.get(f"{PAY}/pulls/7/commits", json=[{"commit": {"message": "KR: O1.KR2"}}])
    github.get(f"{PAY}/pulls/7/files", json=[])
    facts = api.read(str(PULL), now=NOW)
    assert ("KR: O1.KR2",) in {seen.facets.commits for seen in facts.observations}


@pytest.mark.parametrize(
    "ref", ["github:acme/..#7", "github:../pay", "github:acme/pay/x#7", "github:github.com:milestone:9"]
)
def test_names_that_are_none_reach_no_address(
    github: responses.RequestsMock, api: GitHubApi, ref: str
) -> None:
    with pytest.raises(Refused, match="by itself"):
        api.read(ref)
    assert not github.calls


# --- backfill


def test_a_backfill_gives_every_item_once_and_resumes_at_each_page(
    github: responses.RequestsMock, api: GitHubApi
) -> None:
    listed = [
        issue(n, f"2026-10-05T09:00:{n:02}Z", **({"pull_request": {}} if n % 2 else {})) for n in range(1, 6)
    ]
    _listing(github, f"{PAY}/issues", listed, most=2)
    _listing(github, f"{PAY}/pulls", [pull(1), pull(3), pull(5)], most=2)
    github.get(f"{PAY}/milestones", json=[])
    for number in (1, 3, 5):
        github.get(f"{PAY}/pulls/{number}/commits", json=[])
    cursor: str | None = None
    found: list[str] = []
    page = None
    while page is None or cursor:
        page = next(api.pages("acme/pay", None, cursor, NOW))  # each page by a fresh run
        cursor, found = (
            page.cursor,
            found + [seen.item.id for facts in page.facts for seen in facts.observations[:1]],
        )
    assert sorted(found) == ["1296269#1", "1296269#2", "1296269#3", "1296269#4", "1296269#5", "repo:1296269"]
    assert (page.done, page.total) == (5, 5)


def test_one_body_that_cannot_be_read_holds_up_no_page(
    github: responses.RequestsMock, api: GitHubApi
) -> None:
    github.get(f"{PAY}/issues", json=[issue(1, title=5), issue(2)])
    github.get(f"{PAY}/milestones", json=[])
    github.get(f"{PAY}/pulls", json=[])
    facts = [facts for page in api.pages("acme/pay", None, None, NOW) for facts in page.facts]
    assert [one.ignored for one in facts if one.ignored] == ["issue.title: expected text, found a number"]
    assert "1296269#2" in {seen.item.id for one in facts for seen in one.observations}


def test_with_a_start_only_newer_pull_requests_are_read(
    github: responses.RequestsMock, api: GitHubApi
) -> None:
    github.get(f"{PAY}/issues", json=[])
    github.get(f"{PAY}/milestones", json=[])
    github.get(f"{PAY}/pulls", json=[pull(9, "2026-10-06T00:00:00Z"), pull(2, "2026-01-01T00:00:00Z")])
    github.get(f"{PAY}/pulls/9/commits", json=[])
    since = 1_791_158_400_000  # 2026-10-05
    pages = list(api.pages("acme/pay", since, None, NOW))
    assert {seen.item.id for page in pages for one in page.facts for seen in one.observations} >= {
        "1296269#9"
    }
    asked = [str(call.request.url) for call in github.calls if "/issues?" in str(call.request.url)]
    assert all("since=2026-10-05T00%3A00%3A00Z" in url for url in asked)


def test_a_link_to_another_host_is_read_for_its_page_number_only(
    github: responses.RequestsMock, api: GitHubApi
) -> None:
    elsewhere = {"Link": '<https://evil.example.com/repos/acme/pay/milestones?page=2>; rel="next"'}
    github.get(f"{PAY}/issues", json=[])
    github.get(f"{PAY}/pulls", json=[])
    github.get(f"{PAY}/milestones", json=[], match=[matchers.query_param_matcher({"page": "2"})])
    github.get(f"{PAY}/milestones", json=[], headers=elsewhere)
    list(api.pages("acme/pay", None, None, NOW))
    assert {urlsplit(str(call.request.url)).hostname for call in github.calls} == {"api.github.com"}


# --- writing


def test_a_label_is_made_once_in_a_calm_colour_and_added(
    github: responses.RequestsMock, api: GitHubApi
) -> None:
    github.get(f"{PAY}/labels/kr%3AO1.KR2", status=404, json={"message": "Not Found"})
    colour = matchers.json_params_matcher({"color": "c5d3e0"}, strict_match=False)
    github.post(f"{PAY}/labels", status=201, json={"name": "kr:O1.KR2"}, match=[colour])
    github.post(f"{PAY}/issues/7/labels", json=[{"name": "bug"}, {"name": "kr:O1.KR2"}])
    assert [api.apply(label(PULL)), api.apply(label(PULL))] == ["set", "set"]
    assert sent(github).count("POST /repos/acme/pay/labels") == 1


def test_a_label_of_ours_goes_and_one_that_is_gone_already_is_fine(
    github: responses.RequestsMock, api: GitHubApi
) -> None:
    github.delete(f"{PAY}/issues/7/labels/kr%3A2026Q4%2FO1.KR2", json=[{"name": "bug"}])
    assert api.apply(label(PULL, "kr:2026Q4/O1.KR2", present=False)) == "removed"
    github.replace(
        "DELETE",
        f"{PAY}/issues/7/labels/kr%3A2026Q4%2FO1.KR2",
        status=404,
        json={"message": "Label does not exist"},
    )
    assert api.apply(label(PULL, "kr:2026Q4/O1.KR2", present=False)) == "already"


@pytest.mark.parametrize("name", ["bug", "kr:", "KR:O1.KR2", "xkr:O1"])
@pytest.mark.parametrize("present", [True, False])
def test_labels_that_are_not_ours_are_never_touched(
    github: responses.RequestsMock, api: GitHubApi, name: str, present: bool
) -> None:
    with pytest.raises(AssertionError, match="only labels under kr:"):
        api.apply(label(PULL, name, present))
    assert not github.calls


def test_a_status_is_sent_once_even_when_the_reply_is_lost(
    github: responses.RequestsMock, api: GitHubApi
) -> None:
    kept: list[dict[str, Any]] = []
    github.add_callback(
        "POST", f"{PAY}/statuses/{SHA}", callback=lambda request: _keep_and_drop(kept, request)
    )
    github.add_callback("GET", f"{PAY}/commits/{SHA}/status", callback=lambda _: _json({"statuses": kept}))
    with pytest.raises(Unreachable):
        api.apply(status())
    assert api.apply(status()) == "already"
    assert len(kept) == 1
    assert api.current(status()) == {"target_url": None} | kept[0]


def test_a_status_says_at_most_140_characters(github: responses.RequestsMock, api: GitHubApi) -> None:
    github.get(f"{PAY}/commits/{SHA}/status", json={"statuses": [{"context": "ci", "state": "failure"}]})
    github.post(f"{PAY}/statuses/{SHA}", status=201, json={"state": "pending", "context": "sightline"})
    assert api.apply(status(state="pending", description="é" * 200)) == "set"
    assert len(json.loads(github.calls[-1].request.body or "")["description"]) == 140


def test_an_answer_that_does_not_show_the_change_is_no_success(
    github: responses.RequestsMock, api: GitHubApi
) -> None:
    github.get(f"{PAY}/labels/kr%3AO1.KR2", json={"name": "kr:O1.KR2"})
    github.post(f"{PAY}/issues/7/labels", json=[])
    with pytest.raises(Unreachable, match="does not show the change"):
        api.apply(label(PULL))
    assert sent(github).count("POST /repos/acme/pay/issues/7/labels") == 1


def test_a_repository_that_was_renamed_is_written_under_its_new_name(
    github: responses.RequestsMock, api: GitHubApi
) -> None:
    there = f"{GITHUB_WIRE}/repos/acme/payments"
    moved = {"message": "Moved Permanently", "url": f"{GITHUB_WIRE}/repositories/1296269/issues/7/labels"}
    for place in (PAY, there):
        github.get(f"{place}/labels/kr%3AO1.KR2", json={"name": "kr:O1.KR2"})
    github.post(f"{PAY}/issues/7/labels", json=[{"name": "kr:O1.KR2"}])
    assert api.apply(label(PULL)) == "set"
    github.replace(
        "POST", f"{PAY}/issues/7/labels", status=307, json=moved, headers={"Location": moved["url"]}
    )
    github.replace(
        "GET", f"{GITHUB_WIRE}/repositories/1296269", json=REPOSITORY | {"full_name": "acme/payments"}
    )
    github.post(f"{there}/issues/7/labels", json=[{"name": "kr:O1.KR2"}])
    assert api.apply(label(PULL)) == "set"
    assert sent(github)[-1] == "POST /repos/acme/payments/issues/7/labels"


def test_writes_keep_their_distance_and_every_request_its_time_out(github: responses.RequestsMock) -> None:
    github.delete(f"{PAY}/issues/7/labels/kr%3AO1.KR2", json=[])
    slow, start = GitHubApi(github_access(spacing=0.02)), time.monotonic()
    for _ in range(3):
        slow.apply(label(PULL, present=False))
    assert time.monotonic() - start >= 0.04
    assert {vars(call.request)["req_kwargs"]["timeout"] for call in github.calls} == {(5, 30)}


def test_threads_take_turns(github: responses.RequestsMock, api: GitHubApi) -> None:
    door = Lock()

    def answer(_: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        assert door.acquire(blocking=False), "two requests at once"
        Event().wait(0.002)
        door.release()
        return _json(issue(3))

    github.add_callback("GET", f"{PAY}/issues/3", callback=answer)
    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(lambda _: api.read("github:acme/pay#3").observations, range(16)))


# --- when GitHub says no


TEN = "Sun, 22 Nov 2026 10:00:00 GMT"
LIMITS = [
    (429, {"Retry-After": "17"}, {}, 17),
    (403, {"Retry-After": "17"}, SECOND_LIMIT, 17),
    (403, {}, SECOND_LIMIT, 60),
    (403, {"Retry-After": "Sun, 22 Nov 2026 10:00:30 GMT", "Date": TEN}, {}, 30),
    (403, {"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "1795341660", "Date": TEN}, {}, 61),
    (429, {"Retry-After": "-5"}, {}, 60),
    (429, {"Retry-After": "999999999"}, {}, 86_400),
]  # fmt: skip


@pytest.mark.parametrize(("code", "headers", "body", "wait"), LIMITS)
def test_a_limit_says_how_long_to_wait_and_is_not_tried_again(
    github: responses.RequestsMock,
    api: GitHubApi,
    code: int,
    headers: dict[str, str],
    body: object,
    wait: float,
) -> None:
    github.replace("GET", PAY, status=code, headers=headers, json=body)
    with pytest.raises(Blocked) as blocked:
        api.read("github:acme/pay")
    assert (blocked.value.until, blocked.value.scope, len(github.calls)) == (wait, "site", 1)


def test_reads_are_tried_three_times_and_writes_once(github: responses.RequestsMock, api: GitHubApi) -> None:
    github.get(f"{PAY}/issues/3", status=502, json={"message": "Server Error"})
    github.get(f"{PAY}/labels/kr%3AO1.KR2", json={"name": "kr:O1.KR2"})
    github.post(f"{PAY}/issues/7/labels", status=502, json={"message": "Server Error"})
    with pytest.raises(Unreachable):
        api.read("github:acme/pay#3")
    with pytest.raises(Unreachable):
        api.apply(label(PULL))
    assert sent(github).count("GET /repos/acme/pay/issues/3") == 3
    assert sent(github).count("POST /repos/acme/pay/issues/7/labels") == 1


@pytest.mark.parametrize(
    "failure", [requests.ConnectTimeout(), requests.ReadTimeout(), requests.ConnectionError(TOKEN)]
)
def test_no_answer_is_unreachable_and_never_shows_a_token(
    github: responses.RequestsMock, api: GitHubApi, failure: Exception
) -> None:
    github.replace("GET", PAY, body=failure)
    with pytest.raises(Unreachable) as lost:
        api.read("github:acme/pay")
    assert TOKEN not in str(lost.value)
    assert lost.value.__suppress_context__


@pytest.mark.parametrize("code", [400, 401, 403, 422])
def test_a_refusal_names_what_was_refused_and_never_a_token(
    github: responses.RequestsMock, api: GitHubApi, code: int
) -> None:
    github.replace("GET", PAY, status=code, json={"message": f"Bad {TOKEN}\n\x1b[31m"})
    with pytest.raises(
        Refused, match=rf"github.com: GET /repos/acme/pay was refused \({code}\): Bad \*\*\* \[31m"
    ) as no:
        api.read("github:acme/pay")
    assert no.value.status == code


def test_no_redirect_leaves_the_host(github: responses.RequestsMock, api: GitHubApi) -> None:
    github.replace("GET", PAY, status=301, headers={"Location": "https://evil.example.com/repos/acme/pay"})
    with pytest.raises(Refused, match="redirected elsewhere"):
        api.read("github:acme/pay")
    assert len(github.calls) == 1


def test_debug_logs_hold_no_token(
    github: responses.RequestsMock, api: GitHubApi, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    api.read("github:acme/pay")
    assert github.calls[0].request.headers["Authorization"] == f"token {TOKEN}"
    assert TOKEN not in caplog.text


def test_an_app_signs_in_and_a_missing_installation_says_nothing_of_an_item(
    github: responses.RequestsMock, app_key: SecretStr, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    app = GitHubApi(github_access(token=None, app=App(1, 2, app_key)))
    tokens = f"{GITHUB_WIRE}/app/installations/2/access_tokens"
    github.post(tokens, status=404, json={"message": "Not Found"})
    with pytest.raises(Refused, match="no such installation"):
        app.read("github:acme/pay")
    github.replace("POST", tokens, status=201, json={"token": TOKEN, "expires_at": "2099-01-01T00:00:00Z"})
    assert app.read("github:acme/pay").observations
    assert github.calls[-1].request.headers["Authorization"] == f"token {TOKEN}"
    assert TOKEN not in caplog.text


# --- GitHub by hand


@pytest.fixture(scope="session")
def app_key() -> SecretStr:
    """A private key that signs for nobody."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    return SecretStr(pem.decode())


def _listing(mock: responses.RequestsMock, url: str, items: list[dict[str, Any]], most: int) -> None:
    """A list in pages of at most `most`, filtered by `since` as GitHub does."""

    def answer(request: requests.PreparedRequest) -> tuple[int, dict[str, str], str]:
        query = dict(parse_qsl(urlsplit(str(request.url)).query))
        held = [item for item in items if item["updated_at"] >= query.get("since", "")]
        size, page = min(int(query["per_page"]), most), int(query.get("page", 1))
        last = -(-len(held) // size)
        address = f"{url}?{urlencode(query | {'page': page + 1})}"
        links = {"Link": f'<{address}>; rel="next", <{url}?page={last}>; rel="last"'} if page < last else {}
        return 200, links, json.dumps(held[(page - 1) * size : page * size])

    mock.add_callback("GET", url, callback=answer)


def _json(answer: object) -> tuple[int, dict[str, str], str]:
    return 200, {}, json.dumps(answer)


def _keep_and_drop(
    kept: list[dict[str, Any]], request: requests.PreparedRequest
) -> tuple[int, dict[str, str], str]:
    """GitHub does what was asked, and the answer never arrives."""
    kept.append(json.loads(request.body or ""))
    raise requests.ReadTimeout
