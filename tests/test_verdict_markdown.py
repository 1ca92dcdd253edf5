"""Text of people in our Markdown: whatever they write is shown as text, and our layout stays ours."""

import html
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it.token import Token
from nasty import LIVE, NASTY, READER, texts

from linker.verdict.markdown import GAP, LONGEST, code, listed, markup, plain, prose

each_nasty = pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text[:24]))


def inside(text: str) -> list[Token]:
    """What stands in the one paragraph that a text comes to."""
    tokens = READER.parse(text)
    assert [token.type for token in tokens] == ["paragraph_open", "inline", "paragraph_close"]
    return tokens[1].children or []


def is_calm(text: str) -> bool:
    """One line that holds nothing unseen."""
    return text.isprintable() and not any(mark in text for mark in "\u202e\u2066\u200b\u200f\ufeff\u3164")


# --- one line of theirs


@each_nasty
def test_plain_text_is_one_short_line_that_hides_nothing(text: str) -> None:
    assert is_calm(plain(text))
    assert len(plain(text)) <= LONGEST


@given(texts, st.integers(1, 300))
def test_plain_text_fits_and_a_second_look_changes_nothing(text: str, longest: int) -> None:
    once = plain(text, longest)
    assert is_calm(once)
    assert len(once) <= longest
    assert plain(once, longest) == once


def test_plain_text_that_was_cut_says_so() -> None:
    assert plain("x" * 65_536) == "x" * (LONGEST - 1) + "…"
    assert plain("a title") == "a title"


def test_letters_that_carry_towers_of_marks_keep_two() -> None:
    assert plain("Z" + "\u0335" * 50 + "algo") == "Z\u0335\u0335algo"
    assert plain("Zoe\u0301") == "Zoe\u0301"


# --- a code, a key, a name


def check_code(text: str) -> None:
    before, shown, after = inside(f"See {code(text)} here.")
    assert (before.content, shown.type, after.content) == ("See ", "code_inline", " here.")
    assert is_calm(shown.content)
    row = READER.parse(f"| a | b |\n|---|---|\n| {code(text)} | {code(text)} |\n")
    cells = [token.children or [] for token in row if token.type == "inline"]
    assert [[one.type for one in cell] for cell in cells] == [["text"]] * 2 + [["code_inline"]] * 2


@each_nasty
def test_a_code_is_one_code_span_in_a_sentence_and_in_a_table(text: str) -> None:
    check_code(text)


@given(texts)
def test_any_code_is_one_code_span_in_a_sentence_and_in_a_table(text: str) -> None:
    check_code(text)


def test_a_code_is_shown_as_it_is_written() -> None:
    assert code("PAY.O1.KR2") == "`PAY.O1.KR2`"
    assert code("feature/a|b`c") == "`feature/a\u2223b'c`"
    assert code("\u202e") == "`?`"


# --- words inside a sentence of ours


def check_words(text: str, shown: Callable[[str], str]) -> None:
    children = inside(f"({shown(text)}) says it.")
    assert {one.type for one in children} == {"text"}
    words = children[0].content
    assert words.replace(GAP, "") == f"({plain(text, 200)}) says it."
    assert not LIVE.search(words), ascii(words)


@each_nasty
def test_nothing_in_prose_is_live(text: str) -> None:
    check_words(text, prose)


@given(texts)
def test_nothing_in_any_prose_is_live(text: str) -> None:
    check_words(text, prose)


@given(texts)
def test_prose_at_the_start_of_a_line_begins_nothing(text: str) -> None:
    assert {one.type for one in inside(f"{prose(text)} says it.")} == {"text"}


@given(texts)
def test_nothing_inside_html_of_ours_is_live(text: str) -> None:
    shown = markup(text)
    assert not set("<>\"'") & set(shown)
    words = html.unescape(shown)
    assert words.replace(GAP, "") == plain(text, 200)
    assert not LIVE.search(words), ascii(words)


def test_plain_words_read_as_they_were_written() -> None:
    assert prose("3 of 4 siblings serve it") == "3 of 4 siblings serve it"
    assert prose("a@b") == f"a@{GAP}b"


# --- lists


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], ""),
        (["a"], "a"),
        (["a", "b"], "a and b"),
        (["a", "b", "c"], "a, b and c"),
        (["a", "b", "c", "d"], "a, b, c and 1 more"),
    ],
)
def test_a_list_names_three_and_counts_the_rest(words: list[str], said: str) -> None:
    assert listed(words) == said
    assert listed(words, joint="or") == said.replace(" and ", " or ")
