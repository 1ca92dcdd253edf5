"""Opt-outs: a configured marker at the start of a title or on a line of its own, or `KR: none`."""

import re
from collections.abc import Mapping

from linker.tags.reading import OptOut

_BEFORE = re.compile(
    r"(?:[^\w\0\[({]+|\[(?![^\[\]\n]{0,80}\])|[({](?![^(){}\n]{0,80}[)}])|\[[^\[\]\n]{0,80}\]|\([^()\n]{0,80}\))"
)
_PREFIX = re.compile(r"[A-Za-z][\w./-]{0,40}+(?:\([^()\n]{0,60}\))?!?[ \t]?:(?!//)[ \t]*")
_WORD = re.compile(r"[\w-]{1,64}")
_OWN_LINE = re.compile(
    r"^[ \t]*+(?:[-+*•][ \t]++)?(?:\[[ xX]\][ \t]++)?"
    r"[*_\[(]{0,4}([\w-]{1,64})([:*_\])]{0,6})[.:]?[ \t]*+\r?$",
    re.MULTILINE,
)


def title_optout(title: str, markers: Mapping[str, str]) -> OptOut | None:
    """The marker that a title starts with; a plain word like MINOR needs its colon or brackets."""
    if not markers:
        return None
    known = {marker.rstrip(":").upper(): marker for marker in markers}
    at, prefixed = 0, False
    while at < len(title):
        wrapped = title[at] in "[({"
        word = _WORD.match(title, at + 1 if wrapped else at)
        if word and word[0].upper() in known and _complete(title, word, known[word[0].upper()], wrapped):
            return OptOut(markers[known[word[0].upper()]], word[0], word.span())
        skip = _BEFORE.match(title, at)
        if skip is None and not prefixed:
            skip, prefixed = _PREFIX.match(title, at), True
        if skip is None:
            return None
        at = skip.end()
    return None


def line_optout(text: str, markers: Mapping[str, str], start: int = 0) -> OptOut | None:
    """The first marker that stands on a line of its own."""
    low = text.upper()
    known = {marker.rstrip(":").upper(): marker for marker in markers}
    if not any(marker in low for marker in known):
        return None
    for match in _OWN_LINE.finditer(text, start):
        marker = known.get(match[1].upper())
        if marker is not None and _complete(
            text, match, marker, match.start() < match.start(1) and text[match.start(1) - 1] in "[("
        ):
            return OptOut(markers[marker], match[1], match.span(1))
    return None


def _complete(text: str, word: re.Match[str], marker: str, wrapped: bool) -> bool:
    end = word.end(word.lastindex or 0) if word.lastindex is None else word.end(1)
    after = text[end : end + 1]
    if wrapped and after in tuple("])}"):
        return True
    plain = marker.isalpha() or marker.endswith(":")
    return after == ":" if plain else not (after.isalnum() or after == "_")
