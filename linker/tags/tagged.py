"""Codes of a page against the catalogue: the strongest place of each stands, unknown ones as written."""

from collections.abc import Container, Iterable, Iterator
from itertools import islice

from linker.tags.codes import Candidate, in_brackets, in_title
from linker.tags.lines import Line, Named, commands, is_kr_trailer, kr_lines, named, none_given
from linker.tags.page import Page
from linker.tags.reading import CodeKind, CodeSeen, OptOut, Vocabulary
from linker.tags.spelling import canonical, looks_like_cycle, nearest

_STRENGTH: dict[CodeKind, int] = {
    "branch": 0,
    "title": 1,
    "bracket": 2,
    "label": 3,
    "command": 3,
    "line": 3,
    "trailer": 4,
}
LONGEST_NAME = 1000  # characters of a title or branch in which codes are looked for; trackers keep 255
_MOST_LINES = 300  # KR: lines, and as many commands, of one text
_MOST_UNKNOWN = 16  # unknown codes of one text for which the nearest is looked for


def candidates(page: Page, heads: Container[str]) -> Iterator[Candidate]:
    """What a catalogue could hold in the title and in brackets."""
    yield from in_brackets(page.folded)
    if page.title_end:
        yield from in_title(page.folded[: min(page.title_end, LONGEST_NAME)], heads)


def tag_lines(page: Page) -> list[tuple[Line, CodeKind]]:
    """The KR: lines, KR: trailers and commands of a page; a title has none."""
    if page.place == "title":
        return []
    values = {trailer.start: trailer for trailer in page.trailers if is_kr_trailer(trailer.token)}
    found: list[tuple[Line, CodeKind]] = []
    for line in islice(kr_lines(page.codes, page.title_end), _MOST_LINES):
        trailer = values.get(line.start)
        if trailer:
            found.append((line._replace(value=trailer.value_start, end=trailer.end), "trailer"))
        else:
            found.append((line, "line"))
    if page.place in ("comment", "body"):
        found += [(line, "command") for line in islice(commands(page.codes), _MOST_LINES)]
    return found


def codes_seen(page: Page, vocabulary: Vocabulary) -> tuple[tuple[CodeSeen, ...], OptOut | None]:
    """The codes of a page, and the opt-out of a line that says `KR: none`."""
    optout: OptOut | None = None
    found = list(matches(page.codes, page.folded, candidates(page, vocabulary.heads), vocabulary))
    for line, kind in tag_lines(page):
        none, reason = none_given(page.codes, line, vocabulary.reasons)
        if not none:
            found += _line_codes(page, line, kind, vocabulary)
        elif optout is None or (optout.reason is None and reason):
            optout = _optout(page, line, reason)
    return strongest(found, vocabulary), optout


def matches(
    text: str, folded: str, stream: Iterable[Candidate], vocabulary: Vocabulary
) -> Iterator[CodeSeen]:
    """The candidates that the catalogue holds, none inside another; look-alike letters are not known."""
    done, taken = 0, set[int]()
    for code, written, kind, start, end in stream:
        if code not in vocabulary.codes or start in taken or (start < done and kind != "bracket"):
            continue
        ours, cycle = _cycle(written, vocabulary)
        if not ours:
            continue
        taken.add(start)
        if kind != "bracket":
            done = end
        shown = text[start:end]
        if shown == folded[start:end]:
            yield CodeSeen(code, cycle, kind, True, None, False, (start, end))
        else:
            yield CodeSeen(shown, None, kind, False, code, True, (start, end))


def strongest(found: list[CodeSeen], vocabulary: Vocabulary) -> tuple[CodeSeen, ...]:
    """Each code once, in order of first mention, as its strongest place has it; unknown with a nearest."""
    best: dict[tuple[str, str | None], CodeSeen] = {}
    for seen in sorted(found, key=lambda seen: seen.span) if len(found) > 1 else found:
        name = (seen.code if seen.known else seen.code.upper(), seen.cycle)
        held = best.get(name)
        if held is None or _STRENGTH[seen.kind] > _STRENGTH[held.kind]:
            best[name] = seen
    unknown = 0
    for name, seen in best.items():
        if not seen.known and seen.nearest is None and unknown < _MOST_UNKNOWN:
            unknown += 1
            best[name] = seen._replace(nearest=nearest(seen.code.rpartition("/")[2], vocabulary.codes))
    return tuple(best.values())


def named_code(word: str, shown: str, start: int, kind: CodeKind, vocabulary: Vocabulary) -> CodeSeen:
    """A code that was named on purpose: known when the catalogue holds it, else as written."""
    written, slash, code = word.rpartition("/")
    ours, cycle = _cycle(written, vocabulary)
    lookalike = word != shown
    if canonical(code) in vocabulary.codes and ours and not lookalike:
        at = start + len(written) + len(slash)
        return CodeSeen(canonical(code), cycle, kind, True, None, False, (at, at + len(code)))
    close = canonical(code) if canonical(code) in vocabulary.codes else None
    if slash and ours:
        start, shown = start + len(written) + 1, shown[len(written) + 1 :]
    return CodeSeen(shown, None, kind, False, close, lookalike, (start, start + len(shown)))


def _line_codes(page: Page, line: Line, kind: CodeKind, vocabulary: Vocabulary) -> Iterator[CodeSeen]:
    """The codes of a line up to where it turns into a sentence."""
    for word in _words(named(page.folded, line), vocabulary):
        seen = named_code(word.text, page.codes[word.start : word.end], word.start, kind, vocabulary)
        if word.loose and not seen.known:
            return
        yield seen
        if line.command and not seen.known and word.text.isalpha():
            return


def _words(words: Iterable[Named], vocabulary: Vocabulary) -> Iterator[Named]:
    """Words as they are, but two codes with a slash between them apart."""
    for word in words:
        before, slash, _ = word.text.rpartition("/")
        if not slash or looks_like_cycle(before) or before.upper() in vocabulary.cycle_ids:
            yield word
        else:
            at = word.start
            for part in word.text.split("/"):
                yield Named(part, at, at + len(part), word.loose)
                at += len(part) + 1


def _cycle(written: str, vocabulary: Vocabulary) -> tuple[bool, str | None]:
    """Whether what stands before a code's slash may stand there, and the cycle that it names."""
    if not written:
        return True, None
    known = vocabulary.cycle_ids.get(written.upper())
    if known is not None:
        return True, known
    if not looks_like_cycle(written):
        return True, None
    return (False, None) if vocabulary.cycles else (True, written)


def _optout(page: Page, line: Line, reason: str | None) -> OptOut:
    text = page.text[line.name : line.end].rstrip()
    return OptOut(reason, text, (line.name, line.name + len(text)))
