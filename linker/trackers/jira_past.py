"""What held when, by an issue's changelog: a replaced value held until one millisecond before its change.

With the whole changelog also what held since the issue was created. Names that cannot be read for sure (a
status whose meaning the site does not know, a sprint without its id) say nothing.
"""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from linker.model import Facets, ItemId, Millis, Observation, State
from linker.trackers import SiteView
from linker.trackers.jira_changelog import EPIC, PARENT, Change, Entry, Value
from linker.trackers.jira_link_past import Words, links_past
from linker.trackers.jira_values import points_of, status_category
from linker.trackers.payload import Malformed, is_number

Said = dict[str, Any]
Read = Callable[[Value, SiteView], Said]


class Known(NamedTuple):
    """What the body itself says of the issue: its facets, as of when, its creation, its links' words."""

    item: ItemId
    said: Mapping[str, Any]
    at: Millis
    created: Millis | None
    words: Words


def past_of(
    entries: list[Entry], whole: bool, known: Known, site: SiteView, read_at: Millis | None = None
) -> tuple[Observation, ...]:
    """Observations of other moments than the body's, from changes in the order of their time."""
    found: list[tuple[Millis, Said]] = []
    held: Said = {}
    first: Said = {}
    touched: set[str] = set()
    parents = _parents(entries, known, site)
    for entry in entries:
        before, after = _sides(entry, parents, held, site)
        first |= {n: v for n, v in before.items() if n not in touched}
        touched |= {facet for change in entry.changes for facet in _facets(change, site)}
        stated = known.said if entry.at == known.at else {}
        found.append((entry.at - 1, {n: v for n, v in before.items() if not _same(held.get(n, UNSAID), v)}))
        found.append((entry.at, {n: v for n, v in after.items() if n not in stated}))
        held |= after
    if "links" in known.said:
        past, first["links"] = links_past(entries, known.said["links"], known.words)
        found += [(at, {"links": links}) for at, links in past if at != known.at]
    if whole and known.created is not None and known.created < min([known.at, *(e.at for e in entries)]):
        found.insert(0, (known.created, {n: v for n, v in known.said.items() if n not in touched} | first))
    return tuple(
        Observation(item=known.item, at=at, facets=Facets(**said), created=known.created, read_at=read_at)
        for at, said in found
        if said and (known.created is None or at >= known.created)
    )


def _same(held: object, value: object) -> bool:
    """A state that held is the same state, whenever it was done."""
    if isinstance(held, State) and isinstance(value, State):
        return (held.name, held.category) == (value.name, value.category)
    return held == value


def sprint_refs(ids: Iterable[str], site: SiteView) -> tuple[str, ...]:
    """Sprints as ItemIds in text, in the order of their ids."""
    ordered = sorted(set(ids), key=lambda own: (len(own), own))
    return tuple(str(ItemId("jira", site.name, f"sprint:{own}")) for own in ordered)


# --- one value of one field ---


def _title(value: Value, site: SiteView) -> Said:
    return {"title": value.words}


def _body(value: Value, site: SiteView) -> Said:
    return {"body": value.words}


def _labels(value: Value, site: SiteView) -> Said:
    return {"labels": tuple(sorted(set(value.words.split())))}


def _status(value: Value, site: SiteView) -> Said:
    category = status_category(value.id, value.words, site) if value.words else None
    return {} if category is None else {"state": State(name=value.words, category=category, done_at=None)}


def _key(value: Value, site: SiteView) -> Said:
    return {"alias": value.words} if value.words else {}


def _parent(value: Value, site: SiteView) -> Said:
    if is_number(value.id):
        return {"parent": (str(ItemId("jira", site.name, value.id)),)}
    return {"parent": (f"jira:{value.words}",) if value.words else ()}


def _sprints(value: Value, site: SiteView) -> Said:
    ids = [word.strip() for word in value.id.split(",")] if value.id else []
    if not all(is_number(word) for word in ids) or (value.words and not ids):
        return {}
    return {"sprints": sprint_refs(ids, site)}


def _points(value: Value, site: SiteView) -> Said:
    try:
        return {"points": points_of(value.words, "points")}
    except Malformed:
        return {}


def _key_result(value: Value, site: SiteView) -> Said:
    return {"field": value.words or None}


SYSTEM: dict[str, tuple[str, Read]] = {
    "summary": ("title", _title),
    "description": ("body", _body),
    "status": ("state", _status),
    "labels": ("labels", _labels),
    "key": ("alias", _key),
    "parent": ("parent", _parent),
    "issueparentassociation": ("parent", _parent),
}
NAMED: dict[str, tuple[str, Read]] = {
    EPIC: ("parent", _parent),
    "sprint": ("sprints", _sprints),
    "story points": ("points", _points),
    "story point estimate": ("points", _points),
}
UNREAD = {"issuetype": "kind", "assignee": "assignee"}  # told by the body only
UNSAID = object()
HELD_BY_CUSTOM = frozenset({"parent", "sprints", "points", "field"})


def _reader(change: Change, site: SiteView) -> tuple[str, Read] | None:
    """The facet that a field sets and how it is read; a custom field is told by its id, else by its name."""
    if change.id:
        fields = site.fields
        for ids, facet, read in (
            (fields.sprint, "sprints", _sprints),
            (fields.epic, "parent", _parent),
            (fields.points, "points", _points),
            (fields.kr, "field", _key_result),
        ):
            if change.id in ids:
                return facet, read
    if not change.custom and change.field in SYSTEM:
        return SYSTEM[change.field]
    return NAMED.get(change.field)


def _facets(change: Change, site: SiteView) -> frozenset[str]:
    """The facets that a change may have set, whether or not it can be read."""
    read = _reader(change, site)
    if read is not None:
        return frozenset({read[0]})
    if change.custom and not change.id:  # a name of any language: it could be any of these
        return HELD_BY_CUSTOM
    return frozenset({UNREAD[change.field]} if change.field in UNREAD else ())


# --- the two sides of a change ---


def _sides(
    entry: Entry, parents: dict[str, tuple[str, ...]], held: Said, site: SiteView
) -> tuple[Said, Said]:
    before: Said = {}
    after: Said = {}
    for change in entry.changes:
        found = _reader(change, site)
        if found is None:
            continue
        facet, read = found
        old, new = read(change.before, site), read(change.after, site)
        if facet == "parent":
            before.setdefault("parent", _joined(parents))
            parents[_source(change)] = new["parent"]
            new = {"parent": _joined(parents)}
            old = {}
        elif facet == "state" and new:
            new["state"] = _done(new["state"], old.get("state"), held.get("state"), entry.at)
        before |= old
        after |= new
    return before, after


def _done(now: State, before: State | None, held: State | None, at: Millis) -> State:
    """Done since this change, or since an earlier one when it was done before."""
    if now.category != "done":
        return now
    if before is None or before.category != "done":
        return now.model_copy(update={"done_at": at})
    return now.model_copy(update={"done_at": held.done_at if held is not None else None})


def _parents(entries: list[Entry], known: Known, site: SiteView) -> dict[str, tuple[str, ...]]:
    """What parent and epic link held before the first change; both fields give one facet.

    What the body states and neither field ever set was there all the time (under "").
    """
    first: dict[str, tuple[str, ...]] = {}
    last: dict[str, tuple[str, ...]] = {}
    for entry in entries:
        for change in entry.changes:
            found = _reader(change, site)
            if found is not None and found[0] == "parent":
                first.setdefault(_source(change), _parent(change.before, site)["parent"])
                last[_source(change)] = _parent(change.after, site)["parent"]
    explained = {ref for refs in last.values() for ref in refs}
    always = tuple(ref for ref in known.said.get("parent", ()) if ref not in explained)
    return {"": always, **first}


def _source(change: Change) -> str:
    return "parent" if change.field in PARENT else EPIC


def _joined(parents: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return tuple(sorted({ref for refs in parents.values() for ref in refs}))
