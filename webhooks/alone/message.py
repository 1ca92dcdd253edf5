"""A commit message before it is made: does it name a key result, a ticket, or why it serves none?"""

from datetime import UTC, datetime

from linker import tags
from linker.config import Config, vocabulary
from linker.okrs import Catalogue
from linker.tags import Reading
from linker.verdict import Verdict
from linker.verdict.markdown import code, listed
from webhooks.inbox import wall_clock

SCISSORS = "# ------------------------ >8 ------------------------"
PASSING = ("Merge ", "fixup! ", "squash! ", "amend! ", 'Revert "', 'Reapply "')  # what git itself writes


def cleaned(text: str) -> str:
    """The message as git will keep it: nothing below the scissors, no line of comment."""
    lines = text.replace("\r\n", "\n").split("\n")
    kept = lines[: lines.index(SCISSORS)] if SCISSORS in lines else lines
    return "\n".join(line.rstrip() for line in kept if not line.startswith("#")).strip("\n")


def judge_message(text: str, config: Config, catalogue: Catalogue) -> tuple[Verdict, tuple[str, ...]]:
    """The word for a message, with the shortest fix, and the codes that it names."""
    message = cleaned(text)
    if not message or message.startswith(PASSING):
        return Verdict(word="exempt", case="made by git", title="Nothing to ask of it", text=""), ()
    seen = tags.read(message, "commit", vocabulary(config, catalogue))
    known = tuple(one.code for one in seen.codes if one.known)
    named = [one.key for one in seen.keys if one.configured]
    named += [f"#{one.number}" for one in seen.refs if one.kind != "mentions"]
    if known or named:
        title = f"Names {listed([*known, *named])}"
        return Verdict(word="serving", case="direct" if known else "through", title=title, text=""), known
    if seen.optout is not None and seen.optout.reason:
        title = f"Exempt: {seen.optout.reason}"
        return Verdict(word="exempt", case="exempt", title=title, text=""), ()
    return _bad(seen, config, catalogue), ()


def _bad(seen: Reading, config: Config, catalogue: Catalogue) -> Verdict:
    if seen.optout is not None:
        text = "This commit says that it serves no key result, and gives no reason code."
        reasons = ", ".join(sorted(config.policy.exemptions))
        fix = f"Write `KR: none - ktlo`, or another reason: {reasons}."
        title = "Opted out without a reason"
        return Verdict(word="unlinked", case="optout", title=title, text=text, fixes=(fix,))
    if seen.codes:
        first = seen.codes[0]
        text = f"The catalogue holds no {listed([code(one.code) for one in seen.codes])}."
        if first.lookalike:
            text += " It holds letters that only look like Latin ones."
        near = f"Write `KR: {first.nearest}`, the nearest code." if first.nearest else _say(catalogue)
        title = f"Unknown key result {first.code}"
        return Verdict(word="unknown", case="code", title=title, text=text, fixes=(near,))
    return Verdict(
        word="unlinked",
        case="nothing",
        title="No key result found",
        text="This commit names no key result and no ticket.",
        fixes=(_say(catalogue), "Or `KR: none - ktlo` if it serves none on purpose."),
    )


def _say(catalogue: Catalogue) -> str:
    """The trailer to add, with a code that is active today where there is one."""
    on = datetime.fromtimestamp(wall_clock() / 1000, UTC).date()
    live = [catalogue.krs[kr].code for kr in catalogue.krs if catalogue.active(kr, on)]
    return f"Add a last line `KR: {live[0] if live else 'O1.KR2'}` with the key result that it serves."
