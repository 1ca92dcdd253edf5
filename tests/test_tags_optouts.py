"""Opt-outs: markers at the start of a title or on their own line, and `KR: none` with its reason."""

import pytest

from linker.tags import Place, Vocabulary, read

VOCABULARY = Vocabulary(projects=frozenset({"PAY"}))

SENTENCES: dict[str, list[tuple[Place, str, tuple[str | None, str] | None]]] = {
    "a marker stands at the start of a title, in any letter case": [
        ("title", "NO-JIRA: retry", ("ktlo", "NO-JIRA")),
        ("title", "no-issue retry", ("ktlo", "no-issue")),
        ("title", "[No-Jira] retry", ("ktlo", "No-Jira")),
        ("title", "[release-1] NO-JIRA: retry", ("ktlo", "NO-JIRA")),
        ("title", "feat: NO-JIRA retry", ("ktlo", "NO-JIRA")),
        ("commit", "NO-JIRA: retry\n\nmore", ("ktlo", "NO-JIRA")),
        ("title", "retry NO-JIRA", None),
        ("title", "PAY-1 NO-JIRA", None),
        ("title", "NO-JIRAS", None),
        ("branch", "NO-JIRA-retry", None),
    ],
    "a plain word needs its colon or brackets": [
        ("title", "MINOR: retry", ("ktlo", "MINOR")),
        ("title", "minor: retry", ("ktlo", "minor")),
        ("title", "[MINOR] retry", ("ktlo", "MINOR")),
        ("title", "Minor clean-up", None),
        ("body", "Minor", None),
    ],
    "or on its own line": [
        ("body", "Retry.\nNO-JIRA\nmore", ("ktlo", "NO-JIRA")),
        ("body", "Retry.\r\n\r\n[no-issue]\r\n", ("ktlo", "no-issue")),
        ("body", "MINOR:", ("ktlo", "MINOR")),
        ("commit", "Retry\n\nNO-JIRA\n", ("ktlo", "NO-JIRA")),
        ("body", "This is NO-JIRA", None),
        ("body", "* MINOR: retry", None),
        ("body", "> NO-JIRA", None),
        ("body", "```\nNO-JIRA\n```", None),
    ],
    "`KR: none` with a reason code after ` - `, `:` or in parentheses opts out": [
        ("body", "KR: none - ktlo", ("ktlo", "KR: none - ktlo")),
        ("body", "- KR: None — Spike", ("spike", "KR: None — Spike")),
        ("body", "KR: none: debt, old client", ("debt", "KR: none: debt, old client")),
        ("body", "Key-Result: none (incident)", ("incident", "Key-Result: none (incident)")),
        ("comment", "/kr none docs", ("docs", "/kr none docs")),
        ("commit", "Retry\n\nKR: none - upstream\n", ("upstream", "KR: none - upstream")),
    ],
    "with free text or nothing the reason is null": [
        ("body", "KR: none", (None, "KR: none")),
        ("body", "KR: none - just a typo", (None, "KR: none - just a typo")),
        ("body", "KR: none ktlo", (None, "KR: none ktlo")),
        ("body", "KR: nonesuch", None),
        ("body", "> KR: none", None),
    ],
}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_reads_optouts_as_the_design_says(sentence: str) -> None:
    for place, text, expected in SENTENCES[sentence]:
        seen = read(text, place, VOCABULARY).optout
        assert (seen and (seen.reason, seen.text)) == expected, (place, text)
        assert seen is None or text[slice(*seen.span)] == seen.text


def test_lists_the_keys_beside_an_optout() -> None:
    reading = read("NO-JIRA: PAY-1", "title", VOCABULARY)
    assert reading.optout is not None
    assert [key.key for key in reading.keys] == ["PAY-1"]


def test_markers_and_reasons_are_configuration() -> None:
    own = Vocabulary(optouts={"CHORE:": "care", "SKIP-KR": "debt"}, reasons=frozenset({"care"}))
    assert read("chore: x", "title", own).optout == ("care", "chore", (0, 5))
    assert read("SKIP-KR x", "title", own).optout == ("debt", "SKIP-KR", (0, 7))
    assert read("CHORE x", "title", own).optout is None
    assert read("KR: none - ktlo", "body", own).optout == (None, "KR: none - ktlo", (0, 15))


def test_a_reason_given_beside_a_marker_stands() -> None:
    seen = read("MINOR: retry\n\nKR: none - debt\n", "commit", VOCABULARY).optout
    assert seen is not None
    assert seen.reason == "debt"
