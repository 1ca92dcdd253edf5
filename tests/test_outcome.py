"""Whatever a tracker answers, we wait a sane time and repeat its words without our secrets."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import SecretStr
from wire import TOKEN, github_access

from linker.model import Change, Facts, ItemId
from linker.trackers.outcome import App, Blocked, joined, label_of, plain, readable, seconds_to_wait
from linker.trackers.payload import Malformed

NOW = 1_795_341_600.0
HEADERS = ("retry-after", "date", "x-ratelimit-reset", "x-ratelimit-remaining")
VALUES = st.one_of(
    st.text(max_size=40), st.integers().map(str), st.floats().map(str), st.datetimes().map(str)
)


@given(st.dictionaries(st.sampled_from(HEADERS), VALUES), st.floats(0, 4e9))
@example({"retry-after": "Mon, 01 Jan 0001 00:00:00 GMT"}, NOW)
@example({"retry-after": "nan"}, NOW)
def test_a_wait_is_never_negative_nor_for_ever(headers: dict[str, str], now: float) -> None:
    assert 1 <= seconds_to_wait(headers, now) <= 86_400


def test_a_wrong_clock_on_our_side_changes_no_wait() -> None:
    headers = {"retry-after": "Sun, 22 Nov 2026 10:00:30 GMT", "date": "Sun, 22 Nov 2026 10:00:00 GMT"}
    assert {seconds_to_wait(headers, now) for now in (0, NOW, NOW + 86_400)} == {30}


def test_without_a_date_of_theirs_our_clock_stands_in() -> None:
    reset = {"x-ratelimit-remaining": "0", "x-ratelimit-reset": str(int(NOW) + 90)}
    assert seconds_to_wait(reset, NOW) == 91
    assert seconds_to_wait(reset | {"x-ratelimit-remaining": "12"}, NOW) == 60


@given(st.text(), st.text())
def test_words_are_one_plain_line_without_secrets(before: str, after: str) -> None:
    said = plain(before + TOKEN + after, (TOKEN,))
    assert TOKEN not in said
    assert len(said) <= 200
    assert said.isprintable() or not any(ord(c) < 32 for c in said)


def test_an_access_never_shows_its_secrets() -> None:
    access = github_access(app=App(1, 2, SecretStr("canary-key")))
    assert access.secrets == (TOKEN, "canary-key")
    assert TOKEN not in repr(access)
    assert "canary-key" not in repr(access)


def test_a_block_says_for_what_and_how_long() -> None:
    blocked = Blocked(17.4, "item", "jira-per-issue-on-write")
    assert str(blocked) == "jira-per-issue-on-write; wait 17 s (item)"


@pytest.mark.parametrize("desired", [{}, {"present": None}, {"present": "true"}])
def test_a_label_is_there_or_not(desired: dict[str, str | bool | None]) -> None:
    item = ItemId("jira", "northwind", "1")
    with pytest.raises(AssertionError, match="only labels under kr:"):
        label_of(Change(item=item, surface="label:kr:O1.KR2", desired=desired))


def test_facts_join_and_a_body_that_cannot_be_read_says_why() -> None:
    def unreadable() -> Facts:
        raise Malformed("issue.title: missing")

    assert readable(unreadable).ignored == "issue.title: missing"
    assert joined(Facts(wanted=("jira:PAY-1",)), Facts(wanted=("jira:PAY-2",))).wanted == (
        "jira:PAY-1",
        "jira:PAY-2",
    )
