"""What can be written to the fake GitHub; each label, milestone, status and comment sends its webhook."""

from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request

from webhooks.simulator import events_github as events
from webhooks.simulator import places_github as places
from webhooks.simulator.company import OUR_BOT, REPOSITORY
from webhooks.simulator.deliveries import Json, stable_number
from webhooks.simulator.fakes.github_answers import (
    RefusalError,
    asked,
    asked_object,
    invalid,
    known_item,
    known_repository,
    state,
    text,
)
from webhooks.simulator.fakes.github_reads import all_labels, held_shas
from webhooks.simulator.fakes.github_state import Held, shown_as_issue
from webhooks.simulator.shapes_github import comment as comment_shape

writes = Blueprint("writes", __name__)

_STATES = ("error", "failure", "pending", "success")
_REACTIONS = ("+1", "-1", "laugh", "confused", "heart", "hooray", "rocket", "eyes")
_HEX = set("0123456789abcdefABCDEF")


@writes.post("/repos/<owner>/<name>/labels")
def make_label(owner: str, name: str) -> tuple[Response, int]:
    """Make a label: its name once, its colour in six hex digits without `#`."""
    full, body = known_repository(owner, name), asked_object()
    wanted = text(body, "name", "Label", longest=50, needed=True) or ""
    colour = body.get("color", "ededed")
    if not isinstance(colour, str) or len(colour) != 6 or not _HEX.issuperset(colour):
        raise invalid("Label", "color")
    description = text(body, "description", "Label", longest=100)
    if wanted.lower() in {known.lower() for known in all_labels(full)}:
        raise invalid("Label", "name", "already_exists")
    return jsonify(_made_label(full, wanted, colour.lower(), description)), 201


@writes.post("/repos/<owner>/<name>/issues/<int:number>/labels")
def add_labels(owner: str, name: str, number: int) -> Response:
    """Put labels on; one that the repository lacks is made, one that is on already changes nothing."""
    full, held = known_item(owner, name, number)
    body = asked()
    wanted = body.get("labels") if isinstance(body, dict) else body
    wanted = (
        [label.get("name") if isinstance(label, dict) else label for label in wanted]
        if isinstance(wanted, list)
        else None
    )
    if wanted is None or not all(isinstance(label, str) and label.strip() for label in wanted):
        raise invalid("Label", "name")
    for label in wanted:
        if len(label) > 50:
            raise invalid("Label", "name", "custom", "name is too long (maximum is 50 characters)")
    for label in wanted:
        if label not in {told["name"] for told in held.now(full)["labels"]}:
            if label not in all_labels(full):
                _made_label(full, label, "ededed", None)
            _write_label(full, held, label, True)
    return jsonify(held.now(full)["labels"])


@writes.delete("/repos/<owner>/<name>/issues/<int:number>/labels/<path:label>")
def remove_label(owner: str, name: str, number: int, label: str) -> Response:
    """Take a label off; 404 when it is not on."""
    full, held = known_item(owner, name, number)
    if label not in {told["name"] for told in held.now(full)["labels"]}:
        raise RefusalError(404, "Label does not exist")
    _write_label(full, held, label, False)
    return jsonify(held.now(full)["labels"])


@writes.patch("/repos/<owner>/<name>/issues/<int:number>")
def edit(owner: str, name: str, number: int) -> Response:
    """Give an issue or pull request a milestone by its number, or none (null).

    Who may not write to the repository is answered as if it had been done, and nothing is changed.
    """
    full, held = known_item(owner, name, number)
    body = asked_object()
    if "milestone" in body and state().pushes:
        _plan(full, held, _milestone(full, body["milestone"]))
    return jsonify(shown_as_issue(full, held))


@writes.post("/repos/<owner>/<name>/statuses/<sha>")
def make_status(owner: str, name: str, sha: str) -> tuple[Response, int]:
    """Write a commit status on a commit that is there."""
    full, body = known_repository(owner, name), asked_object()
    if body.get("state") not in _STATES:
        raise invalid("Status", "state", "custom", "State is not included in the list")
    description = text(body, "description", "Status", longest=140)
    context = text(body, "context", "Status", longest=255) or "default"
    target = text(body, "target_url", "Status", longest=2000)
    if target is not None and not target.startswith(("http://", "https://")):
        raise invalid("Status", "target_url", "custom", "target_url must use http(s) scheme")
    if sha not in held_shas(full):
        raise RefusalError(422, f"No commit found for SHA: {sha}")
    moment = state().now
    number = stable_number(f"status-{sha}-{context}-{len(state().ledger.calls)}")
    at = f"{places.API}/repos/{full}/statuses/{sha}"
    told = {
        "url": at, "avatar_url": places.user(OUR_BOT)["avatar_url"], "id": number,
        "node_id": f"SC_{number:x}", "state": body["state"], "description": description, "target_url": target,
        "context": context, "created_at": places.time(moment), "updated_at": places.time(moment),
        "creator": places.user(OUR_BOT),
    }  # fmt: skip
    state().statuses.setdefault((full, sha), []).append(told)
    state().deliver(
        "status", _about(full, events.status_event(_short(full), told | {"sha": sha}, "", moment))
    )
    return jsonify(told), 201


@writes.post("/repos/<owner>/<name>/issues/<int:number>/comments")
def make_comment(owner: str, name: str, number: int) -> tuple[Response, int]:
    """Say something below an issue or pull request."""
    full, held = known_item(owner, name, number)
    said = text(asked_object(), "body", "IssueComment", longest=65536, needed=True) or ""
    moment = state().now
    comment_id = stable_number(f"comment-{full}-{number}-{len(state().ledger.calls)}")
    told = comment_shape(_short(full), number, comment_id, moment, OUR_BOT, said)
    state().comments.setdefault((full, number), []).append(told)
    _tell_comment("created", full, held, told)
    return jsonify(told), 201


@writes.route("/repos/<owner>/<name>/issues/comments/<int:comment_id>", methods=["GET", "PATCH", "DELETE"])
def comment(owner: str, name: str, comment_id: int) -> Any:
    """Read, edit or delete one comment."""
    full = known_repository(owner, name)
    for (repository, number), listed in state().comments.items():
        for told in listed:
            if repository == full and told["id"] == comment_id:
                if request.method == "GET":
                    return jsonify(told)
                held = state().items[repository, number]
                if request.method == "DELETE":
                    listed.remove(told)
                    _tell_comment("deleted", full, held, told)
                    return "", 204
                told["body"] = text(asked_object(), "body", "IssueComment", longest=65536, needed=True)
                told["updated_at"] = places.time(state().now)
                _tell_comment("edited", full, held, told)
                return jsonify(told)
    raise RefusalError(404, "Not Found")


@writes.post("/repos/<owner>/<name>/issues/comments/<int:comment_id>/reactions")
def react(owner: str, name: str, comment_id: int) -> tuple[Response, int]:
    """React to a comment; the same reaction twice is one."""
    full, content = known_repository(owner, name), asked_object().get("content")
    if content not in _REACTIONS:
        raise invalid("Reaction", "content")
    held = next(
        (
            told
            for (repository, _), listed in state().comments.items()
            if repository == full
            for told in listed
            if told["id"] == comment_id
        ),
        None,
    )
    if held is None:
        raise RefusalError(404, "Not Found")
    mine: list[str] = held.setdefault("_ours", [])
    again = content in mine
    if not again:
        mine.append(content)
        held["reactions"] = held["reactions"] | {
            content: held["reactions"][content] + 1,
            "total_count": held["reactions"]["total_count"] + 1,
        }
    number = stable_number(f"reaction-{comment_id}-{content}")
    told = {
        "id": number,
        "node_id": f"REA_{number:x}",
        "user": places.user(OUR_BOT),
        "content": content,
        "created_at": places.time(state().now),
    }
    return jsonify(told), 200 if again else 201


def _short(full: str) -> str:
    return full.partition("/")[2]


def _about(full: str, body: Json) -> Json:
    """A body about the repository as the fake holds it, also one of somebody else's company."""
    return body | {"repository": state().repositories[full]}


def _made_label(full: str, name: str, colour: str, description: str | None) -> Json:
    told = places.label(_short(full), name) | {"color": colour, "description": description}
    state().labels.setdefault(full, {})[name] = told
    body = events.envelope("created", _known(full), OUR_BOT, label=told)
    state().deliver("label", _about(full, body))
    return told


def _write_label(full: str, held: Held, label: str, present: bool) -> None:
    moment = state().now
    told = held.now(full)
    if (places.time(moment) or "") <= told["updated_at"]:
        moment = _after(told["updated_at"])
    held.write(label, present, moment)
    shown = next(
        (known for name, known in all_labels(full).items() if name == label),
        places.label(_short(full), label),
    )
    more: Json = {held.part: held.now(full), "label": shown}
    if held.part == "pull_request":
        more["number"] = told["number"]
    body = events.envelope("labeled" if present else "unlabeled", _known(full), OUR_BOT, **more)
    state().deliver("pull_request" if held.part == "pull_request" else "issues", _about(full, body))


def _milestone(full: str, number: Any) -> Json | None:
    if number is None:
        return None
    found = state().milestones.get(full, {}).get(number) if type(number) is int else None
    if found is None:
        raise invalid("Issue", "milestone")
    return found


def _plan(full: str, held: Held, milestone: Json | None) -> None:
    """Change the milestone; GitHub tells the leaving first, and both with the issue as it is in the end."""
    told = held.now(full)
    before = told["milestone"]
    if (before or {}).get("number") == (milestone or {}).get("number"):
        return
    moment = state().now
    if (places.time(moment) or "") <= told["updated_at"]:
        moment = _after(told["updated_at"])
    held.plan(milestone, moment)
    for action, about in (("demilestoned", before), ("milestoned", milestone)):
        if about is not None:
            more: Json = {held.part: held.now(full), "milestone": about}
            if held.part == "pull_request":
                more["number"] = told["number"]
            event = "pull_request" if held.part == "pull_request" else "issues"
            state().deliver(event, _about(full, events.envelope(action, _known(full), OUR_BOT, **more)))


def _after(moment: str) -> datetime:
    return datetime.fromisoformat(moment) + timedelta(seconds=1)


def _tell_comment(action: str, full: str, held: Held, told: Json) -> None:
    shown = {name: value for name, value in told.items() if name != "_ours"}
    body = events.envelope(action, _known(full), OUR_BOT, issue=shown_as_issue(full, held), comment=shown)
    state().deliver("issue_comment", _about(full, body))


def _known(full: str) -> str:
    """A repository of the company whose shape can stand for another one."""
    short = _short(full)
    return short if short in REPOSITORY else "platform"
