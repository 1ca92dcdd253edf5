"""What a reader would not take for prose hides ticket keys and codes; quoted lines hide codes only."""

import pytest

from linker.tags import Place, Vocabulary, read

VOCABULARY = Vocabulary(codes=frozenset({"O1.KR2"}), projects=frozenset({"PAY"}))

# In each text PAY-1 is hidden and PAY-2 is not.
SENTENCES: dict[str, list[str]] = {
    "code spans": [
        "`PAY-1` PAY-2",
        "``a ` PAY-1`` PAY-2",
        "`` PAY-2",
        "a ` b\n\nPAY-2 ` c",
        "- a ` b\n- PAY-2 ` c",
        "\\`PAY-2\\`",
        "`a\nPAY-1` PAY-2",
        "`\\`PAY-1\\`` PAY-2",
        "`C:\\` PAY-2 `x`",
        "<code>PAY-1</code> PAY-2 <CODE><code>PAY-1</code>PAY-1</CODE>",
        "<code> PAY-2",
        "{code:java}\nPAY-1\n\nPAY-1{code} PAY-2",
        "{noformat}PAY-1{noformat} PAY-2 {x}",
    ],
    "fences": [
        "```\nPAY-1\n```\nPAY-2",
        "~~~ js\nPAY-1\n```\nPAY-1\n~~~~\nPAY-2",
        "````\n```\nPAY-1\n````\nPAY-2",
        "PAY-2\n```\nPAY-1\n",
        "PAY-2\r\n```\r\nPAY-1\r\n```\r\n",
        "- a\n  ```\n  PAY-1\n  ```\n- PAY-2",
        "- ```\n  PAY-1\n  ```\n- PAY-2",
        "- ```\n  PAY-1\n\nPAY-2",
        "> ```\n> PAY-1\n> ```\n> PAY-2",
        "> ```\n> PAY-1\n\nPAY-2",
        "``` `x` PAY-2",
    ],
    "indented code": [
        "a\n\n    PAY-1\n\nPAY-2",
        "a\n\n\tPAY-1\n\nPAY-2",
        "PAY-2\r\n\r\n    PAY-1\r\n",
        "a\n    PAY-2",
        "\tPAY-2",
        "# a\n    PAY-1\n\nPAY-2",
        "- a\n\n      PAY-1\n\n  PAY-2",
        "- a\n\n    PAY-2",
        "1. a\n\n   PAY-2\n\n       PAY-1",
        "- a\n  - b\n\n    PAY-2",
        "- a\n\nb\n\n    PAY-1\n\nPAY-2",
        ">     PAY-1\n\nPAY-2",
    ],
    "comments": [
        "<!-- PAY-1 -->PAY-2",
        "<!--\nPAY-1\n\n    PAY-1\n```\n-->\nPAY-2",
        "a <!-- PAY-1 --> PAY-2 <!-- PAY-1 -->",
        "a <!-- PAY-2",
        "PAY-2\n<!-- PAY-1",
        "PAY-2\n\n    a\n\n<!-- PAY-1",
        "<!--> PAY-2",
        "```\n<!--\n```\nPAY-2\n<!-- PAY-1 -->",
        "`<!--` PAY-2 `-->`",
    ],
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_hides_what_is_no_prose(sentence: str) -> None:
    for text in SENTENCES[sentence]:
        assert [seen.key for seen in read(text, "body", VOCABULARY).keys] == ["PAY-2"], text


def test_quotes_hide_codes_and_show_keys() -> None:
    for text in ("> [O1.KR2] PAY-1", "  > [O1.KR2] PAY-1", "- > [O1.KR2] PAY-1", "a\n> > [O1.KR2] PAY-1\n"):
        reading = read(text, "comment", VOCABULARY)
        assert ([seen.key for seen in reading.keys], reading.codes) == (["PAY-1"], ()), text


def test_a_line_after_a_quote_is_the_writers_own() -> None:
    assert [seen.code for seen in read("> a\nKR: O1.KR2", "comment", VOCABULARY).codes] == ["O1.KR2"]


def test_a_title_has_code_spans_and_no_blocks() -> None:
    places: list[Place] = ["title", "commit"]
    for place in places:
        assert [seen.key for seen in read("    PAY-2 `PAY-1`", place, VOCABULARY).keys] == ["PAY-2"]


def test_hidden_refs_are_not_read() -> None:
    text = "#1 `#2` <!-- #3 -->\n```\n#4\n```\n> #5"
    assert [ref.number for ref in read(text, "body", VOCABULARY).refs] == [1, 5]
