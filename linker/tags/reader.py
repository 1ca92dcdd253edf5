"""One reading: lay the text out, find each thing by its own rule, let the strongest of each name stand."""

import sys
from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from linker.tags.codes import Everything, in_branch
from linker.tags.inline import mask
from linker.tags.keys import KeyMark, key_marks
from linker.tags.kinds import STRENGTH, Ground, Mark, kinds
from linker.tags.lines import named
from linker.tags.links import links
from linker.tags.optouts import line_optout, title_optout
from linker.tags.page import Page, lay_out
from linker.tags.reading import CodeSeen, KeyKind, KeySeen, OptOut, Place, Reading, RefSeen, Vocabulary
from linker.tags.refs import RefMark, branch_refs, own_number, ref_marks
from linker.tags.spelling import LABEL_PREFIX, canonical, fold_lookalikes, is_distinct
from linker.tags.tagged import LONGEST_NAME, candidates, codes_seen, matches, named_code, strongest, tag_lines

_MOST_MARKS = 2000  # keys, and as many refs, of one text; GitHub's longest body has room for few more
_Mark = TypeVar("_Mark", KeyMark, RefMark)


def read(text: str, place: Place, vocabulary: Vocabulary, repo: str | None = None) -> Reading:
    """Everything that a text says, by the place it stands in; `repo` is what a bare #12 means there."""
    if place == "branch":
        return _branch(text, vocabulary, repo)
    if place == "label":
        return _label(text, vocabulary)
    page = lay_out(text, place)
    codes, none = codes_seen(page, vocabulary)
    keys, refs = _keys_and_refs(page, codes, vocabulary, repo)
    values = tuple((trailer.token, trailer.value) for trailer in page.trailers)
    return Reading(codes, keys, refs, values, _optout(page, none, vocabulary))


def candidate_codes(text: str, place: Place) -> frozenset[str]:
    """Every distinct code that some catalogue would make `read` report here, and those on KR: lines."""
    return frozenset(code for code in _possible_codes(text, place) if is_distinct(code))


def _possible_codes(text: str, place: Place) -> Iterator[str]:
    if place == "branch":
        folded = fold_lookalikes(text[:LONGEST_NAME])
        yield from (candidate.code for candidate in in_branch(folded, Everything()))
    elif place == "label":
        name = _label_name(text)
        if name:
            yield canonical(name.rpartition("/")[2])
    else:
        page = lay_out(text, place)
        yield from (candidate.code for candidate in candidates(page, Everything()))
        for line, _ in tag_lines(page):
            for word in named(page.folded, line):
                yield from map(canonical, word.text.split("/"))


def as_json(name: object, reading: Reading) -> dict[str, object]:
    """The output line of `sightline tags`; dangling candidates of projects we do not follow are left out."""
    return {
        "id": name,
        "codes": [
            {"code": c.code, "kind": c.kind, "known": c.known, "nearest": c.nearest, "span": list(c.span)}
            for c in reading.codes
        ],
        "keys": [{"key": k.key, "kind": k.kind, "span": list(k.span)} for k in reading.keys if k.configured],
        "refs": [
            {"repo": r.repo, "number": r.number, "closes": r.closes, "span": list(r.span)}
            for r in reading.refs
        ],
        "trailers": [list(trailer) for trailer in reading.trailers],
        "optout": {"reason": reading.optout.reason, "text": reading.optout.text} if reading.optout else None,
    }


def _branch(text: str, vocabulary: Vocabulary, repo: str | None) -> Reading:
    """All that a branch names is what it delivers, unless the branch reverts."""
    folded = fold_lookalikes(text[:LONGEST_NAME])
    stream = in_branch(folded, vocabulary.heads)
    codes = strongest(list(matches(text, folded, stream, vocabulary)), vocabulary)
    kind: KeyKind = "mentions" if text.lower().rpartition("/")[2].startswith("revert-") else "delivers"
    keys = _keys([(mark, kind) for mark in _few(key_marks(text, [], vocabulary))], codes, vocabulary)
    refs = _refs([(mark, kind) for mark in _few(branch_refs(text, repo))])
    return Reading(codes, keys, refs, (), None)


def _label(text: str, vocabulary: Vocabulary) -> Reading:
    """A `kr:` label names one code."""
    name = _label_name(text)
    if name is None:
        marks: list[tuple[KeyMark, KeyKind]] = [
            (mark, "mentions") for mark in _few(key_marks(text, [], vocabulary))
        ]
        return Reading((), _keys(marks, (), vocabulary), (), (), None)
    start = text.index(name, text.index(":") + 1)
    if name.lower() == "none":
        return Reading((), (), (), (), OptOut(None, text.strip(), (start, start + len(name))))
    seen = named_code(fold_lookalikes(name), name, start, "label", vocabulary)
    return Reading(strongest([seen], vocabulary), (), (), (), None)


def _label_name(text: str) -> str | None:
    label = text.strip()
    name = label[len(LABEL_PREFIX) :].strip()
    return name if name and label[: len(LABEL_PREFIX)].lower() == LABEL_PREFIX else None


def _optout(page: Page, none: OptOut | None, vocabulary: Vocabulary) -> OptOut | None:
    """A marker, or `KR: none`; where both stand, the first that gives a reason."""
    marker = None
    if page.title_end:
        marker = title_optout(page.codes[: page.title_end], vocabulary.optouts)
    if marker is None and page.place != "title":
        marker = line_optout(page.codes, vocabulary.optouts, page.title_end)
    if none is None or marker is None:
        return marker or none
    return none if none.reason else marker


def _keys_and_refs(
    page: Page, codes: Sequence[CodeSeen], vocabulary: Vocabulary, repo: str | None
) -> tuple[tuple[KeySeen, ...], tuple[RefSeen, ...]]:
    """Keys and refs share one list of marks, since people mix them in one sentence."""
    addresses = list(links(page.keys, vocabulary))
    text = mask(page.keys, [(link.start, link.end) for link in addresses]) if addresses else page.keys
    closing = page.place in ("body", "commit")
    key_list = _few(key_marks(text, addresses, vocabulary))
    ref_list = _few(ref_marks(text, addresses, repo, closing))
    if not key_list and not ref_list:
        return (), ()
    marks: list[Mark] = sorted({mark.mark for mark in key_list} | {mark.mark for mark in ref_list})
    spans = [
        (t.start, t.end) for t in page.trailers if not t.value.startswith("//")
    ]  # git reads `https:` as a token
    found = dict(zip(marks, kinds(Ground(text, page.title_end, spans, page.reverted), marks), strict=True))
    keys = _keys([(mark, found[mark.mark]) for mark in key_list], codes, vocabulary)
    own = own_number(text, page.title_end)
    refs = _refs(
        [(mark, "mentions" if own <= mark.start < page.title_end else found[mark.mark]) for mark in ref_list]
    )
    return keys, refs


def _keys(
    marks: list[tuple[KeyMark, KeyKind]], codes: Sequence[CodeSeen], vocabulary: Vocabulary
) -> tuple[KeySeen, ...]:
    """Each key once, in order of first mention, as its strongest mention has it."""
    best: dict[str, KeySeen] = {}
    spans = {code.span: code.known for code in codes}
    starts = sorted(spans)
    for mark, kind in sorted(marks, key=lambda pair: pair[0].start):
        if spans and (vocabulary.projects is None or not mark.configured):
            index = bisect_right(starts, (mark.start, sys.maxsize)) - 1
            code = starts[index] if index >= 0 else (0, 0)
            if mark.end <= code[1] and (spans[code] or code != (mark.start, mark.end)):
                continue
        held = best.get(mark.key)
        if held is None or STRENGTH[kind] > STRENGTH[held.kind]:
            best[mark.key] = KeySeen(mark.key, kind, (mark.start, mark.end), mark.configured)
    return tuple(best.values())


def _few(marks: Iterable[_Mark]) -> list[_Mark]:
    """As many marks as an honest text may have, so that no text can take long."""
    return list(islice(marks, _MOST_MARKS))


def _refs(marks: list[tuple[RefMark, KeyKind]]) -> tuple[RefSeen, ...]:
    """Each ref once, in order of first mention; it closes when any mention does."""
    best: dict[tuple[str, int], RefSeen] = {}
    for mark, kind in sorted(marks, key=lambda pair: pair[0].start):
        name = ((mark.repo or "").lower(), mark.number)
        held = best.get(name)
        if held is None or (mark.closes, STRENGTH[kind]) > (held.closes, STRENGTH[held.kind]):
            closes = mark.closes or (held is not None and held.closes)
            best[name] = RefSeen(mark.repo, mark.number, kind, closes, (mark.start, mark.end))
    return tuple(best.values())
