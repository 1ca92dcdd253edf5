"""What lies beside an issue of the fake Jira: comments, remote links and properties."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from webhooks.simulator import places_jira as places
from webhooks.simulator.company import JIRA_URL, OUR_ACCOUNT
from webhooks.simulator.deliveries import Json
from webhooks.simulator.fakes.jira_answers import (
    NotThereError,
    RefusalError,
    asked,
    between,
    known_issue,
    state,
)
from webhooks.simulator.fakes.jira_state import Issue

beside = Blueprint("beside", __name__)


@beside.route("/issue/<key>/comment", methods=["GET", "POST"])
def comments(version: int, key: str) -> Any:
    """The comments below an issue, or one more."""
    held = known_issue(key)
    if request.method == "GET":
        return between(held.comments, "comments", 100)
    said = asked().get("body")
    if not said or (version == 2 and not isinstance(said, str)):
        raise RefusalError([], {"comment": "Comment body can not be empty!"})
    number, now, us = 800001 + len(state().ledger.calls), places.time(state().now), places.user(OUR_ACCOUNT)
    told = {
        "self": f"{held.now()['self']}/comment/{number}", "id": str(number), "author": us, "body": said,
        "updateAuthor": us, "created": now, "updated": now, "jsdPublic": True,
    }  # fmt: skip
    held.comments.append(told)
    _tell_comment("comment_created", held, told)
    return jsonify(told), 201


@beside.route("/issue/<key>/comment/<number>", methods=["GET", "PUT"])
def comment(version: int, key: str, number: str) -> Response:
    """Read or edit one comment."""
    held = known_issue(key)
    told = next((told for told in held.comments if told["id"] == number), None)
    if told is None:
        raise NotThereError("Can not find a comment for the id: " + number)
    if request.method == "PUT":
        told |= {
            "body": asked().get("body"),
            "updated": places.time(state().now),
            "updateAuthor": places.user(OUR_ACCOUNT),
        }
        _tell_comment("comment_updated", held, told)
    return jsonify(told)


@beside.route("/issue/<key>/remotelink", methods=["GET", "POST"])
def remote_links(version: int, key: str) -> Any:
    """Links to elsewhere; the same globalId again changes the link it made before."""
    held = known_issue(key)
    if request.method == "GET":
        return jsonify(held.links)
    body = asked()
    thing = body.get("object")
    if not isinstance(thing, dict) or not thing.get("url") or not thing.get("title"):
        raise RefusalError([], {"object": "'url' and 'title' are required."})
    old = next(
        (told for told in held.links if body.get("globalId") and told.get("globalId") == body["globalId"]),
        None,
    )
    number = old["id"] if old else 10000 + len(held.links)
    told = {
        "id": number,
        "self": f"{JIRA_URL}/rest/api/2/issue/{held.now()['key']}/remotelink/{number}",
        **body,
    }
    held.links = [*(known for known in held.links if known is not old), told]
    return jsonify(id=number, self=told["self"]), 200 if old else 201


@beside.get("/issue/<key>/properties")
def properties(version: int, key: str) -> Response:
    """The names of an issue's properties."""
    held = known_issue(key)
    return jsonify(
        keys=[{"self": f"{held.now()['self']}/properties/{name}", "key": name} for name in held.properties]
    )


@beside.route("/issue/<key>/properties/<name>", methods=["GET", "PUT", "DELETE"])
def issue_property(version: int, key: str, name: str) -> Any:
    """One property: any JSON of up to 32,768 letters."""
    held = known_issue(key)
    if request.method == "PUT":
        if len(request.data) > 32768 or request.get_json(force=True, silent=True) is None:
            raise RefusalError(["The property value is not valid JSON, or too long."])
        fresh = name not in held.properties
        held.properties[name] = request.get_json(force=True)
        return "", 201 if fresh else 200
    if name not in held.properties:
        raise NotThereError(f"The property '{name}' does not exist.")
    if request.method == "DELETE":
        del held.properties[name]
        return "", 204
    return jsonify(key=name, value=held.properties[name])


def _tell_comment(event: str, held: Issue, told: Json) -> None:
    issue_now = held.now()
    sketch = issue_now | {
        "fields": {
            name: issue_now["fields"][name]
            for name in ("summary", "issuetype", "project", "status", "priority")
        }
    }
    moment = state().now
    state().deliver(
        event, {"timestamp": places.millis(moment), "webhookEvent": event, "comment": told, "issue": sketch}
    )
