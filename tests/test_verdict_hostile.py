"""A whole check and a whole comment hold nothing of people's that is live, and no title of anything."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import scenarios as s
from hypothesis import given
from hypothesis import strategies as st
from markdown_it.token import Token
from nasty import LIVE, NASTY, READER, texts
from verdict_cases import PAGE, active, every_judged, why_inactive

from linker.store import Store
from linker.verdict import Advice, Ambiguous, Judged, Named, Place, Unknown, Unread, check, comment, judge

OUR_HTML = re.compile(
    r"<!-- sightline -->|</details>|<details><summary>(?:What was looked at|How it was read"
    r"|What this check asks|Key results that it may serve)</summary>"
)
OUR_TITLE = re.compile(r"<details><summary>([^<>]*)</summary>")
OURS = {"text", "code_inline", "strong_open", "strong_close", "softbreak", "link_open", "link_close"}
WHOLE = ("paragraph", "ordered_list", "bullet_list", "list_item", "table", "thead", "tbody", "tr", "th", "td")
CANARY = "Canary"

advised = st.lists(st.builds(Advice, texts, st.lists(texts, max_size=4)), max_size=3)
modes = st.sampled_from(["advisory", "required"])


def tokens(text: str) -> Iterator[Token]:
    for block in READER.parse(text):
        yield from block.children or [] if block.type == "inline" else [block]


def holds_only_ours(text: str) -> None:
    for token in tokens(text):
        if token.type == "html_block":
            for line in filter(None, token.content.splitlines()):
                title = OUR_TITLE.fullmatch(line)
                assert OUR_HTML.fullmatch(line) or (title and not LIVE.search(title[1])), ascii(line)
        elif token.type == "link_open":
            assert token.attrGet("href") == PAGE
        else:
            assert token.type in OURS or token.type.removesuffix("_open").removesuffix("_close") in WHOLE
        assert token.type != "text" or not LIVE.search(token.content), ascii(token.content)


def holds_its_table(seen: Judged, text: str) -> None:
    kinds = [token.type for token in READER.parse(text)]
    rows = len(judge(seen, active, why_inactive).looked)
    assert kinds.count("td_open") == 2 * rows
    assert kinds.count("tr_open") == (rows + 1 if rows else 0)


def judged_and_shown(seen: Judged, mode: Any, advice: list[Advice]) -> None:
    verdict = judge(seen, active, why_inactive)
    shown = check(verdict, mode, PAGE, advice=advice)
    assert shown["title"].isprintable()
    assert len(shown["summary"].splitlines()) <= 12
    holds_only_ours(shown["summary"])
    holds_only_ours(shown["text"])
    holds_only_ours(comment(verdict, mode, PAGE, advice))
    holds_its_table(seen, shown["text"])


@given(every_judged, modes, advised)
def test_whatever_people_wrote_the_layout_is_ours(seen: Judged, mode: Any, advice: list[Advice]) -> None:
    judged_and_shown(seen, mode, advice)


@pytest.mark.parametrize("text", NASTY, ids=lambda text: ascii(text[:24]))
def test_each_nasty_text_in_each_place(text: str) -> None:
    advice = [Advice(text, (text, text))]
    for seen in (
        Judged(krs=(f"2026Q4/{text}",), path=(text, text)),
        Judged(unknown=(Unknown(text, text), Unknown(text)), places=(Place("title", (text, text)),)),
        Judged(unknown=(Unknown(text, None, lookalike=True),)),
        Judged(ambiguous=(Ambiguous(text, (text, text)),)),
        Judged(unread=(Unread(text, "away"), Unread(text, "gone"))),
        Judged(unread=(Unread(text, "gone"),)),
        Judged(named=(Named(text, "delivers", (), (text,)), Named(text, "mentions", (text,)))),
        Judged(named=(Named(text, "mentions", (text,)),)),
        Judged(removed=(text,)),
    ):
        judged_and_shown(seen, "required", advice)


# --- no title of anything


def surfaces(store: Store, fold: Any) -> list[Any]:
    s.judge(store, fold, s.Rules("required", shown="check", comments=True))
    return [desired for _, surface, desired in s.wanted(store) if not surface.startswith("label:")]


@pytest.mark.parametrize("words", ["PAY-12", "KR: O1.KR1", "KR: O9.KR9", "about PAY-12", "KR: none", ""])
def test_no_title_leaves_the_store(store: Store, words: str) -> None:
    fold = s.folding(store)
    krs = [one.model_copy(update={"title": f"{CANARY} result"}) for one in (s.kr("O1.KR1"), s.kr("O1.KR2"))]
    s.keep(
        store,
        [
            s.loaded(0, *krs),
            s.epic(10011, "PAY-3", 5, title=f"{CANARY} epic"),
            s.ticket(10063, "PAY-12", 6, title=f"{CANARY} ticket", parent=(10011, "PAY-3")),
            s.pull(7, 10, title=f"{CANARY} change", body=f"Some words.\n\n{words}\n"),
        ],
    )
    s.run(fold)
    told = surfaces(store, fold)
    assert len(told) == (1 if words == "KR: O1.KR1" else 2)  # the check, and a comment where there is a fix
    assert CANARY not in json.dumps(told)


# --- what the store tells a verdict, in its words


def details(store: Store, *parcels: Any) -> str:
    fold = s.folding(store)
    s.keep(store, list(parcels))
    s.run(fold)
    s.judge(store, fold, s.Rules(shown="check"))
    return "\n".join(
        dict(desired)[part]
        for _, surface, desired in s.wanted(store)
        if surface.startswith("check:")
        for part in ("summary", "text")
    )


def test_a_code_that_nothing_holds_is_told_with_its_place(store: Store) -> None:
    said = details(store, s.loaded(0), s.pull(7, 10, title="Cache", body="KR: O9.KR9"))
    assert "description: `O9.KR9`" in said
    assert "branch and title: nothing" in said


def test_a_code_of_two_cycles_says_which_it_means_and_how_to_mean_the_other(store: Store) -> None:
    both = (s.kr("O1.KR1", "2026Q3"), s.kr("O1.KR1"))
    said = details(store, s.loaded(0, *both), s.pull(7, 10, body="KR: O1.KR1"))
    assert "`O1.KR1` means `2026Q4/O1.KR1` here, since it stands in the description since 5 " in said
    assert "write the full id, `KR: 2026Q3/O1.KR1`" in said


def test_what_is_inherited_names_its_parent(store: Store) -> None:
    ticket = s.ticket(10063, "PAY-12", 5, body="KR: none - debt")
    said = details(store, s.loaded(0), ticket, s.pull(7, 10, title="PAY-12"))
    assert "The reason is `debt`, technical debt (inherited from `PAY-12`)." in said
