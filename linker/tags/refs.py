"""GitHub's own references: #12, owner/name#12, GH-12 and addresses, with GitHub's own closing keywords."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from linker.tags.kinds import Mark
from linker.tags.links import Link

_REF = re.compile(
    r"(?<![\w/.-])(?P<repo>[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100})#(?P<far>[1-9][0-9]*+)(?!\w|\.[0-9])"
    r"|(?<![\w/])(?<!\]\()#(?P<near>[1-9][0-9]*+)(?!\w|\.[0-9])"
    r"|(?<![\w@])[Gg][Hh]-(?P<gh>[1-9][0-9]*+)(?!\w|\.[0-9])"
)
_BRANCH_REF = re.compile(
    r"(?<![0-9])#(?P<near>[1-9][0-9]*+)(?![^\W_])|(?<![^\W_])[Gg][Hh]-(?P<gh>[1-9][0-9]*+)(?![^\W_])"
)
_CLOSING = re.compile(
    r"(?<![\w-])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?::[ \t]*|[ \t]+)\Z", re.IGNORECASE | re.ASCII
)
_OWN_NUMBER = re.compile(r"\(#[0-9]+\)\s*\Z")
_LARGEST = 18  # digits; GitHub's numbers are far below


class RefMark(NamedTuple):
    """A ref with the offsets that grammar sees, and whether GitHub will close it."""

    repo: str | None
    number: int
    start: int
    end: int
    mark: Mark
    closes: bool


def ref_marks(text: str, addresses: list[Link], repo: str | None, closing: bool) -> Iterator[RefMark]:
    """Refs of a text whose hidden parts and addresses are NUL, and those that addresses name."""
    for link in addresses:
        if link.number:
            closes = closing and link.anchor == link.start and _closes(text, link.start)
            yield RefMark(
                _own(link.repo, repo),
                link.number,
                link.start,
                link.end,
                Mark(link.anchor, link.close),
                closes,
            )
    if "#" not in text and "gh-" not in text.lower():
        return
    for match in _REF.finditer(text):
        digits = match["far"] or match["near"] or match["gh"]
        if len(digits) > _LARGEST or (
            match["near"]
            and text[match.start() - 1 : match.start()] == "&"
            and text[match.end() : match.end() + 1] == ";"
        ):
            continue
        start, end = match.span()
        closes = closing and _closes(text, start)
        yield RefMark(_own(match["repo"], repo), int(digits), start, end, Mark(start, end), closes)


def branch_refs(text: str, repo: str | None) -> Iterator[RefMark]:
    """Refs of a branch name: `fix#12`, `gh-12-retry`."""
    for match in _BRANCH_REF.finditer(text):
        digits = match["near"] or match["gh"]
        if len(digits) <= _LARGEST:
            yield RefMark(repo, int(digits), *match.span(), Mark(*match.span()), False)


def own_number(text: str, end: int) -> int:
    """Where the number that GitHub writes at the end of a squashed title starts, else the end."""
    found = _OWN_NUMBER.search(text, max(0, end - 24), end)
    return found.start() if found else end


def _own(written: str | None, repo: str | None) -> str | None:
    return repo if written is None or (repo is not None and written.lower() == repo.lower()) else written


def _closes(text: str, start: int) -> bool:
    return _CLOSING.search(text, max(0, start - 24), start) is not None
