"""Ticket keys: each sentence of the fine print, with examples of what it says and of what it does not."""

import pytest

from linker.tags import Place, Vocabulary, read

VOCABULARY = Vocabulary(
    projects=frozenset({"PAY", "WEB"}), hosts=frozenset({"jira.example.com", "example.com/jira"})
)
D, C, M = "delivers", "contributes", "mentions"
SITE = "https://jira.example.com/browse/"

SENTENCES: dict[str, list[tuple[Place, str, dict[str, str]]]] = {
    "a key delivers at the start of a title": [
        ("title", "PAY-1: retry", {"PAY-1": D}),
        ("title", "pay-1 retry", {"PAY-1": D}),
        ("title", "Retry (PAY-1)", {"PAY-1": C}),
        ("title", "Retry once more for PAY-1", {"PAY-1": C}),
        ("commit", "PAY-1: retry\n\nSee PAY-2\n\nRefs: PAY-3\n", {"PAY-1": D, "PAY-2": M, "PAY-3": C}),
        ("body", "PAY-1", {"PAY-1": M}),
        ("comment", "PAY-1", {"PAY-1": M}),
    ],
    "brackets, blanks and one prefix may stand before the start": [
        ("title", "[PAY-1] retry", {"PAY-1": D}),
        ("title", "  ( PAY-1 ) retry", {"PAY-1": D}),
        ("title", "HOTFIX: PAY-1 retry", {"PAY-1": D}),
        ("title", "HOTFIX: [PAY-1] retry", {"PAY-1": D}),
        ("title", "feat(x): PAY-1 retry", {"PAY-1": D}),
        ("title", "feat(x)!: PAY-1 retry", {"PAY-1": D}),
        ("title", "feat(PAY-1): retry", {"PAY-1": D}),
        ("title", "[release-1.0] PAY-1: retry", {"PAY-1": D}),
        ("title", "[WIP] feat: PAY-1: retry", {"PAY-1": D}),
        ("title", "HOTFIX: feat(x): PAY-1", {"PAY-1": C}),
        ("title", "hotfix PAY-1", {"PAY-1": C}),
        ("title", "`a` PAY-1", {"PAY-1": C}),
    ],
    "a run of keys at the start all deliver": [
        ("title", "PAY-1 PAY-2 retry PAY-3", {"PAY-1": D, "PAY-2": D, "PAY-3": C}),
        ("title", "PAY-1, PAY-2 and WEB-3: retry", {"PAY-1": D, "PAY-2": D, "WEB-3": D}),
        ("title", "[PAY-1][PAY-2] retry", {"PAY-1": D, "PAY-2": D}),
        ("title", "[PAY-1, PAY-2] retry", {"PAY-1": D, "PAY-2": D}),
        ("title", "PAY-1/PAY-2 retry", {"PAY-1": D, "PAY-2": D}),
        ("title", "PAY-1 & PAY-2: retry", {"PAY-1": D, "PAY-2": C}),
        ("title", "PAY-1: PAY-2 retry", {"PAY-1": D, "PAY-2": C}),
    ],
    "all forms of the verbs count when the key, its link or a list follows at once": [
        ("body", "Fixes PAY-1", {"PAY-1": D}),
        ("body", "This fixes PAY-1.", {"PAY-1": D}),
        ("body", "fixing PAY-1", {"PAY-1": D}),
        ("body", "Closing PAY-1", {"PAY-1": D}),
        ("body", "resolved [PAY-1]", {"PAY-1": D}),
        ("body", "IMPLEMENTS PAY-1", {"PAY-1": D}),
        ("body", "Fixes\nPAY-1", {"PAY-1": D}),
        ("body", "Fixes **PAY-1**", {"PAY-1": D}),
        ("body", "Fixes (PAY-1)", {"PAY-1": D}),
        ("body", f"Fixes [PAY-1]({SITE}PAY-1)", {"PAY-1": D}),
        ("body", f"Fixes [the bug]({SITE}PAY-1)", {"PAY-1": D}),
        ("body", f"Fixes {SITE}PAY-1", {"PAY-1": D}),
        ("title", "Fix PAY-1", {"PAY-1": D}),
        ("comment", "Fixes PAY-1", {"PAY-1": D}),
        ("commit", "Retry for PAY-1\n\nfixes PAY-2", {"PAY-1": C, "PAY-2": D}),
    ],
    "or after `issue` or `:`": [
        ("body", "Fixes issue PAY-1", {"PAY-1": D}),
        ("body", "Closes issues PAY-1 and PAY-2", {"PAY-1": D, "PAY-2": D}),
        ("body", "Closes issue: PAY-1", {"PAY-1": D}),
        ("body", "fixed: PAY-1", {"PAY-1": D}),
        ("body", "**Fixes:** PAY-1", {"PAY-1": D}),
    ],
    "`fix for`, `addresses`, nouns do not": [
        ("body", "A fix for PAY-1", {"PAY-1": M}),
        ("body", "addresses PAY-1", {"PAY-1": M}),
        ("body", "The fix: PAY-1", {"PAY-1": M}),
        ("body", "This fix: PAY-1", {"PAY-1": M}),
        ("body", "resolution of PAY-1", {"PAY-1": M}),
        ("body", "the implementation PAY-1", {"PAY-1": M}),
        ("body", "Fixes the crash of PAY-1", {"PAY-1": M}),
        ("body", "bugfix PAY-1", {"PAY-1": M}),
        ("body", "bug-fix PAY-1", {"PAY-1": M}),
        ("body", "prefix PAY-1", {"PAY-1": M}),
        ("body", "`fixes` PAY-1", {"PAY-1": M}),
    ],
    "a verb reaches over a list joined by `,` `and` `/` or bullets": [
        ("body", "Fixes PAY-1, PAY-2 and PAY-3", {"PAY-1": D, "PAY-2": D, "PAY-3": D}),
        ("body", "Fixes PAY-1, PAY-2, and PAY-3", {"PAY-1": D, "PAY-2": D, "PAY-3": D}),
        ("body", "Fixes PAY-1/PAY-2", {"PAY-1": D, "PAY-2": D}),
        ("body", "Fixes:\n- PAY-1\n- PAY-2", {"PAY-1": D, "PAY-2": D}),
        ("body", "Fixes:\r\n* PAY-1\r\n* PAY-2\r\n", {"PAY-1": D, "PAY-2": D}),
        ("body", "Fixes:\n\n1. PAY-1\n2. PAY-2", {"PAY-1": D, "PAY-2": D}),
        ("body", "Closes\n- [ ] PAY-1\n- [x] PAY-2", {"PAY-1": D, "PAY-2": D}),
        ("body", "Fixes:\n- PAY-1: retry\n- PAY-2, see PAY-3", {"PAY-1": D, "PAY-2": D, "PAY-3": M}),
        ("body", f"Fixes [PAY-1]({SITE}PAY-1), [PAY-2]({SITE}PAY-2)", {"PAY-1": D, "PAY-2": D}),
        ("body", f"Fixes {SITE}PAY-1, {SITE}PAY-2 and WEB-3", {"PAY-1": D, "PAY-2": D, "WEB-3": D}),
        ("body", f"Fixes [PAY-1|{SITE}PAY-1], [PAY-2|{SITE}PAY-2]", {"PAY-1": D, "PAY-2": D}),
        ("body", "Refs PAY-1, PAY-2", {"PAY-1": C, "PAY-2": C}),
        ("title", "Implements PAY-1 and PAY-2", {"PAY-1": D, "PAY-2": D}),
        ("body", "Fixes PAY-1 PAY-2", {"PAY-1": D, "PAY-2": M}),
        ("body", "Fixes PAY-1. PAY-2 is next", {"PAY-1": D, "PAY-2": M}),
        ("body", "Fixes PAY-1, not PAY-2", {"PAY-1": D, "PAY-2": M}),
    ],
    "a key contributes after refs, part of, towards, and in a trailer": [
        ("body", "Refs PAY-1", {"PAY-1": C}),
        ("body", "refs: PAY-1", {"PAY-1": C}),
        ("body", "Part of PAY-1", {"PAY-1": C}),
        ("body", "Done as part of PAY-1.", {"PAY-1": C}),
        ("title", "Prepare as part of PAY-1", {"PAY-1": C}),
        ("title", "Refs PAY-1", {"PAY-1": C}),
        ("body", "Towards PAY-1", {"PAY-1": C}),
        ("body", "Retry.\n\nJira: PAY-1", {"PAY-1": C}),
        ("body", "Jira: PAY-1", {"PAY-1": C}),
        ("body", "Retry.\n\nFixes: PAY-1", {"PAY-1": D}),
        ("body", "Retry\nJira: PAY-1", {"PAY-1": M}),
        ("body", f"{SITE}PAY-1", {"PAY-1": M}),
        ("commit", "Merge\n\nJira: PAY-1\nSigned-off-by: A <a@example.com>\n", {"PAY-1": C}),
    ],
    "a key is mentioned anywhere else": [
        ("body", "See PAY-1", {"PAY-1": M}),
        ("body", "related to PAY-1", {"PAY-1": M}),
        ("body", "because of PAY-1", {"PAY-1": M}),
        ("label", "PAY-1", {"PAY-1": M}),
    ],
    "a negation or revert directly before a key decides that occurrence": [
        ("title", "Retry, not PAY-1", {"PAY-1": M}),
        ("title", "Not PAY-1 but PAY-2", {"PAY-1": M, "PAY-2": C}),
        ("title", "Tidy (unrelated to PAY-1)", {"PAY-1": M}),
        ("title", "Not related to PAY-1", {"PAY-1": M}),
        ("title", "Revert PAY-1", {"PAY-1": M}),
        ("title", "Reverts PAY-1: retry", {"PAY-1": M}),
        ("title", "Revert: PAY-1 retry", {"PAY-1": M}),
        ("title", "Does not fix PAY-1", {"PAY-1": M}),
        ("title", "Doesn't close PAY-1", {"PAY-1": M}),
        ("body", "not part of PAY-1", {"PAY-1": M}),
        ("body", "Does not fix PAY-1", {"PAY-1": M}),
        ("branch", "revert-12-PAY-1-retry", {"PAY-1": M}),
    ],
    "everything inside a quoted reverted title is mentioned": [
        ("title", 'Revert "PAY-1: retry"', {"PAY-1": M}),
        ("title", 'Revert "Fix PAY-1" (PAY-2)', {"PAY-1": M, "PAY-2": C}),
        ("title", 'Revert "Revert "PAY-1: retry PAY-2""', {"PAY-1": M, "PAY-2": M}),
        ("title", 'PAY-2: Revert: "PAY-1: retry"', {"PAY-2": D, "PAY-1": M}),
        ("title", "Revert “PAY-1: retry” for PAY-2", {"PAY-1": M, "PAY-2": C}),
        ("title", 'Revert "PAY-1: a title that was cut', {"PAY-1": M}),
        ("commit", 'Revert "PAY-1: retry"\n\nThis reverts commit 1a2b.\n', {"PAY-1": M}),
    ],
    "the strongest kind of a key in one text wins": [
        ("title", "PAY-1 retry PAY-1", {"PAY-1": D}),
        ("title", "Revert PAY-1, then fix PAY-1", {"PAY-1": D}),
        ("body", "See PAY-1, refs PAY-1", {"PAY-1": C}),
    ],
    "a branch name inside a body is mentioned": [
        ("body", "Merged feature/PAY-1-x into main", {"PAY-1": M}),
        ("body", "Fixes feature/PAY-1-retry", {"PAY-1": M}),
        ("body", "Closes #12 from acme/PAY-1", {"PAY-1": M}),
        ("body", "Fixes PAY-1-retry", {"PAY-1": M}),
        ("body", "Retry.\n\nBranch: feature/PAY-1-x", {"PAY-1": M}),
    ],
    "every key of a branch delivers": [
        ("branch", "feature/PAY-1-retry", {"PAY-1": D}),
        ("branch", "PAY-2-over-PAY-1", {"PAY-2": D, "PAY-1": D}),
        ("branch", "pay-1_x", {"PAY-1": D}),
        ("branch", "fix-PAY-1", {"PAY-1": D}),
        ("branch", "u/x/PAY-1.x", {"PAY-1": D}),
        ("branch", "PAY-1/WEB-2", {"PAY-1": D, "WEB-2": D}),
        ("branch", "PAY-1a", {}),
    ],
    "a key is not followed by a letter or by `.` and a digit": [
        ("body", "PAY-1a PAY-2.3 PAY-4. PAY-5_x", {"PAY-4": M, "PAY-5": M}),
        ("body", "PAY-05 xPAY-6 9PAY-7 PAY-8é éPAY-9", {}),
        ("body", "*PAY-1* #PAY-2# $PAY-3$ _PAY-4_ |PAY-5| >PAY-6", {f"PAY-{n}": M for n in range(1, 7)}),
        ("body", "a person <pay-1@example.com>", {}),
    ],
    "what only looks like a key of ours is none": [
        ("body", "UTF-8, CVE-2026-1, PEP-8, gpt-4, KAKFA-1", {}),
        ("title", "PАY-1 with a Cyrillic letter", {}),
        ("body", "ＰＡＹ-1", {}),
    ],
    "a browse address of a configured site is its key": [
        ("body", f"See {SITE}PAY-1", {"PAY-1": M}),
        ("body", f"({SITE}PAY-1).", {"PAY-1": M}),
        ("body", "at https://example.com/jira/browse/PAY-1", {"PAY-1": M}),
        ("body", "at https://JIRA.example.com/browse/pay-1?focused=1#c", {"PAY-1": M}),
        ("body", "at jira.example.com/browse/PAY-1", {"PAY-1": M}),
        ("body", "https://jira.example.com/secure/Board.jspa?rapidView=1&selectedIssue=PAY-1", {"PAY-1": M}),
    ],
    "keys in addresses of other hosts are not read": [
        ("body", "https://other.example.com/browse/PAY-1", {}),
        ("body", "https://example.com/browse/PAY-1", {}),
        ("body", "https://github.com/acme/x/tree/PAY-1", {}),
        ("body", "[words](https://other.example.com/PAY-1)", {}),
        ("body", "https://jira.example.com@other.example.com/browse/PAY-1", {}),
        ("body", "https://jira.example.com.other.example.com/browse/PAY-1", {}),
        ("body", "other.example.com/browse/PAY-1", {}),
    ],
}


def kinds(text: str, place: Place, vocabulary: Vocabulary = VOCABULARY) -> dict[str, str]:
    return {seen.key: seen.kind for seen in read(text, place, vocabulary).keys if seen.configured}


@pytest.mark.parametrize("sentence", SENTENCES)
def test_reads_keys_as_the_design_says(sentence: str) -> None:
    for place, text, expected in SENTENCES[sentence]:
        assert kinds(text, place) == expected, (place, text)


def test_lists_keys_once_in_order_of_first_mention_and_points_at_the_strongest() -> None:
    text = "See web-2 and pay-1. Fixes PAY-1"
    seen = read(text, "body", VOCABULARY).keys
    assert [(key.key, text[slice(*key.span)]) for key in seen] == [("WEB-2", "web-2"), ("PAY-1", "PAY-1")]
    assert seen[1].span == (27, 32)


def test_keeps_keys_of_other_projects_as_candidates() -> None:
    seen = read("OPS-7: retry PAY-1, GH-3", "title", VOCABULARY).keys
    assert [(key.key, key.configured) for key in seen] == [("OPS-7", False), ("PAY-1", True)]


def test_accepts_any_project_and_any_browse_address_when_none_is_named() -> None:
    anything = Vocabulary(projects=None, hosts=None)
    text = "OPS-7 A-1 gh-3 https://any.example.com/browse/WEB-1 https://any.example.com/WEB-2"
    assert kinds(text, "body", anything) == {"OPS-7": M, "WEB-1": M}


def test_follows_projects_of_one_letter_or_with_an_underscore_when_configured() -> None:
    unusual = Vocabulary(projects=frozenset({"A", "MY_PAY"}))
    assert kinds("A-1 my_pay-2 x_A-3", "title", unusual) == {"A-1": D, "MY_PAY-2": D, "A-3": C}


def test_a_code_is_not_a_dangling_key_as_well() -> None:
    vocabulary = Vocabulary(codes=frozenset({"KIP-848"}), projects=None)
    assert kinds("KIP-848: retry PAY-1", "title", vocabulary) == {"PAY-1": C}
    assert kinds("KR: KR-2025-Q3-1", "body", vocabulary) == {}
