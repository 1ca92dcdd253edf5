"""How a key result's code, its label and a ticket key are spelled, for all who write or check one."""

import re
import unicodedata
from collections.abc import Iterable

MAX_PARTS = 8  # a code has at most so many parts, so that reading a branch stays linear
MAX_LENGTH = 64
DISTINCT_PARTS = 4
MAX_PROJECT = 31
LABEL_PREFIX = "kr:"

CODE_PATTERN = r"[A-Za-z0-9]+(?:[.-][A-Za-z0-9]+)*"
_YEAR, _SHARE = r"(?:\d\d)?\d\d", r"(?:Q[1-4]|H[12]|T[1-3])"
CYCLE_PATTERN = rf"(?:FY|CY)?{_YEAR}[.-]?{_SHARE}|{_SHARE}[.-]?{_YEAR}|FY{_YEAR}"

_CODE = re.compile(r"[A-Za-z0-9]++(?:[.-][A-Za-z0-9]++)*+")
_CYCLE = re.compile(CYCLE_PATTERN, re.ASCII | re.IGNORECASE)
_LETTER = re.compile(r"[A-Za-z]")
_DIGIT = re.compile(r"[0-9]")
_PART = re.compile(r"[.-]")
_TICKET_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,30}-[1-9][0-9]*+")
_JIRA_LIKE = re.compile(r"[A-Za-z][A-Za-z0-9_]{1,30}-[0-9]++")

# Letters of other scripts that a reader takes for a Latin one, in the order of _LATIN.
_OTHERS = "АВЕКМНОРСТХУІЈЅԚԜавеорсухіјѕһкԛԝΑΒΕΖΗΙΚΜΝΟΡΤΥΧονχρικυı"
_LATIN = "ABEKMHOPCTXYIJSQWaBeopcyxijshkqwABEZHIKMNOPTYXovxpikui"
_FOLDED = dict(zip(map(ord, _OTHERS), _LATIN, strict=True))


def is_code(text: str) -> bool:
    """A code is letters and digits in one to eight parts joined by `.` or `-`, with at least one letter."""
    return (
        len(text) <= MAX_LENGTH
        and _CODE.fullmatch(text) is not None
        and _LETTER.search(text) is not None
        and len(_PART.split(text)) <= MAX_PARTS
    )


def is_distinct(code: str) -> bool:
    """Whether a code cannot be taken for plain words: it has a digit, and at most four parts with hyphens.

    Items are found again by the distinct codes in their texts; any other code makes all items be read again.
    """
    return _DIGIT.search(code) is not None and code.count("-") < DISTINCT_PARTS


def canonical(code: str) -> str:
    """Codes are compared and shown in capitals; look-alike letters stay what they are."""
    return code.upper() if code.isascii() else code


def looks_like_cycle(text: str) -> bool:
    """Whether text is spelled like a cycle's id: 2026Q4, 2026-H1, FY26, Q4-2026."""
    return _CYCLE.fullmatch(text) is not None


def is_ticket_key(text: str) -> bool:
    """A ticket key is a project of two or more letters and digits, a hyphen, a number not led by 0."""
    return _TICKET_KEY.fullmatch(text) is not None


def looks_like_jira_key(code: str) -> bool:
    """Whether other tools will take this code for a ticket key, so that `validate` can warn."""
    return _JIRA_LIKE.fullmatch(code) is not None


def label_for(code: str) -> str:
    """The label that we write for a code or a full id."""
    return LABEL_PREFIX + code


def label_code(label: str) -> str | None:
    """The code or full id that a `kr:` label names, None for any other label."""
    prefix, name = label.strip()[: len(LABEL_PREFIX)], label.strip()[len(LABEL_PREFIX) :].strip()
    if prefix.lower() != LABEL_PREFIX or not name:
        return None
    cycle, slash, code = name.rpartition("/")
    return f"{cycle}{slash}{canonical(code)}" if is_code(code) else None


def fold_lookalikes(text: str) -> str:
    """The same text, offset for offset, with each look-alike letter or full-width form as its Latin twin."""
    if text.isascii():
        return text
    table = dict(_FOLDED)
    for char in set(text):
        if not char.isascii() and ord(char) not in table and char.isprintable():
            plain = unicodedata.normalize("NFKC", char)
            if len(plain) == 1 and plain.isascii() and not plain.isspace():
                table[ord(char)] = plain
    return text.translate(table)


def nearest(code: str, known: Iterable[str]) -> str | None:
    """The known code that differs least from this one, None when more than half would have to change.

    Ties go to the one that shares the longest beginning, then to the first by name.
    """
    wanted = canonical(fold_lookalikes(code))[:MAX_LENGTH]
    best: tuple[int, int, str] | None = None
    for other in known:
        limit = max(len(wanted), len(other)) // 2
        if best is not None:
            limit = min(limit, best[0])
        if abs(len(wanted) - len(other)) > limit:
            continue
        distance = _distance(wanted, other.upper(), limit)
        if distance <= limit:
            rank = (distance, -_shared(wanted, other.upper()), other)
            best = rank if best is None else min(best, rank)
    return best[2] if best else None


def _shared(one: str, two: str) -> int:
    return next(
        (i for i, (a, b) in enumerate(zip(one, two, strict=False)) if a != b), min(len(one), len(two))
    )


def _distance(one: str, two: str, limit: int) -> int:
    """Insertions, deletions, changes and swaps of neighbours; stops counting above the limit."""
    before: list[int] = []
    row = list(range(len(two) + 1))
    for i, a in enumerate(one, 1):
        before, last, row = row, before, [i]
        for j, b in enumerate(two, 1):
            cost = min(before[j] + 1, row[j - 1] + 1, before[j - 1] + (a != b))
            if i > 1 and j > 1 and a == two[j - 2] and one[i - 2] == b:
                cost = min(cost, last[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return limit + 1
    return row[-1]
