"""A Jira changelog is who changed which field when; here it is read, what it means stands in jira_past."""

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from linker.model import ItemId, LabelAct, Millis
from linker.trackers import SiteView
from linker.trackers.jira_values import ids_of
from linker.trackers.payload import (
    Json,
    Malformed,
    as_id,
    as_number,
    as_text,
    is_number,
    maybe_object,
    maybe_text,
    moment,
    need_list,
    objects,
)

CUSTOM = "customfield_"
PARENT = frozenset({"parent", "issueparentassociation"})
EPIC = "epic link"


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
    """What one person changed at one moment; `actor` holds every id of that person."""

    at: Millis
    actor: tuple[str, ...]
    changes: tuple[Change, ...]


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
        if change.field in PARENT or change.field == EPIC
        for value in (change.before, change.after)
        if is_number(value.id) and value.words
    }


def label_acts(entry: Entry, item: ItemId, site: SiteView) -> Iterator[LabelAct]:
    """Who set and who removed which label; ours when one of the person's ids is one of ours."""
    actor = entry.actor[0] if entry.actor else ""
    ours = not site.bots.isdisjoint(entry.actor)
    for change in entry.changes:
        if change.field != "labels" or change.custom:
            continue
        before, after = set(change.before.words.split()), set(change.after.words.split())
        for label in sorted(before ^ after):
            yield LabelAct(item=item, label=label, at=entry.at, added=label in after, actor=actor, ours=ours)


def _changes(holder: Json, where: str) -> Iterator[Change]:
    need_list(holder, "items", where)
    for item, path in objects(holder, "items", where):
        field_id = maybe_text(item, "fieldId", path) or ""
        system = field_id if not field_id.startswith(CUSTOM) else ""
        yield Change(
            field=(system or maybe_text(item, "field", path) or "").casefold(),
            id=field_id,
            custom=item.get("fieldtype") == "custom" or field_id.startswith(CUSTOM),
            before=Value(_id(item, "from", path), maybe_text(item, "fromString", path) or ""),
            after=Value(_id(item, "to", path), maybe_text(item, "toString", path) or ""),
        )


def _id(item: Json, key: str, where: str) -> str:
    """An id, or several of a sprint change as `7, 9`."""
    value = item.get(key)
    if value is None:
        return ""
    return as_text(value, f"{where}.{key}") if isinstance(value, str) else as_id(value, f"{where}.{key}")
