"""UNLINKED: how far the way goes of what serves nothing, and where it has to be mended; pure."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from linker.verdict.markdown import code, listed
from linker.verdict.seen import Judged, Named, Unread

SAY = "a line `KR: O1.KR2`"


class Case(NamedTuple):
    """A title, what is so, and what mends it, the shortest first."""

    title: str
    text: str
    fixes: tuple[str, ...]
    name: str


def how_far(seen: Judged) -> Case:
    """The first case that fits; the last one is that nothing is named at all."""
    return next(filter(None, (case(seen) for case in UNLINKED)), None) or _nothing(seen)


def _optout(seen: Judged) -> Case | None:
    if seen.exemption != "none":
        return None
    return _unlinked(
        "optout",
        "Opted out without a reason",
        "It says that it serves no key result, and gives no reason code.",
        "Write `KR: none - ktlo`, or debt, incident, spike, upstream, docs.",
    )


def _removed(seen: Judged) -> Case | None:
    if not seen.removed:
        return None
    codes = listed([bare(kr) for kr in seen.removed])
    return _unlinked(
        "removed",
        f"A person took {codes} off",
        f"A person decided that it does not serve **{codes}**, and it serves nothing else.",
        f"Write {SAY} with what it does serve.",
        f"Comment `/kr {bare(seen.removed[0])}` to take that back.",
    )


def _epic(seen: Judged) -> Case | None:
    ticket = next((one for one in _serving(seen) if one.above), None)
    if ticket is None:
        return None
    epic = code(ticket.above[0])
    return _unlinked(
        "epic",
        f"{ticket.above[0]} has no key result",
        f"{code(ticket.alias)} is below {epic}, and neither has a key result.",
        f"Ask a planner to give {epic} a key result: {SAY} in its text, or a label `kr:O1.KR2`.",
        f"Or write {SAY} in the text of this pull request.",
        "Or comment `/kr O1.KR2`, or `/kr none ktlo` if it serves none on purpose.",
    )


def _ticket(seen: Judged) -> Case | None:
    tickets = _serving(seen)
    if not tickets:
        return None
    names = listed([code(one.alias) for one in tickets])
    return _unlinked(
        "ticket",
        f"{listed([one.alias for one in tickets])} serves no key result",
        f"It names {names}, which has no epic and no key result.",
        f"Give {code(tickets[0].alias)} an epic that has a key result, or a label `kr:O1.KR2`.",
        f"Or write {SAY} in the text of this pull request.",
        "Or comment `/kr O1.KR2`, or `/kr none ktlo` if it serves none on purpose.",
    )


def _absent(seen: Judged) -> Case | None:
    lost: list[Unread] = [one for one in seen.unread if one.why in ("gone", "refused")]
    if not lost:
        return None
    names = listed([code(one.ref) for one in lost])
    gone = lost[0].why == "gone"
    why = (
        "no such ticket is there, or it is hidden from us" if gone else "the tracker does not let us read it"
    )
    return _unlinked(
        "absent",
        f"{listed([one.ref for one in lost])} cannot be read",
        f"It names {names}, and {why}.",
        "Correct the ticket key in the title; a new title is noticed in seconds.",
        f"Or write {SAY} in the text of this pull request.",
        "Or comment `/kr O1.KR2`, or `/kr none ktlo` if it serves none on purpose.",
    )


def _mentions(seen: Judged) -> Case | None:
    if not seen.named:
        return None
    names = listed([code(one.alias) for one in seen.named])
    return _unlinked(
        "mentions",
        f"Only mentions {listed([one.alias for one in seen.named])}",
        f"It mentions {names} without saying that it is part of that work.",
        f"Put the key at the start of the title: `{seen.named[0].alias}: ...`.",
        f"Or write `Refs {seen.named[0].alias}` in the text.",
        "Or comment `/kr O1.KR2`, or `/kr none ktlo` if it serves none on purpose.",
    )


def _nothing(_: Judged) -> Case:
    return _unlinked(
        "nothing",
        "No key result found",
        "Nothing here names a ticket or a key result.",
        "Put a ticket key at the start of the title: `PAY-12: ...`.",
        f"Or write {SAY} in the text.",
        "Or comment `/kr O1.KR2`, or `/kr none ktlo` if it serves none on purpose.",
    )


UNLINKED: tuple[Callable[[Judged], Case | None], ...] = (
    _optout,
    _removed,
    _epic,
    _ticket,
    _absent,
    _mentions,
)


def bare(kr: str) -> str:
    """The code of a full id, as people write it."""
    return kr.rpartition("/")[2]


def _unlinked(case: str, title: str, text: str, *fixes: str) -> Case:
    return Case(title, text, fixes, case)


def _serving(seen: Judged) -> Sequence[Named]:
    return [one for one in seen.named if one.kind in ("parent", "delivers", "contributes")]
