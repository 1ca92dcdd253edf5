"""What holds for every text: candidates cover what is seen, spans hold it, time grows with length only."""

import json
import time
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linker.tags import (
    Place,
    Vocabulary,
    as_json,
    candidate_codes,
    canonical,
    is_code,
    is_distinct,
    is_ticket_key,
    label_code,
    label_for,
    looks_like_jira_key,
    nearest,
    read,
)

PIECES = [
    "O1.KR2", "o2.kr1", "PAY.O1.KR2", "KIP-848", "О1.KR2", "2026Q4/", "2025Q1/", "pre-", "PAY-1", "pay-2",
    "GH-3",
    "#4", "acme/pay#5", "KR: ", "- KR: ", "/kr ", "kr:", "none", "TBD", "fixes ", "not ", "refs ",
    "Revert \"", "\"", "`",
    "```\n", "<!--", "-->", "> ", "    ", "\n", "\n\n", "\r\n", " ", ", ", " and ", "/", "-", ".", "_",
    "[", "]", "(", ")",
    "](", "https://jira.example.com/browse/PAY-6", "NO-JIRA", "MINOR:", "word", "é", "\0", "Jira: ",
    "<code>", "</code>",
]  # fmt: skip
CODES = ["O1.KR2", "O2.KR1", "PAY.O1.KR2", "KIP-848", "WORD", "PAY-1", "848-O1"]
texts = st.lists(st.sampled_from(PIECES), max_size=14).map("".join)
places = st.sampled_from(get_args(Place))
vocabularies = st.builds(
    Vocabulary,
    codes=st.frozensets(st.sampled_from(CODES)),
    cycles=st.frozensets(st.just("2026Q4")),
    projects=st.sampled_from([None, frozenset({"PAY"})]),
    hosts=st.sampled_from([None, frozenset({"jira.example.com"})]),
)


@given(texts, places, vocabularies)
def test_candidates_cover_every_distinct_code(text: str, place: Place, vocabulary: Vocabulary) -> None:
    seen = {code.code for code in read(text, place, vocabulary).codes if code.known}
    assert {code for code in seen if is_distinct(code)} <= candidate_codes(text, place)


@given(texts, places, vocabularies)
def test_every_span_holds_what_it_names(text: str, place: Place, vocabulary: Vocabulary) -> None:
    reading = read(text, place, vocabulary, "acme/pay")
    assert all(canonical(text[slice(*code.span)]) == canonical(code.code) for code in reading.codes)
    assert all(text[slice(*key.span)].upper() == key.key for key in reading.keys)
    assert all(str(ref.number) in text[slice(*ref.span)] for ref in reading.refs)
    assert len({key.key for key in reading.keys}) == len(reading.keys)


@given(texts, places, vocabularies)
def test_known_means_held_by_the_catalogue(text: str, place: Place, vocabulary: Vocabulary) -> None:
    for code in read(text, place, vocabulary).codes:
        assert not code.known or code.code in vocabulary.codes
        assert not code.lookalike or code.nearest in {None, *CODES}


@given(st.text(max_size=200), places)
def test_any_text_is_read_and_told_as_json(text: str, place: Place) -> None:
    line = as_json("id", read(text, place, Vocabulary(codes=frozenset(CODES), projects=None, hosts=None)))
    assert set(json.loads(json.dumps(line))) == {"id", "codes", "keys", "refs", "trailers", "optout"}


@given(st.from_regex(r"[A-Za-z0-9]{1,4}([.-][A-Za-z0-9]{1,4}){0,3}", fullmatch=True))
def test_a_label_names_its_code(code: str) -> None:
    if is_code(code):
        assert label_code(label_for(canonical(code))) == canonical(code)
        assert label_code("KR:2026Q4/" + code) == f"2026Q4/{canonical(code)}"


def test_spellings() -> None:
    assert [is_code(text) for text in ("O1.KR2", "KR2", "KIP-848", "12", "", "O1..KR2", "O1_KR2", "К1")] == [
        True, True, True, False, False, False, False, False,
    ]  # fmt: skip
    assert [is_ticket_key(text) for text in ("PAY-1", "P-1", "PAY-01", "PAY1", "2P-1")] == [
        True,
        False,
        False,
        False,
        False,
    ]
    assert [looks_like_jira_key(code) for code in ("KR-12", "KIP-848", "O1.KR2", "A-B-1")] == [
        True,
        True,
        False,
        False,
    ]
    assert [label_code(label) for label in ("bug", "kr:", "kr:a b", "kr:o1.kr2")] == [
        None,
        None,
        None,
        "O1.KR2",
    ]


def test_nearest_prefers_few_changes_then_a_shared_beginning() -> None:
    known = ["O1.KR1", "O1.KR2", "O2.KR2"]
    assert nearest("O1.KR22", known) == "O1.KR2"
    assert nearest("O1.KR9", known) == "O1.KR1"
    assert nearest("o2kr2", known) == "O2.KR2"
    assert nearest("checkout", known) is None
    assert nearest("O1.KR2", []) is None


HOSTILE = [
    "a", "A-1", "A-1.", "a_", "`", "`a``b", "```\n", "\\`", "<!--", "<!-- -->", "<code>", "<code></code>",
    "{code}", "[",
    "[a](", "[PAY-1](https://x/browse/PAY-1) ", "https://(", "https://github.com/a/b/issues/1 ", "#1 ",
    "a/b#1 ",
    "fix ", "fixes #1, ", "not ", "the ", 'Revert "', "Revert '", "KR: ", "KR: O9.KR9\n", "KR: x,",
    "- KR: ", "/kr O1 ",
    "> ", "> a\n", "- ", "1. a\n", "    a\n", "\ta\n", "NO-JIRA\n", "MINOR: ", "((", "pre-", "O1-",
    "О1.KR2 ", "\n",
    "\r\n", "---\n", "K: v\n", "# c\n", "Conflicts:\n", "\t", " ", "feat(", "2026Q4/", "[O1.KR2,", "a.b.",
    "KR: [", "none - ",
]  # fmt: skip


@pytest.mark.parametrize("piece", HOSTILE)
def test_time_grows_with_length_only(piece: str) -> None:
    vocabulary = Vocabulary(codes=frozenset(CODES), projects=frozenset({"PAY"}), hosts=frozenset({"x"}))

    def seconds(length: int, place: Place) -> float:
        text = (piece * (length // len(piece) + 1))[:length]
        spent = []
        for _ in range(3):
            start = time.process_time()
            read(text, place, vocabulary)
            candidate_codes(text, place)
            spent.append(time.process_time() - start)
        return min(spent)

    for place in get_args(Place):
        short, long = seconds(4_000, place), seconds(64_000, place)
        assert long < 64 * max(short, 0.002), (
            place
        )  # sixteen times the text; a quadratic reader needs 256 times
