"""Trailers are what `git interpret-trailers --parse` (2.39) says they are, nothing more and nothing less."""

import re
from typing import NamedTuple

_GENERATED = ("Signed-off-by: ", "(cherry picked from commit ")
_SCISSORS = "# ------------------------ >8 ------------------------\n"
_DIVIDER = re.compile(r"^---[ \t\r\n]", re.MULTILINE)
_TOKEN = re.compile(r"[A-Za-z0-9-]++[ \t]*+:")
_FOLD = re.compile(r"\n[ \t\n\r]*")
_TITLE = "t\n\n"
_BLANKS = " \t\r\n"


class Trailer(NamedTuple):
    """One trailer: what git prints, and the offsets of the whole and of its value in the text."""

    token: str
    value: str
    start: int
    value_start: int
    end: int


def trailers(text: str, *, titled: bool = True) -> list[Trailer]:
    """The trailers of a message; one without its title (`titled=False`) may start with them."""
    if ":" not in text:
        return []
    message = text if titled else _TITLE + text
    shift = 0 if titled else len(_TITLE)
    nul = message.find("\0")
    if nul >= 0:
        message = message[:nul]
    end = _trailers_end(message, _patch_start(message))
    start = _trailers_start(message, end)
    found = []
    for first, last in _unfolded(message, start, end):
        match = _TOKEN.match(message, first, last)
        if match:
            token = match.group()[:-1].strip(_BLANKS)
            value = _FOLD.sub(" ", message[match.end() : last].strip(_BLANKS)).strip(_BLANKS)
            stop = min(last - shift, len(text))
            found.append(Trailer(token, value, first - shift, match.end() - shift, stop))
    return found


def _patch_start(message: str) -> int:
    """A line of three dashes and a blank starts the patch."""
    if "---" not in message:
        return len(message)
    match = _DIVIDER.search(message)
    return match.start() if match else len(message)


def _trailers_end(message: str, length: int) -> int:
    """Comments, empty lines, the old conflicts block and all below the scissors stand after the trailers."""
    cutoff = length
    if message.startswith(_SCISSORS):
        cutoff = 0
    else:
        cut = message.find("\n" + _SCISSORS)
        if cut >= 0:
            cutoff = min(length, cut + 1)
    if "Conflicts:\n" in message:
        return _end_before_conflicts(message, cutoff)
    end = cutoff
    while end > 0:
        start = message.rfind("\n", 0, end - 1) + 1
        if message[start] not in "#\n":
            break
        end = start
    return end


def _end_before_conflicts(message: str, cutoff: int) -> int:
    """Git's own walk, line by line, with its quirk that offset 0 is taken for `none yet`."""
    ignored, line, in_conflicts = 0, 0, False
    while line < cutoff:
        if message[line] in "#\n":
            ignored = ignored or line
        elif message.startswith("Conflicts:\n", line):
            in_conflicts = True
            ignored = ignored or line
        elif not (in_conflicts and message[line] == "\t") and ignored:
            ignored, in_conflicts = 0, False
        line = _next_line(message, line)
    return ignored or cutoff


def _next_line(message: str, start: int) -> int:
    newline = message.find("\n", start)
    return len(message) if newline < 0 else newline + 1


def _is_blank(message: str, start: int) -> bool:
    newline = message.find("\n", start)
    return not message[start : newline if newline >= 0 else None].strip(_BLANKS)


def _title_end(message: str, length: int) -> int:
    line = 0
    while line < length and (message[line] == "#" or not _is_blank(message, line)):
        line = _next_line(message, line)
    return line


def _trailers_start(message: str, length: int) -> int:
    """The last paragraph counts when all of it is trailers, or a quarter of it and one that git writes."""
    title_end = _title_end(message, length)
    generated, only_blank = False, True
    trailing = other = maybe_folded = 0
    line = length
    while line > 0:
        line = message.rfind("\n", 0, line - 1) + 1
        if line < title_end:
            break
        first = message[line]
        if first == "#":
            other, maybe_folded = other + maybe_folded, 0
        elif _is_blank(message, line):
            if only_blank:
                continue
            other += maybe_folded
            counts = trailing * 3 >= other if generated else trailing and not other
            return _next_line(message, line) if counts else length
        else:
            only_blank = False
            if message.startswith(_GENERATED, line):
                generated, trailing, maybe_folded = True, trailing + 1, 0
            elif _TOKEN.match(message, line):
                trailing, maybe_folded = trailing + 1, 0
            elif first in _BLANKS:
                maybe_folded += 1
            else:
                other, maybe_folded = other + maybe_folded + 1, 0
    return length


def _unfolded(message: str, start: int, end: int) -> list[tuple[int, int]]:
    """Lines from start to end, each trailer with the lines that continue it."""
    lines: list[tuple[int, int]] = []
    folds = False
    while start < end:
        stop = min(_next_line(message, start), end)
        if folds and message[start] in _BLANKS:
            lines[-1] = (lines[-1][0], stop)
        else:
            lines.append((start, stop))
            folds = _TOKEN.match(message, start, stop) is not None
        start = stop
    return lines
