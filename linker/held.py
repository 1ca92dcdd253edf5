"""What we hold of one item: the newest of each facet, and the acts, relations and decisions on it.

All of it is a function of the set of facts, whatever their order: the newest facet by the tracker's time
wins, at one time a read wins over a delivery, and the content hash over both.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from linker import tags
from linker.model import Decision, Facets, ItemId, LabelAct, Millis, Observation, Relation

LONG = ("body", "commits")  # kept once by their hash, beside the items
CODED = ("title", "body", "head", "commits", "labels", "field")


class Facet(NamedTuple):
    """One facet as last seen: the tracker's time, when we read it (0: a delivery), its hash and value."""

    at: Millis
    read_at: Millis
    hash: str
    value: Any


class Act(NamedTuple):
    """Somebody set or removed a `kr:` label."""

    at: Millis
    added: bool
    ours: bool
    actor: str


class Tie(NamedTuple):
    """A relation that came or went by an event of its own."""

    at: Millis
    added: bool
    type: str
    hierarchy: bool


@dataclass(slots=True)
class Held:
    """One item, mutable while a fold works on it; `dump` and `load` are its stored form."""

    id: ItemId
    row: int = 0
    seen: bool = False
    created: Millis | None = None
    facets: dict[str, Facet] = field(default_factory=dict)
    unsettled: set[str] = field(default_factory=set)
    acts: dict[str, list[Act]] = field(default_factory=dict)
    ties: dict[str, list[Tie]] = field(default_factory=dict)
    decisions: list[Decision] = field(default_factory=list)
    since: dict[str, Millis] = field(default_factory=dict)  # field -> its earliest version
    first: dict[str, dict[str, Millis]] = field(default_factory=dict)  # field -> code -> first seen

    @property
    def deleted(self) -> bool:
        """A tombstone stays: later updates of other facets do not revive an item."""
        return bool(self.value("deleted"))

    def value(self, name: str) -> Any:
        """The JSON value of a facet; None when nothing was ever said of it."""
        facet = self.facets.get(name)
        return facet.value if facet else None

    def dump(self) -> dict[str, Any]:
        """The stored form."""
        return {
            "f": {name: list(facet) for name, facet in self.facets.items()},
            "u": sorted(self.unsettled),
            "a": {label: [list(act) for act in acts] for label, acts in self.acts.items()},
            "t": {ref: [list(tie) for tie in ties] for ref, ties in self.ties.items()},
            "d": [decision.model_dump(mode="json", exclude_defaults=True) for decision in self.decisions],
            "s": self.since,
            "c": self.first,
        }

    @classmethod
    def load(cls, own: ItemId, row: int, seen: bool, created: Millis | None, doc: dict[str, Any]) -> "Held":
        """Read the stored form back."""
        return cls(
            id=own,
            row=row,
            seen=seen,
            created=created,
            facets={name: Facet(*value) for name, value in doc.get("f", {}).items()},
            unsettled=set(doc.get("u", ())),
            acts={label: [Act(*act) for act in acts] for label, acts in doc.get("a", {}).items()},
            ties={ref: [Tie(*tie) for tie in ties] for ref, ties in doc.get("t", {}).items()},
            decisions=[Decision.model_validate(value) for value in doc.get("d", ())],
            since=dict(doc.get("s", {})),
            first=dict(doc.get("c", {})),
        )


def digest(value: Any) -> str:
    """A short hash of a JSON value, equal for equal content."""
    words = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def stated(facets: Facets) -> dict[str, Any]:
    """The facets that a body states, as JSON values."""
    return facets.model_dump(mode="json", exclude_unset=True)


def observe(held: Held, observation: Observation, values: dict[str, Any]) -> tuple[set[str], dict[str, str]]:
    """Take what a body says: the names of facets that changed, and the long texts by their hash.

    `values` are the stated facets. An older or equal body changes nothing; an equal time with another
    content leaves the facet unsettled until it is read.
    """
    held.seen = True
    if observation.created is not None:
        held.created = min(held.created or observation.created, observation.created)
    changed: set[str] = set()
    texts: dict[str, str] = {}
    for name, value in values.items():
        own = digest(value)
        if name in LONG:
            texts[own] = value if name == "body" else json.dumps(value, ensure_ascii=False)
        if name in CODED:
            _appear(held, name, value, observation.at)
        newer = Facet(observation.at, observation.read_at or 0, own, own if name in LONG else value)
        if _take(held, name, newer):
            changed.add(name)
    return changed, texts


def _take(held: Held, name: str, newer: Facet) -> bool:
    older = held.facets.get(name)
    if older is None:
        held.facets[name] = newer
        return True
    if name == "deleted" and older.value and not newer.value:
        return False  # deleted is for ever: trackers never give an id twice
    if newer.at == older.at and newer.hash != older.hash and not newer.read_at and not older.read_at:
        held.unsettled.add(name)
    elif newer.at > older.at or (newer.at == older.at and newer.read_at > older.read_at):
        held.unsettled.discard(name)
    if newer[:3] <= older[:3]:
        return False
    held.facets[name] = newer
    return newer.hash != older.hash


def _appear(held: Held, name: str, value: Any, at: Millis) -> None:
    for place, kind, text in passages(name, value):
        held.since[place] = min(held.since.get(place, at), at)
        for code in tags.candidate_codes(text, kind):
            known = held.first.setdefault(place, {})
            known[code] = min(known.get(code, at), at)


def passages(name: str, value: Any) -> Iterator[tuple[str, tags.Place, str]]:
    """The texts in a facet in which codes and keys are read: (field, place, text)."""
    if name == "title" and value:
        yield "title", "title", value
    elif name == "body" and value:
        yield "body", "body", value
    elif name == "head" and value and value.get("branch"):
        yield "branch", "branch", value["branch"]
    elif name == "commits":
        for message in value or ():
            yield "commits", "commit", message
    elif name == "labels":
        for label in value or ():
            if tags.label_code(label) is not None:
                yield "label", "label", label
    elif name == "field" and value:
        yield "field", "body", f"KR: {value}"


def first_seen(held: Held, place: str, code: str) -> Millis:
    """When a code first appeared in a place; the first version we know of holds since the item was made."""
    at = held.first.get(place, {}).get(code)
    if at is None:
        return held.created or held.since.get(place, 0)
    if held.created is not None and at == held.since.get(place):
        return min(held.created, at)
    return at


def unpack(name: str, text: str) -> Any:
    """A long facet's value from the text that is kept of it."""
    return text if name == "body" else json.loads(text)


def act(held: Held, fact: LabelAct) -> bool:
    """Note that somebody set or removed a `kr:` label; True when it was not known."""
    if tags.label_code(fact.label) is None:
        return False
    own = Act(fact.at, fact.added, fact.ours, fact.actor)
    known = held.acts.setdefault(fact.label, [])
    if own in known:
        return False
    known.append(own)
    known.sort()
    return True


def tie(held: Held, fact: Relation) -> bool:
    """Note that a relation came or went; True when it was not known."""
    own = Tie(fact.at, fact.added, fact.type, fact.hierarchy)
    known = held.ties.setdefault(str(fact.parent), [])
    if own in known:
        return False
    known.append(own)
    known.sort()
    return True


def decide(held: Held, fact: Decision) -> bool:
    """Note a person's decision; True when it was not known. They stand in order of time."""
    if any(known.id == fact.id for known in held.decisions):
        return False
    held.decisions.append(fact)
    held.decisions.sort(key=lambda known: (known.at, known.order, known.id))
    return True


def parents(held: Held) -> tuple[str, ...]:
    """The parents that the tracker gives: the facet, and what later events of their own added or took."""
    facet = held.facets.get("parent")
    found = dict.fromkeys(facet.value if facet else ())
    for ref, ties in held.ties.items():
        latest = ties[-1]
        if latest.hierarchy and (facet is None or latest.at >= facet.at):
            if latest.added:
                found[ref] = None
            else:
                found.pop(ref, None)
    return tuple(found)


def relations(held: Held) -> list[dict[str, Any]]:
    """The relations that the tracker gives, in the form of the `links` facet."""
    facet = held.facets.get("links")
    found = {(link["type"], link["outward"], link["ref"]): link for link in (facet.value if facet else ())}
    for ref, ties in held.ties.items():
        latest = ties[-1]
        if not latest.hierarchy and (facet is None or latest.at >= facet.at):
            key = (latest.type, False, ref)
            if latest.added:
                found[key] = {"type": latest.type, "outward": False, "ref": ref}
            else:
                found.pop(key, None)
    return list(found.values())


def labels_by_people(held: Held, ours: frozenset[str]) -> dict[str, str]:
    """The `kr:` labels on the item that a person set -> who; `ours` are those that our ledger says we set."""
    found = {}
    for label in held.value("labels") or ():
        if tags.label_code(label) is None:
            continue
        added = [act for act in held.acts.get(label, ()) if act.added]
        if added and not added[-1].ours:
            found[label] = added[-1].actor
        elif not added and label not in ours:
            found[label] = ""
    return found


def taken_back(held: Held, ours: frozenset[str]) -> dict[str, Act]:
    """Labels of ours that a person removed, and has not set again: the person decides `unlink`."""
    found = {}
    for label, acts in held.acts.items():
        latest = acts[-1]
        before = [known for known in acts[:-1] if known.added]
        was_ours = before[-1].ours if before else label in ours
        if not latest.added and not latest.ours and was_ours:
            found[label] = latest
    return found
