"""What a person and the texts say of the item itself: its own tags, opt-out, and the decisions that stand."""

from collections.abc import Callable, Container, Iterable
from typing import Any, NamedTuple

from linker import tags
from linker.acts import set_by_people, taken_back
from linker.held import Held
from linker.model import Decision, Millis

FIRST = (0, "")  # a label act comes before the decisions of its moment
Bind = Callable[[str, str | None, Millis], str | None]  # code, cycle, when -> full KR id


class Word(NamedTuple):
    """What a person last said of a key result: when, in the tracker's order, by which decision, and what."""

    at: Millis
    order: tuple[int, str]
    decision: str
    says: str  # link, unlink, tag


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
    held: Held,
    tagged: frozenset[str],
    optout: str | None,
    ours: frozenset[str],
    bind: Bind,
    known: Container[str],
) -> OwnState:
    """Put tags, opt-out and decisions together; the latest word on each key result holds.

    `ours` are the labels that our ledger says we set, `known` the key results that the catalogue holds: one
    that it does not hold is served by nobody, until a later version of the catalogue has it.
    """
    standing = in_force(held.decisions)
    exempt = next((decision for decision in reversed(standing) if decision.kind == "exempt"), None)
    words = _label_words(held, ours, bind)
    for decision in standing:
        if decision.kind in ("link", "unlink") and decision.kr:
            said = Word(*_when(decision), decision.kind)
            words[decision.kr] = max(words.get(decision.kr, said), said)
    linked = frozenset(kr for kr, word in words.items() if word.says == "link" and kr in known)
    unlinked = frozenset(kr for kr, word in words.items() if word.says == "unlink")
    if exempt is not None:  # the later word of a person holds: a link made after it ends an exemption
        linked = frozenset(kr for kr in linked if words[kr][:3] > _when(exempt))
    return OwnState(tagged, optout, linked, unlinked, exempt.reason if exempt else None)


def in_force(decisions: Iterable[Decision]) -> list[Decision]:
    """Decisions that were not undone, in order of time; an undo can be undone as well."""
    known = ordered(decisions)
    undone_by = undos(known)
    return [one for one in known if one.undoes is None and not undone_by(one.id)]


def undos(decisions: Iterable[Decision]) -> Callable[[str], list[Decision]]:
    """Asks by a decision's id who takes it back: the undos that hold themselves, in order of time."""
    undone_by: dict[str, list[Decision]] = {}
    for decision in ordered(decisions):
        if decision.undoes is not None:
            undone_by.setdefault(decision.undoes, []).append(decision)

    def holding(own: str, seen: frozenset[str]) -> list[Decision]:
        undoing = (undo for undo in undone_by.get(own, ()) if undo.id not in seen)
        return [undo for undo in undoing if not holding(undo.id, seen | {undo.id})]

    return lambda own: holding(own, frozenset({own}))


def ordered(decisions: Iterable[Decision]) -> list[Decision]:
    """Decisions in order of time, and of the tracker's comments where they share one."""
    return sorted(decisions, key=_when)


def _when(decision: Decision) -> tuple[Millis, tuple[int, str], str]:
    """Comment ids are numbers that grow, so of two the longer is the later."""
    return decision.at, (len(decision.order), decision.order), decision.id


def _label_words(held: Held, ours: frozenset[str], bind: Bind) -> dict[str, Word]:
    """A person who removes a label of ours decides `unlink`; one who sets a label takes that back."""
    found: dict[str, Word] = {}
    for label, removed in taken_back(held, ours).items():
        kr = _bound(label, removed.set_at, bind)
        if kr is not None:
            word = Word(removed.at, FIRST, "", "unlink")
            found[kr] = max(found.get(kr, word), word)
    for label, act in set_by_people(held, ours).items():
        kr = _bound(label, act.at, bind) if act else None
        if act is not None and kr is not None:
            word = Word(act.at, FIRST, "", "tag")
            found[kr] = max(found.get(kr, word), word)
    return found


def _bound(label: str, at: Millis, bind: Bind) -> str | None:
    code = tags.label_code(label)
    if code is None:
        return None
    cycle, slash, bare = code.rpartition("/")
    return bind(bare, cycle if slash else None, at)
