"""A pull request's check from end to end: one conclusion for each commit, and no write without news."""

import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
import scenarios as s
from checked import FIRST, SECOND, THIRD, Checked, checked, sha, told

from linker.store import Store
from linker.store.deliveries import Parcel

EPIC, TICKET = (10003, "PAY-3"), (10012, "PAY-12")


@pytest.fixture
def here(store: Store, tmp_path: Path) -> Iterator[Checked]:
    with checked(store, tmp_path) as made:
        yield made


def epic(minutes: float, tagged: str) -> Parcel:
    return s.epic(*EPIC, minutes, title="The basket", body=f"KR: {tagged}" if tagged else "")


def titles(here: Checked, numbers: Iterable[int]) -> set[str]:
    return {here.check(sha(number))["output"]["title"] for number in numbers}


# --- one conclusion


def test_a_verdict_that_is_known_at_once_is_completed_at_once(here: Checked) -> None:
    here.open(7, title="O1.KR1: cache the quote")
    run = here.check(sha(7))
    assert (run["status"], run["conclusion"]) == ("completed", "success")
    assert run["output"]["title"] == "Serves O1.KR1"
    assert here.writes() == {"POST check-runs": 1, "POST labels": 2}  # the label is made, then set


def test_what_names_nothing_is_told_after_its_commits_were_read(here: Checked) -> None:
    here.open(7, title="Cache the quote")
    run = here.check(sha(7))
    assert (run["conclusion"], run["output"]["title"]) == ("neutral", "No key result found")
    assert here.writes() == {"POST check-runs": 1}


def test_an_event_that_changes_nothing_writes_nothing(here: Checked) -> None:
    here.open(7, title="Cache the quote")
    before = here.writes()
    for action, more in (
        ("edited", {}), ("labeled", {"label": "big"}), ("ready_for_review", {}), ("assigned", {}),
    ):  # fmt: skip
        here.tell(here.pull(7, action=action, title="Cache the quote", **more))
    assert here.writes() == before


def test_a_new_title_is_a_new_verdict_on_the_same_run(here: Checked) -> None:
    here.open(7, title="Cache the quote")
    here.tell(here.pull(7, title="O1.KR1: cache the quote"))
    run = here.check(sha(7))
    assert (run["conclusion"], run["output"]["title"]) == ("success", "Serves O1.KR1")
    assert here.writes()["PATCH check-runs"] == 1


def test_a_code_that_nobody_knows_is_noticed_though_it_links_nothing(here: Checked) -> None:
    here.open(7, title="Cache the quote")
    here.tell(here.pull(7, title="Cache the quote", body="KR: O9.KR9"))
    assert here.check(sha(7))["output"]["title"] == "Unknown key result O9.KR9"
    here.tell(here.pull(7, title="Cache the quote", body="KR: O9.KR8"))
    assert here.check(sha(7))["output"]["title"] == "Unknown key result O9.KR8"


def test_each_push_gets_a_run_of_its_own(here: Checked) -> None:
    here.open(7, title="O1.KR1: cache the quote")
    here.tell(here.pull(7, action="synchronize", title="O1.KR1: cache the quote", sha=sha(7, 2)))
    assert [here.check(sha(7, version))["conclusion"] for version in (1, 2)] == ["success", "success"]
    assert here.writes()["PATCH check-runs"] == 0


# --- it stays true


def test_a_re_parented_epic_updates_every_open_head_once(here: Checked) -> None:
    here.tell(epic(2, "O1.KR1"), s.ticket(*TICKET, 3, parent=EPIC))
    for number in range(1, 9):
        here.open(number, title=f"PAY-12: part {number}")
    assert titles(here, range(1, 9)) == {"Serves O1.KR1 via PAY-12"}
    here.tell(epic(200, "O1.KR2"))
    assert titles(here, range(1, 9)) == {"Serves O1.KR2 via PAY-12"}
    assert here.writes()["PATCH check-runs"] == 8
    here.tell(epic(201, "O1.KR2"))
    assert here.writes()["PATCH check-runs"] == 8


def test_a_dropped_key_result_is_told_everywhere_without_its_private_reason(here: Checked) -> None:
    here.open(7, title="O1.KR1: cache the quote")
    here.tell(s.loaded(150, s.dropped("O1.KR1"), SECOND, THIRD))
    run = here.check(sha(7))
    assert run["conclusion"] == "neutral"
    assert "dropped on 6 October 2026" in run["output"]["summary"]
    assert "no budget" not in str(run)


def test_how_far_the_way_goes_is_told_anew(here: Checked) -> None:
    here.tell(s.ticket(*TICKET, 3))
    here.open(7, title="PAY-12: cache the quote")
    assert here.check(sha(7))["output"]["title"] == "PAY-12 serves no key result"
    here.tell(epic(110, ""), s.ticket(*TICKET, 111, parent=EPIC))
    assert here.check(sha(7))["output"]["title"] == "PAY-3 has no key result"


def test_a_check_of_an_old_head_is_left_as_it_was(here: Checked) -> None:
    here.open(7, title="Cache the quote")
    here.tell(here.pull(7, action="synchronize", title="Cache the quote", sha=sha(7, 2)))
    here.tell(here.pull(7, title="O1.KR1: cache the quote", sha=sha(7, 2)))
    assert [here.check(sha(7, version))["conclusion"] for version in (1, 2)] == ["neutral", "success"]


def test_a_closed_pull_request_is_left_alone(here: Checked) -> None:
    here.open(7, title="O1.KR1: cache the quote")
    here.tell(here.pull(7, action="closed", title="O1.KR1: cache the quote", state="closed", merged=True))
    before = here.writes()
    here.tell(s.loaded(150, s.dropped("O1.KR1"), SECOND, THIRD))
    assert here.writes() == before


# --- what people ask


def test_a_re_run_is_answered_once(here: Checked) -> None:
    here.open(7, title="O1.KR1: cache the quote")
    again = _check_run(here, 7, "rerequested")
    here.tell(again)
    here.tell(again)
    assert here.check(sha(7))["external_id"].startswith("github:github.com:4711#7@")
    assert here.writes()["PATCH check-runs"] == 1


def test_a_re_run_of_an_old_commit_says_that_it_is_old(here: Checked) -> None:
    here.open(7, title="O1.KR1: cache the quote")
    here.tell(here.pull(7, action="synchronize", title="O1.KR1: cache the quote", sha=sha(7, 2)))
    here.tell(_check_run(here, 7, "rerequested"))
    assert here.check(sha(7))["output"]["title"] == "A newer commit is checked"
    assert here.check(sha(7, 2))["output"]["title"] == "Serves O1.KR1"


def test_more_answers_with_a_link(here: Checked) -> None:
    here.open(7, title="Cache the quote")
    here.tell(_check_run(here, 7, "requested_action", requested_action={"identifier": "more"}))
    page = "https://sightline.example.com/items/github:acme/pay%237"
    assert page in here.check(sha(7))["output"]["summary"]


def test_one_click_links(here: Checked) -> None:
    here.github.permissions["maintainer"] = "write"
    here.open(7, title="Cache the quote")
    button = {"identifier": "kr:O1.KR2"}
    here.tell(_check_run(here, 7, "requested_action", requested_action=button, by="maintainer"))
    assert here.check(sha(7))["output"]["title"] == "Serves O1.KR2"


def test_the_merge_queue_gets_the_verdict_on_its_own_commit(here: Checked) -> None:
    here.open(7, title="O1.KR1: cache the quote")
    queued = "c" * 40
    group = {
        "head_sha": queued, "base_sha": "b0", "base_ref": "refs/heads/main",
        "head_ref": f"refs/heads/gh-readonly-queue/main/pr-7-{'d' * 40}",
    }  # fmt: skip
    here.github.extra_shas.add(queued)
    here.tell(_event("merge_group", here, {"action": "checks_requested", "merge_group": group}))
    run = here.check(queued)
    assert (run["conclusion"], run["output"]["title"]) == ("success", "Serves O1.KR1")


def _check_run(here: Checked, number: int, action: str, by: str = "developer", **more: object) -> Parcel:
    run = here.runs(sha(number))[-1]
    return _event("check_run", here, {"action": action, "check_run": run, **more}, by)


def _event(event: str, here: Checked, body: dict[str, object], by: str = "developer") -> Parcel:
    here.minute += 1
    sender = {"login": by, "id": 5, "type": "User"}
    repository = {"id": 4711, "full_name": "acme/pay", "private": True, "updated_at": s.iso(0)}
    return s.github_event(event, body | {"repository": repository, "sender": sender}, here.minute)


# --- a required check


def test_a_requirement_fails_and_says_that_it_blocks(store: Store, tmp_path: Path) -> None:
    with checked(store, tmp_path, FIRST, check="required") as here:
        here.open(7, title="Cache the quote")
        run = here.check(sha(7))
        assert run["conclusion"] == "failure"
        assert "blocks the merge" in run["output"]["summary"]


def test_off_says_nothing(store: Store, tmp_path: Path) -> None:
    with checked(store, tmp_path, FIRST, check="off") as here:
        here.open(7, title="Cache the quote")
        assert here.writes() == {}


def test_bots_are_exempt_by_rule(here: Checked) -> None:
    here.tell(s.pull(7, 101, action="opened", title="Bump x", sha=sha(7), author="renovate[bot]"))
    assert here.check(sha(7))["output"]["title"] == "Exempt: keeping the lights on"


# --- what it waits for


def test_what_is_not_read_yet_is_in_progress_and_ends_by_itself(here: Checked) -> None:
    here.github.faults.fail("/repos/acme/pay/issues/3", 502)
    here.open(7, title="Cache the quote", body="Closes #3")
    assert here.runs(sha(7)) == []  # an answer may still come in a moment
    here.later(0.1)
    assert here.check(sha(7))["status"] == "in_progress"
    here.later(11)
    run = here.check(sha(7))
    assert (run["status"], run["conclusion"]) == ("completed", "neutral")
    assert run["output"]["title"] == "Could not read acme/pay#3"
    here.github.faults.clear()
    here.tell(s.issue(3, 200, title="The quote", body="KR: O1.KR1"))
    here.later(120)
    assert here.check(sha(7))["output"]["title"] == "Serves O1.KR1 via acme/pay#3"


def test_a_push_while_it_is_decided_ends_the_old_check(here: Checked) -> None:
    here.github.faults.fail("/repos/acme/pay/issues/3", 502)
    here.open(7, title="Cache the quote", body="Closes #3")
    here.later(0.1)
    here.tell(here.pull(7, action="synchronize", title="O1.KR1: cache", sha=sha(7, 2)))
    old, new = here.check(sha(7)), here.check(sha(7, 2))
    assert (old["status"], old["conclusion"]) == ("completed", "neutral")
    assert old["output"]["title"] == "A newer commit is checked"
    assert new["output"]["title"] == "Serves O1.KR1"


def test_commits_can_speak_for_it(here: Checked) -> None:
    message = "Cache the quote\n\nKR: O1.KR2"
    here.github.commit_messages[sha(7)] = message
    here.open(7, title="Cache the quote")
    assert here.check(sha(7))["output"]["title"] == "Serves O1.KR2"


# --- private stays private

CANARY = "canary-93b1"


def test_no_title_of_a_ticket_reaches_a_check(here: Checked, capsys: pytest.CaptureFixture[str]) -> None:
    title, body = f"{CANARY} acquisition", f"{CANARY} for the board\n\nKR: O9.KR9"
    here.tell(s.epic(*EPIC, 2, title=title, body=body))
    here.tell(s.ticket(*TICKET, 3, parent=EPIC, title=title, body=body))
    here.github.permissions["maintainer"] = "write"
    for number, said in enumerate(
        ("PAY-12: cache", "Refs PAY-12", "Cache", "PAY-99: cache", "O1.KR1: cache", "PAY-3: cache"), 1
    ):
        here.open(number, title=said)
        here.tell(_check_run(here, number, "rerequested"))
        for button in ("more", "none:ktlo"):
            clicked = {"identifier": button}
            here.tell(_check_run(here, number, "requested_action", "maintainer", requested_action=clicked))
    here.tell(s.loaded(150, s.dropped("O1.KR1"), SECOND, THIRD))
    sent = " ".join(call.body for call in here.github.ledger.calls)
    assert "PAY-12" in sent
    assert CANARY not in sent
    assert "no budget" not in sent
    assert CANARY not in capsys.readouterr().out


def test_an_epic_that_is_not_read_yet_may_still_speak_for_it(here: Checked) -> None:
    here.github.faults.fail("/repos/acme/pay/issues/4", 502)
    below = s.issue(3, 3, title="The quote")
    here.tell(_below(below, 4))
    here.open(7, title="Cache the quote", body="Closes #3")
    here.later(0.1)
    assert here.check(sha(7))["output"]["title"] == "Reading acme/pay#4"
    here.github.faults.clear()
    here.tell(s.issue(4, 200, title="The basket", body="KR: O1.KR1"))
    here.later(120)
    assert here.check(sha(7))["output"]["title"] == "Serves O1.KR1 via acme/pay#3"


def _below(parcel: Parcel, parent: int) -> Parcel:
    body = told(parcel)
    body["issue"]["parent_issue_url"] = f"https://api.github.com/repos/acme/pay/issues/{parent}"
    return parcel._replace(body=json.dumps(body).encode())
