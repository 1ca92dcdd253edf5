"""A Jira changelog is an issue's past: what each change set, who set it, and what had held until then.

A value that a change replaced held until one millisecond before it. Names that we cannot read for sure (a
status whose meaning the site does not know, a sprint without its id) say nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

from linker.model import Facets, ItemId, LabelAct, Millis, Observation, State
from linker.trackers import SiteView
from linker.trackers.jira_values import done_since, ids_of, points_of, status_category
from linker.trackers.payload import (
    Json,
    Malformed,
    as_id,
    as_number,
    as_text,
    maybe_object,
    maybe_text,
    moment,
    need_list,
    objects,
)

Said = dict[str, Any]
PARENTS = frozenset({"parent", "issueparentassociation", "epic link"})
CUSTOM = frozenset(
    {"points", "field", "sprints", "parent"}
)  # facets that a field of an unknown name may hold


class Value(NamedTuple):
    """One side of a change: the id and the words, each empty where Jira gives none."""

    id: str
    words: str


class Change(NamedTuple):
    """One field of one change; `id` is empty on Data Center, where only the name tells the field."""

    field: str
    id: str
    custom: bool
    before: Value
    after: Value


class Entry(NamedTuple):
    """What one person changed at one moment."""

    at: Millis
    actor: tuple[str, ...]
    changes: tuple[Change, ...]


class Known(NamedTuple):
    """What the body itself says of the issue: its facets, as of when, and when it was created."""

    item: ItemId
    said: Mapping[str, Any]
    at: Millis
    created: Millis | None


class Past(NamedTuple):
    """What a changelog tells: observations of other moments than the body's, and who set which label."""

    observations: tuple[Observation, ...]
    acts: tuple[LabelAct, ...]


def entry_of(changelog: Json, at: Millis, user: Json | None) -> Entry:
    """The one change that a webhook tells; it happened when the issue was updated."""
    actor = () if user is None else ids_of(user, "user")
    return Entry(at, actor, tuple(_changes(changelog, "changelog")))


def entries_of(changelog: Json, where: str) -> tuple[list[Entry], bool]:
    """The changes of a REST changelog, oldest first, and whether these are all there are."""
    found = []
    for history, path in objects(changelog, "histories", where):
        at = moment(history, "created", path)
        if at is None:
            raise Malformed(f"{path}.created: missing")
        author = maybe_object(history, "author", path)
        actor = () if author is None else ids_of(author, f"{path}.author")
        found.append(Entry(at, actor, tuple(_changes(history, path))))
    total = changelog.get("total")
    whole = total is not None and as_number(total, f"{where}.total") <= len(found)
    return sorted(found, key=lambda entry: entry.at), whole and not changelog.get("startAt")


def keys_of(entries: Iterable[Entry]) -> dict[str, str]:
    """The ids of the keys that parent and epic link changes tell."""
    return {
        value.words: value.id
        for entry in entries
        for change in entry.changes
        if change.field in PARENTS
        for value in (change.before, change.after)
        if value.id.isdecimal() and value.words
    }


def past_of(
    entries: list[Entry], whole: bool, known: Known, site: SiteView, read_at: Millis | None = None
) -> Past:
    """What held when; with the whole changelog also what held since the issue was created."""
    observations: list[Observation] = []
    held: Said = {}
    first: Said = {}
    touched: set[str] = set()

    def observe(at: Millis, said: Said) -> None:
        if said and (known.created is None or at >= known.created):
            seen = Observation(
                item=known.item, at=at, facets=Facets(**said), created=known.created, read_at=read_at
            )
            observations.append(seen)

    for entry in entries:
        before, after = _sides(entry, site)
        for name, value in before.items():
            if name not in touched:
                first[name] = value
        touched |= _touched(entry, site)
        stated_since = known.at if entry.at == known.at else None
        observe(entry.at - 1, {n: v for n, v in before.items() if n not in held or held[n] != v})
        observe(entry.at, {n: v for n, v in after.items() if stated_since is None or n not in known.said})
        held |= after
    if whole and known.created is not None and known.created < known.at:
        observe(known.created, _beginning(entries, known, first, touched))
    return Past(tuple(observations), tuple(act for entry in entries for act in _acts(entry, known, site)))


# --- the fields that are read ---


def _words(name: str) -> Callable[[Value, Millis, SiteView], Said]:
    return lambda value, at, site: {name: value.words}


def _labels(value: Value, at: Millis, site: SiteView) -> Said:
    return {"labels": tuple(sorted(set(value.words.split())))}


def _status(value: Value, at: Millis, site: SiteView) -> Said:
    category = status_category(value.id, value.words, site)
    if category is None:
        return {}
    return {"state": State(name=value.words, category=category, done_at=done_since(category, at))}


def _parent(value: Value, at: Millis, site: SiteView) -> Said:
    if value.id.isdecimal():
        return {"parent": (str(ItemId("jira", site.name, value.id)),)}
    return {"parent": (f"jira:{value.words}",) if value.words else ()}


def _sprints(value: Value, at: Millis, site: SiteView) -> Said:
    ids = [word.strip() for word in value.id.split(",")] if value.id else []
    if not all(word.isdecimal() for word in ids) or (value.words and not ids):
        return {}
    return {"sprints": sprint_refs(ids, site)}


def _points(value: Value, at: Millis, site: SiteView) -> Said:
    try:
        return {"points": points_of(value.words, "points")}
    except Malformed:
        return {}


def _key_result(value: Value, at: Millis, site: SiteView) -> Said:
    return {"field": value.words or None}


def _key(value: Value, at: Millis, site: SiteView) -> Said:
    return {"alias": value.words} if value.words else {}


FIELDS: dict[str, Callable[[Value, Millis, SiteView], Said]] = {
    "summary": _words("title"),
    "description": _words("body"),
    "status": _status,
    "labels": _labels,
    "key": _key,
    "parent": _parent,
    "issueparentassociation": _parent,
    "epic link": _parent,
    "sprint": _sprints,
    "story points": _points,
    "story point estimate": _points,
}
CUSTOM_NAMES = frozenset({"epic link", "sprint", "story points", "story point estimate"})
FACET = {
    "summary": "title",
    "description": "body",
    "status": "state",
    "labels": "labels",
    "key": "alias",
    "parent": "parent",
    "issueparentassociation": "parent",
    "epic link": "parent",
    "sprint": "sprints",
    "story points": "points",
    "story point estimate": "points",
    "link": "links",
    "issuetype": "kind",
}


def sprint_refs(ids: Iterable[str], site: SiteView) -> tuple[str, ...]:
    """Sprints as ItemIds in text, in the order of their ids."""
    ordered = sorted(set(ids), key=lambda own: (len(own), own))
    return tuple(str(ItemId("jira", site.name, f"sprint:{own}")) for own in ordered)


def _reader(change: Change, site: SiteView) -> Callable[[Value, Millis, SiteView], Said] | None:
    fields = site.fields
    for ids, read in (
        (fields.sprint, _sprints),
        (fields.epic, _parent),
        (fields.points, _points),
        (fields.kr, _key_result),
    ):
        if change.id and change.id in ids:
            return read
    if change.custom and change.field not in CUSTOM_NAMES:
        return None
    return FIELDS.get(change.field)


# --- the sides of a change ---


def _sides(entry: Entry, site: SiteView) -> tuple[Said, Said]:
    """What held before and after; parent and epic link are one facet, so their values are joined."""
    before: Said = {}
    after: Said = {}
    for change in entry.changes:
        read = _reader(change, site)
        if read is None:
            continue
        for value, at, said in ((change.before, entry.at - 1, before), (change.after, entry.at, after)):
            if change.field == "status" and not value.words:
                continue  # an issue has no status before it exists
            found = read(value, at, site)
            if "parent" in found and "parent" in said:
                found["parent"] = tuple(sorted({*said["parent"], *found["parent"]}))
            said |= found
    return before, after


def _touched(entry: Entry, site: SiteView) -> set[str]:
    """The facets that a change may have set, whether or not its values could be read."""
    found = set()
    for change in entry.changes:
        for ids, facet in (
            (site.fields.sprint, "sprints"),
            (site.fields.epic, "parent"),
            (site.fields.points, "points"),
            (site.fields.kr, "field"),
        ):
            if change.id and change.id in ids:
                found.add(facet)
        if change.custom and not change.id:
            found |= CUSTOM
        if change.field in FACET:
            found.add(FACET[change.field])
    return found


def _beginning(entries: list[Entry], known: Known, first: Said, touched: set[str]) -> Said:
    """What held at the creation: the first replaced values, and what the body says and nothing changed."""
    if entries and known.created is not None and entries[0].at <= known.created:
        return {}
    said = {name: value for name, value in known.said.items() if name not in touched}
    said.pop("assignee", None)
    return said | first


def _acts(entry: Entry, known: Known, site: SiteView) -> Iterator[LabelAct]:
    actor = entry.actor[0] if entry.actor else ""
    ours = not site.bots.isdisjoint(entry.actor)
    for change in entry.changes:
        if change.field != "labels" or change.custom:
            continue
        before, after = set(change.before.words.split()), set(change.after.words.split())
        for label in sorted(before ^ after):
            yield LabelAct(
                item=known.item, label=label, at=entry.at, added=label in after, actor=actor, ours=ours
            )


def _changes(holder: Json, where: str) -> Iterator[Change]:
    for item, path in objects({"items": need_list(holder, "items", where)}, "items", where):
        field_id = maybe_text(item, "fieldId", path) or ""
        name = field_id if field_id and not field_id.startswith("customfield_") else None
        field = (name or maybe_text(item, "field", path) or "").casefold()
        custom = item.get("fieldtype") == "custom" or field_id.startswith("customfield_")
        before = Value(_id(item, "from", path), maybe_text(item, "fromString", path) or "")
        after = Value(_id(item, "to", path), maybe_text(item, "toString", path) or "")
        yield Change(field, field_id, custom, before, after)


def _id(item: Json, key: str, where: str) -> str:
    """An id, or several of a sprint change as `7, 9`."""
    value = item.get(key)
    if value is None:
        return ""
    return as_text(value, f"{where}.{key}") if isinstance(value, str) else as_id(value, f"{where}.{key}")
