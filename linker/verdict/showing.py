"""A verdict on a surface: a check run with buttons, a commit status, or the one comment; pure.

Each surface is the whole state that we want there, so what is equal is never sent again.
"""

from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

from linker.model import CHECK, COMMENT_MARK
from linker.verdict.judging import Verdict, cut
from linker.verdict.markdown import code, prose

DESCRIPTION = 140  # GitHub's limits, in characters
LABEL, BUTTON, IDENTIFIER = 20, 40, 20
SUMMARY_LINES = 12
NOTICED = "A new title or text is noticed in seconds; no push is needed."

RETIRED = ("A newer commit is checked", "The pull request is closed")

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
    if verdict.word in ("serving", "exempt"):
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
    bad = verdict.word not in ("serving", "exempt") and not verdict.waits
    more = url if rerun is not None and rerun.why == "more" else ""
    return {
        "name": CHECK,
        "status": "in_progress" if ends is None else "completed",
        "conclusion": ends,
        "title": verdict.title,
        "summary": _summary(verdict, ends, advice if bad else (), more),
        "text": _details(verdict, advice if bad else ()),
        "actions": _buttons(advice) if bad and not queued else [],
        "details_url": url,
        "external_id": f"{item}@{rerun.at}" if rerun is not None else item,
    }


def retired(item: str, url: str, head: str, rerun: Rerun | None = None) -> Surface:
    """A check that nobody waits for any more: its commit was pushed over, or its pull request is closed."""
    now = f"The newest commit is {code(head[:7])}; its check says what counts." if head else ""
    return {
        "name": CHECK,
        "status": "completed",
        "conclusion": "neutral",
        "title": RETIRED[0] if head else RETIRED[1],
        "summary": f"This commit is no longer the head of the pull request. {now}".strip()
        if head
        else "The pull request was closed before this check was decided. Nothing to do.",
        "text": "",
        "actions": [],
        "details_url": url,
        "external_id": f"{item}@{rerun.at}" if rerun is not None else item,
    }


def status(verdict: Verdict, mode: Mode, undecided: Conclusion = "neutral") -> tuple[StatusState, str]:
    """A commit status: it has no neutral end, so what does not fail is a success with its text."""
    text = cut(_unmarked(f"{verdict.title}. {verdict.fix}".strip().removesuffix(".")), DESCRIPTION)
    ends = conclusion(verdict, mode, undecided)
    if ends is None:
        return "pending", text
    return ("failure" if ends == "failure" else "success"), text


def comment(verdict: Verdict, mode: Mode, url: str, advice: Sequence[Advice] = ()) -> str:
    """The one comment of a pull request: open while there is something to do, one folded line when not."""
    if verdict.word in ("serving", "exempt"):
        return f"{COMMENT_MARK}\n<details><summary>{verdict.title}</summary>\n\n{verdict.text}\n\n</details>"
    body = _summary(verdict, conclusion(verdict, mode), advice, "")
    return f"{COMMENT_MARK}\n**{prose(verdict.title)}**\n\n{body}\n\n[Details]({url})"


# --- the parts of a check run ---


def _summary(verdict: Verdict, ends: Conclusion | None, advice: Sequence[Advice], more: str) -> str:
    lines = [verdict.text]
    if more:
        lines += ["", f"[All of it, with every key result to choose from]({more})"]
    if verdict.word in ("serving", "exempt"):
        return "\n".join([*lines, *([] if more else ["", "Nothing to do."])])
    if verdict.waits:
        return "\n".join(lines)
    lines += ["", f"**Looked at** {_looked_in_line(verdict)}."] if verdict.looked else []
    fixes = _advised(verdict.fixes, advice)
    if len(fixes) > 1:
        lines += ["", "**Fix one of**", *(f"{n}. {fix}" for n, fix in enumerate(fixes, 1))]
    elif fixes:
        lines += ["", f"**Fix** {fixes[0]}"]
    lines += ["", _blocks(ends)]
    return "\n".join(lines)


def _advised(fixes: Sequence[str], advice: Sequence[Advice]) -> list[str]:
    """The best suggestion is one click or one comment away, so it stands first."""
    if not advice:
        return list(fixes[:3])
    best = advice[0]
    why = f" ({prose(best.reasons[0])})" if best.reasons else ""
    return [f"If it serves **{best.code}**{why}: comment `/kr {best.code}`.", *fixes[:2]]


def _blocks(ends: Conclusion | None) -> str:
    if ends == "failure":
        return f"Required here: it blocks the merge until one of these is done. {NOTICED}"
    return f"This does not block the merge. {NOTICED}"


def _looked_in_line(verdict: Verdict) -> str:
    shown = [f"{name}: {found}" for name, found in verdict.looked[:6]]
    if len(verdict.looked) > 6:
        shown.append(f"and {len(verdict.looked) - 6} more")
    return "; ".join(shown)


def _details(verdict: Verdict, advice: Sequence[Advice]) -> str:
    parts = []
    if verdict.looked:
        rows = [f"| {name} | {found} |" for name, found in verdict.looked]
        parts.append(_folded("What was looked at", ["| Where | What is there |", "|---|---|", *rows]))
    if advice:
        rows = [
            f"- **{one.code}**: {'; '.join(map(prose, one.reasons[:3])) or 'similar work'}" for one in advice
        ]
        note = "Suggestions are only that: nothing is linked before a person says so."
        parts.append(_folded("Key results that it may serve", [*rows, "", note]))
    if verdict.notes:
        parts.append(_folded("How it was read", [f"- {note}" for note in verdict.notes]))
    return "\n\n".join(parts)


def _folded(title: str, lines: Sequence[str]) -> str:
    return "\n".join([f"<details><summary>{title}</summary>", "", *lines, "", "</details>"])


def _buttons(advice: Sequence[Advice]) -> list[dict[str, str]]:
    """At most three: the best suggestion, an exemption, and the way to all the rest."""
    known = [f"kr:{one.code}" for one in advice[:1] if len(f"kr:{one.code}") <= IDENTIFIER]
    serves = [_button(own, f"Serves {own[3:]}", "Link this pull request to it") for own in known]
    ktlo = _button("none:ktlo", "Keeps lights on", "Serves none on purpose: ktlo")
    return [*serves, ktlo, _button("more", "More", "Answer with a link to its page")]


def _button(identifier: str, label: str, description: str) -> dict[str, str]:
    return {"identifier": identifier, "label": cut(label, LABEL), "description": cut(description, BUTTON)}


def _unmarked(text: str) -> str:
    """A status is plain text: no backticks, no stars."""
    return text.replace("`", "").replace("**", "")
