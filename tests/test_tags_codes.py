"""Key result codes: where they are found, how far they reach, and what is said of those that nobody knows."""

import pytest

from linker.tags import Place, Vocabulary, read

VOCABULARY = Vocabulary(
    codes=frozenset({"O1.KR2", "O2.KR1", "PAY.O1.KR2", "KIP-848", "GROWTH", "O1.KR3"}),
    cycles=frozenset({"2026Q4"}),
)
Seen = tuple[str, str, bool]


def known(*codes: str, kind: str) -> list[Seen]:
    return [(code, kind, True) for code in codes]


def unknown(code: str, kind: str) -> list[Seen]:
    return [(code, kind, False)]


SENTENCES: dict[str, list[tuple[Place, str, list[Seen]]]] = {
    "codes in titles match the catalogue only, in any letter case, at word boundaries": [
        ("title", "O1.KR2 retry", known("O1.KR2", kind="title")),
        ("title", "Retry for o1.kr2.", known("O1.KR2", kind="title")),
        ("title", "feat(O1.KR2): retry", known("O1.KR2", kind="title")),
        ("title", "(O1.KR2) O9.KR9", known("O1.KR2", kind="title")),
        ("title", "KIP-848's protocol", known("KIP-848", kind="title")),
        ("title", "retry/O1.KR2", known("O1.KR2", kind="title")),
        ("title", "xO1.KR2 O1.KR2_x éO1.KR2 O1.KR2é", []),
        ("title", "Retry `O1.KR2`", []),
        ("title", "https://x.example.com/O1.KR2", []),
        ("commit", "O1.KR2: retry", known("O1.KR2", kind="title")),
    ],
    "a code is the longest run of parts": [
        ("title", "PAY.O1.KR2 retry", known("PAY.O1.KR2", kind="title")),
        ("title", "WEB.O1.KR2 O1.KR2.1 O1.KR22 O1.KR2-x KIP-8480", []),
        ("branch", "PAY.O1.KR2", known("PAY.O1.KR2", kind="branch")),
        ("branch", "x/WEB.O1.KR2", []),
    ],
    "in branches, and after a prefix like `pre-`, a hyphen also ends a run": [
        ("branch", "feature/O1.KR2-retry", known("O1.KR2", kind="branch")),
        ("branch", "retry-o1.kr2_x", known("O1.KR2", kind="branch")),
        ("branch", "KIP-848-retry", known("KIP-848", kind="branch")),
        ("branch", "O1.KR22-retry", []),
        ("title", "pre-O1.KR2 clean-up", known("O1.KR2", kind="title")),
        ("title", "Non-KIP-848-mode", known("KIP-848", kind="title")),
        ("title", "Leave KIP-848.md out", known("KIP-848", kind="title")),
    ],
    "a code in brackets is `bracket`": [
        ("title", "[O1.KR2] retry", known("O1.KR2", kind="bracket")),
        ("title", "[O1.KR2, o2.kr1] retry", known("O1.KR2", "O2.KR1", kind="bracket")),
        ("title", "[KR: O1.KR2] retry", known("O1.KR2", kind="bracket")),
        ("title", "[retry O1.KR2] x", known("O1.KR2", kind="title")),
        ("body", "This moves [O1.KR2].", known("O1.KR2", kind="bracket")),
        ("body", "[growth]", known("GROWTH", kind="bracket")),
        ("body", "This moves O1.KR2. [O9.KR9] [retry O1.KR2]", []),
    ],
    "full ids are shortened to the code": [
        ("title", "2026Q4/O1.KR2 retry", known("O1.KR2", kind="title")),
        ("title", "[2026q4/O1.KR2] retry", known("O1.KR2", kind="bracket")),
        ("title", "2025Q1/O1.KR2 retry", []),
        ("branch", "2026Q4/O1.KR2-retry", known("O1.KR2", kind="branch")),
        ("body", "- KR: 2026Q4/O1.KR2", known("O1.KR2", kind="line")),
        ("body", "- KR: 2026Q4/O9.KR9", unknown("O9.KR9", "line")),
        ("body", "- KR: 2025Q1/O1.KR2", unknown("2025Q1/O1.KR2", "line")),
    ],
    "labels `kr:` name one code": [
        ("label", "kr:O1.KR2", known("O1.KR2", kind="label")),
        ("label", "KR:o1.kr2", known("O1.KR2", kind="label")),
        ("label", "kr:2026Q4/O1.KR2", known("O1.KR2", kind="label")),
        ("label", "kr:O9.KR9", unknown("O9.KR9", "label")),
        ("label", "O1.KR2", []),
        ("label", "kr:", []),
    ],
    "lines and trailers `KR:`, also `Key-Result:`": [
        ("body", "KR: O1.KR2", known("O1.KR2", kind="trailer")),
        ("body", "Retry.\n\nKR: O1.KR2, O2.KR1", known("O1.KR2", "O2.KR1", kind="trailer")),
        ("body", "Retry.\n\nKR: O1.KR2,\n  O2.KR1\n", known("O1.KR2", "O2.KR1", kind="trailer")),
        ("body", "Retry.\r\nKR: O1.KR2\r\nmore\r\n", known("O1.KR2", kind="line")),
        ("body", "Key-Result: O1.KR2", known("O1.KR2", kind="trailer")),
        ("body", "Our KR: O1.KR2", []),
        ("commit", "Retry\n\nKR: O1.KR2", known("O1.KR2", kind="trailer")),
        ("commit", "Retry\n\nKR: O1.KR2\n\nmore", known("O1.KR2", kind="line")),
        ("comment", "kr: O1.KR2", known("O1.KR2", kind="line")),
    ],
    "list and task marks may stand before a line": [
        ("body", "- KR: O1.KR2", known("O1.KR2", kind="line")),
        ("body", "* key-result: O1.KR2", known("O1.KR2", kind="line")),
        ("body", "- [x] KR: O1.KR2", known("O1.KR2", kind="line")),
        ("body", "1. KR: O1.KR2", known("O1.KR2", kind="line")),
        ("body", "**KR:** O1.KR2", known("O1.KR2", kind="line")),
    ],
    "codes are separated by `,` `;` `and` or blanks": [
        ("body", "- KR: O1.KR2; O2.KR1", known("O1.KR2", "O2.KR1", kind="line")),
        ("body", "- KR: o1.kr2 and O2.KR1", known("O1.KR2", "O2.KR1", kind="line")),
        ("body", "- KR: O1.KR2 O2.KR1", known("O1.KR2", "O2.KR1", kind="line")),
        ("body", "- KR: [O1.KR2](https://x.example.com/a), O2.KR1", known("O1.KR2", "O2.KR1", kind="line")),
        ("body", "- KR: O1.KR2.", known("O1.KR2", kind="line")),
    ],
    "a line ends at `(` or `<!--`, and where a sentence goes on": [
        ("body", "- KR: O1.KR2 (not O2.KR1)", known("O1.KR2", kind="line")),
        ("body", "KR: O1.KR2(O2.KR1)", known("O1.KR2", kind="trailer")),
        ("body", "- KR: O1.KR2 <!-- O2.KR1 -->", known("O1.KR2", kind="line")),
        ("body", "- KR: O1.KR2 rather than O2.KR1", known("O1.KR2", kind="line")),
        ("body", "- KR: O1.KR2 - O2.KR1", known("O1.KR2", kind="line")),
    ],
    "`TBD`, `<code>` and empty are placeholders": [
        ("body", "- KR: TBD", []),
        ("body", "- KR: <code>", []),
        ("body", "- KR:", []),
        ("body", "KR: <!-- the code -->", []),
        ("body", "KR: https://x.example.com/O1.KR2", []),
        ("body", "- KR: tbd, O1.KR2", known("O1.KR2", kind="line")),
    ],
    "a code that the catalogue does not hold is unknown, as written": [
        ("body", "- KR: O9.KR9", unknown("O9.KR9", "line")),
        ("body", "- KR: o9.Kr9", unknown("o9.Kr9", "line")),
        ("body", "- KR: O1.KR2, nothing", [*known("O1.KR2", kind="line"), *unknown("nothing", "line")]),
    ],
    "never in code spans and fences, quoted lines, HTML comments": [
        ("body", "> KR: O1.KR2", []),
        ("body", "- > KR: O1.KR2", []),
        ("body", "`KR: O1.KR2`", []),
        ("body", "- KR: `O1.KR2`", []),
        ("body", "```\nKR: O1.KR2\n```", []),
        ("body", "<!--\nKR: O1.KR2\n-->", []),
        ("body", "Retry.\n\n    KR: O1.KR2", []),
        ("comment", "> /kr O1.KR2", []),
        ("body", "> quoted\n\nKR: O1.KR2", known("O1.KR2", kind="trailer")),
    ],
    "commands `/kr`": [
        ("comment", "/kr O1.KR2", known("O1.KR2", kind="command")),
        ("comment", "please\n/kr o1.kr2, O2.KR1\n", known("O1.KR2", "O2.KR1", kind="command")),
        ("comment", "/kr O9.KR9", unknown("O9.KR9", "command")),
        ("comment", "/kr unlink O1.KR2", unknown("unlink", "command")),
        ("comment", "see /kr O1.KR2", []),
    ],
    "look-alike letters never match, and are reported": [
        ("title", "О1.KR2 retry", unknown("О1.KR2", "title")),
        ("title", "Ｏ１.ＫＲ２ retry", unknown("Ｏ１.ＫＲ２", "title")),
        ("title", "[О1.KR2] retry", unknown("О1.KR2", "bracket")),
        ("branch", "x/О1.KR2-y", unknown("О1.KR2", "branch")),
        ("body", "- KR: О1.KR2", unknown("О1.KR2", "line")),
        ("label", "kr:О1.KR2", unknown("О1.KR2", "label")),
        ("body", "КR: O1.KR2", []),
        ("title", "О9.KR9 is nobody's", []),
    ],
    "each code once, as its strongest place has it": [
        ("commit", "[O1.KR2] retry\n\nKR: O1.KR2", known("O1.KR2", kind="trailer")),
        ("title", "O1.KR2 [O1.KR2]", known("O1.KR2", kind="bracket")),
        ("title", 'Revert "O1.KR2: retry"', known("O1.KR2", kind="title")),
    ],
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_reads_codes_as_the_design_says(sentence: str) -> None:
    for place, text, expected in SENTENCES[sentence]:
        seen = read(text, place, VOCABULARY).codes
        assert [(code.code, code.kind, code.known) for code in seen] == expected, (place, text)


def test_points_at_the_code_as_written() -> None:
    text = "Retry\n\nKR: 2026Q4/o1.kr2"
    seen = read(text, "commit", VOCABULARY).codes[0]
    assert (seen.code, seen.cycle, text[slice(*seen.span)]) == ("O1.KR2", "2026Q4", "o1.kr2")


def test_names_the_nearest_code_of_an_unknown_one() -> None:
    seen = read("KR: O1.KR4, KR3, zzzzzzzzzz", "body", VOCABULARY).codes
    assert [code.nearest for code in seen] == ["O1.KR2", "O1.KR3", None]


def test_names_the_code_that_a_look_alike_means() -> None:
    seen = read("Ｏ1.KR2 retry", "title", VOCABULARY).codes[0]
    assert (seen.known, seen.lookalike, seen.nearest) == (False, True, "O1.KR2")


def test_a_catalogue_without_cycles_takes_any_full_id() -> None:
    seen = read("KR: 2025Q1/O1.KR2", "body", Vocabulary(codes=frozenset({"O1.KR2"}))).codes[0]
    assert (seen.code, seen.cycle, seen.known) == ("O1.KR2", "2025Q1", True)
    assert Vocabulary(codes=frozenset({"2026Q4/o1.kr2"})).codes == {"O1.KR2"}
