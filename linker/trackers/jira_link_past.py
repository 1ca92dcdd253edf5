"""Which links an issue had before each change of them, going back from what its body says now.

A changelog names the other issue by key and the relation in words (`This issue is blocked by PAY-19`). Words
of a link that is gone are looked up in the types of those that are there; else they stand for themselves.
"""

from collections.abc import Iterable
from typing import NamedTuple

from linker.model import ItemLink, Millis, Ref
from linker.trackers.jira_changelog import Entry, Value
from linker.trackers.jira_values import link_words
from linker.trackers.payload import Json, maybe_object, maybe_text, need_object, objects

Links = tuple[ItemLink, ...]

START = "this issue "
BLOCKED = {"blocks": ("blocks", True), "is blocked by": ("blocks", False)}


class Words(NamedTuple):
    """What the links of a body tell: the type and direction that words stand for, and who has which key."""

    kinds: dict[str, tuple[str, bool]]
    keys: dict[str, Ref]


def words_of(fields: Json, where: str, links: Iterable[ItemLink]) -> Words:
    """The words and keys in `issuelinks`; `links` are the same links as they were read."""
    kinds, keys = dict(BLOCKED), {}
    own = {link.ref.rpartition(":")[2]: link.ref for link in links}
    for link, path in objects(fields, "issuelinks", where):
        kind = need_object(link, "type", path)
        name = link_words(kind, f"{path}.type", "outward")
        for side, outward in (("outward", True), ("inward", False)):
            words = maybe_text(kind, side, f"{path}.type")
            if words:
                kinds.setdefault(words.casefold(), (name, outward))
            other = maybe_object(link, f"{side}Issue", path) or {}
            key, number = maybe_text(other, "key", f"{path}.{side}Issue"), other.get("id")
            if key and str(number) in own:
                keys[key] = own[str(number)]
    return Words(kinds, keys)


def links_past(entries: list[Entry], now: Links, words: Words) -> tuple[list[tuple[Millis, Links]], Links]:
    """The links after and just before each change of them, and those that were there at first."""
    held = set(now)
    found: list[tuple[Millis, Links]] = []
    for entry in reversed(entries):
        changes = [change for change in entry.changes if change.field == "link" and not change.custom]
        if not changes:
            continue
        found.append((entry.at, _ordered(held)))
        for change in changes:
            held -= {_link(change.after, words)}
            held |= {link for link in [_link(change.before, words)] if link is not None}
        found.append((entry.at - 1, _ordered(held)))
    return found, _ordered(held)


def _link(value: Value, words: Words) -> ItemLink | None:
    key = value.id
    if not key or not value.words.endswith(key):
        return None
    said = value.words.removesuffix(key).strip().casefold().removeprefix(START)
    kind, outward = words.kinds.get(said, (said, True))
    return ItemLink(type=kind, outward=outward, ref=words.keys.get(key, f"jira:{key}"))


def _ordered(links: Iterable[ItemLink | None]) -> Links:
    return tuple(
        sorted(
            (link for link in links if link is not None), key=lambda link: (link.type, link.outward, link.ref)
        )
    )
