"""GitHub's own references and closing keywords, by GitHub's own rules."""

import pytest

from linker.tags import Place, Vocabulary, read

VOCABULARY = Vocabulary()


def refs(text: str, place: Place = "body", repo: str | None = "acme/pay") -> list[str]:
    return [f"{ref.repo or ''}#{ref.number}" for ref in read(text, place, VOCABULARY, repo).refs]


def closed(text: str, place: Place = "body") -> list[int]:
    return [ref.number for ref in read(text, place, VOCABULARY, "acme/pay").refs if ref.closes]


def test_reads_each_form() -> None:
    assert refs("#1 GH-2 gh-3 acme/web#4 Acme/Pay#5") == [
        "acme/pay#1", "acme/pay#2", "acme/pay#3", "acme/web#4", "acme/pay#5",
    ]  # fmt: skip
    assert refs("#1", repo=None) == ["#1"]


def test_reads_addresses_of_issues_and_pull_requests() -> None:
    site = "https://github.com/acme/web"
    assert refs(f"{site}/issues/1 {site}/pull/2#discussion_r1, ({site}/pull/3/files)") == [
        "acme/web#1", "acme/web#2", "acme/web#3",
    ]  # fmt: skip
    assert refs(f"{site}/issues/ {site}/graphs https://example.com/acme/web/issues/1 {site}/issues/1x") == []


def test_reads_addresses_of_a_server_of_ones_own() -> None:
    own = Vocabulary(github_hosts=frozenset({"git.example.com"}))
    text = "https://git.example.com/a/b/issues/1 https://github.com/a/b/issues/2"
    assert [ref.number for ref in read(text, "body", own).refs] == [1]


@pytest.mark.parametrize(
    "text",
    ["Test#3", "#3a", "#3_", "#0", "#01", "a/b/c#1", "# 1", "#", "&#39;", "#1.5", "[x](#7)", "@gh-1", "xgh-1",
     "_gh-1", "gh-1a", "https://example.com/a#1", "`#1`", "#99999999999999999999"],
)  # fmt: skip
def test_leaves_what_is_no_ref(text: str) -> None:
    assert refs(text) == []


@pytest.mark.parametrize("before", list(" \t$(*+,.<?@[`|~!\"%':;=>^{}-&#"))
def test_a_ref_may_follow_any_sign_but_a_letter_or_underscore(before: str) -> None:
    assert refs(f"x {before}#1 y") == ["acme/pay#1"]


@pytest.mark.parametrize(
    "word", ["close", "closes", "closed", "fix", "fixes", "fixed", "resolve", "resolves", "resolved"]
)
def test_nine_words_close(word: str) -> None:
    for text in (f"{word} #1", f"{word.upper()}: #1", f"{word}:#1", f"{word} acme/pay#1", f"{word} GH-1"):
        assert closed(text) == [1], text


@pytest.mark.parametrize(
    "text",
    ["closing #1", "implements #1", "addresses #1", "prefix #1", "bug-fix #1", "fix::#1", "fix issue #1",
     "part of #1", "fix for #1", "`fix` #1", "fixes [#1](https://github.com/acme/pay/issues/1)"],
)  # fmt: skip
def test_other_words_do_not_close(text: str) -> None:
    assert closed(text) == []


def test_each_ref_needs_its_own_word_to_be_closed() -> None:
    assert closed("Fixes #1, #2 and closes #3") == [1, 3]
    assert [ref.kind for ref in read("Fixes #1, #2", "body", VOCABULARY).refs] == ["delivers", "delivers"]


def test_only_descriptions_and_commits_close() -> None:
    places: list[Place] = ["title", "comment", "branch"]
    assert [closed("Fixes #1", place) for place in places] == [[], [], []]
    assert closed("fix: retry\n\nFixes #1", "commit") == [1]


def test_kinds_follow_the_rules_of_keys() -> None:
    cases: list[tuple[Place, str, str]] = [
        ("title", "#1: retry", "delivers"),
        ("title", "Retry for #1 now", "contributes"),
        ("title", "Retry (#1)", "mentions"),
        ("body", "Refs #1", "contributes"),
        ("body", "Reverts #1", "mentions"),
        ("body", "Does not fix #1", "mentions"),
        ("branch", "fix#1", "delivers"),
        ("branch", "gh-1-retry", "delivers"),
    ]
    for place, text, kind in cases:
        assert [ref.kind for ref in read(text, place, VOCABULARY).refs] == [kind], text
