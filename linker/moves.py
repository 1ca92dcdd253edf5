"""Which sprint an item should be in: each word of a person becomes at most one write; pure.

A move is wanted while the item still is where the person saw it, or where an earlier word of ours put it
since. Whoever moved it in the tracker meanwhile has the last word: that is said, and not overwritten.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal, NamedTuple

from linker.changes import OPEN_CATEGORIES
from linker.model import SPRINT, Change, Decision, ItemId
from linker.own import ordered, undos

Sprints = frozenset[str]  # ItemIds of sprints or milestones, as text; none: the backlog
Says = Literal["wanted", "there", "sent", "elsewhere", "over"]
Put = Mapping[str, str | None]  # decision -> the sprint that it put the item into
NOTHING: Put = {}


class Spot(NamedTuple):
    """Where an item is in the plan, and what we did about it.

    `closed` are those of all sprints named here that are over or gone: they stay in a Jira ticket's field
    for ever, so they count nowhere. `sent` is what was done, the last at the end, or is being
    sent right now; `tried` is what was sent without an answer, so that nobody knows.
    """

    sprints: Sprints = frozenset()
    closed: Sprints = frozenset()
    sent: Put = NOTHING
    tried: Put = NOTHING

    @property
    def now(self) -> Sprints:
        """The sprints that it is in and that go on."""
        return self.sprints - self.closed

    def seen(self, move: Decision) -> Sprints:
        """Where a person saw it, as far as that still goes on."""
        return frozenset(move.seen) - self.closed


class Word(NamedTuple):
    """What people last said of an item's sprint, by which decision, and what becomes of it."""

    decision: str
    to: str | None
    says: Says


class _Aim(NamedTuple):
    decision: str
    to: str | None
    starts: frozenset[Sprints]  # where the item may be for this to be right


def moves(item: ItemId, category: str | None, decisions: Iterable[Decision], spot: Spot) -> list[Change]:
    """The one write that is wanted on an item's sprint, if any; done items are not moved."""
    word = said(category, decisions, spot)
    if word is None or word.says != "wanted":
        return []
    desired: dict[str, Any] = {"to": word.to, "from": sorted(spot.now), "decision": word.decision}
    tried = {own: to for own, to in sorted(spot.tried.items()) if own not in spot.sent}
    if tried:  # a newer wish takes the place of an older one, and must not forget what that may have done
        desired["tried"] = tried
    return [Change(item=item, surface=SPRINT, desired=desired)]


def said(category: str | None, decisions: Iterable[Decision], spot: Spot) -> Word | None:
    """What people last said of an item's sprint; None when nobody did, or nothing of it was ever sent."""
    moving = [one for one in decisions if one.kind == "move"]
    aim = _known_late(_aim(moving, spot), moving, spot)
    return None if aim is None else Word(aim.decision, aim.to, _says(category, aim, spot))


def _says(category: str | None, aim: _Aim, spot: Spot) -> Says:
    if aim.decision in spot.sent:
        return "there" if spot.now == _at(aim.to) else "sent"
    if spot.now == _at(aim.to):  # what was tried is looked at once more, so that the ledger knows of it
        return "wanted" if aim.decision in spot.tried else "there"
    if category not in OPEN_CATEGORIES:
        return "over"
    return "wanted" if spot.now in aim.starts else "elsewhere"


def _known_late(aim: _Aim | None, decisions: Sequence[Decision], spot: Spot) -> _Aim | None:
    """A word that was sent before others were known may have gone elsewhere: then one of those goes now."""
    if aim is None or not _used(aim, spot):
        return aim
    unused = [one.id for one in ordered(decisions) if one.id not in {*spot.sent, *spot.tried}]
    return aim._replace(decision=unused[-1]) if unused else aim


def _used(aim: _Aim, spot: Spot) -> bool:
    if aim.decision in spot.sent:
        return list(spot.sent.values())[-1] != aim.to
    return spot.tried.get(aim.decision, aim.to) != aim.to


def _aim(decisions: Sequence[Decision], spot: Spot) -> _Aim | None:
    """The last move that holds, or the way back from later ones that were sent before they were undone."""
    back: list[_Chain] = []
    chains = _chains(decisions, spot)
    for chain in reversed(chains):
        if not chain.undone:
            return _back(back, chain, spot) if back else _forward(chain, chains, spot)
        if chain.put:
            back.append(chain)
    return _back(back, None, spot) if back else None


class _Chain(NamedTuple):
    """A move with all that was said of it since, and where we put the item because of it."""

    move: Decision
    undone: Sequence[Decision]  # the undos of it that hold, in order of time
    last: Decision  # the last word that holds: the move, an undo of it, or an undo of that
    seen: Sprints
    put: frozenset[Sprints]
    sent: bool  # and what became of it is known


def _chains(decisions: Sequence[Decision], spot: Spot) -> list[_Chain]:
    """The moves in order of time; what undoes what may be told in any order."""
    known, holding = ordered(decisions), undos(decisions)
    found = []
    for move in known:
        if move.undoes is None:
            about = {move.id}
            while more := {one.id for one in known if one.undoes in about} - about:
                about |= more
            undone = holding(move.id)
            again = [undo for one in known if one.undoes == move.id for undo in holding(one.id)]
            last = undone[-1] if undone else ordered([move, *again])[-1]
            written = {**spot.tried, **spot.sent}
            put = frozenset(_at(written[own]) for own in about & written.keys())
            sent = not about.isdisjoint(spot.sent)
            found.append(_Chain(move, undone, last, spot.seen(move), put, sent))
    return found


def _forward(chain: _Chain, chains: Sequence[_Chain], spot: Spot) -> _Aim:
    """From where the person saw it; or from where we put it by a word that was said of the same place."""
    ours = (put for other in chains if other.seen == chain.seen for put in other.put)
    return _Aim(chain.last.id, chain.move.sprint, frozenset({chain.seen, *ours}))


def _back(undone: Sequence[_Chain], holds: _Chain | None, spot: Spot) -> _Aim | None:
    """From where we put it to where it was, over all that is undone, latest first; None if unclear.

    Where the move before it still holds, that is where it was: then an undo and a move that was overtaken
    end alike, whichever was sent first.
    """
    first = undone[0]
    last, starts = first.last, set(first.put)
    for chain in undone[1:]:
        if first.seen not in (_at(chain.move.sprint), chain.seen):
            break  # somebody else moved it in between
        first, last, starts = chain, ordered([last, chain.last])[-1], starts | chain.put
    if holds is not None and first.seen in (_at(holds.move.sprint), holds.seen):
        unsent = set() if holds.sent else {holds.seen}
        return _Aim(last.id, holds.move.sprint, frozenset(starts | unsent))
    if len(first.move.seen) > 1:
        return None
    return _Aim(last.id, next(iter(first.move.seen), None), frozenset(starts))


def _at(sprint: str | None) -> Sprints:
    return frozenset() if sprint is None else frozenset({sprint})
