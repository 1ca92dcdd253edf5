"""Jira's JSON as Facts: issues, sprints, projects, boards, of Cloud and Data Center, from webhooks and REST.

An issue is its numeric id; its key is an alias that a move changes. Times are the issue's own `updated`; `at`
(the envelope's time) stands in where a partial body has none. Fields are found by the site's FieldMap; which
custom field holds what is the operator's word, so one that holds something else says nothing.
"""

from contextlib import suppress
from typing import Any

from linker.model import Category, Facets, Facts, ItemId, Millis, Observation, PlaceFacts
from linker.trackers import FieldMap, SiteView
from linker.trackers.jira_changelog import Entry, entries_of, entry_of, keys_of, label_acts
from linker.trackers.jira_link_past import words_of
from linker.trackers.jira_past import Known, Said, past_of, sprint_refs
from linker.trackers.jira_sprints import looks_like_sprints, sprint_of, sprint_values
from linker.trackers.jira_values import (
    CATEGORIES,
    first_held,
    key_result_of,
    kind_of,
    labels_of,
    links_of,
    parents_of,
    person,
    points_of,
    state_of,
    text_of,
)
from linker.trackers.payload import (
    Json,
    Malformed,
    as_list,
    as_object,
    flag,
    maybe_id,
    maybe_object,
    maybe_text,
    moment,
    need_id,
    need_text,
)

GREENHOPPER = "com.pyxis.greenhopper.jira:"
CUSTOM_TYPES = "com.atlassian.jira.plugin.system.customfieldtypes:"
POINT_NAMES = frozenset({"story points", "story point", "story point estimate", "story points estimate"})
KR_NAMES = frozenset({"kr", "krs", "key result", "key results"})
KR_TYPES = frozenset({"textfield", "textarea", "select", "multiselect", "radiobuttons", "labels"})


def issue(
    payload: Json,
    site: SiteView,
    *,
    at: Millis | None = None,
    read_at: Millis | None = None,
    changelog: Json | None = None,
    user: Json | None = None,
) -> Facts:
    """An issue, its past where a changelog comes with it, and the sprints that its sprint field names.

    `changelog` and `user` are those of a webhook's envelope; a REST issue carries its own changelog.
    """
    where = "issue"
    item = ItemId("jira", site.name, need_id(payload, "id", where))
    fields = maybe_object(payload, "fields", where) or {}
    updated = moment(fields, "updated", "issue.fields")
    when = _first(updated, at, read_at)
    if when is None:
        raise Malformed("issue.fields.updated: missing")
    entries, whole = _entries(payload, changelog, when, user)
    said: Said = {}
    key = maybe_text(payload, "key", where)
    if key is not None:
        said["alias"] = key
    _work(fields, site, said)
    _plan(fields, site, said, keys_of(entries))
    sprints = _sprints(fields, site, said, _first(at, read_at, when) or when, read_at)
    created = moment(fields, "created", "issue.fields")
    own = Observation(item=item, at=when, facets=Facets(**said), created=created, read_at=read_at)
    words = words_of(fields, "issue.fields", said.get("links", ()))
    past = past_of(entries, whole, Known(item, said, when, created, words), site, read_at)
    acts = tuple(act for entry in entries for act in label_acts(entry, item, site))
    return Facts(observations=(*sprints, *past, own), acts=acts)


def sprint(payload: Json, site: SiteView, at: Millis, *, read_at: Millis | None = None) -> Facts:
    """A sprint; it has no time of its own, so `at` is when it was told or read."""
    return Facts(observations=(sprint_of(payload, site, at, read_at=read_at),))


def project(payload: Json, site: SiteView, at: Millis, *, read_at: Millis | None = None) -> Facts:
    """A project as a place: its key as alias, who may see it, and whether it is archived."""
    where = "project"
    said: Said = {}
    key, name = maybe_text(payload, "key", where), maybe_text(payload, "name", where)
    if key is not None:
        said["alias"] = key
    if name is not None:
        said["title"] = name
    private = flag(payload, "isPrivate", where) if "isPrivate" in payload else None
    if private is not None or "archived" in payload:
        said["place"] = PlaceFacts(private=private, archived=flag(payload, "archived", where))
    return _place("project", payload, site, at, said, read_at)


def board(payload: Json, site: SiteView, at: Millis, *, read_at: Millis | None = None) -> Facts:
    """A board as a place: its name."""
    name = maybe_text(payload, "name", "board")
    return _place("board", payload, site, at, {} if name is None else {"title": name}, read_at)


def discover_fields(listed: object) -> FieldMap:
    """Which fields hold what, by the schema types of the field list, not by the words of one language.

    Points and the key result have no type of their own everywhere: a number named story points, a text or
    list named KR or key result.
    """
    found: dict[str, list[str]] = {name: [] for name in FieldMap._fields}
    for index, entry in enumerate(as_list(listed, "fields")):
        where = f"fields[{index}]"
        field = as_object(entry, where)
        schema = maybe_object(field, "schema", where) or {}
        kind = maybe_text(schema, "custom", f"{where}.schema") or ""
        holds = _holds(kind, (maybe_text(field, "name", where) or "").strip().casefold())
        if holds is not None:
            found[holds].append(need_text(field, "id", where))
    return FieldMap(**{name: tuple(ids) for name, ids in found.items()})


def discover_categories(listed: object) -> dict[str, Category]:
    """What each status means, by its id and by its name; a name with two meanings is left out."""
    found: dict[str, Category] = {}
    unclear = set()
    for index, entry in enumerate(as_list(listed, "statuses")):
        where = f"statuses[{index}]"
        status = as_object(entry, where)
        category = maybe_object(status, "statusCategory", where) or {}
        means = CATEGORIES.get(maybe_text(category, "key", f"{where}.statusCategory") or "")
        if means is None:
            continue
        own, name = maybe_id(status, "id", where), maybe_text(status, "name", where)
        if own:
            found[own] = means
        if name and found.setdefault(name, means) != means:
            unclear.add(name)
    return {key: means for key, means in found.items() if key not in unclear}


# --- parts of an issue ---


def _entries(
    payload: Json, changelog: Json | None, when: Millis, user: Json | None
) -> tuple[list[Entry], bool]:
    if changelog is not None:
        return [entry_of(changelog, when, user)], False
    own = maybe_object(payload, "changelog", "issue")
    return ([], False) if own is None else entries_of(own, "issue.changelog")


def _work(fields: Json, site: SiteView, said: Said) -> None:
    """What the issue is: type, texts, people, status, labels."""
    where = "issue.fields"
    if fields.get("issuetype") is not None:
        said["kind"] = kind_of(fields, where, site)
    if "summary" in fields:
        said["title"] = maybe_text(fields, "summary", where) or ""
    if "description" in fields:
        said["body"] = text_of(fields["description"], f"{where}.description")
    if fields.get("status") is not None:
        state = state_of(fields, where, site)
        if state is not None:
            said["state"] = state
    if "labels" in fields:
        said["labels"] = labels_of(fields, where)
    author = maybe_object(fields, "creator", where) or maybe_object(fields, "reporter", where)
    if author is not None:
        said["author"] = person(author, where, site)
    if "assignee" in fields:
        assignee = maybe_object(fields, "assignee", where)
        said["assignee"] = None if assignee is None else person(assignee, where, site).id


def _plan(fields: Json, site: SiteView, said: Said, known: dict[str, str]) -> None:
    """Where the issue stands in the plan: parents, links, points, key result."""
    where = "issue.fields"
    parents = parents_of(fields, where, site, known)
    if parents is not None:
        said["parent"] = parents
    if "issuelinks" in fields:
        said["links"] = links_of(fields, where, site)
    for facet, names, read in (
        ("points", site.fields.points, points_of),
        ("field", site.fields.kr, key_result_of),
    ):
        held = first_held(fields, names)
        if held is not None:
            with suppress(Malformed):
                said[facet] = read(held[1], f"{where}.{held[0]}")


def _sprints(
    fields: Json, site: SiteView, said: Said, at: Millis, read_at: Millis | None
) -> list[Observation]:
    """The sprint field; before the fields are discovered, one that holds sprints by its shape."""
    names = [name for name in site.fields.sprint if name in fields]
    if not site.fields.sprint:
        names = [
            name
            for name, value in fields.items()
            if name.startswith("customfield_") and looks_like_sprints(value)
        ]
    seen: dict[str, Observation] = {}
    with suppress(Malformed):
        for name in names:
            path = f"issue.fields.{name}"
            for index, value in enumerate(sprint_values(fields[name], path)):
                found = sprint_of(value, site, at, f"{path}[{index}]", read_at=read_at)
                seen[found.item.id.removeprefix("sprint:")] = found
        if names:
            said["sprints"] = sprint_refs(seen, site)
    return list(seen.values())


def _place(
    kind: str, payload: Json, site: SiteView, at: Millis, said: dict[str, Any], read_at: Millis | None
) -> Facts:
    item = ItemId("jira", site.name, f"{kind}:{need_id(payload, 'id', kind)}")
    return Facts(observations=(Observation(item=item, at=at, facets=Facets(**said), read_at=read_at),))


def _holds(kind: str, name: str) -> str | None:
    if kind == f"{GREENHOPPER}gh-sprint":
        return "sprint"
    if kind == f"{GREENHOPPER}gh-epic-link":
        return "epic"
    if kind == f"{GREENHOPPER}gh-epic-label":
        return "epic_name"
    if kind == f"{GREENHOPPER}jsw-story-points" or (kind == f"{CUSTOM_TYPES}float" and name in POINT_NAMES):
        return "points"
    if name in KR_NAMES and kind.removeprefix(CUSTOM_TYPES) in KR_TYPES:
        return "kr"
    return None


def _first(*times: Millis | None) -> Millis | None:
    return next((time for time in times if time is not None), None)
