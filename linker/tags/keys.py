"""Ticket keys: what is spelled like one, where it may not stand, and whose project it is of."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from linker.tags.kinds import Mark
from linker.tags.links import Link, in_other_address
from linker.tags.reading import Vocabulary

_NUMBER = re.compile(r"-([1-9][0-9]*+)(?![^\W_]|\.[0-9]|@[A-Za-z0-9])")
_PROJECT = re.compile(r"(?<![^\W_])[A-Za-z][A-Za-z0-9]{0,30}\Z")
_BEFORE_UNDERSCORE = re.compile(r"(?<![^\W_])[A-Za-z][A-Za-z0-9_]{0,30}_\Z")
_LINK_TEXT = re.compile(r"[\[*_\"'(]*\Z")


class KeyMark(NamedTuple):
    """A key with the offsets of its letters and those that grammar sees."""

    key: str
    start: int
    end: int
    mark: Mark
    configured: bool


def key_marks(text: str, addresses: list[Link], vocabulary: Vocabulary) -> Iterator[KeyMark]:
    """Keys of a text whose hidden parts and addresses are NUL, and those that addresses name."""
    for link in addresses:
        if link.key:
            mark = Mark(link.anchor, link.close)
            configured = _follows(link.key.rpartition("-")[0], vocabulary)
            yield KeyMark(link.key, link.key_start, link.key_start + len(link.key), mark, configured)
    for match in _NUMBER.finditer(text):
        hyphen = match.start()
        if not hyphen or not text[hyphen - 1].isalnum():
            continue
        letters = _PROJECT.search(text, max(0, hyphen - 31), hyphen)
        if letters is None:
            continue
        project, start = letters[0].upper(), letters.start()
        if start and text[start - 1] == "_":
            project, start = _with_underscore(text, start, project, vocabulary)
        if start and text[start - 1] in "/=" and in_other_address(text, start, vocabulary):
            continue
        configured = _follows(project, vocabulary)
        if not configured and (len(project) < 2 or project == "GH"):
            continue
        end = match.end()
        yield KeyMark(f"{project}-{match[1]}", start, end, _mark(start, end, addresses, text), configured)


def _follows(project: str, vocabulary: Vocabulary) -> bool:
    """Whether we follow a project; when all are accepted, GH is GitHub's own and one letter is too few."""
    if vocabulary.projects is None:
        return len(project) > 1 and project != "GH"
    return project in vocabulary.projects


def _with_underscore(text: str, start: int, project: str, vocabulary: Vocabulary) -> tuple[str, int]:
    """A configured project may hold `_`; else `_` is what stands before the key."""
    before = _BEFORE_UNDERSCORE.search(text, max(0, start - 31), start)
    if before and vocabulary.projects:
        longer = before[0].upper() + project
        while "_" in longer:
            if longer in vocabulary.projects:
                return longer, start + len(project) - len(longer)
            longer = longer.partition("_")[2]
    return project, start


def _mark(start: int, end: int, addresses: list[Link], text: str) -> Mark:
    """The whole Markdown link for a key that its words start with."""
    for link in addresses[:64]:
        if link.anchor < start < link.start and _LINK_TEXT.fullmatch(text, link.anchor, start):
            return Mark(link.anchor, link.close)
    return Mark(start, end)
