"""What came to an item by events of their own: label acts, relations, a person's decisions.

All of it is a function of the set of events, whatever their order.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from linker import tags
from linker.held import Act, Held, Request, Tie
from linker.model import Asked, Decision, LabelAct, Millis, Relation

QUEUED = frozenset({"queue", "unqueue"})
MOST_ASKED = 40  # commits of one item, or of one repository


class Removed(NamedTuple):
    """A person took a label of ours away: when, and when we had set it."""

    at: Millis
    set_at: Millis


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


def ask(held: Held, fact: Asked) -> bool:
    """Note that a commit's check is asked for; the latest of a commit stands, the newest are kept."""
    place = f"{'queue' if fact.why in QUEUED else 'hand'}:{fact.sha}"
    own = Request(fact.at, fact.why)
    if held.asked.get(place, own) > own or held.asked.get(place) == own:
        return False
    held.asked[place] = own
    newest = sorted(held.asked, key=lambda known: (held.asked[known], known))[-MOST_ASKED:]
    held.asked = {known: held.asked[known] for known in sorted(newest)}
    return place in held.asked


def parents(held: Held) -> tuple[str, ...]:
    """The parents that the tracker gives: the facet, and what later events of their own added or took."""
    facet = held.facets.get("parent")
    found = dict.fromkeys(facet.value if facet else ())
    for ref, latest in _latest_ties(held, hierarchy=True):
        if facet is None or latest.at >= facet.at:
            if latest.added:
                found[ref] = None
            else:
                found.pop(ref, None)
    return tuple(sorted(found))


def relations(held: Held) -> list[dict[str, Any]]:
    """The relations that the tracker gives, in the form of the `links` facet."""
    facet = held.facets.get("links")
    found = {(link["type"], link["outward"], link["ref"]): link for link in (facet.value if facet else ())}
    for ref, latest in _latest_ties(held, hierarchy=False):
        if facet is None or latest.at >= facet.at:
            key = (latest.type, False, ref)
            if latest.added:
                found[key] = {"type": latest.type, "outward": False, "ref": ref}
            else:
                found.pop(key, None)
    return [found[key] for key in sorted(found)]


def _latest_ties(held: Held, *, hierarchy: bool) -> Iterator[tuple[str, Tie]]:
    """The last word of each relation; several types may hold between the same two items."""
    for ref, ties in held.ties.items():
        last = {tie.type: tie for tie in ties if tie.hierarchy == hierarchy}
        for tie in sorted(last.values()):
            yield ref, tie


def code_of(label: str) -> str:
    """The bare code that a `kr:` label names."""
    return (tags.label_code(label) or "").rpartition("/")[2]


def set_by_people(held: Held, ours: frozenset[str]) -> dict[str, Act | None]:
    """The `kr:` labels on the item that a person set -> the act, where one was told.

    `ours` are those that our ledger says we set; it is asked only where no act tells who did.
    """
    found: dict[str, Act | None] = {}
    for label in held.value("labels") or ():
        if tags.label_code(label) is None:
            continue
        added = [act for act in _in_order(held, label) if act.added]
        if added and not added[-1].ours:
            found[label] = added[-1]
        elif not added and label not in ours:
            found[label] = None
    return found


def taken_back(held: Held, ours: frozenset[str]) -> dict[str, Removed]:
    """Labels of ours that a person removed: the person decides `unlink`, until a person sets them again.

    What we do ourselves afterwards takes no person's word back.
    """
    found = {}
    for label in held.acts:
        removed = None
        set_at: Millis | None = None
        by_us: bool | None = None  # who set what is there now; None: nobody told
        for act in _in_order(held, label):
            if act.added:
                set_at, by_us = act.at, act.ours
                removed = removed if act.ours else None
            else:
                if not act.ours and (by_us or (by_us is None and label in ours)):
                    removed = Removed(act.at, act.at if set_at is None else set_at)
                by_us = None
        if removed is not None:
            found[label] = removed
    return found


def our_labels(held: Held, ours: frozenset[str]) -> frozenset[str]:
    """The `kr:` labels that are ours by the last act that was told, else by our ledger."""
    last = {label: _in_order(held, label)[-1] for label in held.acts}
    by_act = {label for label, act in last.items() if act.added and act.ours}
    return frozenset(by_act | (ours - last.keys()))


def _in_order(held: Held, label: str) -> list[Act]:
    """Acts in order of time; of those at one time the last is the one that agrees with the labels now."""
    there = label in (held.value("labels") or ())
    return sorted(held.acts.get(label, ()), key=lambda act: (act.at, act.added == there, act))
