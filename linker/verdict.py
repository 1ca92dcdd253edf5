"""What we say of one pull request, in a word, a title and the shortest fix; pure."""

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from linker.model import Noun, VerdictWord

TITLE = 60
DESCRIPTION = 140
Mode = Literal["off", "advisory", "required"]
StatusState = Literal["success", "pending", "failure"]


class Judged(NamedTuple):
    """What a verdict looks at: what the pull request serves, what it names, and what is still to be read."""

    krs: Sequence[str]  # full ids of all that it serves
    exemption: str | None
    path: Sequence[str]  # aliases from the first parent up to the item that holds the key result's tag
    unknown: Sequence[str]  # codes that the catalogue does not hold
    unread: Sequence[str]  # references that are asked for and not answered yet
    looked_at: Sequence[str]  # tickets that it names and that are held


class Verdict(Noun):
    """One word, what it means in at most 60 characters, and what to do next."""

    word: VerdictWord
    title: str
    text: str
    fix: str = ""


def judge(seen: Judged, active: Callable[[str], bool], why_inactive: Callable[[str], str]) -> Verdict:
    """The first that holds of serving, exempt, undecided, inactive, unknown, unlinked."""
    live = [kr for kr in seen.krs if active(kr)]
    if live:
        return _serving(seen, live)
    if seen.exemption not in (None, "none"):
        title = f"Exempt: {seen.exemption}"
        return Verdict(word="exempt", title=title, text="This pull request serves no key result on purpose.")
    if seen.unread:
        text = f"Still reading {_listed(seen.unread)}."
        return Verdict(word="undecided", title="Reading what it names", text=text)
    if seen.krs:
        codes = _listed([_code(kr) for kr in seen.krs])
        return Verdict(
            word="inactive",
            title=_cut(f"Only inactive key results: {codes}"),
            text=f"{codes}: {why_inactive(seen.krs[0])}.",
            fix="Link the ticket to a key result of the running cycle.",
        )
    if seen.unknown:
        codes = _listed(seen.unknown)
        return Verdict(
            word="unknown",
            title=_cut(f"Unknown key result {codes}"),
            text=f"{codes} is not in the catalogue.",
            fix="Correct the code in the title or body.",
        )
    return _unlinked(seen)


def status(verdict: Verdict, mode: Mode) -> tuple[StatusState, str]:
    """A commit status: advisory never fails, undecided waits, required fails with the reason."""
    text = _cut(f"{verdict.title}. {verdict.fix}".strip().removesuffix("."), DESCRIPTION)
    if verdict.word == "undecided":
        return "pending", text
    if mode == "required" and verdict.word not in ("serving", "exempt"):
        return "failure", text
    return "success", text


def _serving(seen: Judged, live: Sequence[str]) -> Verdict:
    codes = _listed([_code(kr) for kr in live])
    via = f" via {seen.path[0]}" if seen.path else ""
    title = _cut(f"Serves {codes}{via}")
    through = f" through {' -> '.join(seen.path)}" if seen.path else ""
    return Verdict(word="serving", title=title, text=f"This pull request serves {codes}{through}.")


def _unlinked(seen: Judged) -> Verdict:
    if seen.exemption == "none":
        return Verdict(
            word="unlinked",
            title="Opted out without a reason",
            text="It says that it serves no key result, and gives no reason code.",
            fix="Write `KR: none - ktlo`, or another reason code.",
        )
    if seen.looked_at:
        tickets = _listed(seen.looked_at)
        return Verdict(
            word="unlinked",
            title=_cut(f"{tickets} serves no key result"),
            text=f"It names {tickets}, which serves no key result.",
            fix=f"Give {seen.looked_at[0]} or its epic a key result.",
        )
    return Verdict(
        word="unlinked",
        title="No key result found",
        text="Neither branch, title nor body names a ticket or a key result.",
        fix="Put a ticket key at the start of the title.",
    )


def _code(kr: str) -> str:
    return kr.rpartition("/")[2]


def _listed(words: Sequence[str]) -> str:
    shown = ", ".join(words[:3])
    return shown if len(words) <= 3 else f"{shown} and {len(words) - 3} more"


def _cut(text: str, limit: int = TITLE) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip(" ,") + "…"
