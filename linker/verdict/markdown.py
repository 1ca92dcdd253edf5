"""Text of people as text: nothing of theirs becomes a mention, an image, a link or layout of ours."""

import re
import unicodedata
from collections.abc import Iterable

LONGEST = 80
_SPECIAL = re.compile(r"([\\`*_{}\[\]()<>#+!|~&-])")
_LIVE = re.compile(r"([@#]|://|www\.|\b[Gg][Hh]-)(?=\S)")
_GAP = "\u200b"  # keeps a mention, reference or address from becoming one


def plain(text: str, longest: int = LONGEST) -> str:
    """One short line without control characters and marks that turn the direction of writing."""
    kept = "".join(" " if _unseen(letter) else letter for letter in text[: 4 * longest])
    words = " ".join(kept.split())
    return (
        words if len(words) <= longest and len(text) <= 4 * longest else words[: longest - 1].rstrip() + "…"
    )


def code(text: str, longest: int = 64) -> str:
    """A code, key or name between backticks, where nothing is live."""
    words = plain(text, longest).replace("`", "'").replace("|", "\u2223")
    return f"`{words}`" if words else "`?`"


def prose(text: str, longest: int = 200) -> str:
    """Words of people inside a sentence of ours."""
    return _LIVE.sub(lambda found: found[1] + _GAP, _SPECIAL.sub(r"\\\1", plain(text, longest)))


def listed(words: Iterable[str], most: int = 3, joint: str = "and") -> str:
    """One, two and three; of more the first ones and a count."""
    known = list(words)
    if len(known) > most:
        known = [*known[:most], f"{len(known) - most} more"]
    return f" {joint} ".join([", ".join(known[:-1]), known[-1]]) if len(known) > 1 else "".join(known)


def _unseen(letter: str) -> bool:
    return unicodedata.category(letter) in ("Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp")
