"""Where people name a key result on purpose: `KR:` lines and trailers, and the command `/kr`."""

import re
from collections.abc import Iterator
from typing import NamedTuple

PLACEHOLDERS: frozenset[str] = frozenset({"tbd", "tbc", "todo", "n/a"})

_NAME = re.compile(r"[Kk](?:[Rr]|[Ee][Yy][- ][Rr][Ee][Ss][Uu][Ll][Tt])[*_ \t]{0,8}:")
_LINE = re.compile(
    r"^[ \t]*+(?:(?:[-+*•]|[0-9]{1,3}[.)])[ \t]++)?(?:\[[ xX]?\][ \t]*+)?(?:#{1,6}[ \t]++)?[*_]{0,3}"
    r"(KR|Key[- ]Result)[*_]{0,3}[ \t]{0,5}:[*_]{0,3}([^\n]*+)",
    re.MULTILINE | re.IGNORECASE | re.ASCII,
)
_COMMAND = re.compile(r"^[ ]{0,3}(/kr)[ \t]++([^\n]*+)", re.MULTILINE | re.IGNORECASE | re.ASCII)
_TRAILER_NAMES = frozenset({"kr", "key-result"})
_NONE = re.compile(r"[ \t]*+[*_]{0,3}none(?![\w/])(?!\.\w)", re.IGNORECASE | re.ASCII)
_REASON = re.compile(r"[*_]{0,3}(?:[ \t]*+[-–—:(]+[ \t]*+)([A-Za-z]++)(?!\w)")
_COMMAND_REASON = re.compile(r"[ \t]*+[-–—:(]*+[ \t]*+([A-Za-z]++)(?!\w)")
_PIECE = re.compile(
    r"(?P<blank>[\s*_\"'“”‘’\0]+|\.(?!\w))|(?P<separator>[,;&+]|and(?!\w))|(?P<stop>\(|<!--)"
    r"|(?P<placeholder><[^<>\n]{0,80}>)|(?P<open>\[)|(?P<close>\](?:\([^()\s]*+\))?)|(?P<word>\w+(?:[./-]\w+)*)",
    re.IGNORECASE,
)


class Named(NamedTuple):
    """One word on a KR: line; `loose` when it is a plain word that only a blank parts from the last."""

    text: str
    start: int
    end: int
    loose: bool


class Line(NamedTuple):
    """A KR: line, trailer or command: the offsets of the line, of its name and of its value."""

    start: int
    name: int
    value: int
    end: int
    command: bool


def kr_lines(text: str, start: int) -> Iterator[Line]:
    """The KR: lines from `start` on; list and task marks may stand before them."""
    seen = start
    for name in _NAME.finditer(text, start):
        newline = text.rfind("\n", seen, name.start())
        first, seen = newline < 0 and seen == start, name.end()
        if newline >= 0 or first:  # only the first name of a line can start it
            match = _LINE.match(text, newline + 1 if newline >= 0 else start)
            if match:
                yield Line(match.start(), match.start(1), match.start(2), match.end(2), False)


def commands(text: str) -> Iterator[Line]:
    """The lines that start with /kr."""
    if "/kr" in text.lower():
        for match in _COMMAND.finditer(text):
            yield Line(match.start(), match.start(1), match.start(2), match.end(2), True)


def is_kr_trailer(token: str) -> bool:
    """Whether a trailer with this token names key results."""
    return token.lower() in _TRAILER_NAMES


def none_given(text: str, line: Line, reasons: frozenset[str]) -> tuple[bool, str | None]:
    """Whether the line says `none`, and the reason code that follows it."""
    match = _NONE.match(text, line.value, line.end)
    if match is None:
        return False, None
    reason = (_COMMAND_REASON if line.command else _REASON).match(text, match.end(), line.end)
    code = reason[1].lower() if reason else ""
    return True, code if code in reasons else None


def named(text: str, line: Line) -> Iterator[Named]:
    """The words of a list of codes; it ends at `(`, a comment, or what is neither word nor separator."""
    position, listed = line.value, True
    while position < line.end:
        piece = _PIECE.match(text, position, line.end)
        if piece is None or piece.lastgroup == "stop":
            return
        position = piece.end()
        if piece.lastgroup == "separator":
            listed = True
        elif piece.lastgroup == "word":
            if piece[0].lower() not in PLACEHOLDERS:
                yield Named(piece[0], piece.start(), position, piece[0].isalpha() and not listed)
            listed = False
