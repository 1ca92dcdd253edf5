"""What a person and the texts say of the item itself: its own tags, opt-out, and the decisions that stand."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from linker import tags
from linker.held import Act, Held, labels_by_people, taken_back
from linker.model import Decision, Millis

Bind = Callable[[str, str | None, Millis], str | None]  # code, cycle, when -> full KR id


class OwnState(NamedTuple):
    """Own tags (full KR ids), opt-out, and persons' decisions, the latest of each (item, KR)."""

    tags: frozenset[str] = frozenset()
    optout: str | None = None
    linked: frozenset[str] = frozenset()
    unlinked: frozenset[str] = frozenset()
    exempt: str | None = None

    def dump(self) -> dict[str, object] | None:
        """The stored form; None when the item says nothing of itself."""
        if self == OwnState():
            return None
        return {
            "tags": sorted(self.tags),
            "optout": self.optout,
            "linked": sorted(self.linked),
            "unlinked": sorted(self.unlinked),
            "exempt": self.exempt,
        }

    @classmethod
    def load(cls, stored: dict[str, Any]) -> "OwnState":
        """Read the stored form back."""
        return cls(
            frozenset(stored["tags"]),
            stored["optout"],
            frozenset(stored["linked"]),
            frozenset(stored["unlinked"]),
            stored["exempt"],
        )


def own_state(
    held: Held, tagged: frozenset[str], optout: str | None, ours: frozenset[str], bind: Bind
) -> OwnState:
    """Put tags, opt-out and decisions together; `ours` are the labels that our ledger says we set."""
    standing = in_force(held.decisions)
    exempt = next((decision for decision in reversed(standing) if decision.kind == "exempt"), None)
    words = dict(_label_words(held, ours, bind))
    for decision in standing:
        if decision.kind in ("link", "unlink") and decision.kr:
            key = (decision.at, decision.order or decision.id, decision.kind)
            words[decision.kr] = max(words.get(decision.kr, key), key)
    linked = frozenset(kr for kr, (_, _, word) in words.items() if word == "link")
    unlinked = frozenset(kr for kr, (_, _, word) in words.items() if word == "unlink")
    if exempt is not None:  # the later word of a person holds: a link made after it ends an exemption
        later = frozenset(kr for kr in linked if words[kr][:2] > (exempt.at, exempt.order or exempt.id))
        linked = later
    return OwnState(tagged, optout, linked, unlinked, exempt.reason if exempt else None)


def in_force(decisions: Iterable[Decision]) -> list[Decision]:
    """Decisions that were not undone, in order of time; an undo can be undone as well."""
    ordered = sorted(decisions, key=lambda known: (known.at, known.order, known.id))
    void: set[str] = set()
    for decision in reversed(ordered):
        if decision.undoes is not None and decision.id not in void:
            void.add(decision.undoes)
    return [decision for decision in ordered if decision.undoes is None and decision.id not in void]


def _label_words(held: Held, ours: frozenset[str], bind: Bind) -> Mapping[str, tuple[Millis, str, str]]:
    """A person who removes a label of ours decides `unlink`; one who sets a label takes that back."""
    found: dict[str, tuple[Millis, str, str]] = {}
    for label, act in taken_back(held, ours).items():
        kr = _bound(label, _set_at(held, label, act), bind)
        if kr is not None:
            found[kr] = (act.at, "", "unlink")
    for label in labels_by_people(held, ours):
        acts = [act for act in held.acts.get(label, ()) if act.added]
        if acts:
            kr = _bound(label, acts[-1].at, bind)
            if kr is not None:
                word = (acts[-1].at, "", "tag")
                found[kr] = max(found.get(kr, word), word)
    return found


def _bound(label: str, at: Millis, bind: Bind) -> str | None:
    code = tags.label_code(label)
    if code is None:
        return None
    cycle, slash, bare = code.rpartition("/")
    return bind(bare, cycle if slash else None, at)


def _set_at(held: Held, label: str, removal: Act) -> Millis:
    """A label means the key result that its code had when it was set."""
    before = [act.at for act in held.acts[label] if act.added and act.at <= removal.at]
    return before[-1] if before else removal.at
