"""Addresses in text: which name a ticket of a configured site or an issue on GitHub; all hide their words."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from linker.tags.reading import Vocabulary

_URL = re.compile(r"[Hh][Tt][Tt][Pp][Ss]?://(?:[^\s<>\"`\0()\[\]|]|\([^\s<>\"`\0()\[\]|]*+\))++")
_TRAILING = ".,;:!?'*_~}"
_PARTS = re.compile(r"[A-Za-z]++://(?:[^/@?#]*@)?([^/?#]*)([^?#]*)(\?[^#]*)?")
_BROWSE = re.compile(r"/browse/([A-Za-z][A-Za-z0-9_]{0,30}-[1-9][0-9]*+)/?$")
_ISSUES = re.compile(r"/issues/([A-Za-z][A-Za-z0-9_]{0,30}-[1-9][0-9]*+)/?$")
_SELECTED = re.compile(r"[?&]selectedIssue=([A-Za-z][A-Za-z0-9_]{0,30}-[1-9][0-9]*+)(?:&|$)")
_GITHUB = re.compile(
    r"/([A-Za-z0-9][A-Za-z0-9-]{0,38})/([A-Za-z0-9._-]{1,100})/(?:issues|pull|discussions)/([1-9][0-9]*+)(?![^/])"
)
_ANCHOR = re.compile(r"\[([^\[\]\n]{0,200})\]\(\s?<?\Z")
_BARE_HOST = re.compile(
    r"(?:[A-Za-z0-9-]++\.)++(?:com|org|net|io|dev|app|co|edu|gov|cloud|test|example|invalid|local|internal)(?::[0-9]+)?/",
    re.ASCII | re.IGNORECASE,
)


def address_spans(text: str) -> list[tuple[int, int]]:
    """The offsets of every http address of a text."""
    return [match.span() for match in _URL.finditer(text)] if "://" in text else []


class Link(NamedTuple):
    """One address: its offsets, those of the Markdown link it stands in, and the ticket or issue it names."""

    start: int
    end: int
    anchor: int
    close: int
    key: str
    key_start: int
    repo: str
    number: int


def links(text: str, vocabulary: Vocabulary) -> Iterator[Link]:
    """Every http address of a text."""
    if "://" not in text:
        return
    for match in _URL.finditer(text):
        start = match.start()
        address = match[0].rstrip(_TRAILING)
        end = start + len(address)
        anchor, close = _anchor(text, start, end)
        key, at = _ticket(address, vocabulary.hosts)
        repo, number = ("", 0) if key else _issue(address, vocabulary.github_hosts)
        yield Link(start, end, anchor, close, key, start + at, repo, number)


def _anchor(text: str, start: int, end: int) -> tuple[int, int]:
    """The offsets of `[words](address)` around an address, else the address itself."""
    if text[start - 1 : start] in ("(", "<", " ") and start > 3:
        words = _ANCHOR.search(text, max(0, start - 206), start)
        close = text.find(")", end, end + 200) if words else -1
        if words and close >= 0:
            return words.start(), close + 1
    return start, end


def _ticket(address: str, hosts: frozenset[str] | None) -> tuple[str, int]:
    """The key that an address of a configured site names, and its offset; any site when hosts is None."""
    parts = _PARTS.match(address)
    if parts is None:
        return "", 0
    host, path = parts[1].lower(), parts[2]
    if hosts is None:
        found = _BROWSE.search(path)
    elif any(_serves(entry, host, path) for entry in hosts):
        found = _BROWSE.search(path) or _ISSUES.search(path)
        if found is None and parts[3]:
            selected = _SELECTED.search(parts[3])
            return (selected[1].upper(), parts.start(3) + selected.start(1)) if selected else ("", 0)
    else:
        return "", 0
    return (found[1].upper(), parts.start(2) + found.start(1)) if found else ("", 0)


def _serves(entry: str, host: str, path: str) -> bool:
    site, slash, base = entry.partition("/")
    return site == host and (path.lower() + "/").startswith(f"{slash}{base}/")


def _issue(address: str, hosts: frozenset[str]) -> tuple[str, int]:
    parts = _PARTS.match(address)
    if parts is None or parts[1].lower().removeprefix("www.") not in hosts:
        return "", 0
    found = _GITHUB.match(parts[2])
    return (f"{found[1]}/{found[2]}", int(found[3])) if found else ("", 0)


def in_other_address(text: str, start: int, vocabulary: Vocabulary) -> bool:
    """Whether the word around `start` is an address without http of a host that is no configured site."""
    begin = max(text.rfind(mark, max(0, start - 200), start) for mark in " \t\n(<[\"'") + 1
    host = _BARE_HOST.match(text, begin, start) if begin < start else None
    if host is None:
        return False
    if vocabulary.hosts is None:
        return not text[begin:start].lower().endswith("/browse/")
    address = text[host.start() : start].lower()
    return not any(address.startswith(entry + "/") for entry in vocabulary.hosts)
