"""The words of every verdict: titles that fit, how codes are named, and the ways to mend; pure."""

from collections import Counter
from collections.abc import Sequence

from linker.verdict.markdown import code, listed, plain

TITLE = 60
COPIED = 200  # what is copied is never cut

EXAMPLES = ("O1.KR2", "O2.KR1", "O3.KR3", "O4.KR4")  # stand in fixes where no real code is known
EXAMPLE = EXAMPLES[0]
REASON_WORDS = {
    "ktlo": "keeping the lights on",
    "debt": "technical debt",
    "incident": "an incident",
    "spike": "an investigation",
    "upstream": "work for upstream",
    "docs": "documentation",
}
OTHER_REASONS = "`debt`, `incident`, `spike`, `upstream` or `docs`"

HINT = "with the code of"  # stands in fixes that a suggestion takes the place of
NONE = (
    "If it serves no key result on purpose, add the line `KR: none - ktlo` (keeping the lights on), "
    f"or {OTHER_REASONS} in place of `ktlo`."
)
ABOUT = (
    "A key result (KR) is a measured aim of a team for a cycle, mostly a quarter. This check tells which "
    "one a pull request serves. It looks for a key result's code or a ticket's key in the branch, the "
    "title, the description and the commits, and follows a ticket up to its epic."
)


def add(which: str = "the key result that it serves", example: str = EXAMPLE) -> str:
    """What everybody who may edit the pull request can do."""
    return f"Add the line `KR: {example}` to the description, {HINT} {which}."


def said(*codes: str) -> str:
    """What a comment can do, and who may."""
    commands = [*(copied(f"/kr {one}") for one in codes or (EXAMPLE,)), "`/kr none ktlo`"]
    return f"With write access, you can comment {listed(commands, joint='or')} instead."


def above(alias: str, example: str = EXAMPLE) -> str:
    """What mends it for all that hangs below an item."""
    return (
        f"For everything below {code(alias)}: whoever plans it can add the line `KR: {example}` to its "
        f"description, or the label `kr:{example}`."
    )


def example_beside(codes: Sequence[str]) -> str:
    """An example that is none of the codes that it is about."""
    return next((one for one in EXAMPLES if one not in codes), EXAMPLE)


def copied(text: str) -> str:
    """A line as a reader copies it."""
    return code(text, COPIED)


def meant(fix: str, example: str, real: str) -> str:
    """The same fix with a real code in place of the example."""
    for before in ("KR: ", "/kr ", "kr:"):
        fix = fix.replace(f"`{before}{example}`", copied(f"{before}{real}"))
    return fix


def codes_of(krs: Sequence[str]) -> list[str]:
    """Codes as people write them; the full id where two cycles share one."""
    often = Counter(map(bare, krs))
    return [kr if often[bare(kr)] > 1 else bare(kr) for kr in krs]


def bare(kr: str) -> str:
    """The code of a full id, as people write it."""
    return kr.rpartition("/")[2]


def way(path: Sequence[str]) -> str:
    """The items on a path, from the first parent upwards."""
    return " → ".join(map(code, path))


def fitted(names: Sequence[str], *around: tuple[str, str], joint: str = "and") -> str:
    """The fullest title that fits: with fewer names, then with the next words around them."""
    known = [plain(name, TITLE) or "?" for name in names]
    choices = [
        f"{before}{listed(known, most, joint)}{after}" for before, after in around for most in (3, 2, 1)
    ]
    return cut(next((choice for choice in choices if len(choice) <= TITLE), choices[-1]))


def cut(text: str, limit: int = TITLE) -> str:
    """A text that fits; what does not ends in an ellipsis."""
    return text if len(text) <= limit else text[: limit - 1].rstrip(" ,") + "…"
