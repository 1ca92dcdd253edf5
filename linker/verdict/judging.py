"""JUDGES: the first that holds of serving, exempt, undecided, inactive, unknown, unlinked; pure."""

from collections.abc import Callable

from linker.model import Noun, VerdictWord
from linker.verdict.markdown import code, listed, plain
from linker.verdict.seen import Judged, Place
from linker.verdict.unlinked import SAY, bare, how_far

TITLE = 60

Active = Callable[[str], bool]
WhyInactive = Callable[[str], str]


class Verdict(Noun):
    """A word, its case, a title of at most 60 characters, a sentence or two, and fixes, shortest first."""

    word: VerdictWord
    case: str
    title: str
    text: str
    fixes: tuple[str, ...] = ()
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
    codes = listed([bare(kr) for kr in live])
    title = f"Serves {codes} via {seen.path[0]}" if seen.path else f"Serves {codes}"
    through = f" through {' → '.join(map(code, seen.path))}" if seen.path else ""
    by = ", by a person's decision" if seen.decided else ""
    text = f"This pull request serves **{codes}**{through}{by}."
    return Verdict(word="serving", case="through" if seen.path else "direct", title=title, text=text)


def exempt(seen: Judged, _: Active, __: WhyInactive) -> Verdict | None:
    """It serves none on purpose, with a reason code."""
    if seen.exemption in (None, "none"):
        return None
    because = f" ({seen.because})" if seen.because else ""
    text = f"This pull request serves no key result on purpose: {code(seen.exemption or '')}{because}."
    return Verdict(word="exempt", case="exempt", title=f"Exempt: {seen.exemption}", text=text)


def undecided(seen: Judged, _: Active, __: WhyInactive) -> Verdict | None:
    """Something that it names is not read yet, or the tracker has not answered for long."""
    waiting = [one.ref for one in seen.unread if one.why == "waiting"]
    away = [one.ref for one in seen.unread if one.why == "away"]
    if waiting:
        text = f"Still reading {listed(map(code, waiting))}. This check ends by itself."
        return Verdict(word="undecided", case="reading", title="Reading what it names", text=text, waits=True)
    if away:
        title = f"Could not read {listed(away)}"
        text = (
            f"The tracker does not answer for {listed(map(code, away))}, so nothing can be said yet. "
            "This check runs again by itself when it answers."
        )
        fixes = (f"Nothing to do in this pull request; or say it here: {SAY}.",)
        return Verdict(word="undecided", case="away", title=title, text=text, fixes=fixes)
    return None


def inactive(seen: Judged, _: Active, why_inactive: WhyInactive) -> Verdict | None:
    """It serves key results, and none of them is active."""
    if not seen.krs:
        return None
    codes = listed([bare(kr) for kr in seen.krs])
    whys = "; ".join(f"**{bare(kr)}**: {why_inactive(kr)}" for kr in seen.krs[:3])
    through = f" through {' → '.join(map(code, seen.path))}" if seen.path else ""
    text = f"What it serves{through} is not active. {whys}."
    held = f"Ask a planner to link {code(seen.path[-1])} to a key result that is open" if seen.path else ""
    fixes = (
        *([f"{held}."] if held else []),
        f"Write {SAY} with the code of an open key result.",
        "Comment `/kr O1.KR2` with an open code.",
    )
    return Verdict(
        word="inactive", case="inactive", title=f"Only inactive key results: {codes}", text=text, fixes=fixes
    )


def unknown(seen: Judged, _: Active, __: WhyInactive) -> Verdict | None:
    """It names a code that the catalogue does not hold, or one that could mean two key results."""
    if seen.ambiguous:
        one = seen.ambiguous[0]
        text = (
            f"{code(one.code)} could be {listed(map(code, one.candidates), joint='or')}: "
            "both cycles held the day on which it appeared here."
        )
        fixes = (f"Write the full id: `KR: {one.candidates[0]}`.",)
        title = f"{one.code} could mean {len(one.candidates)} key results"
        return Verdict(word="unknown", case="ambiguous", title=title, text=text, fixes=fixes)
    if not seen.unknown:
        return None
    first = seen.unknown[0]
    codes = listed([code(one.code) for one in seen.unknown])
    why = " It holds letters that only look like Latin ones." if first.lookalike else ""
    text = f"The catalogue holds no {codes}.{why}"
    near = f"Write `KR: {first.nearest}`, the nearest code." if first.nearest else "Correct the code."
    return Verdict(
        word="unknown",
        case="lookalike" if first.lookalike else "code",
        title=f"Unknown key result {listed([one.code for one in seen.unknown])}",
        text=text,
        fixes=(near, "Comment `/kr O1.KR2` with a code of the catalogue."),
    )


def unlinked(seen: Judged, _: Active, __: WhyInactive) -> Verdict | None:
    """Nothing leads from it to a key result; the case says how far the way goes."""
    title, text, fixes, case = how_far(seen)
    return Verdict(word="unlinked", case=case, title=title, text=text, fixes=fixes)


JUDGES: tuple[Callable[[Judged, Active, WhyInactive], Verdict | None], ...] = (
    serving,
    exempt,
    undecided,
    inactive,
    unknown,
    unlinked,
)


# --- words ---


def cut(text: str, limit: int = TITLE) -> str:
    """A text that fits; what does not ends in an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip(" ,") + "…"


def _undone(seen: Judged) -> str:
    return f"The last command was not done: {seen.undone}" if seen.undone else ""


def _looked(seen: Judged) -> tuple[tuple[str, str], ...]:
    """Each place and each item that was looked at, with what was found there."""
    rows = [(place.name, _found(place)) for place in seen.places]
    for one in seen.named:
        what = f"serves {listed([bare(kr) for kr in one.serves])}" if one.serves else "no key result"
        above = f", below {listed(map(code, one.above))}" if one.above else ""
        how = " (only mentioned)" if one.kind == "mentions" else ""
        rows.append((code(one.alias), f"{what}{above}{how}"))
    rows += [(code(one.ref), _UNREAD[one.why]) for one in seen.unread]
    return tuple(rows)


def _found(place: Place) -> str:
    if not place.read:
        return "not read"
    return listed(map(code, place.found), 5) if place.found else "nothing"


_UNREAD = {
    "waiting": "being read",
    "away": "no answer from its tracker",
    "gone": "not there, or hidden from us",
    "refused": "we may not read it",
    "elsewhere": "of no project that we follow",
}
