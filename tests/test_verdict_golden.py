"""What stands on a pull request, word for word, and what holds of every text.

`SIGHTLINE_GOLDEN=write` writes the golden texts anew; read them as one who sees them for the first time.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from verdict_cases import CASES, ITEM, PAGE, Case

from linker.verdict import TITLE, check, comment, status

GOLDEN = Path(__file__).parent / "golden" / "verdicts"
SUMMARY_LINES, COMMENT_LINES = 12, 15
COLOURS = re.compile(r"\b(?:red|green|yellow|orange|amber|blue|grey|gray)\b", re.IGNORECASE)
PICTURES = re.compile("[\u2600-\u27bf\u2b00-\u2bff\ufe0f\U0001f000-\U0001faff]|:[a-z_+-]+:")
MOODS = re.compile(
    r"!|\b(?:great|good|nice|well done|oops|sorry|please|fail|failed|wrong|bad)\b", re.IGNORECASE
)
COPIED = re.compile(r"`(?:KR: |/kr |Refs |[A-Z]+-\d+: )[^`]+`")

every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def surface(case: Case) -> dict[str, Any]:
    return check(
        case.verdict(), case.mode, PAGE,
        undecided=case.undecided, advice=case.advice, item=ITEM, rerun=case.rerun,
    )  # fmt: skip


def rendered(case: Case) -> str:
    shown = surface(case)
    state, words = status(case.verdict(), case.mode, case.undecided)
    buttons = [f"- {one['label']} ({one['identifier']}): {one['description']}" for one in shown["actions"]]
    parts = [
        f"# {shown['title']}",
        f"{case.mode}: {shown['status']}, {shown['conclusion'] or 'no conclusion yet'}",
        "## Summary",
        shown["summary"],
        "## Details",
        shown["text"] or "None.",
        "## Buttons",
        "\n".join(buttons) or "None.",
        "## As a commit status",
        f"{state}: {words}",
    ]
    return "\n\n".join(parts) + "\n"


def bad(case: Case) -> bool:
    verdict = case.verdict()
    return verdict.word not in ("serving", "exempt") and not verdict.waits


@pytest.mark.parametrize("name", CASES)
def test_every_case_reads_as_it_did(name: str) -> None:
    golden = GOLDEN / f"{name}.md"
    if os.environ.get("SIGHTLINE_GOLDEN") == "write":
        golden.write_text(rendered(CASES[name]), encoding="utf-8")
    assert rendered(CASES[name]) == golden.read_text(encoding="utf-8")


def test_every_golden_text_has_its_case() -> None:
    assert {path.stem for path in GOLDEN.glob("*.md")} == set(CASES)


# --- what holds of every text


@every_case
def test_the_title_is_whole(case: Case) -> None:
    title = surface(case)["title"]
    assert len(title) <= TITLE
    assert "…" not in title


@every_case
def test_the_summary_and_the_comment_are_short(case: Case) -> None:
    assert len(surface(case)["summary"].splitlines()) <= SUMMARY_LINES
    assert len(comment(case.verdict(), case.mode, PAGE, case.advice).splitlines()) <= COMMENT_LINES


@every_case
def test_the_status_is_whole_and_plain(case: Case) -> None:
    words = status(case.verdict(), case.mode, case.undecided)[1]
    assert "…" not in words
    assert not set("`*\n") & set(words)


@every_case
def test_states_are_said_by_words_without_praise_or_blame(case: Case) -> None:
    shown = surface(case)
    for text in (shown["title"], shown["summary"], shown["text"], str(shown["actions"])):
        assert not COLOURS.search(text)
        assert not PICTURES.search(text)
        assert not MOODS.search(text)


@every_case
def test_what_is_not_well_says_how_to_mend_it_and_whether_it_blocks(case: Case) -> None:
    if not bad(case):
        assert surface(case)["actions"] == []
        return
    verdict, summary = case.verdict(), surface(case)["summary"]
    assert COPIED.search(verdict.fix)
    assert all(fix in summary or case.advice for fix in verdict.fixes)
    assert "**Looked at** " in summary
    assert ("blocks the merge" in summary) is (case.mode == "required")
    assert ("does not block the merge" in summary) is (case.mode != "required")
    for line in summary.splitlines()[1:]:
        assert "/kr " not in line or "write access" in line, "who may comment a command"


@every_case
def test_a_suggestion_takes_the_place_of_the_example(case: Case) -> None:
    if not case.advice or not bad(case):
        return
    best, verdict = case.advice[0].code, case.verdict()
    fixes = [line for line in surface(case)["summary"].splitlines() if re.match(r"\d\. ", line)]
    assert any(f"`KR: {best}`" in line for line in fixes)
    if verdict.example:
        assert not any(verdict.example in line for line in fixes)


@every_case
def test_the_comment_says_the_same_as_the_check(case: Case) -> None:
    body = comment(case.verdict(), case.mode, PAGE, case.advice, case.undecided)
    assert body.startswith("<!-- sightline -->\n")
    folded = case.verdict().word in ("serving", "exempt")
    assert ("<details><summary>" in body) is folded
    if bad(case) and case.rerun is None:
        assert surface(case)["summary"] in body
