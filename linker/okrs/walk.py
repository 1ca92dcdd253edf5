"""Walk what a file says as written; a value of the wrong type is passed over: it has a message of its own."""

from collections.abc import Iterator, Mapping
from typing import Any

from linker.okrs.problems import Loc

Entry = Mapping[str, Any]


def each(entry: Entry, loc: Loc, key: str) -> Iterator[tuple[Loc, Entry]]:
    """The sets of keys in a list, each with its location."""
    items = entry.get(key)
    for index, item in enumerate(items if isinstance(items, list | tuple) else ()):
        if isinstance(item, Mapping):
            yield (*loc, key, index), item


def texts(entry: Entry, loc: Loc, key: str) -> Iterator[tuple[Loc, str]]:
    """The words in a list, each with its location."""
    items = entry.get(key)
    for index, item in enumerate(items if isinstance(items, list | tuple) else ()):
        if isinstance(item, str):
            yield (*loc, key, index), item


def text(entry: Entry, key: str) -> str:
    """One word, or nothing."""
    value = entry.get(key)
    return value if isinstance(value, str) else ""
