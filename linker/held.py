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
from linker.model import Decision, Facets, ItemId, Millis, Observation

LONG = ("body", "commits")  # kept once by their hash, beside the items
CANONICAL = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False)
TIED = ("parent", "links")  # relations may come and go by events of their own
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


class Request(NamedTuple):
    """A commit's check was asked for by hand, or by the merge queue."""

    at: Millis
    why: str


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
    born: Millis | None = None  # its earliest version of which we know what kind of item it is
    first: dict[str, dict[str, Millis]] = field(default_factory=dict)  # field -> code -> first seen
    asked: dict[str, Request] = field(default_factory=dict)  # `hand:<sha>` or `queue:<sha>` -> the latest
    unheld: list[str] = field(default_factory=list)  # references that it names and nothing is held of

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
            "b": self.born,
            "c": self.first,
            "n": self.unheld,
            "q": {place: list(request) for place, request in self.asked.items()},
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
            born=doc.get("b"),
            first=dict(doc.get("c", {})),
            unheld=list(doc.get("n", ())),
            asked={place: Request(*request) for place, request in doc.get("q", {}).items()},
        )


def digest(value: Any) -> str:
    """A short hash of a JSON value, equal for equal content."""
    return hashlib.sha256(CANONICAL.encode(value).encode("utf-8", "surrogatepass")).hexdigest()[:32]


def stated(facets: Facets) -> dict[str, Any]:
    """The facets that a body states, as JSON values."""
    return facets.model_dump(mode="json", exclude_unset=True)


class Observed(NamedTuple):
    """What a body brought: facets that changed, long texts by their hash, and whether it left doubt."""

    changed: frozenset[str]
    texts: dict[str, str]
    doubtful: bool  # at one time two contents, and neither was read: it has to be asked for


def hashes_of(values: dict[str, Any]) -> dict[str, str]:
    """The hash of each stated facet."""
    return {name: digest(value) for name, value in values.items()}


def observe(held: Held, observation: Observation, values: dict[str, Any], hashes: dict[str, str]) -> Observed:
    """Take what a body says; an older or equal body changes nothing.

    `values` are the stated facets, `hashes` theirs. An equal time with another content leaves the facet
    unsettled until it is read.
    """
    held.seen = True
    if observation.created is not None:
        held.created = _earlier(held.created, observation.created)
    if "kind" in values:
        held.born = _earlier(held.born, observation.at)
    changed: set[str] = set()
    texts: dict[str, str] = {}
    before = frozenset(held.unsettled)
    for name, value in values.items():
        own = hashes[name]
        older = held.facets.get(name)
        if older is None or own != older.hash or observation.at < older.at:  # else read before
            if name in LONG:
                texts[own] = value if name == "body" else json.dumps(value, ensure_ascii=False)
            if name in CODED:
                _appear(held, name, value, observation.at)
        newer = Facet(observation.at, observation.read_at or 0, own, own if name in LONG else value)
        if _take(held, name, newer) or (name in TIED and _overtakes(held, name, older)):
            changed.add(name)
    return Observed(frozenset(changed), texts, bool(held.unsettled - before))


def _earlier(one: Millis | None, other: Millis) -> Millis:
    return other if one is None else min(one, other)


def _take(held: Held, name: str, newer: Facet) -> bool:
    older = held.facets.get(name)
    if older is None:
        held.facets[name] = newer
        return True
    if newer.at > older.at or (newer.at == older.at and newer.read_at > older.read_at):
        held.unsettled.discard(name)
    elif newer.at == older.at and newer.hash != older.hash and not older.read_at and name != "deleted":
        held.unsettled.add(name)
    if _rank(name, newer) <= _rank(name, older):
        return False
    held.facets[name] = newer
    return newer.hash != older.hash


def _overtakes(held: Held, name: str, older: Facet | None) -> bool:
    """Whether a body says the same as the one before, and ends a relation that came between them."""
    now = held.facets[name]
    since = -1 if older is None else older.at
    return any(since <= tie.at < now.at for ties in held.ties.values() for tie in ties)


def _rank(name: str, facet: Facet) -> tuple[object, ...]:
    """The newest stands, at one time a read, then the hash decides; deleted is for ever.

    Trackers never give an id twice, so nothing that is told of an item revives it.
    """
    return (name == "deleted" and bool(facet.value), *facet[:3])


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


def newest(held: Held) -> Millis:
    """The latest time of anything that the tracker told of it; -1 before anything was."""
    told = [facet.at for facet in held.facets.values()]
    told += [act.at for acts in held.acts.values() for act in acts]
    told += [tie.at for ties in held.ties.values() for tie in ties]
    return max(told, default=-1)


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
