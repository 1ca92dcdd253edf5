"""What a `/kr` line of a comment asks for: link, unlink, exempt, why; anything else is odd."""

import re
from itertools import islice
from typing import Literal, NamedTuple

from linker.tags.lines import commands
from linker.tags.page import lay_out
from linker.tags.reading import REASONS
from linker.tags.spelling import is_code

Verb = Literal["link", "unlink", "exempt", "why", "odd"]
MOST_LINES = 10  # of one comment
_WORD = re.compile(r"[^\s,;]+")
_JOINTS = frozenset({"and", "&"})


class Commanded(NamedTuple):
    """One command: its verb, the codes as written, the reason code of an exemption, and what follows."""

    verb: Verb
    codes: tuple[str, ...] = ()
    reason: str | None = None
    why: str = ""
    text: str = ""


def command_lines(text: str) -> tuple[str, ...]:
    """The lines of a comment that are commands; quoted lines, code and comments of HTML hold none."""
    page = lay_out(text, "comment")
    lines = islice(commands(page.codes), MOST_LINES)
    return tuple(page.text[line.value : line.end].strip() for line in lines)


def commanded(line: str) -> Commanded:
    """What one command asks for; `line` is what stands behind `/kr`."""
    words = list(_WORD.finditer(line))
    first = words[0][0].lower() if words else ""
    if first == "why" and len(words) == 1:
        return Commanded("why", text=line)
    if first == "none":
        reason = words[1][0].lower().strip("-:()") if len(words) > 1 else ""
        after = line[words[1].end() :].strip(" -:,;") if len(words) > 1 else ""
        if reason not in REASONS:
            return Commanded("odd", text=line)
        return Commanded("exempt", (), reason, after, line)
    verb: Verb = "unlink" if first == "remove" else "link"
    codes, end = _codes(line, words[1:] if verb == "unlink" else words)
    if not codes:
        return Commanded("odd", text=line)
    return Commanded(verb, tuple(codes), None, line[end:].strip(" -:,;"), line)


def _codes(line: str, words: list[re.Match[str]]) -> tuple[list[str], int]:
    """The codes at the start of the words, and where they end."""
    codes: list[str] = []
    end = 0
    for word in words:
        if _bare(word[0]):
            codes.append(word[0])
        elif word[0].lower() not in _JOINTS:
            break
        end = word.end()
    return list(dict.fromkeys(codes)), end


def _bare(word: str) -> bool:
    """Whether a word is a code, with or without its cycle; plain words like `because` are none."""
    code = word.rpartition("/")[2]
    return is_code(code) and any(letter.isdigit() for letter in code)
