"""Jira's bodies become Facts, of Cloud and Data Center: issues, their past, sprints, projects and boards."""

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from mutants import delivery, mutants, names

from linker.model import Facets, Facts, ItemId, ItemLink, Level, Observation
from linker.trackers import FieldMap, SiteView, jira
from linker.trackers.jira_sprints import sprint_values
from linker.trackers.jira_text import plain_text
from linker.trackers.jira_values import points_of
from linker.trackers.payload import Malformed, millis
from webhooks import jira as webhook

FIELDS = FieldMap(
    points=("customfield_10016",),
    sprint=("customfield_10020",),
    epic=("customfield_10014",),
    kr=("customfield_10050",),
)
SITE = SiteView(
    "acme",
    "jira",
    bots=frozenset({"557058:sightline"}),
    fields=FIELDS,
    categories={"1": "todo", "3": "doing", "9": "done", "10": "done"},
)
BARE = SiteView("acme", "jira")
RECEIVED = 1_791_200_000_000
UPDATED, TOLD = 1_791_190_800_123, 1_791_190_800_623
ISSUE, SPRINT = ItemId("jira", "acme", "10063"), ItemId("jira", "acme", "sprint:7")


def parse(body: Any, site: SiteView = SITE) -> Facts:
    return webhook.parse({}, json.dumps(body).encode(), site, RECEIVED)


def read(name: str) -> Facts:
    return parse(delivery(name))


def now(facts: Facts) -> Observation:
    """The observation that the body itself makes: the last of the issue."""
    return [observation for observation in facts.observations if observation.item == ISSUE][-1]


def at(text: str) -> int:
    found = millis(text)
    assert found is not None
    return found


# --- an issue ---


def test_an_issue_says_what_it_is_and_where_it_stands() -> None:
    issue = now(read("jira.issue_updated"))
    said = issue.facets
    assert (issue.at, said.alias, said.title) == (UPDATED, "PAY-12", "Cache the price page")
    assert said.kind is not None
    assert (said.kind.level, said.kind.type) == (Level.TICKET, "Story")
    assert said.state is not None
    assert said.state.category == "doing"
    assert said.parent == ("jira:acme:10010",)  # the epic link names the same epic by its key
    assert said.sprints == ("jira:acme:sprint:7",)
    assert (said.points, said.field) == (Decimal(3), "O1.KR2")
    assert said.links == (ItemLink(type="blocks", outward=False, ref="jira:acme:10070"),)
    assert said.labels == ("kr:O1.KR2", "performance")


@pytest.mark.parametrize(
    ("issue_type", "level"),
    [
        ({"name": "Thema", "hierarchyLevel": 3}, Level.INITIATIVE),
        ({"name": "Épica", "hierarchyLevel": 1}, Level.EPIC),
        ({"name": "Epic", "hierarchyLevel": 0}, Level.TICKET),
        ({"name": "Unteraufgabe", "hierarchyLevel": -1, "subtask": True}, Level.SUBTASK),
        ({"name": "Technical task", "subtask": True}, Level.SUBTASK),
        ({"name": "epic", "subtask": False}, Level.EPIC),
        ({"name": "Initiative"}, Level.INITIATIVE),
        ({"name": "Bug"}, Level.TICKET),
    ],
)
def test_the_level_is_the_types_own_else_its_name(issue_type: dict[str, Any], level: Level) -> None:
    body = delivery("jira.issue_updated")
    body["issue"]["fields"]["issuetype"] = issue_type
    kind = now(parse(body)).facets.kind
    assert kind is not None
    assert kind.level is level


def test_an_epic_of_another_language_is_known_by_its_epic_name() -> None:
    body = delivery("jira.issue_updated")
    body["issue"]["fields"] |= {"issuetype": {"name": "Эпик"}, "customfield_10011": "Pages"}
    site = SITE._replace(fields=FIELDS._replace(epic_name=("customfield_10011",)))
    kind = now(parse(body, site)).facets.kind
    assert kind is not None
    assert kind.level is Level.EPIC


def test_a_done_issue_is_done_since_its_resolution_else_since_its_status() -> None:
    body = delivery("jira.issue_updated")
    fields = body["issue"]["fields"]
    fields["status"] = {"id": "9", "name": "Shipped", "statusCategory": {"key": "done"}}
    state = now(parse(body)).facets.state
    assert state is not None
    assert state.done_at == at("2026-10-05T11:00:00.000+0200")
    fields["resolutiondate"] = "2026-10-05T10:59:00.000+0200"
    state = now(parse(body)).facets.state
    assert state is not None
    assert state.done_at == at("2026-10-05T10:59:00.000+0200")


def test_a_status_of_unknown_meaning_is_unsaid() -> None:
    body = delivery("jira.comment_created")
    body["issue"]["fields"]["status"] = {"id": "77", "name": "Limbo"}
    assert "state" not in now(parse(body)).facets.model_fields_set
    body["issue"]["fields"]["status"] = {"id": "3", "name": "In Progress"}
    assert now(parse(body)).facets.state is not None


def test_a_comment_brings_part_of_its_issue_at_the_envelopes_time() -> None:
    comment = now(read("jira.comment_created"))
    assert comment.at == TOLD
    assert comment.facets.model_fields_set == {"alias", "kind", "title", "state", "assignee"}


def test_data_center_says_the_same_in_its_own_shapes() -> None:
    facts = read("jira.issue_updated.server")
    said = now(facts).facets
    assert said.kind is not None
    assert said.kind.level is Level.EPIC
    assert (said.points, said.parent) == (Decimal(5), ("jira:PAY-3",))
    assert said.author is not None
    assert said.author.id == "planner"
    sprint = facts.observations[0]
    assert (sprint.item, sprint.facets.title) == (SPRINT, "Slow, then fast [v=2]")
    assert sprint.facets.dates is not None
    assert sprint.facets.dates.completed == at("2026-10-16T14:05:00Z")


@pytest.mark.parametrize(
    ("value", "points"),
    [(2, "2"), (2.0, "2"), (0.5, "0.5"), ("2", "2"), ("-1", "-1"), ("2.50", "2.5"), ({"value": "8"}, "8")],
)
def test_points_are_numbers_however_they_are_written(value: Any, points: str) -> None:
    assert str(points_of(value, "points")) == points


@pytest.mark.parametrize("value", ["NaN", "inf", "1e9", "five", "1_0", "٣", float("inf"), 10**400, True, []])
def test_what_is_no_number_of_points_is_refused(value: Any) -> None:
    with pytest.raises(Malformed, match="points"):
        points_of(value, "points")


@pytest.mark.parametrize("value", [None, "", " ", {"value": None}])
def test_no_estimate_is_none(value: Any) -> None:
    assert points_of(value, "points") is None


def test_a_custom_field_that_holds_something_else_says_nothing() -> None:
    body = delivery("jira.issue_updated")
    body["issue"]["fields"] |= {
        "customfield_10016": "large",
        "customfield_10020": ["soon"],
        "customfield_10050": 5,
    }
    del body["changelog"]
    assert not {"points", "sprints", "field"} & now(parse(body)).facets.model_fields_set


def test_before_the_fields_are_discovered_sprints_are_known_by_their_shape() -> None:
    assert now(parse(delivery("jira.issue_updated"), BARE)).facets.sprints == ("jira:acme:sprint:7",)


# --- its past ---


def test_a_replaced_value_held_until_a_millisecond_before() -> None:
    facts = read("jira.issue_updated")
    (before,) = (o for o in facts.observations if o.at == UPDATED - 1)
    said = before.facets
    assert (said.title, said.alias, said.points) == ("Cache the page", "OLD-4", Decimal(5))
    assert (said.labels, said.sprints) == (("old", "performance"), ("jira:acme:sprint:6",))
    assert said.parent == ("jira:acme:10009",)
    assert said.state is not None
    assert (said.state.name, said.state.category) == ("To Do", "todo")


def test_labels_are_acts_of_who_changed_them() -> None:
    acts = read("jira.issue_updated").acts
    assert [(act.label, act.added, act.actor, act.ours) for act in acts] == [
        ("kr:O1.KR2", True, "557058:planner", False),
        ("old", False, "557058:planner", False),
    ]
    body = delivery("jira.issue_updated")
    body["user"] = {"accountId": "557058:sightline"}
    assert all(act.ours for act in parse(body).acts)


def history(*entries: dict[str, Any], total: int | None = None, **fields: Any) -> Facts:
    """A REST issue of 1 October, updated at noon of the 9th, with one change of Mia's per entry."""
    body = delivery("jira.issue_updated")["issue"]
    body["fields"] |= {"updated": "2026-10-09T12:00:00.000+0000"} | fields
    histories = [
        {
            "id": str(day),
            "author": {"accountId": "mia"},
            "created": f"2026-10-0{day}T12:00:00.000+0000",
            "items": [item],
        }
        for day, item in enumerate(entries, 2)
    ]
    body["changelog"] = {"startAt": 0, "total": total or len(histories), "histories": histories[::-1]}
    return jira.issue(body, SITE, read_at=RECEIVED)


def change(field: str, before: tuple[str, str], after: tuple[str, str], field_id: str = "") -> dict[str, Any]:
    named = {"fieldId": field_id} if field_id else {}
    (from_id, from_words), (to_id, to_words) = before, after
    ids = {"from": from_id or None, "to": to_id or None}
    return {"field": field, **named, **ids, "fromString": from_words, "toString": to_words}


def days(facts: Facts, facet: str) -> list[tuple[int, Any]]:
    """When an issue's facet was said to be what: (day of October 2026, value)."""
    start = at("2026-10-01T00:00:00Z")
    return [
        ((o.at - start) // 86_400_000 + 1, getattr(o.facets, facet))
        for o in facts.observations
        if o.item == ISSUE and facet in o.facets.model_fields_set
    ]


def test_a_whole_changelog_tells_what_held_since_the_creation() -> None:
    first = change("summary", ("", "A"), ("", "B"), "summary")
    facts = history(first, change("summary", ("", "B"), ("", "C"), "summary"), summary="C")
    assert days(facts, "title") == [(1, "A"), (2, "A"), (2, "B"), (3, "C"), (9, "C")]
    assert days(facts, "field") == [(1, "O1.KR2"), (9, "O1.KR2")]  # never changed, so it held all the time
    assert all(o.read_at == RECEIVED for o in facts.observations)


def test_a_part_of_a_changelog_tells_no_beginning() -> None:
    facts = history(change("summary", ("", "A"), ("", "B"), "summary"), total=9, summary="B")
    assert days(facts, "title") == [(2, "A"), (2, "B"), (9, "B")]


def test_the_same_state_is_written_alike_by_body_and_changelog() -> None:
    """Stored facets are compared as they are written, and one unset field would make two of one state."""
    body = delivery("jira.issue_updated")
    body["changelog"]["items"] = [change("status", ("3", "In Progress"), ("3", "In Progress"), "status")]
    states = [o.facets.state for o in parse(body).observations if o.facets.state is not None]
    assert len(states) == 2
    assert len({state.model_dump_json(exclude_unset=True) for state in states}) == 1


def test_a_reopened_issue_was_done_in_between() -> None:
    facts = history(
        change("status", ("1", "To Do"), ("9", "Done"), "status"),
        change("status", ("9", "Done"), ("10", "Released"), "status"),
        change("status", ("10", "Released"), ("1", "To Do"), "status"),
    )
    done = at("2026-10-02T12:00:00Z")
    seen = [(day, state.category, state.done_at) for day, state in days(facts, "state")]
    assert seen[:4] == [(1, "todo", None), (2, "todo", None), (2, "done", done), (3, "done", done)]
    assert seen[4][:2] == (4, "todo")


def test_parent_and_epic_link_are_two_fields_of_one_facet() -> None:
    epic = ("10010", "PAY-3")
    facts = history(
        change("Epic Link", ("", ""), epic, "customfield_10014"),
        change("IssueParentAssociation", ("", ""), epic),
    )
    refs = ("jira:acme:10010",)
    assert days(facts, "parent") == [(1, ()), (2, ()), (2, refs), (3, refs), (9, refs)]


def test_links_are_followed_back_from_those_that_are_there() -> None:
    blocked, related = ("PAY-19", "This issue is blocked by PAY-19"), ("PAY-4", "This issue relates to PAY-4")
    facts = history(change("Link", ("", ""), related), change("Link", related, blocked))
    held = [ItemLink(type="blocks", outward=False, ref="jira:acme:10070")]
    gone = ItemLink(type="relates to", outward=True, ref="jira:PAY-4")
    told = [(day, list(links)) for day, links in days(facts, "links")]
    assert told == [(1, []), (3, held), (3, [gone]), (2, [gone]), (2, []), (9, held)]


def test_an_unreadable_change_says_nothing() -> None:
    facts = history(
        change("Sprint", ("", "Sprint 1"), ("", "Sprint 2"), "customfield_10020"),
        change("status", ("70", "Limbo"), ("71", "Void"), "status"),
    )
    assert [day for day, _ in days(facts, "sprints")] == [9]
    assert [day for day, _ in days(facts, "state")] == [9]


# --- sprints, links, places ---


def test_a_name_may_look_like_anything() -> None:
    start = "com.atlassian.greenhopper.service.sprint.Sprint@1f"
    old = f"{start}[id=7,rapidViewId=8,state=ACTIVE,name=a, [b]=c,state=d,goal=<null>,sequence=7]"
    (value,) = sprint_values([old], "field")
    assert value == {
        "id": "7",
        "rapidViewId": "8",
        "state": "ACTIVE",
        "name": "a, [b]=c,state=d",
        "sequence": "7",
    }
    other = f"{start}[completeDate=<null>,goal=x,name=y,id=1,id=197,name=TES 3,rapidViewId=9,state=CLOSED]"
    (value,) = sprint_values([other], "field")
    assert (value["id"], value["state"]) == ("197", "CLOSED")


@pytest.mark.parametrize(
    ("name", "state"),
    [("created", "future"), ("updated", "active"), ("started", "active"), ("closed", "closed")],
)
def test_a_sprint_event_says_the_sprints_dates(name: str, state: str) -> None:
    (sprint,) = read(f"jira.sprint_{name}").observations
    assert (sprint.item, sprint.at) == (SPRINT, TOLD)
    assert sprint.facets.dates is not None
    assert (sprint.facets.dates.state, sprint.facets.dates.board) == (state, "jira:acme:board:8")


@pytest.mark.parametrize("name", ["issue", "sprint", "project", "board"])
def test_what_is_deleted_leaves_a_tombstone_at_the_envelopes_time(name: str) -> None:
    gone = read(f"jira.{name}_deleted").observations[-1]
    assert (gone.at, gone.facets) == (TOLD, Facets(deleted=True))


def test_an_issue_link_joins_two_numeric_ids() -> None:
    for name, added in (("created", True), ("deleted", False)):
        facts = read(f"jira.issuelink_{name}")
        (relation,) = facts.relations
        assert (relation.child, relation.parent.id, relation.type) == (ISSUE, "10070", "blocks")
        assert (relation.at, relation.added, relation.hierarchy) == (TOLD, added, False)
        assert facts.wanted == ("jira:acme:10063", "jira:acme:10070")


def test_an_archived_project_takes_no_work() -> None:
    for name, archived in (("archived", True), ("restored_archived", False)):
        (project,) = read(f"jira.project_{name}").observations
        assert project.facets.alias == "PAY"
        assert project.facets.place is not None
        assert project.facets.place.archived is archived


def test_fields_are_found_by_their_schema_in_any_language() -> None:
    custom = "com.atlassian.jira.plugin.system.customfieldtypes:"
    listed = [
        {"id": "summary", "name": "Zusammenfassung", "schema": {"type": "string", "system": "summary"}},
        {"id": "cf1", "name": "Спринт", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-sprint"}},
        {"id": "cf2", "name": "Epos", "schema": {"custom": "com.pyxis.greenhopper.jira:gh-epic-link"}},
        {"id": "cf3", "name": "Story Points", "schema": {"type": "number", "custom": f"{custom}float"}},
        {"id": "cf4", "name": "Punkte", "schema": {"custom": "com.pyxis.greenhopper.jira:jsw-story-points"}},
        {"id": "cf5", "name": "Budget", "schema": {"type": "number", "custom": f"{custom}float"}},
        {"id": "cf6", "name": "Key Result", "schema": {"type": "option", "custom": f"{custom}select"}},
        {"id": "cf7", "name": "KR", "schema": {"type": "user", "custom": f"{custom}userpicker"}},
        {"id": "thumbnail", "name": "Images"},
    ]
    assert jira.discover_fields(listed) == FieldMap(("cf3", "cf4"), ("cf1",), ("cf2",), ("cf6",), ())


# --- rich text ---


def test_rich_text_keeps_apart_what_is_read_differently() -> None:
    def node(kind: str, *content: Any, **more: Any) -> dict[str, Any]:
        return {"type": kind, "content": list(content)} | more

    def text(words: str, *marks: dict[str, Any]) -> dict[str, Any]:
        return {"type": "text", "text": words, "marks": list(marks)}

    link = {"type": "link", "attrs": {"href": "https://acme.example.com/browse/PAY-7"}}
    document = node(
        "doc",
        node("paragraph", text("KR: O1.KR2"), {"type": "hardBreak"}, text("see"), text(" this", link)),
        node("bulletList", node("listItem", node("paragraph", text("one"))), node("listItem", text("two"))),
        node("codeBlock", text("KR: O9.KR9")),
        node("blockquote", node("paragraph", text("said"))),
        node(
            "paragraph",
            text("x", {"type": "code"}),
            {"type": "inlineCard", "attrs": {"url": "https://example.com"}},
        ),
        node("somethingNew", node("paragraph", text("kept"))),
    )
    assert plain_text(document, "description").split("\n\n") == [
        "KR: O1.KR2\nsee this (https://acme.example.com/browse/PAY-7)",
        "- one\n- two",
        "```\nKR: O9.KR9\n```",
        "> said",
        "`x`https://example.com",
        "kept",
    ]


# --- events ---


def test_every_handled_event_has_a_delivery_and_is_read() -> None:
    assert {delivery(name)["webhookEvent"] for name in names("jira")} == set(webhook.HANDLED)
    for name in names("jira"):
        facts = read(name)
        assert facts.ignored or facts.observations or facts.relations


def test_known_ignored_is_not_unknown() -> None:
    assert not webhook.HANDLED.keys() & webhook.IGNORED
    ignored = parse({"webhookEvent": "user_created"}).ignored
    assert ignored is not None
    assert ignored.startswith("user_created: ")
    assert parse({"webhookEvent": "moon_phase"}) == Facts(ignored="unknown event 'moon_phase'")


def test_the_events_name_stands_in_the_body() -> None:
    assert webhook.event_name({}, b'{"webhookEvent": "sprint_closed"}') == "sprint_closed"
    assert webhook.event_name({}) == webhook.event_name({}, b"{") == ""


def test_a_delivery_is_told_apart_by_its_header_else_by_its_bytes() -> None:
    assert webhook.delivery_id({"x-atlassian-webhook-identifier": "a1"}, b"{}") == "a1"
    assert webhook.delivery_id({}, b"{}").startswith("44136fa355b3678a")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        ({"issue": None}, "body.issue: expected an object, found null"),
        ({"issue": {}}, "issue.id: missing"),
        ({"issue": {"id": [1]}}, "issue.id: expected text, found a list"),
        (
            {"issue": {"id": "1", "fields": {"labels": "x"}}},
            "issue.fields.labels: expected a list, found text",
        ),
        (
            {"issue": {"id": "1", "fields": {"summary": 5}}},
            "issue.fields.summary: expected text, found a number",
        ),
        ({"timestamp": [1]}, "body.timestamp: expected a time in milliseconds, found a list"),
        ({"changelog": {"items": {}}}, "changelog.items: expected a list, found an object"),
    ],
)
def test_a_body_that_no_tracker_sends_is_refused_with_its_reason(damage: dict[str, Any], reason: str) -> None:
    with pytest.raises(Malformed) as refused:
        parse(delivery("jira.issue_updated") | damage)
    assert refused.value.reason == reason


@given(mutants("jira"))
def test_a_damaged_delivery_is_read_or_refused_and_nothing_else(mutant: tuple[str, dict[str, Any]]) -> None:
    _, body = mutant
    for site in (SITE, BARE):
        try:
            facts = parse(body, site)
        except Malformed:
            continue
        assert Facts.model_validate_json(facts.model_dump_json()) == facts


# --- recorded bodies of other people's projects ---


def test_every_recorded_delivery_is_read_or_ignored_with_a_reason(shared_data: Path) -> None:
    files = [path for path in (shared_data / "jira-webhooks").glob("*.json") if path.name != "_INDEX.json"]
    assert len(files) == 111
    for path in files:
        for site in (SITE, BARE):
            facts = webhook.parse({}, path.read_bytes(), site, RECEIVED)
            assert facts.observations or facts.relations or facts.ignored, path.name
            unknown = (facts.ignored or "").startswith("unknown event")
            assert unknown == (path.name == "pinpoint__user_deleted.json")  # it names no event at all


def test_moved_issues_keep_their_old_key(shared_data: Path) -> None:
    recorded = shared_data / "jira-webhooks"
    for name, old, new in (
        ("mobitel__issue_updated_move-issue", "TCP-2", "INDEV-130"),
        ("mobitel__issue_updated_generic", "RN-83", "BBCOM-1233"),
        ("pinpoint__jira_issue_updated.project", "TES-82", "GOLD-208"),
    ):
        facts = webhook.parse({}, (recorded / f"{name}.json").read_bytes(), BARE, RECEIVED)
        aliases = [o.facets.alias for o in facts.observations if "alias" in o.facets.model_fields_set]
        assert aliases == [old, new]


def test_rest_answers_are_read_by_the_same_functions(shared_data: Path) -> None:
    answers = shared_data / "jira-rest"
    for path in (*(answers / "port-ocean").glob("*issue*.json"), answers / "mobitel" / "issue.json"):
        payload = json.loads(path.read_text())
        assert jira.issue(payload, SITE, read_at=RECEIVED).observations[-1].facets.title is not None
    for payload in json.loads((answers / "go-jira" / "issues_in_sprint.json").read_text())["issues"]:
        assert jira.issue(payload, SITE, read_at=RECEIVED).observations[-1].facets.alias
    assert (
        jira.discover_fields(json.loads((answers / "go-jira" / "all_fields.json").read_text())) == FieldMap()
    )
    statuses = json.loads((answers / "go-jira" / "all_statuses.json").read_text())
    assert set(jira.discover_categories(statuses).values()) == {"todo", "doing", "done"}
    for entry in json.loads((answers / "devlake" / "sprints.json").read_text()):
        (sprint,) = jira.sprint(entry["response"], SITE, RECEIVED).observations
        assert sprint.facets.dates is not None
    for path in (answers / "port-ocean").glob("cloud_project_*.json"):
        assert jira.project(json.loads(path.read_text()), SITE, RECEIVED).observations[0].facets.alias


def devlake_cases() -> list[Any]:
    path = Path(__file__).parents[2] / "shared" / "data" / "oracles" / "devlake_jira_cases.json"
    return json.loads(path.read_text())["cases"] if path.is_file() else []


DEVLAKE = FieldMap(points=("customfield_10024",), sprint=("customfield_10020",), epic=("customfield_10014",))


@pytest.mark.parametrize("case", devlake_cases(), ids=lambda case: case["id"])
def test_devlake_reads_the_same(case: dict[str, Any], shared_data: Path) -> None:
    """An independent reader of the same answers agrees.

    It keeps names, versions and due dates, which we have no use for, and the category key where we keep its
    meaning. It names an issue that is not there "0" or "".
    """
    entry = json.loads((shared_data / case["input"]["file"]).read_text())[case["input"]["index"]]
    payload, expected = entry["response"], case["expected"]
    facts = jira.issue(payload, SITE._replace(fields=DEVLAKE), read_at=RECEIVED)
    issue = facts.observations[-1]
    if "issue_links" in expected:
        assert issue.facets.links == devlake_links(expected["issue_links"])
    else:
        agree(expected, issue, facts)


def agree(expected: dict[str, Any], issue: Observation, facts: Facts) -> None:
    said = issue.facets
    assert (issue.item.id, said.alias) == (expected["issue_id"], expected["issue_key"])
    assert said.kind is not None
    assert said.kind.type == expected.get("type", said.kind.type)
    assert (said.kind.level is Level.SUBTASK) == expected["subtask"]
    assert said.state is not None
    assert said.state.name == expected["status_name"]
    meaning = {"new": "todo", "indeterminate": "doing", "done": "done"}
    assert said.state.category == meaning[expected["status_category_key"]]
    parents = {expected.get("epic_key"), expected.get("parent_key")} - {None}
    assert len(said.parent) == len(parents)
    if "story_points" in expected:
        points = expected["story_points"]
        assert said.points == (None if points is None else Decimal(points))
    if "labels" in expected:
        assert list(said.labels) == sorted(expected["labels"])
    if "sprint_ids_ever" in expected:
        assert {s.rpartition(":")[2] for s in said.sprints} == {
            str(own) for own in expected["sprint_ids_ever"]
        }
    active = {
        o.item.id
        for o in facts.observations
        if o.facets.dates is not None and o.facets.dates.state == "active"
    }
    assert active == (
        {f"sprint:{expected['active_sprint_id']}"} if expected.get("active_sprint_id") else set()
    )
    if expected.get("created"):
        assert issue.created == millis(expected["created"])
    if said.state.category == "done" and expected.get("resolution_date"):
        assert said.state.done_at == millis(expected["resolution_date"])


def devlake_links(rows: list[dict[str, Any]]) -> tuple[ItemLink, ...]:
    found = []
    for row in rows:
        outward = row["outward_issue_id"] not in ("", "0")
        other = row["outward_issue_id"] if outward else row["inward_issue_id"]
        found.append(ItemLink(type=row["outward"], outward=outward, ref=f"jira:acme:{other}"))
    return tuple(sorted(found, key=lambda link: (link.type, link.outward, link.ref)))
