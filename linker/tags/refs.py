"""GitHub's own references: #12, owner/name#12, GH-12 and addresses, with GitHub's own closing keywords."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from linker.tags.kinds import Mark
from linker.tags.links import Link

_NUMBER = re.compile(r"#([1-9][0-9]{0,17})(?!\w|\.[0-9])")
_GH = re.compile(r"[Gg][Hh]-([1-9][0-9]{0,17})(?!\w|\.[0-9])")
_REPO = re.compile(r"(?<![\w/.-])[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}\Z")
_LONGEST_REPO = 140
_BRANCH_REF = re.compile(
    r"(?<![0-9])#(?P<near>[1-9][0-9]{0,17})(?![^\W_])|(?<![^\W_])[Gg][Hh]-(?P<gh>[1-9][0-9]{0,17})(?![^\W_])"
)
_CLOSING = re.compile(
    r"(?<![\w-])(?:close[sd]?|fix(?:e[sd])?|resolve[sd]?)(?::[ \t]*|[ \t]+)\Z", re.IGNORECASE | re.ASCII
)
_OWN_NUMBER = re.compile(r"\(#[0-9]+\)\s*\Z")


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
    for start, end, written, number in _written(text):
        closes = closing and _closes(text, start)
        yield RefMark(_own(written, repo), number, start, end, Mark(start, end), closes)


def _written(text: str) -> Iterator[tuple[int, int, str | None, int]]:
    """Where each ref starts and ends, its repository if it names one, and its number."""
    if "#" in text:
        for match in _NUMBER.finditer(text):
            start = match.start()
            before = text[start - 1] if start else " "
            if before.isalnum() or before in "._-":
                reach = max(0, start - _LONGEST_REPO)
                far = _REPO.search(text, reach, start) if text.find("/", reach, start) >= 0 else None
                if far:
                    yield far.start(), match.end(), far[0], int(match[1])
                    continue
                if before not in ".-":
                    continue
            entity = before == "&" and text.startswith(";", match.end())
            if before != "/" and not entity and not text.startswith("](", start - 2):
                yield start, match.end(), None, int(match[1])
    if "gh-" in text or "GH-" in text or "Gh-" in text or "gH-" in text:
        for match in _GH.finditer(text):
            before = text[match.start() - 1] if match.start() else " "
            if not before.isalnum() and before not in "_@":
                yield match.start(), match.end(), None, int(match[1])


def branch_refs(text: str, repo: str | None) -> Iterator[RefMark]:
    """Refs of a branch name: `fix#12`, `gh-12-retry`."""
    for match in _BRANCH_REF.finditer(text):
        digits = match["near"] or match["gh"]
        yield RefMark(repo, int(digits), *match.span(), Mark(*match.span()), False)


def own_number(text: str, end: int) -> int:
    """Where the number that GitHub writes at the end of a squashed title starts, else the end."""
    found = _OWN_NUMBER.search(text, max(0, end - 24), end)
    return found.start() if found else end


def _own(written: str | None, repo: str | None) -> str | None:
    return repo if written is None or (repo is not None and written.lower() == repo.lower()) else written


def _closes(text: str, start: int) -> bool:
    return _CLOSING.search(text, max(0, start - 24), start) is not None
