"""A verdict on a surface: a check run with buttons, a commit status, or the one comment; pure.

Each surface is the whole state that we want there, so what is equal is never sent again.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from linker.model import CHECK, COMMENT_MARK
from linker.verdict.judging import Verdict
from linker.verdict.markdown import code, listed, markup, plain, prose
from linker.verdict.wording import ABOUT, HINT, copied, cut, meant

DESCRIPTION = 140  # GitHub's limits, in characters
LABEL, BUTTON, IDENTIFIER = 20, 40, 20
SUMMARY_LINES = 12
MOST_FIXES, MOST_SHOWN = 4, 6
NOTICED = "An edited title or description is checked again within seconds; no push is needed."

RETIRED = ("A newer commit is checked", "The pull request is closed")

GOOD = ("serving", "exempt")

Mode = Literal["off", "advisory", "required"]
StatusState = Literal["success", "pending", "failure"]
Conclusion = Literal["success", "neutral", "failure"]
Surface = dict[str, Any]


class Advice(NamedTuple):
    """A key result that it may serve, by the code that a person writes, and what speaks for that."""

    code: str
    reasons: Sequence[str]


class Rerun(NamedTuple):
    """What a person last asked of a commit's check by hand, and when; a new request is a new check."""

    why: Literal["rerun", "more"]
    at: int


def conclusion(verdict: Verdict, mode: Mode, undecided: Conclusion = "neutral") -> Conclusion | None:
    """How the check ends: advice never fails, a requirement does; None while it is still being decided."""
    if verdict.waits:
        return None
    if verdict.word in GOOD:
        return "success"
    if verdict.word == "undecided":
        return undecided
    return "failure" if mode == "required" else "neutral"


def check(
    verdict: Verdict,
    mode: Mode,
    url: str,
    *,
    undecided: Conclusion = "neutral",
    advice: Sequence[Advice] = (),
    item: str = "",
    rerun: Rerun | None = None,
    queued: bool = False,
) -> Surface:
    """A check run: at most 12 lines of summary, the rest folded; `item` comes back with a button's click."""
    ends = conclusion(verdict, mode, undecided)
    bad = verdict.word not in GOOD and not verdict.waits
    more = url if rerun is not None and rerun.why == "more" else ""
    return {
        "name": CHECK,
        "status": "in_progress" if ends is None else "completed",
        "conclusion": ends,
        "title": verdict.title,
        "summary": _summary(verdict, mode, ends, advice if bad else (), more),
        "text": _details(verdict, advice if bad else ()),
        "actions": _buttons(advice) if bad and not queued else [],
        "details_url": url,
        "external_id": _external(item, rerun),
    }


def retired(item: str, url: str, head: str, rerun: Rerun | None = None) -> Surface:
    """A check that nobody waits for any more: its commit was pushed over, or its pull request is closed."""
    newer = f"This commit is no longer the newest one. The check of {code(head[:7])} is the one that counts."
    closed = "The pull request was closed before this check had ended. There is nothing to do."
    return {
        "name": CHECK,
        "status": "completed",
        "conclusion": "neutral",
        "title": RETIRED[0] if head else RETIRED[1],
        "summary": newer if head else closed,
        "text": "",
        "actions": [],
        "details_url": url,
        "external_id": _external(item, rerun),
    }


def status(verdict: Verdict, mode: Mode, undecided: Conclusion = "neutral") -> tuple[StatusState, str]:
    """A commit status: it has no neutral end, so what does not fail is a success with its text."""
    text = cut(_unmarked(f"{verdict.title}. {verdict.fix}".strip().removesuffix(".")), DESCRIPTION)
    ends = conclusion(verdict, mode, undecided)
    if ends is None:
        return "pending", text
    return ("failure" if ends == "failure" else "success"), text


def comment(
    verdict: Verdict,
    mode: Mode,
    url: str,
    advice: Sequence[Advice] = (),
    undecided: Conclusion = "neutral",
) -> str:
    """The one comment of a pull request: open while there is something to do, one folded line when not."""
    if verdict.word in GOOD:
        title = f"<details><summary>{markup(verdict.title)}</summary>"
        return "\n".join([COMMENT_MARK, title, "", _noted(verdict), "", "</details>"])
    body = _summary(verdict, mode, conclusion(verdict, mode, undecided), advice, "")
    return f"{COMMENT_MARK}\n**{prose(verdict.title)}**\n\n{body} [Details]({url})"


# --- the parts of a check run ---


def _summary(
    verdict: Verdict, mode: Mode, ends: Conclusion | None, advice: Sequence[Advice], more: str
) -> str:
    lines = [_noted(verdict)]
    if more:
        lines += [f"[All of it, with every key result to choose from]({more})"]
    if verdict.word in GOOD:
        return "\n".join([*lines, "", "There is nothing to do."])
    if not verdict.waits:
        lines += ["", f"**Looked at** {_looked_in_line(verdict)}."] if verdict.looked else []
        fixes = _advised(verdict, advice)
        if len(fixes) > 1:
            why = "To go on without it" if verdict.word == "undecided" else "To fix it"
            lines += ["", f"**{why}, do one of these:**"]
            lines += [f"{number}. {fix}" for number, fix in enumerate(fixes, 1)]
        elif fixes:
            lines += ["", f"**To fix it:** {fixes[0]}"]
    return "\n".join([*lines, "", _blocks(verdict, mode, ends)])


def _noted(verdict: Verdict) -> str:
    """What is so, and what a reader may wonder about."""
    return " ".join([verdict.text, *verdict.notes[:1]])


def _advised(verdict: Verdict, advice: Sequence[Advice]) -> list[str]:
    """The best suggestion stands first, with its code in every line, unless what people wrote says more."""
    if not advice:
        return list(verdict.fixes[:MOST_FIXES])
    best = advice[0]
    why = f" ({prose(best.reasons[0])})" if best.reasons else ""
    line = copied(f"KR: {best.code}")
    first = f"If it serves {code(best.code)}{why}: add the line {line} to the description."
    if not verdict.example:
        return [*verdict.fixes[: MOST_FIXES - 1], first]
    others = [meant(fix, verdict.example, best.code) for fix in verdict.fixes if HINT not in fix]
    return [first, *others[: MOST_FIXES - 1]]


def _blocks(verdict: Verdict, mode: Mode, ends: Conclusion | None) -> str:
    if verdict.waits:
        required = "This check is required here: the merge waits until it has ended."
        return required if mode == "required" else "This does not block the merge."
    if ends == "failure":
        return f"This check is required here: it blocks the merge until one of these is done. {NOTICED}"
    return f"This does not block the merge. {NOTICED}"


def _looked_in_line(verdict: Verdict) -> str:
    """What was found where, the places together that hold the same."""
    where: dict[str, list[str]] = {}
    for name, found in verdict.looked:
        where.setdefault(found, []).append(name)
    shown = [f"{listed(names, 5)}: {found}" for found, names in where.items()]
    rest = [f"and {len(shown) - MOST_SHOWN} more"] if len(shown) > MOST_SHOWN else []
    return "; ".join([*shown[:MOST_SHOWN], *rest])


def _details(verdict: Verdict, advice: Sequence[Advice]) -> str:
    parts = []
    if verdict.looked:
        rows = [f"| {name} | {found} |" for name, found in verdict.looked]
        parts.append(_folded("What was looked at", ["| Where | What is there |", "|---|---|", *rows]))
    if advice:
        why = ["; ".join(map(prose, one.reasons[:3])) or "similar work" for one in advice]
        rows = [f"- {code(one.code)}: {words}" for one, words in zip(advice, why, strict=True)]
        note = "These are suggestions: nothing is linked before a person says so."
        parts.append(_folded("Key results that it may serve", [*rows, "", note]))
    if len(verdict.notes) > 1:  # a single one stands in the summary
        parts.append(_folded("How it was read", [f"- {note}" for note in verdict.notes]))
    if verdict.word not in GOOD:
        parts.append(_folded("What this check asks", [ABOUT]))
    return "\n\n".join(parts)


def _folded(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"<details><summary>{title}</summary>", "", *lines, "", "</details>"])


def _buttons(advice: Sequence[Advice]) -> list[dict[str, str]]:
    """At most three: the best suggestion, an exemption, and the way to all the rest."""
    known = [one.code for one in advice[:1] if len(f"kr:{one.code}") <= IDENTIFIER]
    serves = [_button(f"kr:{own}", _serves(own), "Say that it serves this key result") for own in known]
    ktlo = _button("none:ktlo", "Serves none: ktlo", "On purpose: it keeps the lights on")
    return [*serves, ktlo, _button("more", "More choices", "Show the way to every key result")]


def _serves(own: str) -> str:
    """The code in full, whatever else has room beside it."""
    label = plain(f"Serves {own}")
    return label if len(label) <= LABEL else plain(own)


def _button(identifier: str, label: str, description: str) -> dict[str, str]:
    return {"identifier": identifier, "label": cut(label, LABEL), "description": cut(description, BUTTON)}


def _external(item: str, rerun: Rerun | None) -> str:
    return f"{item}@{rerun.at}" if rerun is not None else item


def _unmarked(text: str) -> str:
    """A status is plain text: no backticks, no stars."""
    return text.replace("`", "").replace("**", "")
