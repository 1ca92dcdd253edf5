"""What a verdict looks at: keys and codes only, since a check may be public and titles are private."""

from collections.abc import Sequence
from typing import NamedTuple

COMMITS = "its commits"  # what is unread of a pull request itself


class Place(NamedTuple):
    """A text that was looked at (branch, title, text, commits), and the codes and keys that it names."""

    name: str
    found: tuple[str, ...] = ()
    read: bool = True


class Named(NamedTuple):
    """An item that it names and that is held: its alias, how it is named, and what that serves."""

    alias: str
    kind: str  # delivers, contributes, mentions
    serves: tuple[str, ...] = ()  # full ids
    above: tuple[str, ...] = ()  # aliases of its parents


class Unknown(NamedTuple):
    """A code that the catalogue does not hold, and the nearest one that it does."""

    code: str
    nearest: str | None = None
    lookalike: bool = False


class Ambiguous(NamedTuple):
    """A code that could mean several key results on the day on which it appeared."""

    code: str
    candidates: tuple[str, ...]


class Unread(NamedTuple):
    """Something that is named and not held: `waiting`, `away` (no answer for long), `gone` or `refused`."""

    ref: str
    why: str


class Judged(NamedTuple):
    """All that decides the word and the text of one pull request."""

    krs: Sequence[str] = ()  # full ids of all that it serves
    exemption: str | None = None
    because: str = ""  # what exempts it, in words: "`KR: none` in its text", "by rule: author renovate[bot]"
    path: Sequence[str] = ()  # aliases from the first parent up to the item that holds the key result's tag
    decided: bool = False  # the last item on the path was linked by a person's decision
    unknown: Sequence[Unknown] = ()
    ambiguous: Sequence[Ambiguous] = ()
    unread: Sequence[Unread] = ()
    places: Sequence[Place] = ()
    named: Sequence[Named] = ()
    removed: Sequence[str] = ()  # full ids that a person unlinked here
    undone: str = ""  # why the last command of a person was not done, in our words
    notes: Sequence[str] = ()  # what a reader may wonder about: which of two cycles a code means
