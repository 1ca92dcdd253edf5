"""What people and the merge queue ask of us on GitHub; nobody is believed for what a body says."""

import json
from typing import Any

import pytest
from mutants import delivery

from linker import tags
from linker.model import Asked, Command, Facts, ItemId
from linker.trackers import SiteView
from webhooks import github as webhook

SITE = SiteView("github.com", "github", "https://github.com", bots=frozenset({"acme-sightline[bot]"}))
RECEIVED = 1_791_200_000_000
PULL, REPOSITORY = ItemId("github", "github.com", "4711#7"), ItemId("github", "github.com", "repo:4711")
HEAD, QUEUED = "a" * 40, "c" * 40


def read(event: str, body: dict[str, Any]) -> Facts:
    return webhook.parse({"x-github-event": event}, json.dumps(body).encode(), SITE, RECEIVED)


def commented(said: str, **more: Any) -> Facts:
    body = delivery("github.issue_comment")
    body["comment"]["body"] = said
    body["sender"] = {"login": "dev-one", "id": 11, "type": "User"}
    return read("issue_comment", body | more)


# --- what a line asks for ---


@pytest.mark.parametrize(
    ("line", "verb", "codes", "reason", "why"),
    [
        ("O1.KR2", "link", ("O1.KR2",), None, ""),
        ("o1.kr2, O2.KR1 since it is the retry", "link", ("o1.kr2", "O2.KR1"), None, "since it is the retry"),
        ("2026Q4/O1.KR2", "link", ("2026Q4/O1.KR2",), None, ""),
        ("remove O1.KR2 and O2.KR1", "unlink", ("O1.KR2", "O2.KR1"), None, ""),
        ("none ktlo certificate renewal", "exempt", (), "ktlo", "certificate renewal"),
        ("none - DEBT: the old client", "odd", (), None, ""),
        ("none", "odd", (), None, ""),
        ("none because I say so", "odd", (), None, ""),
        ("why", "why", (), None, ""),
        ("why not", "odd", (), None, ""),
        ("remove", "odd", (), None, ""),
        ("please", "odd", (), None, ""),
        ("", "odd", (), None, ""),
    ],
)
def test_a_line_asks_for_one_thing(
    line: str, verb: str, codes: tuple[str, ...], reason: str | None, why: str
) -> None:
    found = tags.commanded(line)
    assert (found.verb, found.codes, found.reason, found.why) == (verb, codes, reason, why)


@pytest.mark.parametrize(
    "text",
    [
        "> /kr O1.KR2",
        "`/kr O1.KR2`",
        "```\n/kr O1.KR2\n```",
        "<!-- /kr O1.KR2 -->",
        "see /kr O1.KR2",
        "/krx O1.KR2",
    ],
)
def test_what_is_quoted_or_shown_commands_nothing(text: str) -> None:
    assert tags.command_lines(text) == ()


# --- comments ---


def test_a_comment_of_a_person_is_a_command() -> None:
    (command,) = commented("Looks good.\n\n/kr O1.KR2\n/kr why").commands
    assert command == Command(
        id=f"comment:github.com:77:{command.at}",
        item=ItemId("github", "github.com", "4711#8"),
        actor="dev-one",
        at=command.at,
        lines=("O1.KR2", "why"),
        answer="77",
    )


def test_a_comment_without_a_command_is_none() -> None:
    assert commented("Looks good.").commands == ()


@pytest.mark.parametrize(
    "sender",
    [
        {"login": "acme-sightline[bot]", "id": 1, "type": "Bot"},
        {"login": "helper[bot]", "id": 2, "type": "User"},
        {"login": "helper", "id": 2, "type": "Bot"},
        None,
    ],
)
def test_bots_command_nothing(sender: dict[str, Any] | None) -> None:
    assert commented("/kr O1.KR2", sender=sender).commands == ()


def test_an_edit_that_leaves_the_commands_alone_is_no_new_command() -> None:
    before = {"body": {"from": "Loks good.\n/kr O1.KR2"}}
    assert commented("Looks good.\n/kr O1.KR2", action="edited", changes=before).commands == ()


def test_an_edit_is_answered_for_by_whoever_made_it() -> None:
    before = {"body": {"from": "/kr O1.KR2"}}
    (command,) = commented("/kr O2.KR1", action="edited", changes=before).commands
    assert (command.actor, command.lines) == ("dev-one", ("O2.KR1",))
    (gone,) = commented("Never mind.", action="edited", changes=before).commands
    assert gone.lines == ()


def test_a_deleted_comment_changes_nothing() -> None:
    assert commented("/kr O1.KR2", action="deleted").commands == ()


# --- our check ---


def test_a_re_run_is_of_the_item_that_we_wrote_on_the_check() -> None:
    facts = read("check_run", delivery("github.check_run"))
    assert facts.asked == (Asked(item=PULL, sha=HEAD, at=RECEIVED, why="rerun"),)


def test_of_a_fork_without_our_word_it_is_of_the_repository() -> None:
    body = delivery("github.check_run")
    body["check_run"] |= {"external_id": "", "pull_requests": []}
    assert read("check_run", body).asked[0].item == REPOSITORY
    assert read("check_suite", delivery("github.check_suite")).asked[0].item == REPOSITORY


def test_the_item_of_another_site_is_not_believed() -> None:
    body = delivery("github.check_run")
    body["check_run"]["external_id"] = "github:elsewhere:1#1"
    assert read("check_run", body).asked[0].item == PULL  # GitHub's own word


@pytest.mark.parametrize("event", ["check_run", "check_suite"])
@pytest.mark.parametrize("action", ["created", "completed", "requested"])
def test_that_a_check_was_made_or_ended_asks_nothing(event: str, action: str) -> None:
    assert read(event, delivery(f"github.{event}") | {"action": action}).ignored


def test_the_check_of_somebody_else_is_not_ours() -> None:
    body = delivery("github.check_run")
    body["check_run"]["name"] = "build"
    assert read("check_run", body).ignored


@pytest.mark.parametrize(
    ("identifier", "line"),
    [("kr:O1.KR2", "O1.KR2 by a button of the check"), ("none:ktlo", "none ktlo by a button of the check")],
)
def test_a_button_is_a_command(identifier: str, line: str) -> None:
    body = delivery("github.check_run.requested_action")
    body["requested_action"]["identifier"] = identifier
    (command,) = read("check_run", body).commands
    assert (command.item, command.actor, command.lines, command.answer) == (PULL, "dev-one", (line,), "")


def test_more_asks_for_the_link() -> None:
    body = delivery("github.check_run.requested_action")
    body["requested_action"]["identifier"] = "more"
    assert read("check_run", body).asked[0].why == "more"


def test_a_button_that_we_never_drew_does_nothing() -> None:
    body = delivery("github.check_run.requested_action")
    body["requested_action"]["identifier"] = "lgtm|26764"
    assert read("check_run", body).ignored


# --- the merge queue ---


def test_the_queue_asks_for_a_check_of_its_own_commit() -> None:
    facts = read("merge_group", delivery("github.merge_group"))
    assert facts.asked == (Asked(item=PULL, sha=QUEUED, at=RECEIVED, why="queue"),)


def test_a_group_that_is_gone_asks_no_more() -> None:
    facts = read("merge_group", delivery("github.merge_group") | {"action": "destroyed"})
    assert facts.asked[0].why == "unqueue"


@pytest.mark.parametrize(
    "branch", ["refs/heads/main", "refs/heads/gh-readonly-queue/main/pr-x", "refs/heads/x"]
)
def test_a_group_whose_branch_names_no_pull_request_is_left(branch: str) -> None:
    body = delivery("github.merge_group")
    body["merge_group"]["head_ref"] = branch
    assert read("merge_group", body).ignored
