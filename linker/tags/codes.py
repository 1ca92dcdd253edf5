"""Codes in titles, branches and brackets: every piece of text that some catalogue could hold as a code."""

import re
from collections.abc import Container, Iterator
from typing import NamedTuple

from linker.tags.reading import CodeKind
from linker.tags.spelling import MAX_PARTS

# Words that stand before a code with a hyphen and are no part of it.
_PREFIX = re.compile(
    r"(?:pre|post|non|anti|pro|re|un|de|ex|mid|sub|super|semi|co|multi|inter|intra|cross|all|near|half|self)-",
    re.IGNORECASE,
)
# The end of a document's name is no part of the code that the document is named after.
_SUFFIX = re.compile(r"\.(?:md|txt|rst|adoc|pdf|html?|docx?|csv|xlsx|json|ya?ml)\Z", re.IGNORECASE)

_RUN = re.compile(r"(?<!\w)(?<!\w[.-])[A-Za-z0-9]++(?:[.-][A-Za-z0-9]++)*+(?!\w)")
_BRANCH_RUN = re.compile(r"(?<![^\W_])(?<![^\W_][.-])[A-Za-z0-9]++(?:[.-][A-Za-z0-9]++)*+(?![^\W_])")
_BRACKET = re.compile(
    r"\[[ \t]*+(?:(?:KR|Key-Result)[ \t]*+:)?([^\[\]\n]{1,160})\]", re.IGNORECASE | re.ASCII
)
_MOST_SEGMENTS = 64
_DIGIT = re.compile(r"[0-9]")


class Everything:
    """Holds each head, for when no catalogue is asked."""

    def __contains__(self, head: object) -> bool:
        """Yes."""
        return True


class Candidate(NamedTuple):
    """A code if the catalogue holds it: canonical spelling, what stands before its slash, and its offsets."""

    code: str
    cycle: str
    kind: CodeKind
    start: int
    end: int


def in_title(text: str, heads: Container[str]) -> Iterator[Candidate]:
    """Every run of parts; after a prefix like `pre-` a hyphen ends a run, and so does a file's suffix."""
    for run, cycle in _runs(_RUN, text, 0, len(text)):
        start, end = run.span()
        yield Candidate(run[0].upper(), cycle, "title", start, end)
        prefix = _PREFIX.match(run[0])
        if prefix:
            yield from _segments(run[0][prefix.end() :], start + prefix.end(), "", "title", heads)
        suffix = _SUFFIX.search(run[0], max(0, len(run[0]) - 6))
        if suffix:
            yield Candidate(run[0][: suffix.start()].upper(), cycle, "title", start, start + suffix.start())


def in_branch(text: str, heads: Container[str]) -> Iterator[Candidate]:
    """Every run of parts, where a hyphen and `_` end a run too; the longest first at each place."""
    for run, cycle in _runs(_BRANCH_RUN, text, 0, len(text)):
        yield from _segments(run[0], run.start(), cycle, "branch", heads)


def in_brackets(text: str) -> Iterator[Candidate]:
    """Codes in square brackets that hold one word, or a list of words that each have a digit."""
    if "[" not in text:
        return
    for bracket in _BRACKET.finditer(text):
        inner = bracket[1]
        if _RUN.sub("", inner).strip(" \t,;/"):
            continue
        runs = [pair for pair in _runs(_RUN, text, *bracket.span(1)) if pair[0][0].lower() != "and"]
        if len(runs) == 1 or all(_DIGIT.search(run[0]) for run, _ in runs):
            for run, cycle in runs:
                yield Candidate(run[0].upper(), cycle, "bracket", run.start(), run.end())


def _runs(pattern: re.Pattern[str], text: str, start: int, end: int) -> Iterator[tuple[re.Match[str], str]]:
    """Each run with the run that stands before its slash."""
    before, last = "", -1
    for run in pattern.finditer(text, start, end):
        yield run, before if run.start() == last + 1 and text[last] == "/" else ""
        before, last = run[0], run.end()


def _segments(run: str, start: int, cycle: str, kind: CodeKind, heads: Container[str]) -> Iterator[Candidate]:
    """Every stretch of parts between hyphens whose first part can start a code."""
    parts = run.upper().split("-", _MOST_SEGMENTS)[:_MOST_SEGMENTS]
    for first, head in enumerate(parts):
        if head in heads:
            for count in range(min(MAX_PARTS, len(parts) - first), 0, -1):
                code = "-".join(parts[first : first + count])
                yield Candidate(code, "" if first else cycle, kind, start, start + len(code))
        start += len(head) + 1
