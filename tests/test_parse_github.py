"""GitHub's bodies become Facts: what each event says, what it leaves unsaid, and what is refused."""

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from mutants import delivery, mutants, names

from linker.model import Facets, Facts, ItemId, Kind, Level, Observation
from linker.trackers import SiteView, github
from linker.trackers.payload import Malformed, millis
from webhooks import github as webhook

SITE = SiteView("acme", "github", bots=frozenset({"sightline[bot]"}))
RECEIVED = 1_791_200_000_000
PULL, ISSUE = ItemId("github", "acme", "4711#8"), ItemId("github", "acme", "4711#7")
REPOSITORY = ItemId("github", "acme", "repo:4711")


def parse(event: str, body: Any) -> Facts:
    return webhook.parse({"x-github-event": event}, json.dumps(body).encode(), SITE, RECEIVED)


def read(name: str) -> Facts:
    return parse(name.split(".")[1], delivery(name))


def seen(facts: Facts, item: ItemId) -> Observation:
    return next(observation for observation in facts.observations if observation.item == item)


def at(text: str) -> int:
    found = millis(text)
    assert found is not None
    return found


# --- what a delivery says ---


def test_a_pull_request_says_where_it_stands() -> None:
    pull = seen(read("github.pull_request"), PULL)
    assert (pull.at, pull.created) == (at("2026-10-05T10:00:00Z"), at("2026-10-05T08:00:00Z"))
    said = pull.facets
    assert said.kind == Kind(level=Level.PULL_REQUEST, type="pull request")
    assert (said.alias, said.title) == ("acme/pay#8", "PAY-12: cache the price page")
    assert said.head is not None
    assert (said.head.branch, said.head.base, said.head.fork) == ("PAY-12-page-cache", "main", True)
    assert said.head.merge_sha is None  # GitHub only tried that commit
    assert said.state is not None
    assert said.state.category == "doing"
    assert said.sprints == ("github:acme:milestone:31",)


def test_a_merged_pull_request_is_done_when_it_was_merged() -> None:
    said = seen(read("github.pull_request.closed"), PULL).facets
    assert said.state is not None
    assert (said.state.category, said.state.done_at) == ("done", at("2026-10-06T11:00:00Z"))
    assert said.head is not None
    assert said.head.merge_sha is not None


@pytest.mark.parametrize(
    ("state", "reason", "category"),
    [
        ("open", None, "todo"),
        ("open", "reopened", "todo"),
        ("closed", None, "done"),
        ("closed", "completed", "done"),
        ("closed", "not_planned", "dropped"),
        ("closed", "duplicate", "dropped"),
    ],
)
def test_how_an_issue_was_closed_decides_whether_it_is_done(state: str, reason: str, category: str) -> None:
    body = delivery("github.issues")
    body["issue"] |= {"state": state, "state_reason": reason, "closed_at": "2026-10-05T09:00:00Z"}
    found = seen(parse("issues", body), ISSUE).facets.state
    assert found is not None
    assert found.category == category
    assert (found.done_at is not None) == (category == "done")


def test_an_issue_says_its_parent_and_its_type() -> None:
    said = seen(read("github.issues"), ISSUE).facets
    assert said.parent == ("github:acme:4711#3",)
    assert said.kind == Kind(level=Level.TICKET, type="Feature")
    elsewhere = delivery("github.issues")
    elsewhere["issue"]["parent_issue_url"] = "https://api.example.com/repos/acme/shop/issues/3"
    assert seen(parse("issues", elsewhere), ISSUE).facets.parent == ("github:acme/shop#3",)
    elsewhere["issue"]["parent_issue_url"] = None
    assert seen(parse("issues", elsewhere), ISSUE).facets.parent == ()


def test_the_issue_shape_of_a_pull_request_is_the_same_item() -> None:
    pull = seen(read("github.issue_comment"), PULL)
    assert pull.facets.kind == Kind(level=Level.PULL_REQUEST, type="pull request")
    assert "head" not in pull.facets.model_fields_set
    closed = delivery("github.issue_comment")
    closed["issue"] |= {
        "state": "closed",
        "pull_request": {"url": "https://api.example.com/repos/acme/pay/pulls/8"},
    }
    assert "state" not in seen(parse("issue_comment", closed), PULL).facets.model_fields_set


def test_a_label_is_an_act_of_a_person_or_of_us() -> None:
    (set_by_planner,) = read("github.issues").acts
    assert (set_by_planner.actor, set_by_planner.added, set_by_planner.ours) == ("planner", True, False)
    (removed_by_us,) = read("github.issues.unlabeled").acts
    assert (removed_by_us.label, removed_by_us.added, removed_by_us.ours) == ("kr:O1.KR2", False, True)
    assert removed_by_us.at == at("2026-10-05T09:30:00Z")


def test_what_a_body_leaves_out_stays_unsaid() -> None:
    said = github.issue({"number": 7, "updated_at": "2026-10-05T09:00:00Z"}, SITE, repository={"id": 4711})
    assert said.observations[0].facets.model_fields_set == {"kind"}


def test_a_milestone_is_a_sprint() -> None:
    (sprint, *_) = read("github.milestone").observations
    assert sprint.item == ItemId("github", "acme", "milestone:31")
    assert sprint.facets.dates is not None
    assert (sprint.facets.dates.state, sprint.facets.dates.end) == ("closed", at("2026-10-31T07:00:00Z"))


def test_a_deleted_item_leaves_a_tombstone_at_its_own_time() -> None:
    for event, item in (("issues", ISSUE), ("milestone", ItemId("github", "acme", "milestone:31"))):
        body = delivery(f"github.{event}") | {"action": "deleted"}
        gone = [o for o in parse(event, body).observations if o.facets.deleted]
        assert [(o.item, o.facets) for o in gone] == [(item, Facets(deleted=True))]


def test_a_transferred_issue_is_gone_here_and_wanted_there() -> None:
    facts = read("github.issues.transferred")
    assert [o.item.id for o in facts.observations if o.facets.deleted] == ["4711#9"]
    assert facts.wanted == ("github:acme:4712#2",)


def test_a_sub_issue_hangs_below_its_parent_since_the_later_change_of_both() -> None:
    (relation,) = read("github.sub_issues").relations
    assert (relation.child.id, relation.parent.id) == ("4711#18", "4711#7")
    assert relation.added
    assert relation.hierarchy
    assert relation.at == at("2026-10-05T09:10:01Z")


def test_a_dependency_blocks_and_is_no_hierarchy() -> None:
    (relation,) = read("github.issue_dependencies").relations
    assert (relation.child.id, relation.parent.id, relation.type) == ("4711#7", "4711#18", "blocks")
    assert not relation.added
    assert not relation.hierarchy


@pytest.mark.parametrize(
    ("name", "old"),
    [("github.repository", "acme/payments"), ("github.repository.transferred", "founder/pay")],
)
def test_a_repository_keeps_its_old_name_as_an_alias(name: str, old: str) -> None:
    now, before = read(name).observations
    assert (now.item, now.facets.alias) == (REPOSITORY, "acme/pay")
    assert (before.facets, before.at) == (Facets(alias=old), now.at - 1)


def test_every_event_tells_who_may_see_its_repository() -> None:
    place = seen(read("github.push"), REPOSITORY).facets.place
    assert place is not None
    assert place.private
    assert read("github.push").observations == (seen(read("github.push"), REPOSITORY),)
    opened = seen(read("github.public"), REPOSITORY).facets.place
    assert opened is not None
    assert opened.private is False


def test_a_deleted_label_names_no_item_so_nothing_is_guessed() -> None:
    facts = read("github.label")
    assert facts.observations == ()
    assert facts.ignored == "label deleted: it names no item; items say their labels themselves"


def test_commits_are_their_messages() -> None:
    facts = github.commits(
        PULL, [{"sha": "a", "commit": {"message": "Cache\n\nKR: O1.KR2"}}], at=5, read_at=9
    )
    (told,) = facts.observations
    assert (told.facets, told.at, told.read_at) == (Facets(commits=("Cache\n\nKR: O1.KR2",)), 5, 9)


def test_a_list_of_sub_issues_gives_each_its_parent() -> None:
    child = delivery("github.sub_issues")["sub_issue"] | {"repository": {"id": 4711, "full_name": "acme/pay"}}
    facts = github.sub_issues(ISSUE, [child], SITE, at=1, read_at=2)
    assert [(r.child.id, r.parent) for r in facts.relations] == [("4711#18", ISSUE)]


def test_a_body_without_the_repositorys_id_is_only_asked_to_be_read() -> None:
    facts = github.issue(delivery("github.issues")["issue"], SITE, at=1)
    assert facts == Facts(wanted=("github:acme/pay#7",))


# --- events ---


def test_every_handled_event_has_a_delivery_and_is_read() -> None:
    assert {name.split(".")[1] for name in names("github")} == set(webhook.HANDLED)
    for name in names("github"):
        facts = read(name)
        assert facts.ignored or facts.observations or facts.asked or facts.commands


def test_known_ignored_is_not_unknown() -> None:
    assert not webhook.HANDLED.keys() & webhook.IGNORED
    ignored = webhook.parse({"X-GitHub-Event": "workflow_run"}, b"never looked at", SITE, RECEIVED).ignored
    assert ignored is not None
    assert ignored.startswith("workflow_run: ")
    unknown = webhook.parse({"X-GitHub-Event": "moon_phase"}, b"{}", SITE, RECEIVED)
    assert unknown == Facts(ignored="unknown event 'moon_phase'")


def test_a_form_is_the_same_delivery() -> None:
    body = delivery("github.pull_request")
    form = urlencode({"payload": json.dumps(body)}).encode()
    headers = {"X-GitHub-Event": "pull_request", "Content-Type": "application/x-www-form-urlencoded"}
    assert webhook.parse(headers, form, SITE, RECEIVED) == parse("pull_request", body)


def test_a_delivery_is_told_apart_by_its_header_else_by_its_bytes() -> None:
    assert webhook.delivery_id({"x-github-delivery": "72d3162e"}, b"{}") == "72d3162e"
    assert webhook.delivery_id({}, b"{}").startswith("44136fa355b3678a")


# --- bad input ---


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b"", "the body is not JSON"),
        (b"{'a': 1}", "the body is not JSON"),
        (b"[1]", "the body is not a JSON object"),
        (b"\xff\xfe{}", "the body is not UTF-8 at byte 0"),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, "the body is more than 100 levels deep"),
        (b'{"a":' * 100_000, "the body is more than 100 levels deep"),
        (b'{"a":' + b"[" * 100 + b"]" * 100 + b"}", "the body is more than 100 levels deep"),
        (b'{"a": 1, "b": {"c": 2, "c": 3}}', "duplicate key 'c'"),
        (b'{"a": NaN}', "NaN is not a JSON number"),
        (b'{"a": ' + b"9" * 5000 + b"}", "the body is not JSON"),
        (b'{"pull_request": {"title": "a\\u0000"}}', "body.pull_request.title: holds U+0000"),
        (b'{"pull_request": ["\\ud83d"]}', "body.pull_request[0]: holds half of a surrogate pair"),
        (b'{"\\udc00": 1}', "body, a key: holds half of a surrogate pair"),
        (b"{}", "body.pull_request: missing"),
        (b'{"pull_request": "8"}', "body.pull_request: expected an object, found text"),
        (b'{"pull_request": {"number": 8}}', "body.repository: missing"),
        (b'{"pull_request": {}, "repository": {"id": 1}}', "pull_request.number: missing"),
        (
            b'{"pull_request": {}, "repository": {"id": true}}',
            "repository.id: expected text, found true or false",
        ),
        (
            b'{"pull_request": {"number": 8, "labels": {}}, "repository": {"id": 1}}',
            "labels: expected a list",
        ),
        (
            b'{"pull_request": {"number": 8, "state": "ajar"}, "repository": {"id": 1}}',
            "neither open nor closed",
        ),
    ],
)
def test_a_body_that_no_tracker_sends_is_refused_with_its_reason(body: bytes, reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        webhook.parse({"X-GitHub-Event": "pull_request"}, body, SITE, RECEIVED)
    assert reason in refused.value.reason


def test_whole_surrogate_pairs_are_letters() -> None:
    body = delivery("github.pull_request")
    body["pull_request"]["title"] = "Ship it 🚀"
    assert b"\\ud83d\\ude80" in json.dumps(body).encode()
    assert seen(parse("pull_request", body), PULL).facets.title == "Ship it 🚀"


@given(mutants("github"))
def test_a_damaged_delivery_is_read_or_refused_and_nothing_else(mutant: tuple[str, dict[str, Any]]) -> None:
    name, body = mutant
    try:
        facts = parse(name.split(".")[1], body)
    except Malformed:
        return
    assert Facts.model_validate_json(facts.model_dump_json()) == facts


# --- recorded bodies of other people's repositories ---


def test_every_recorded_delivery_is_read_or_ignored_with_a_reason(shared_data: Path) -> None:
    files = [path for path in (shared_data / "github-webhooks").glob("*.json") if path.name != "_INDEX.json"]
    assert len(files) == 178
    for path in files:
        event = path.name.split(".")[0]
        facts = webhook.parse({"X-GitHub-Event": event}, path.read_bytes(), SITE, RECEIVED)
        assert bool(facts.ignored) != bool(facts.observations or facts.asked), path.name
        assert not (facts.ignored or "").startswith("unknown event")


def test_reduced_deliveries_are_read_as_far_as_they_name_an_item(shared_data: Path) -> None:
    """Templates: ids are words, times are no times, one has no repository; none of them is an error."""
    for path in sorted((shared_data / "github-webhooks-keyed").glob("*.json")):
        recorded = json.loads(path.read_text())
        facts = parse(recorded["event"], recorded["payload"])
        assert facts.ignored or facts.wanted or facts.observations, path.name
        for observation in facts.observations:
            assert recorded["payload"]["pull_request"]["title"] == observation.facets.title


def test_lists_of_rest_are_read_by_the_same_functions(shared_data: Path) -> None:
    lists = shared_data / "github-rest" / "devlake"
    pulls = [entry["response"] for entry in json.loads((lists / "pull_requests.json").read_text())]
    for payload in pulls:
        (*_, own) = github.pull_request(payload, SITE, read_at=RECEIVED).observations
        assert own.item.id == f"{payload['base']['repo']['id']}#{payload['number']}"
        assert own.facets.state is not None
        assert (own.facets.state.category == "done") == (payload["merged_at"] is not None)
    for entry in json.loads((lists / "issues.json").read_text()):
        payload = entry["response"]
        (*_, own) = github.issue(payload, SITE, repository={"id": 1}, read_at=RECEIVED).observations
        assert (own.facets.kind == github.PULL_REQUEST) == ("pull_request" in payload)
    for entry in json.loads((lists / "milestones.json").read_text()):
        assert github.milestone(entry["response"], SITE, read_at=RECEIVED).observations[0].facets.title
    commits = [entry["response"] for entry in json.loads((lists / "pull_request_commits.json").read_text())]
    assert len(github.commits(PULL, commits, at=1).observations[0].facets.commits) == len(commits)
