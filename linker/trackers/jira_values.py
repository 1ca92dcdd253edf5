"""What Jira's fields hold: people, levels, states, points, parents, links, the key result; type-checked."""

import re
from collections.abc import Mapping
from decimal import Decimal
from math import isfinite

from linker.model import Category, ItemId, ItemLink, Kind, Level, Person, Ref, State
from linker.trackers import SiteView
from linker.trackers.jira_text import plain_text
from linker.trackers.payload import (
    Json,
    Malformed,
    as_list,
    as_object,
    as_text,
    flag,
    maybe_id,
    maybe_object,
    maybe_text,
    moment,
    need_object,
    need_text,
    objects,
    wrong,
)

CATEGORIES: dict[str, Category] = {
    "undefined": "todo",
    "new": "todo",
    "indeterminate": "doing",
    "done": "done",
}
NAMES = {"initiative": Level.INITIATIVE, "epic": Level.EPIC}
PERSON_IDS = ("accountId", "name", "key")
POINTS = re.compile(r"[+-]?\d{1,9}(?:\.\d{1,9})?", re.ASCII)
KEY = re.compile(r"[A-Z][A-Z0-9_]{1,63}-[0-9]{1,18}", re.ASCII)
MOST_POINTS = 1_000_000_000
FINEST_POINTS = Decimal("0.000001")


def ids_of(who: Json, where: str) -> tuple[str, ...]:
    """Every id by which a person may be known here: account id on Cloud, name and key on Data Center."""
    return tuple(found for key in PERSON_IDS if (found := maybe_text(who, key, where)))


def person(who: Json, where: str, site: SiteView) -> Person:
    """Somebody; an app and we ourselves are bots. One who is anonymised has an empty id."""
    ids = ids_of(who, where)
    bot = who.get("accountType") == "app" or not site.bots.isdisjoint(ids)
    name = maybe_text(who, "displayName", where) or ""
    return Person(id=ids[0] if ids else "", name=name, bot=bot)


def kind_of(fields: Json, where: str, site: SiteView) -> Kind:
    """The level of an issue: its type's hierarchy level, else sub-task, else an epic's name, else by name."""
    issue_type = need_object(fields, "issuetype", where)
    path = f"{where}.issuetype"
    name = maybe_text(issue_type, "name", path) or ""
    level = issue_type.get("hierarchyLevel")
    if type(level) is int:
        return Kind(level=_level(level), type=name)
    if level is not None:
        raise wrong(f"{path}.hierarchyLevel", "a whole number", level)
    if flag(issue_type, "subtask", path):
        return Kind(level=Level.SUBTASK, type=name)
    if any(fields.get(field) for field in site.fields.epic_name):
        return Kind(level=Level.EPIC, type=name)
    return Kind(level=NAMES.get(name.casefold(), Level.TICKET), type=name)


def state_of(fields: Json, where: str, site: SiteView) -> State | None:
    """The status with what it means; None where neither the body nor the site knows that."""
    status = need_object(fields, "status", where)
    path = f"{where}.status"
    name = maybe_text(status, "name", path) or ""
    category = _category(status, path) or status_category(maybe_id(status, "id", path), name, site)
    if category is None:
        return None
    done_at = None
    if category == "done":
        done_at = moment(fields, "resolutiondate", where)
        if done_at is None:
            done_at = moment(fields, "statuscategorychangedate", where)
    return State(name=name, category=category, done_at=done_at)


def status_category(status: str | None, name: str | None, site: SiteView) -> Category | None:
    """What the site knows of a status by its id, else by its name."""
    found = site.categories.get(status) if status else None
    return found or (site.categories.get(name) if name else None)


def labels_of(fields: Json, where: str) -> tuple[str, ...]:
    """The labels in one order, since Jira keeps none."""
    value = fields["labels"]
    labels = [] if value is None else as_list(value, f"{where}.labels")
    return tuple(sorted({as_text(label, f"{where}.labels") for label in labels}))


def text_of(value: object, where: str) -> str:
    """A description as plain text: rich text of the newer API, wiki text as it is."""
    if value is None:
        return ""
    return plain_text(as_object(value, where), where) if isinstance(value, dict) else as_text(value, where)


def points_of(value: object, where: str) -> Decimal | None:
    """An estimate: a number, a number as text, or the option of a list; null and empty are none."""
    if isinstance(value, dict):
        value = value.get("value")
    if isinstance(value, str):
        value = value.strip()
    if value is None or value == "":
        return None
    if isinstance(value, str) and POINTS.fullmatch(value):
        return _tidy(Decimal(value))
    if type(value) is int and abs(value) < MOST_POINTS:
        return Decimal(value)
    if isinstance(value, float) and isfinite(value) and abs(value) < MOST_POINTS:
        return _tidy(Decimal(repr(value)))
    raise Malformed(f"{where}: {str(value)[:24]!r} is no number of points")


def parents_of(fields: Json, where: str, site: SiteView, known: Mapping[str, str]) -> tuple[Ref, ...] | None:
    """The parent and the epic link; None when the body states neither.

    An epic link gives only a key: `known` has the ids of keys that the same body tells elsewhere.
    """
    links = [field for field in site.fields.epic if field in fields]
    if "parent" not in fields and not links:
        return None
    parent = maybe_object(fields, "parent", where)
    found = set() if parent is None else {issue_ref(parent, f"{where}.parent", site)}
    own_key = None if parent is None else maybe_text(parent, "key", f"{where}.parent")
    for field in links:
        key = fields[field]
        if isinstance(key, str) and KEY.fullmatch(key) and key != own_key:
            found.add(str(ItemId("jira", site.name, known[key])) if key in known else f"jira:{key}")
    return tuple(sorted(found))


def links_of(fields: Json, where: str, site: SiteView) -> tuple[ItemLink, ...]:
    """The issue links, each by the words of its type as seen from the source (`blocks`)."""
    found = set()
    for link, path in objects(fields, "issuelinks", where):
        kind = link_words(need_object(link, "type", path), f"{path}.type", "outward")
        for side, outward in (("outwardIssue", True), ("inwardIssue", False)):
            other = maybe_object(link, side, path)
            if other is not None:
                found.add(ItemLink(type=kind, outward=outward, ref=issue_ref(other, f"{path}.{side}", site)))
    return tuple(sorted(found, key=lambda link: (link.type, link.outward, link.ref)))


def link_words(kind: Json, where: str, outward: str) -> str:
    """The words of a link type; `Blocks` is `blocks` in every language."""
    name = need_text(kind, "name", where)
    if name.casefold() == "blocks":
        return "blocks"
    return maybe_text(kind, outward, where) or name


def issue_ref(other: Json, where: str, site: SiteView) -> Ref:
    """An issue that is named within another: by its id, else by its key."""
    own = maybe_id(other, "id", where)
    return f"jira:{need_text(other, 'key', where)}" if own is None else str(ItemId("jira", site.name, own))


def key_result_of(value: object, where: str) -> str | None:
    """The key result field as it is written: a text, the option of a list, or several joined by a comma."""
    if value is None:
        return None
    if isinstance(value, list):
        found = [key_result_of(entry, f"{where}[{index}]") for index, entry in enumerate(value)]
        return ", ".join(word for word in found if word) or None
    if isinstance(value, dict) and value.get("type") == "doc":
        return plain_text(as_object(value, where), where) or None
    if isinstance(value, dict):
        return maybe_text(as_object(value, where), "value", where)
    return as_text(value, where) or None


def first_held(fields: Json, names: tuple[str, ...]) -> tuple[str, object] | None:
    """The first field that holds a value, else one that is stated empty; None when none is stated."""
    stated = [(name, fields[name]) for name in names if name in fields]
    return next((held for held in stated if held[1] not in (None, "", [])), stated[0] if stated else None)


def _level(hierarchy: int) -> Level:
    if hierarchy >= 2:
        return Level.INITIATIVE
    return {1: Level.EPIC, 0: Level.TICKET}.get(hierarchy, Level.SUBTASK)


def _category(status: Json, where: str) -> Category | None:
    category = maybe_object(status, "statusCategory", where)
    key = None if category is None else maybe_text(category, "key", f"{where}.statusCategory")
    return None if key is None else CATEGORIES.get(key)


def _tidy(number: Decimal) -> Decimal:
    """`2.0` and `2` are the same estimate and are written alike."""
    number = number.quantize(FINEST_POINTS)
    whole = number.to_integral_value()
    return whole if whole == number else number.normalize()
