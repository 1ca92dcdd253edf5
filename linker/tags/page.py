"""One text laid out for reading: its title, what is visible, its trailers and the titles that it reverts."""

from typing import NamedTuple

from linker.tags.inline import hide_inline, mask
from linker.tags.kinds import reverted_titles
from linker.tags.links import address_spans
from linker.tags.markdown import visible
from linker.tags.reading import Place, Span
from linker.tags.spelling import fold_lookalikes
from linker.tags.trailers import Trailer, trailers


class Page(NamedTuple):
    """All strings have the offsets of `text`; `codes` hides more than `keys`, `folded` has no look-alikes."""

    text: str
    place: Place
    title_end: int
    keys: str
    codes: str
    folded: str
    trailers: list[Trailer]
    reverted: list[Span]


def lay_out(text: str, place: Place) -> Page:
    """Hide code, comments and quotes; a title is one line, a commit's first line is its title."""
    plain = text.replace("\0", " ") if "\0" in text else text
    found: list[Trailer] = []
    if place == "title":
        title_end = len(plain)
        keys = codes = hide_inline(plain)
    elif place == "commit":
        newline = plain.find("\n")
        title_end = len(plain) if newline < 0 else newline
        body = visible(plain[title_end:])
        title = hide_inline(plain[:title_end])
        keys, codes = title + body.keys, title + body.codes
        found = trailers(text)
    else:
        title_end = 0
        keys, codes = visible(plain)
        if place == "body":
            found = trailers(text, titled=False)
    codes = mask(codes, address_spans(codes))  # what an address spells is no one's tag
    return Page(text, place, title_end, keys, codes, fold_lookalikes(codes), found, reverted_titles(keys))
