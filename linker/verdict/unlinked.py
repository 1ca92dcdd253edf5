"""UNLINKED: how far the way goes of what serves nothing, and where it has to be mended; pure."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

from linker.verdict.markdown import code, listed
from linker.verdict.seen import Judged, Named, Unread
from linker.verdict.wording import (
    EXAMPLE,
    HINT,
    NONE,
    OTHER_REASONS,
    above,
    add,
    codes_of,
    copied,
    example_beside,
    fitted,
    said,
)

SERVING = ("parent", "delivers", "contributes")


class Case(NamedTuple):
    """A title, what is so, and what mends it, the shortest first."""

    title: str
    text: str
    fixes: tuple[str, ...]
    name: str
    example: str = EXAMPLE


def how_far(seen: Judged) -> Case:
    """The first case that fits; the last one is that nothing is named at all."""
    return next(filter(None, (case(seen) for case in UNLINKED)), None) or _nothing(seen)


def _optout(seen: Judged) -> Case | None:
    if seen.exemption != "none":
        return None
    return _unlinked(
        "optout",
        "Opted out without a reason",
        "This pull request says that it serves no key result, and gives no reason code.",
        f"Give the reason: `KR: none - ktlo` (keeping the lights on), or {OTHER_REASONS}.",
        f"If it does serve one, write `KR: {EXAMPLE}` in its place, {HINT} that key result.",
        said(),
    )


def _removed(seen: Judged) -> Case | None:
    if not seen.removed:
        return None
    codes = codes_of(seen.removed)
    were = "was" if len(codes) == 1 else "were"
    example = example_beside(codes)
    case = _unlinked(
        "removed",
        fitted(codes, ("", f" {were} taken off by a person"), ("", f" {were} taken off")),
        f"A person decided that this pull request does not serve {listed(map(code, codes))}, by a comment "
        "or by removing the label, and nothing else leads to a key result.",
        add("the key result that it does serve", example),
        f"To take that back, comment {copied(f'/kr {codes[0]}')} (needs write access).",
        NONE,
    )
    return case._replace(example=example)


def _epic(seen: Judged) -> Case | None:
    ticket = next((one for one in _serving(seen) if one.above), None)
    if ticket is None:
        return None
    epic = ticket.above[0]
    return _unlinked(
        "epic",
        fitted([epic], ("", " has no key result")),
        f"This pull request is part of {code(ticket.alias)}, which is below {code(epic)}, and neither has a "
        "key result.",
        add(),
        above(epic),
        NONE,
        said(),
    )


def _ticket(seen: Judged) -> Case | None:
    tickets = _serving(seen)
    if not tickets:
        return None
    aliases = [one.alias for one in tickets]
    one = len(aliases) == 1
    have = "which has" if one else "which have"
    first = code(aliases[0])
    return _unlinked(
        "ticket",
        fitted(aliases, ("", f" {'serves' if one else 'serve'} no key result"), ("", " without key result")),
        f"This pull request is part of {listed(map(code, aliases))}, {have} no epic and no key result.",
        add(),
        f"For everything below {first}: put it below an epic that has a key result, "
        f"or give it the label `kr:{EXAMPLE}`.",
        NONE,
        said(),
    )


def _absent(seen: Judged) -> Case | None:
    lost: list[Unread] = [one for one in seen.unread if one.why in ("gone", "refused")]
    if not lost:
        return None
    refs = [one.ref for one in lost if one.why == lost[0].why]
    title = fitted(refs, ("", " cannot be read"))
    names, first = f"This pull request names {listed(map(code, refs))}", code(refs[0])
    if lost[0].why == "gone":
        text = f"{names}, and no such ticket was found; it may be hidden from this check."
        key = f"If {first} is a slip, put the right key at the start of the title: `PAY-12: what it does`."
        return _unlinked("absent", title, text, key, add(), NONE, said())
    text = f"{names}, and the tracker does not let this check read it."
    ask = f"If the check should see {first}, ask whoever runs Sightline here for access to it."
    return _unlinked("absent", title, text, add(), ask, NONE, said())


def _mentions(seen: Judged) -> Case | None:
    if not seen.named:
        return None
    aliases = [one.alias for one in seen.named]
    title = fitted(aliases, ("Only mentions ", ""))
    only = f"This pull request only mentions {listed(map(code, aliases))}"
    leads = next((one for one in seen.named if one.serves), None)
    if leads is None:
        text = f"{only}, which {'has' if len(aliases) == 1 else 'have'} no key result."
        return _unlinked("mentions", title, text, add(), NONE, said())
    serves = listed(map(code, codes_of(leads.serves)))
    alias, line = code(leads.alias), copied(f"Refs {leads.alias}")
    part = f"If it is part of {alias}, add the line {line} to the description."
    text = f"{only}, and does not say that it is part of that work. {alias} serves {serves}."
    return _unlinked("mentions", title, text, part, add(), NONE, said())


def _nothing(_: Judged) -> Case:
    return _unlinked(
        "nothing",
        "No key result found",
        "This pull request names no ticket and no key result.",
        "Put your ticket's key at the start of the title: `PAY-12: what it does`.",
        add(),
        NONE,
        said(),
    )


UNLINKED: tuple[Callable[[Judged], Case | None], ...] = (
    _optout,
    _removed,
    _epic,
    _ticket,
    _absent,
    _mentions,
)


def _unlinked(case: str, title: str, text: str, *fixes: str) -> Case:
    return Case(title, text, fixes, case)


def _serving(seen: Judged) -> Sequence[Named]:
    return [one for one in seen.named if one.kind in SERVING]
