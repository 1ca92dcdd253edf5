"""Problems: each mistake in a file is one line that names the place, what is wrong and what to write."""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from typing import Literal

from linker.model import Noun

Loc = tuple[str | int, ...]
Locate = Callable[[Loc], int | None]


class Problem(Noun):
    """One mistake: file and line, the key as a path, and words that say what to do."""

    file: str
    line: int | None
    key: str
    text: str
    severity: Literal["error", "warning"] = "error"

    def __str__(self) -> str:
        place = self.file if self.line is None else f"{self.file}:{self.line}"
        return ": ".join(part for part in (place, self.key, self.text) if part)


def key_path(loc: Loc) -> str:
    """A location as people write it: `cycles[0].objectives[1].code`."""
    text = ""
    for part in loc:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """` Did you mean 'owner'?`, else the known names, else nothing."""
    names = sorted(set(known))
    near = nearest_name(word, names)
    if near:
        return f" Did you mean '{near}'?"
    if not names:
        return ""
    more = ", ..." if len(names) > 20 else ""
    return f" Known: {', '.join(names[:20])}{more}."


def nearest_name(word: str, known: Iterable[str]) -> str:
    """The known name that a word most likely means, in any letter case; empty when none is near."""
    folded = {name.lower(): name for name in known}
    near = get_close_matches(word.lower()[:100], list(folded), n=1, cutoff=0.6)
    return folded[near[0]] if near else ""
