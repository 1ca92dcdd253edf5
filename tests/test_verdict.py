"""One word for each pull request: the first that holds, and the shortest fix."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from linker.verdict import DESCRIPTION, TITLE, Judged, Verdict, judge, status

LIVE, DEAD = "2026Q4/O1.KR1", "2026Q3/O1.KR9"
EVERYTHING: dict[str, Any] = {
    "krs": (LIVE, DEAD),
    "exemption": "ktlo",
    "path": ("PAY-12", "PAY-3"),
    "unknown": ("O9.KR9",),
    "unread": ("PAY-99",),
    "looked_at": ("PAY-12",),
}


def verdict(**seen: Any) -> Verdict:
    nothing: dict[str, Any] = {
        "krs": (),
        "exemption": None,
        "path": (),
        "unknown": (),
        "unread": (),
        "looked_at": (),
    }
    return judge(Judged(**(nothing | seen)), lambda kr: kr == LIVE, lambda kr: "its cycle ended")


def test_the_words_hold_in_their_order() -> None:
    seen = dict(EVERYTHING)
    words = [verdict(**seen).word]
    for name, value in (("krs", (DEAD,)), ("exemption", None), ("unread", ()), ("krs", ()), ("unknown", ())):
        seen[name] = value
        words.append(verdict(**seen).word)
    assert words == ["serving", "exempt", "undecided", "inactive", "unknown", "unlinked"]


def test_a_serving_pull_request_names_its_way() -> None:
    said = verdict(krs=(LIVE,), path=("PAY-12", "PAY-3"))
    assert said.title == "Serves O1.KR1 via PAY-12"
    assert said.text == "This pull request serves O1.KR1 through PAY-12 -> PAY-3."


def test_an_opt_out_without_a_reason_is_no_exemption() -> None:
    said = verdict(exemption="none")
    assert (said.word, said.title) == ("unlinked", "Opted out without a reason")


def test_a_ticket_that_serves_nothing_is_where_the_fix_is() -> None:
    assert verdict(looked_at=("PAY-12",)).fix == "Give PAY-12 or its epic a key result."
    assert verdict().fix == "Put a ticket key at the start of the title."


@pytest.mark.parametrize(
    ("seen", "advisory", "required"),
    [
        ({"krs": (LIVE,)}, "success", "success"),
        ({"exemption": "debt"}, "success", "success"),
        ({"unread": ("PAY-99",)}, "pending", "pending"),
        ({"krs": (DEAD,)}, "success", "failure"),
        ({"unknown": ("O9.KR9",)}, "success", "failure"),
        ({}, "success", "failure"),
    ],
)
def test_advice_never_fails_and_a_requirement_says_why(
    seen: dict[str, Any], advisory: str, required: str
) -> None:
    assert status(verdict(**seen), "advisory")[0] == advisory
    assert status(verdict(**seen), "required")[0] == required


names = st.lists(st.text(min_size=1, max_size=300), max_size=6).map(tuple)


@given(krs=st.sampled_from([(), (LIVE,), (DEAD,)]), unknown=names, unread=names, path=names, looked_at=names)
def test_every_verdict_fits_where_it_is_shown(**seen: Any) -> None:
    said = verdict(**seen)
    assert len(said.title) <= TITLE
    assert len(status(said, "required")[1]) <= DESCRIPTION
