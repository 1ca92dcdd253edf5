"""`/kr` in comments: done for people who may write by the word of GitHub's API, for nobody else."""

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
import scenarios as s
from checked import FIRST, Checked, checked, sha, told
from sqlalchemy import select

from linker.store import Store
from linker.store.deliveries import Parcel
from linker.store.tables import decisions


@pytest.fixture
def store(empty_sqlite: Callable[[int], str]) -> Iterator[Store]:
    yield from s.in_memory(empty_sqlite)


@pytest.fixture
def here(store: Store, tmp_path: Path) -> Iterator[Checked]:
    with checked(store, tmp_path) as made:
        made.github.permissions |= {"maintainer": "write", "owner": "admin", "reader": "read", "gone": "none"}
        made.open(7, title="Cache the quote")
        yield made


def comment(
    here: Checked,
    said: str,
    by: str = "maintainer",
    own: int = 501,
    *,
    author: str | None = None,
    kind: str = "User",
    action: str = "created",
    before: str | None = None,
    association: str = "NONE",
) -> Parcel:
    """A comment below pull request 7, as GitHub sends it; `by` is who did it now."""
    here.minute += 1
    pull = told(here.pull(7, title="Cache the quote"))["pull_request"]
    issue = {name: pull[name] for name in ("id", "number", "title", "body", "state", "user", "labels")}
    issue |= {"created_at": pull["created_at"], "updated_at": pull["updated_at"], "closed_at": None}
    issue |= {"pull_request": {"url": "u", "merged_at": None}}
    body: dict[str, Any] = {
        "action": action,
        "issue": issue,
        "comment": {
            "id": own, "body": said, "user": {"login": author or by, "type": kind},
            "author_association": association, "created_at": s.iso(here.minute),
            "updated_at": s.iso(here.minute),
            "reactions": {"total_count": 0, "+1": 0, "-1": 0, "confused": 0},
        },
        "repository": {"id": 4711, "full_name": "acme/pay", "private": True, "updated_at": s.iso(0)},
        "sender": {"login": by, "type": kind},
    }  # fmt: skip
    if before is not None:
        body["changes"] = {"body": {"from": before}}
    return s.github_event("issue_comment", body, here.minute)


def reactions(here: Checked, own: int = 501) -> list[str]:
    """Our reactions to a comment."""
    comments = [held for listed in here.github.comments.values() for held in listed if held["id"] == own]
    return list(comments[0].get("_ours", [])) if comments else []


def title(here: Checked) -> str:
    return str(here.check(sha(7))["output"]["title"])


def kept(here: Checked) -> list[Any]:
    with here.store.read() as connection:
        return list(connection.execute(select(decisions)).all())


# --- who may


def test_a_command_is_done_and_answered_by_a_reaction(here: Checked) -> None:
    here.tell(comment(here, "/kr O1.KR2 since it is the retry"))
    assert (title(here), reactions(here)) == ("Serves O1.KR2", ["+1"])
    (decision,) = kept(here)
    assert (decision.content["permission"], decision.content["actor"]) == ("write", "maintainer")
    assert decision.content["why"] == "since it is the retry"
    assert here.writes()["POST comments"] == 0


def test_a_command_counts_once_however_often_it_comes(here: Checked) -> None:
    parcel = comment(here, "/kr O1.KR2")
    here.tell(parcel)
    before, asked = here.writes(), _permissions_asked(here)
    here.tell(parcel, parcel._replace(guid="another"))
    assert (here.writes(), _permissions_asked(here), len(kept(here))) == (before, asked, 1)


def _permissions_asked(here: Checked) -> int:
    return sum(call.path.endswith("/permission") for call in here.github.ledger.calls)


LINES = ("/kr O1.KR2", "/kr none ktlo because", "/kr remove O1.KR1", "/kr why", "/kr nonsense")
NOBODY = (
    {"by": "reader", "association": "MEMBER"},
    {"by": "gone", "association": "FIRST_TIME_CONTRIBUTOR"},
    {"by": "stranger", "association": "OWNER"},  # what the body says of rights is not believed
    {"by": "developer", "association": "CONTRIBUTOR"},  # who opened it
    {"by": "reader", "author": "maintainer", "action": "edited", "before": "/kr O1.KR1"},
    {"by": "helper[bot]", "kind": "Bot"},
    {"by": "sightline-northwind[bot]", "kind": "Bot"},
    {"by": "no such/login"},
)


@pytest.mark.parametrize(("line", "who"), list(product(LINES, NOBODY)))
def test_forty_commands_of_people_who_may_not(here: Checked, line: str, who: dict[str, Any]) -> None:
    here.github.permissions |= {"stranger": "none", "developer": "read"}
    before = title(here)
    here.tell(comment(here, line, **who))
    assert (title(here), kept(here)) == (before, [])
    assert reactions(here) == ([] if who.get("kind") == "Bot" else ["-1"])
    assert here.writes()["POST comments"] == 0
    assert "nonsense" not in str(here.check(sha(7))["output"])


# --- what they say


def test_an_exemption_needs_a_reason_code(here: Checked) -> None:
    here.tell(comment(here, "/kr none because I say so"))
    assert (reactions(here), kept(here)) == (["confused"], [])
    assert "`/kr none because I say so` is no command" in here.check(sha(7))["output"]["summary"]
    here.tell(comment(here, "/kr none ktlo certificate renewal", own=502))
    assert title(here) == "Exempt: keeping the lights on"
    assert "no command" not in here.check(sha(7))["output"]["summary"]


def test_an_unknown_code_is_told_with_the_nearest(here: Checked) -> None:
    here.tell(comment(here, "/kr O1.KR9"))
    assert reactions(here) == ["confused"]
    summary = here.check(sha(7))["output"]["summary"]
    assert "The catalogue holds no `O1.KR9`. The nearest is `O1.KR1`." in summary


def test_of_several_lines_all_are_done_or_none(here: Checked) -> None:
    here.tell(comment(here, "/kr O1.KR2\n/kr O9.KR9"))
    assert (kept(here), reactions(here)) == ([], ["confused"])
    here.tell(comment(here, "/kr O1.KR2\n/kr O2.KR1", own=502))
    assert title(here) == "Serves O1.KR2 and O2.KR1"


def test_an_edit_takes_back_what_the_comment_said_before(here: Checked) -> None:
    here.tell(comment(here, "/kr O1.KR1"))
    here.tell(comment(here, "/kr O1.KR2", action="edited", before="/kr O1.KR1"))
    assert title(here) == "Serves O1.KR2"
    here.tell(comment(here, "Never mind.", action="edited", before="/kr O1.KR2"))
    assert title(here) == "No key result found"


def test_the_later_word_holds(here: Checked) -> None:
    here.tell(comment(here, "/kr O1.KR1"))
    here.tell(comment(here, "/kr remove O1.KR1", by="owner", own=502))
    assert title(here) == "O1.KR1 was taken off by a person"
    here.tell(comment(here, "/kr O1.KR1", own=503))
    assert title(here) == "Serves O1.KR1"


def test_why_changes_nothing(here: Checked) -> None:
    before = title(here)
    here.tell(comment(here, "/kr why"))
    assert (title(here), reactions(here), kept(here)) == (before, ["+1"], [])


# --- trackers that do not answer, and comments where they are switched on


def test_rights_that_cannot_be_asked_for_are_asked_for_again(here: Checked) -> None:
    here.github.faults.fail("/repos/acme/pay/collaborators/*", 502, times=3)
    here.tell(comment(here, "/kr O1.KR2"))
    assert title(here) == "No key result found"
    here.later()
    here.later()
    assert (title(here), reactions(here)) == ("Serves O1.KR2", ["+1"])


def test_one_comment_is_kept_true(store: Store, tmp_path: Path) -> None:
    with checked(store, tmp_path, FIRST, comments=True) as here:
        here.open(7, title="Cache the quote")
        here.tell(here.pull(7, title="O1.KR1: cache the quote"))
        here.tell(here.pull(7, title="Cache the quote"))
        here.open(8, title="O1.KR1: cache the price")
        written = here.writes()
        assert (written["POST comments"], written["PATCH comments"]) == (1, 2)
        ((_, listed),) = [(place, held) for place, held in here.github.comments.items() if held]
        assert listed[0]["body"].startswith("<!-- sightline -->\n**No key result found**")
        assert len(listed[0]["body"].splitlines()) <= 17


def test_the_breaker_ends_a_loop(here: Checked) -> None:
    for own in range(510, 530):
        here.tell(comment(here, "/kr why", own=own))
    assert here.writes()["POST reactions"] == 5
