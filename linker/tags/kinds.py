"""What a key or a ref is to the work: the words before it and the place it stands in decide.

`delivers` by a closing verb, at the start of a title, in a branch; `contributes` by refs, part of, towards,
elsewhere in a title, in a trailer; `mentions` everywhere else, and after not, unrelated to, reverts.
"""

import re
import sys
from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple

from linker.tags.reading import KeyKind, Span

STRENGTH: dict[KeyKind, int] = {"mentions": 0, "contributes": 1, "delivers": 2}

_OPENERS = " \t[(<{*_\"'“‘«#~"
_BULLET = r"(?:[-+*•]|[0-9]{1,3}[.)])[ \t]+(?:\[[ xX]?\][ \t]+)?"
_WRAP = r"[ \t]*\r?\n[ \t]*"
_OPEN = r"[\[(<{*_\"'“‘«#~]*+"
_ADVERB = r"(?:(?:yet|fully|really|actually|completely|entirely|directly|a|an|the|to|be|been)[ \t]+){0,2}"
_ASKING = re.compile(
    rf"""
    (?<![\w-])(?:
        (?P<delivers>(?P<base>close|fix|resolve|implement)|clos(?:es|ed|ing)|fix(?:es|ed|ing)
                     |resolv(?:es|ed|ing)|implement(?:s|ed|ing))
      | (?P<contributes>refs?|references?|referenced|referencing|part[ ]of|towards?
                        |contribut(?:es?|ed|ing)[ ]to)
      | (?P<mentions>not|never|nor|\w{{2,8}}n['’]t|un-?related[ ]to|no[ ]relation[ ]to
                    |not[ ](?:for|about|the|related[ ]to)|revert(?:s|ed|ing)?(?:[ ](?:of|the))?)
    )
    [*_]{{0,3}}(?:
        [ \t]*:[*_]{{0,3}}(?:\s*+{_BULLET}|{_WRAP}|[ \t]*)
      | [ \t]+(?:{_BULLET})?
      | {_WRAP}(?:{_BULLET})?
    )(?:issues?(?:[ \t]*:[ \t]*|[ \t]+))?
    {_OPEN}\Z
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)
_NEGATED = re.compile(
    rf"(?<![\w-])(?:not|never|cannot|no longer|\w{{2,8}}n['’]t)(?:[ \t]+|{_WRAP}){_ADVERB}\Z",
    re.IGNORECASE | re.ASCII,
)
_NOUN = re.compile(
    r"(?<![\w-])(?:(an?|the)|this|that|my|our|your|their|its|his|her)[ \t]+\Z", re.IGNORECASE | re.ASCII
)
_CLOSERS = r"(?:\]\(\0*+(?:[ \t]\"[^\"\n]*\")?\)|\]\[[^\[\]\n]*+\]|[\])>}*_\"'”’»~])*+"
_LIST = re.compile(
    rf"{_CLOSERS}(?:\s*+(?:,\s*+and|,|/|and(?!\w))\s*+|[ \t]*[,;]?{_WRAP}{_BULLET}){_OPEN}", re.IGNORECASE
)
_NEXT_BULLET = re.compile(rf"[^\n]*\n[ \t]*{_BULLET}{_OPEN}")
_BULLET_BEFORE = re.compile(rf"(?:\n|\A)[ \t]*{_BULLET}{_OPEN}\Z")
_RUN = re.compile(rf"{_CLOSERS}[ \t]*+(?:[,/]|and(?!\w))?[ \t]*+{_OPEN}", re.IGNORECASE)
_PREFIX = re.compile(r"[A-Za-z][\w./-]{0,40}+(?:\([^()\n]{0,60}\))?!?[ \t]?:(?!//)")
_SCOPE = re.compile(r"[A-Za-z][\w./-]{0,40}+\([ \t]*")
_SKIP = re.compile(r"[^\w\0\[({]+|_")
_CLOSE = {"[": "]", "(": ")", "{": "}"}
_REVERTED = re.compile(
    r"(?<![\w-])revert(?:s|ed|ing)?(?:[ ]of|[ ]commit)?[ \t]*:?[ \t]*([\"“'‘«])", re.IGNORECASE | re.ASCII
)
_QUOTE_END = {'"': '"', "“": "”", "'": "'", "‘": "’", "«": "»"}
_GLUE = " \t\r\n:-+*•.()[]{}<_\"'“‘«#~0123456789"
_LAST_WORDS = frozenset(
    {
        "close",
        "closes",
        "closed",
        "closing",
        "fix",
        "fixes",
        "fixed",
        "fixing",
        "resolve",
        "resolves",
        "resolved",
        "resolving",
        "implement",
        "implements",
        "implemented",
        "implementing",
        "ref",
        "refs",
        "reference",
        "references",
        "referenced",
        "referencing",
        "of",
        "to",
        "toward",
        "towards",
        "issue",
        "issues",
        "not",
        "never",
        "nor",
        "for",
        "about",
        "the",
        "revert",
        "reverts",
        "reverted",
        "reverting",
    }
)
_REACH = 64  # characters that are looked at before a key; the longest phrase with its glue is shorter


class Mark(NamedTuple):
    """A key or ref by the offsets that grammar sees: with its Markdown link, if it stands in one."""

    start: int
    end: int


class Ground(NamedTuple):
    """What surrounds the marks: where the title ends, which spans are trailers and reverted titles."""

    text: str
    title_end: int
    trailers: Sequence[Span]
    reverted: Sequence[Span]


def reverted_titles(text: str) -> list[Span]:
    """The quoted titles that something says it reverts, each to the last quote on its line."""
    if "evert" not in text and "EVERT" not in text:
        return []
    found: list[Span] = []
    for match in _REVERTED.finditer(text):
        start = match.end()
        if found and start < found[-1][1]:
            continue
        newline = text.find("\n", start)
        line_end = len(text) if newline < 0 else newline
        close = text.rfind(_QUOTE_END[match[1]], start, line_end)
        found.append((start, close if close >= start else line_end))
    return found


def kinds(ground: Ground, marks: Sequence[Mark]) -> list[KeyKind]:
    """The kind of each mark, given in order of their start."""
    text = ground.text
    starts = _starting_run(text, ground.title_end, marks)
    found: list[KeyKind] = []
    carried: KeyKind | None = None
    bulleted = False
    for number, mark in enumerate(marks):
        word = _word_before(text, mark.start)
        if word is None and number and carried is not None:
            gap_start = marks[number - 1].end
            if (
                mark.start <= gap_start
                or text[gap_start : mark.start] == "|"  # Jira's own links: [words|address]
                or _LIST.fullmatch(text, gap_start, mark.start)
                or (bulleted and _NEXT_BULLET.fullmatch(text, gap_start, mark.start))
            ):
                word = carried
        carried = word
        bulleted = (
            word is not None and _BULLET_BEFORE.search(text, max(0, mark.start - 24), mark.start) is not None
        )
        found.append(_settled(ground, mark, word, number in starts))
    return found


def _settled(ground: Ground, mark: Mark, word: KeyKind | None, starts: bool) -> KeyKind:
    if _within(mark.start, ground.reverted):
        return "mentions"
    if mark.start >= ground.title_end and _branch_like(ground.text, mark):
        return "mentions"
    if word is not None:
        return word
    if mark.start < ground.title_end:
        return "delivers" if starts else "contributes"
    return "contributes" if _within(mark.start, ground.trailers) else "mentions"


def _within(offset: int, spans: Sequence[Span]) -> bool:
    """Whether an offset lies in one of the spans, which are in order and apart."""
    if not spans:
        return False
    index = bisect_right(spans, (offset, sys.maxsize)) - 1
    return index >= 0 and offset < spans[index][1]


def _branch_like(text: str, mark: Mark) -> bool:
    """Whether a key in a body is a piece of a branch name or a path."""
    before = text[mark.start - 2 : mark.start] if mark.start > 1 else ""
    if (
        len(before) == 2
        and before[1] == "/"
        and (before[0].isalnum() or before[0] in "-_")
        and not _KEY_BEFORE.search(text, max(0, mark.start - 46), mark.start)
    ):
        return True
    after = text[mark.end : mark.end + 2]
    return (
        len(after) == 2 and after[0] in "-_/" and after[1].isalpha() and not _KEY_AFTER.match(text, mark.end)
    )


_KEY_BEFORE = re.compile(r"(?:[A-Za-z][A-Za-z0-9_]{0,30}-|#)[0-9]+/\Z")
_KEY_AFTER = re.compile(r"/[A-Za-z][A-Za-z0-9_]{0,30}-[0-9]")


def _word_before(text: str, start: int) -> KeyKind | None:
    """The kind that the words directly before an offset ask for, if they ask for one."""
    if not start or not _may_ask(text, start):
        return None
    found = _ASKING.search(text, max(0, start - _REACH), start)
    if found is None:
        return None
    at = found.start()
    if found["mentions"] or _NEGATED.search(text, max(0, at - _REACH // 2), at):
        return "mentions"
    if found["contributes"]:
        return "contributes"
    noun = _NOUN.search(text, max(0, at - 8), at)
    return None if noun and (noun[1] or found["base"]) else "delivers"


def _may_ask(text: str, start: int) -> bool:
    """A quick look at the word before an offset, since most keys follow none of ours."""
    before = text[max(0, start - 40) : start].rstrip(_GLUE)
    if before.endswith(("[x", "[X")):
        before = before[:-2].rstrip(_GLUE)
    word = before[-12:].replace("\n", " ").replace("\t", " ").rpartition(" ")[2].lstrip("*_\"'“‘([{<").lower()
    return word in _LAST_WORDS or word.endswith(("n't", "n’t", ":not"))


def _starting_run(text: str, end: int, marks: Sequence[Mark]) -> range:
    """The marks that a title starts with; brackets, blanks and one prefix may stand before them."""
    at, prefixed, first = 0, False, 0
    while at < end and marks and marks[0].start < end:
        while first < len(marks) and marks[first].start < at:
            first += 1
        if first == len(marks) or marks[first].start >= end:
            break
        if marks[first].start == at:
            return range(first, _run_end(text, end, marks, first))
        skip = _SKIP.match(text, at, end)
        if skip:
            at = min(skip.end(), marks[first].start)
        elif text[at] in _CLOSE:
            at = _past_bracket(text, at, end, marks[first].start)
        elif prefixed:
            break
        else:
            scope = _SCOPE.match(text, at, end)
            if scope and scope.end() == marks[first].start:
                return range(first, _run_end(text, end, marks, first))
            prefix = _PREFIX.match(text, at, end)
            if prefix is None:
                break
            at, prefixed = prefix.end(), True
    return range(0)


def _past_bracket(text: str, at: int, end: int, mark: int) -> int:
    """Into a bracket that starts with the mark, else past it."""
    if text[at:mark].strip(_OPENERS) == "":
        return mark
    close = text.find(_CLOSE[text[at]], at, end)
    return close + 1 if close >= 0 else at + 1


def _run_end(text: str, end: int, marks: Sequence[Mark], first: int) -> int:
    last = first + 1
    while last < len(marks) and marks[last].start < end:
        before = marks[last - 1].end
        if marks[last].start >= before and not _RUN.fullmatch(text, before, marks[last].start):
            break
        last += 1
    return last
