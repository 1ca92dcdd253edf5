"""One word for each pull request: the first that holds, how its check ends, and where it is shown."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from nasty import texts
from verdict_cases import CASES, DROPPED, ITEM, KR1, KR2, PAGE, active, case, every_judged, why_inactive

from linker.changes import Plan, Pull, Request, Surface, Terms, checks, comments
from linker.model import ItemId
from linker.verdict import (
    DESCRIPTION,
    RETIRED,
    TITLE,
    Advice,
    Conclusion,
    Judged,
    Mode,
    Named,
    Rerun,
    Unknown,
    Unread,
    Verdict,
    check,
    comment,
    conclusion,
    judge,
    retired,
    status,
)

EVERYTHING = Judged(
    krs=(KR1, DROPPED),
    exemption="ktlo",
    path=("PAY-12", "PAY-3"),
    unread=(Unread("PAY-99", "waiting"),),
    unknown=(Unknown("O9.KR9"),),
    named=(Named("PAY-12", "delivers"),),
)
GOOD, BAD = ("serving", "exempt"), ("inactive", "unknown", "unlinked")


def judged(seen: Judged) -> Verdict:
    return judge(seen, active, why_inactive)


# --- which word


def test_the_words_hold_in_their_order() -> None:
    seen, words = EVERYTHING, [judged(EVERYTHING).word]
    for less in ({"krs": (DROPPED,)}, {"exemption": None}, {"unread": ()}, {"krs": ()}, {"unknown": ()}):
        seen = seen._replace(**less)
        words.append(judged(seen).word)
    assert words == ["serving", "exempt", "undecided", "inactive", "unknown", "unlinked"]


modes = st.sampled_from(["advisory", "required"])
ends = st.sampled_from(["success", "neutral", "failure"])
advised = st.lists(st.builds(Advice, st.sampled_from(["O1.KR1", "PAY.O2.KR1"]), st.lists(texts)), max_size=3)


def expected(seen: Judged) -> str:
    """The order once more, in one sentence each."""
    whys = {one.why for one in seen.unread}
    holds = (
        ("serving", any(map(active, seen.krs))),
        ("exempt", seen.exemption not in (None, "none")),
        ("undecided", bool(whys & {"waiting", "away"})),
        ("inactive", bool(seen.krs)),
        ("unknown", bool(seen.unknown or seen.ambiguous)),
    )
    return next((word for word, does in holds if does), "unlinked")


@given(every_judged)
def test_one_word_for_whatever_is_looked_at(seen: Judged) -> None:
    verdict = judged(seen)
    assert verdict.word == expected(seen)
    assert verdict.waits is (verdict.word == "undecided" and any(one.why == "waiting" for one in seen.unread))
    assert bool(verdict.fixes) is (verdict.word not in GOOD and not verdict.waits)
    assert Verdict.model_validate(verdict.model_dump(mode="json")) == verdict


# --- how it ends


@pytest.mark.parametrize(
    ("name", "advisory", "required"),
    [
        ("serving-direct", "success", "success"),
        ("exempt-rule", "success", "success"),
        ("undecided-reading", None, None),
        ("undecided-away", "neutral", "neutral"),
        ("inactive-dropped", "neutral", "failure"),
        ("unknown-nearest", "neutral", "failure"),
        ("unknown-ambiguous", "neutral", "failure"),
        ("unlinked-nothing", "neutral", "failure"),
    ],
)
def test_advice_never_fails_and_a_requirement_does(
    name: str, advisory: Conclusion | None, required: Conclusion | None
) -> None:
    verdict = CASES[name].verdict()
    assert conclusion(verdict, "advisory") == advisory
    assert conclusion(verdict, "required") == required


@given(every_judged, modes, ends)
def test_only_what_is_undecided_asks_the_policy(seen: Judged, mode: Mode, undecided: Conclusion) -> None:
    verdict = judged(seen)
    shown = check(verdict, mode, PAGE, undecided=undecided)
    assert (shown["status"] == "in_progress") is verdict.waits
    assert shown["conclusion"] == conclusion(verdict, mode, undecided)
    if verdict.word != "undecided":
        assert conclusion(verdict, mode, undecided) == conclusion(verdict, mode)
    if mode == "advisory" and verdict.word in BAD:
        assert shown["conclusion"] == "neutral"


@pytest.mark.parametrize("undecided", ["success", "neutral", "failure"])
def test_what_does_not_answer_for_long_ends_as_the_policy_says(undecided: Conclusion) -> None:
    verdict = CASES["undecided-away"].verdict()
    assert conclusion(verdict, "required", undecided) == undecided
    assert status(verdict, "required", undecided)[0] == ("failure" if undecided == "failure" else "success")


# --- where it is shown, and for which commit

NOTHING = Surface(frozenset(), frozenset(), frozenset(), {})


class Asked:
    """A request for the check of one commit."""

    def __init__(self, at: int, why: str) -> None:
        self.at, self.why = at, why


def pull(name: str, mode: Mode = "advisory", *, said: bool = False, **asked: Request) -> Pull:
    terms = Terms(mode, "neutral", "check", PAGE, comments=said)
    own = ItemId("github", "github.com", "4711#7")
    known = {place.replace("_", ":"): request for place, request in asked.items()}
    return Pull(own, "a1", "doing", CASES[name].verdict(), terms, known)


def shown(one: Pull, now: Surface = NOTHING) -> dict[str, dict[str, Any]]:
    return {change.surface: dict(change.desired) for change in checks(one, now)}


def test_a_repository_where_checks_are_off_has_none() -> None:
    assert shown(pull("unlinked-nothing", "off")) == {}
    assert shown(pull("unlinked-nothing", "required"))["check:a1"]["conclusion"] == "failure"


def test_a_check_comes_back_with_its_item_and_a_new_request_is_a_new_check() -> None:
    assert shown(pull("unlinked-nothing"))["check:a1"]["external_id"] == ITEM
    again = shown(pull("unlinked-nothing", hand_a1=Asked(1764000000000, "rerun")))["check:a1"]
    assert again["external_id"] == f"{ITEM}@1764000000000"
    assert again["summary"] == shown(pull("unlinked-nothing"))["check:a1"]["summary"]


def test_more_is_answered_by_a_link_to_the_page() -> None:
    more = shown(pull("unlinked-nothing", hand_a1=Asked(1764000000000, "more")))["check:a1"]
    assert f"]({PAGE})" in more["summary"]
    assert f"]({PAGE})" not in shown(pull("unlinked-nothing"))["check:a1"]["summary"]


def test_a_commit_in_the_merge_queue_has_a_check_without_buttons() -> None:
    found = shown(pull("unlinked-nothing", queue_q1=Asked(1764000000000, "queue")))
    assert found["check:q1"]["title"] == found["check:a1"]["title"]
    assert found["check:q1"]["actions"] == []
    assert found["check:a1"]["actions"]


def test_an_open_check_of_an_older_commit_is_ended() -> None:
    open_one = {"status": "in_progress", "conclusion": None, "external_id": ITEM}
    now = NOTHING._replace(plans={"check:a0": Plan(1, open_one, sent=True)})
    ended = shown(pull("unlinked-nothing", "required"), now)["check:a0"]
    assert (ended["title"], ended["conclusion"], ended["actions"]) == (RETIRED[0], "neutral", [])
    assert "`a1`" in ended["summary"]


def test_a_check_of_a_closed_pull_request_names_no_newer_commit() -> None:
    ended = retired(ITEM, PAGE, "", Rerun("rerun", 5))
    assert (ended["title"], ended["conclusion"]) == (RETIRED[1], "neutral")
    assert ended["external_id"] == f"{ITEM}@5"
    assert "commit" not in ended["summary"]


# --- buttons


def buttons(*codes: str) -> list[dict[str, str]]:
    verdict = CASES["unlinked-nothing"].verdict()
    advice = [Advice(code, ("similar work",)) for code in codes]
    found: list[dict[str, str]] = check(verdict, "advisory", PAGE, advice=advice)["actions"]
    return found


def test_the_best_suggestion_is_one_click_away() -> None:
    names = [(one["identifier"], one["label"]) for one in buttons("O1.KR1", "O1.KR2")]
    assert names == [
        ("kr:O1.KR1", "Serves O1.KR1"),
        ("none:ktlo", "Serves none: ktlo"),
        ("more", "More choices"),
    ]


def test_a_longer_code_fills_the_label_and_is_never_cut() -> None:
    assert buttons("PAYMENTS.O1.KR12")[0]["label"] == "PAYMENTS.O1.KR12"


def test_a_code_too_long_for_an_identifier_has_no_button() -> None:
    assert [one["identifier"] for one in buttons("PAYMENTS.O1.KR12.X")] == ["none:ktlo", "more"]


@given(every_judged, st.lists(st.builds(Advice, texts, st.lists(texts)), max_size=4))
def test_buttons_fit_and_stand_only_where_something_is_to_do(seen: Judged, advice: list[Advice]) -> None:
    verdict = judged(seen)
    actions = check(verdict, "required", PAGE, advice=advice)["actions"]
    assert bool(actions) is (verdict.word not in GOOD and not verdict.waits)
    assert len(actions) <= 3
    for one in actions:
        assert 0 < len(one["label"]) <= 20
        assert 0 < len(one["description"]) <= 40
        assert 0 < len(one["identifier"]) <= 20


# --- statuses


@pytest.mark.parametrize(
    ("name", "mode", "said"),
    [
        ("serving-through", "required", ("success", "Serves O1.KR1 via PAY-12")),
        ("undecided-reading", "required", ("pending", "Reading PAY-99 and its commits")),
        (
            "unknown-ambiguous",
            "required",
            (
                "failure",
                "O1.KR2 could mean 2 key results. "
                "Write the full id instead: KR: 2026H2/O1.KR2 or KR: 2026Q4/O1.KR2",
            ),
        ),
        ("unlinked-mentions", "advisory", ("success", CASES["unlinked-mentions"].verdict().title)),
    ],
)
def test_a_status_is_the_title_and_the_shortest_fix(name: str, mode: Mode, said: tuple[str, str]) -> None:
    state, words = status(CASES[name].verdict(), mode)
    assert state == said[0]
    assert words.startswith(said[1])


@given(every_judged, modes)
def test_a_status_fits_and_holds_no_markdown_of_ours(seen: Judged, mode: Mode) -> None:
    verdict = judged(seen)
    words = status(verdict, mode)[1]
    assert len(verdict.title) <= TITLE
    assert 0 < len(words) <= DESCRIPTION
    assert words.isprintable()
    assert "`" not in words
    assert "**" not in words


# --- comments


def test_a_comment_begins_when_there_is_something_to_do_and_is_then_kept_true() -> None:
    assert comments(pull("unlinked-nothing"), NOTHING, quiet=False) == []
    assert comments(pull("serving-direct", said=True), NOTHING, quiet=False) == []
    assert comments(pull("unlinked-nothing", said=True), NOTHING, quiet=True) == []
    assert len(comments(pull("unlinked-nothing", said=True), NOTHING, quiet=False)) == 1
    begun = NOTHING._replace(plans={"comment": Plan(1, {"body": "x"}, sent=True)})
    assert len(comments(pull("serving-direct", said=True), begun, quiet=False)) == 1


def test_a_comment_is_folded_to_one_line_when_all_is_well() -> None:
    body = comment(CASES["serving-through"].verdict(), "required", PAGE)
    assert "<details><summary>Serves O1.KR1 via PAY-12</summary>" in body
    assert "blocks" not in body


def test_a_comment_says_whether_it_blocks_as_the_check_does() -> None:
    verdict = CASES["undecided-away"].verdict()
    assert "does not block the merge" in comment(verdict, "required", PAGE)
    assert "it blocks the merge" in comment(verdict, "required", PAGE, undecided="failure")


# --- what is named


def test_of_two_cycles_with_one_code_both_are_named_in_full() -> None:
    verdict = case(krs=(KR2, "2026Q4/O1.KR1", "2026Q3/O1.KR2")).verdict()
    assert verdict.title == "Serves O1.KR2 and O1.KR1"
    both = judge(Judged(krs=(KR2, "2026Q3/O1.KR2")), lambda _: True, why_inactive)
    assert both.title == "Serves 2026Q4/O1.KR2 and 2026Q3/O1.KR2"


def test_a_title_gives_up_whole_names_before_it_is_cut() -> None:
    krs = tuple(f"2026Q4/PAYMENTS.O1.KR{number}" for number in range(10, 15))
    verdict = judge(Judged(krs=krs, path=("acme/payments#1234",)), lambda _: True, why_inactive)
    assert verdict.title == "Serves PAYMENTS.O1.KR10, PAYMENTS.O1.KR11 and 3 more"


def test_the_example_is_never_the_code_that_is_inactive_or_was_taken_off() -> None:
    assert "`KR: O2.KR1`" in case(krs=("2026Q3/O1.KR2",)).verdict().fix
    removed = case(removed=(KR2,)).verdict()
    assert "`KR: O2.KR1`" in removed.fix
    assert "`/kr O1.KR2`" in removed.fixes[1]
