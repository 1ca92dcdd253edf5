"""JUDGES: the first that holds of serving, exempt, undecided, inactive, unknown, unlinked; pure."""

import unicodedata
from collections.abc import Callable, Sequence

from linker.model import Noun, VerdictWord
from linker.verdict.markdown import code, listed, plain
from linker.verdict.seen import COMMITS, Judged, Place
from linker.verdict.unlinked import how_far
from linker.verdict.wording import (
    EXAMPLE,
    HINT,
    NONE,
    REASON_WORDS,
    above,
    add,
    bare,
    codes_of,
    copied,
    cut,
    example_beside,
    fitted,
    said,
    way,
)

Active = Callable[[str], bool]
WhyInactive = Callable[[str], str]


class Verdict(Noun):
    """A word, its case, a title of at most 60 characters, a sentence or two, and fixes, shortest first."""

    word: VerdictWord
    case: str
    title: str
    text: str
    fixes: tuple[str, ...] = ()
    example: str = ""  # the code in its fixes that stands for one; empty where they hold the real one
    looked: tuple[tuple[str, str], ...] = ()  # where we looked, and what was found there
    notes: tuple[str, ...] = ()
    waits: bool = False  # undecided, and what it waits for may still come

    @property
    def fix(self) -> str:
        """The shortest fix; empty where there is nothing to mend."""
        return self.fixes[0] if self.fixes else ""


def judge(seen: Judged, active: Active, why_inactive: WhyInactive) -> Verdict:
    """The first judge that has something to say; the last one always has."""
    for one in JUDGES:
        verdict = one(seen, active, why_inactive)
        if verdict is not None:
            known = {
                "looked": _looked(seen),
                "notes": tuple(seen.notes),
                "title": cut(plain(verdict.title, 500)),
                "text": f"{verdict.text} {_undone(seen)}".rstrip(),
            }
            return verdict.model_copy(update=known)
    raise AssertionError("the last judge has a word for everything")


def serving(seen: Judged, active: Active, _: WhyInactive) -> Verdict | None:
    """It serves an active key result."""
    live = [kr for kr in seen.krs if active(kr)]
    if not live:
        return None
    codes = codes_of(live)
    by = f", as a person decided{f' on {code(seen.path[-1])}' if seen.path else ''}" if seen.decided else ""
    text = f"This pull request serves {listed(map(code, codes), 5)}"
    if not seen.path:
        return Verdict(word="serving", case="direct", title=_serves(codes), text=f"{text}{by}.")
    whole = len(live) == 1 or any(
        one.alias == seen.path[0] and set(live) <= set(one.serves) for one in seen.named
    )
    through = f"through {way(seen.path)}{by}"
    return Verdict(
        word="serving",
        case="through",
        title=_serves(codes, seen.path[0] if whole else ""),
        text=f"{text} {through}." if whole else f"{text}: {code(codes[0])} {through}.",
    )


def exempt(seen: Judged, _: Active, __: WhyInactive) -> Verdict | None:
    """It serves none on purpose, with a reason code."""
    if seen.exemption is None or seen.exemption == "none":
        return None
    words = REASON_WORDS.get(seen.exemption, "")
    because = f" ({seen.because})" if seen.because else ""
    reason = f"{code(seen.exemption)}, {words}" if words else code(seen.exemption)
    text = f"This pull request serves no key result on purpose. The reason is {reason}{because}."
    return Verdict(word="exempt", case="exempt", title=f"Exempt: {words or seen.exemption}", text=text)


def undecided(seen: Judged, _: Active, __: WhyInactive) -> Verdict | None:
    """Something that it names is not read yet, or the tracker has not answered for long."""
    waiting = [one.ref for one in seen.unread if one.why == "waiting"]
    away = [one.ref for one in seen.unread if one.why == "away"]
    if waiting:
        text = (
            f"Still reading {listed(map(_ref, waiting))}. This check ends by itself; there is nothing to do."
        )
        title = fitted(waiting, ("Reading ", ""))
        return Verdict(word="undecided", case="reading", title=title, text=text, waits=True)
    if away:
        text = (
            f"The tracker does not answer when asked for {listed(map(_ref, away))}, so nothing can be said "
            "yet. This check runs again by itself when it answers."
        )
        fixes = (add(), NONE, said())
        title = fitted(away, ("Could not read ", ""))
        return Verdict(word="undecided", case="away", title=title, text=text, fixes=fixes, example=EXAMPLE)
    return None


def inactive(seen: Judged, _: Active, why_inactive: WhyInactive) -> Verdict | None:
    """It serves key results, and none of them is active."""
    if not seen.krs:
        return None
    codes = codes_of(seen.krs)
    whys = [
        f"{code(name)} is not active: {why_inactive(kr)}" for name, kr in zip(codes, seen.krs, strict=True)
    ]
    more = f" Nor are {len(whys) - 3} more." if len(whys) > 3 else ""
    through = f" This pull request leads there through {way(seen.path)}." if seen.path else ""
    example = example_beside([bare(kr) for kr in seen.krs])
    higher = [above(seen.path[-1], example)] if seen.path else []
    return Verdict(
        word="inactive",
        case="inactive",
        title=fitted(codes, ("Only inactive key results: ", ""), ("Inactive: ", "")),
        text=f"{'; '.join(whys[:3])}.{more}{through} This check runs again by itself when that changes.",
        fixes=(add("an active key result", example), *higher, NONE, said(example)),
        example=example,
    )


def unknown(seen: Judged, _: Active, __: WhyInactive) -> Verdict | None:
    """It names a code that the catalogue does not hold, or one that could mean two key results."""
    if seen.ambiguous:
        return _ambiguous(seen)
    if not seen.unknown:
        return None
    first = seen.unknown[0]
    codes = [one.code for one in seen.unknown]
    alike = _alike(first.code) if first.lookalike else ""
    if first.nearest is None:
        near = f"Write `KR: {EXAMPLE}` in its place, {HINT} the key result that it serves."
    elif first.lookalike:
        near = f"Type it in Latin letters: {copied(f'KR: {first.nearest}')}."
    else:
        line = copied(f"KR: {first.nearest}")
        near = f"Write {line} in its place, if you meant that; it is the nearest code."
    return Verdict(
        word="unknown",
        case="lookalike" if first.lookalike else "code",
        title=fitted(codes[:1] if alike else codes, *_UNKNOWN[bool(alike)]),
        text=f"No key result has the code {listed(map(code, codes), joint='or')}.{alike}",
        fixes=(near, NONE, said(first.nearest or EXAMPLE)),
        example="" if first.nearest else EXAMPLE,
    )


def _ambiguous(seen: Judged) -> Verdict:
    one = seen.ambiguous[0]
    count = f"{len(one.candidates)} key results" if one.candidates else "several key results"
    could = listed(map(code, one.candidates), joint="or") or count
    ids = one.candidates[:2] or (f"2026Q4/{EXAMPLE}",)
    text = (
        f"{code(one.code)} could be {could}: more than one cycle has that code, and the day on which it "
        "first stood here does not tell which is meant."
    )
    full = listed([copied(f"KR: {kr}") for kr in ids], joint="or")
    fixes = (f"Write the full id instead: {full}.", said(*ids))
    title = fitted([one.code], ("", f" could mean {count}"))
    return Verdict(word="unknown", case="ambiguous", title=title, text=text, fixes=fixes)


def unlinked(seen: Judged, _: Active, __: WhyInactive) -> Verdict | None:
    """Nothing leads from it to a key result; the case says how far the way goes."""
    title, text, fixes, case, example = how_far(seen)
    return Verdict(word="unlinked", case=case, title=title, text=text, fixes=fixes, example=example)


JUDGES: tuple[Callable[[Judged, Active, WhyInactive], Verdict | None], ...] = (
    serving,
    exempt,
    undecided,
    inactive,
    unknown,
    unlinked,
)


# --- words ---


def _serves(codes: Sequence[str], via: str = "") -> str:
    around = [("Serves ", f" via {plain(via)}")] if via else []
    return fitted(codes, *around, ("Serves ", ""))


def _alike(written: str) -> str:
    """Which letters of a code are of another alphabet."""
    strange = dict.fromkeys(letter for letter in written if not letter.isascii())
    known = [(code(one), unicodedata.name(one, "another").split()[0].title()) for one in strange]
    letters = [f"{letter} is {script}" for letter, script in known if letter != "`?`"]
    return f" It holds letters that only look like Latin ones: {listed(letters)}." if letters else ""


def _ref(ref: str) -> str:
    return ref if ref == COMMITS else code(ref)


def _undone(seen: Judged) -> str:
    return f"The last command was not done: {seen.undone}" if seen.undone else ""


def _looked(seen: Judged) -> tuple[tuple[str, str], ...]:
    """Each place and each item that was looked at, with what was found there."""
    rows = [(place.name, _found(place)) for place in seen.places]
    for one in seen.named:
        what = f"serves {listed(map(code, codes_of(one.serves)))}" if one.serves else "no key result"
        above = f", below {listed(map(code, one.above))}" if one.above else ""
        how = " (only mentioned)" if one.kind == "mentions" else ""
        rows.append((code(one.alias), f"{what}{above}{how}"))
    rows += [(code(one.ref), _UNREAD.get(one.why, "not read")) for one in seen.unread if one.ref != COMMITS]
    return tuple(rows)


def _found(place: Place) -> str:
    if not place.read:
        return "not read"
    return listed(map(code, place.found), 5) if place.found else "nothing"


_UNKNOWN = (
    (("Unknown key result ", ""),),
    (("", " holds letters that only look Latin"), ("", " holds look-alike letters")),
)
_UNREAD = {
    "waiting": "being read",
    "away": "no answer from its tracker",
    "gone": "not found, or hidden from this check",
    "refused": "this check may not read it",
    "elsewhere": "of no project that is followed here",
}
