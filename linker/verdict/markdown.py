"""Text of people as text: nothing of theirs becomes a mention, an image, a link or layout of ours."""

import html
import re
import unicodedata
from collections.abc import Iterable, Iterator

LONGEST = 80
GAP = "\u200b"  # keeps a mention, a reference or an address from becoming one
MARKS = 2  # a letter with more marks than any script needs reaches into the lines around it

_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~&$]|(?<!\w)-|-(?!\w)|(?<=^\d)\.|(?<=^\d\d)\.)")
_LIVE = re.compile(
    r"(?<=[@#])(?=\S)|(?<=\$)"  # mentions, references, formulas
    r"|(?=://)|(?<=ww)(?=w\.)"  # a gap behind them would only be a strange host name
    r"|(?<=GH)(?=-\d)|(?<=GHSA)(?=-)|(?<=CVE)(?=-)"
    r"|(?<=:)(?=[\w+-]+:)",  # pictures by name
    re.IGNORECASE,
)
_COMMIT = re.compile(r"\b[0-9a-f]{7,40}\b", re.IGNORECASE)
_SHORT_OF_A_COMMIT = 6
_BLANK = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # letters by name that nobody sees


def plain(text: str, longest: int = LONGEST) -> str:
    """One short line without control characters and marks that turn the direction of writing."""
    words = " ".join("".join(_seen(text[: 4 * longest])).split())
    if len(words) <= longest and len(text) <= 4 * longest:
        return words
    return words[: longest - 1].rstrip() + "…"


def code(text: str, longest: int = 64) -> str:
    """A code, key or name between backticks, where nothing is live."""
    words = plain(text, longest).replace("`", "'").replace("|", "\u2223")
    return f"`{words}`" if words else "`?`"


def prose(text: str, longest: int = 200) -> str:
    """Words of people inside a sentence of ours."""
    return _SPECIAL.sub(r"\\\1", _still(plain(text, longest)))


def markup(text: str, longest: int = 200) -> str:
    """Words of people inside HTML of ours, where Markdown is not read."""
    return html.escape(_still(plain(text, longest)))


def listed(words: Iterable[str], most: int = 3, joint: str = "and") -> str:
    """One, two and three; of more the first ones and a count."""
    known = list(words)
    if len(known) > most:
        known = [*known[:most], f"{len(known) - most} more"]
    return f" {joint} ".join([", ".join(known[:-1]), known[-1]]) if len(known) > 1 else "".join(known)


def _seen(text: str) -> Iterator[str]:
    """What can be seen of a text; blanks for the rest."""
    marks = 0
    for letter in text:
        kind = unicodedata.category(letter)
        marks = marks + 1 if kind in ("Mn", "Me") else 0
        if kind in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp") or letter in _BLANK:
            yield " "
        elif marks <= MARKS:
            yield letter


def _still(text: str) -> str:
    """The same words with gaps where GitHub would make something of them, behind Markdown's back."""
    return _COMMIT.sub(_in_pieces, _LIVE.sub(GAP, text))


def _in_pieces(found: re.Match[str]) -> str:
    size = _SHORT_OF_A_COMMIT
    return GAP.join(found[0][start : start + size] for start in range(0, len(found[0]), size))
