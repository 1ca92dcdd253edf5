"""Issues of the fake Jira: reading, searching, labels, fields and sprints."""

import base64
import json
from collections.abc import Iterable
from typing import Any

from flask import Blueprint, Response, jsonify, request

from webhooks.simulator import places_jira as places
from webhooks.simulator.deliveries import Json
from webhooks.simulator.events_jira import item
from webhooks.simulator.fakes.jira_answers import (
    RefusalError,
    asked,
    between,
    known_issue,
    refuse,
    state,
)
from webhooks.simulator.fakes.jira_state import Issue
from webhooks.simulator.fakes.jql import BadQueryError, parse

issues = Blueprint("issues", __name__)

_SETTABLE = {"labels", "summary", "description", places.KR_FIELD, places.POINTS_FIELD}
_LONGEST_LABEL = 255
_PAGE = 100
_MOST_MOVED = 50


@issues.get("/issue/<key>")
def issue(version: int, key: str) -> Response:
    """One issue by id, key or former key; `expand=changelog` adds its newest hundred histories."""
    held = known_issue(key)
    wanted = request.args.get("fields", "*all").split(",")
    return jsonify(_shown(held, wanted, request.args.get("expand", ""), version))


@issues.get("/issue/<key>/changelog")
def changelog(version: int, key: str) -> Response:
    """The whole history, oldest first, in pages."""
    return between(known_issue(key).changelog(), largest=_PAGE)


@issues.put("/issue/<key>")
def edit(version: int, key: str) -> Any:
    """Labels one by one (`update`), or fields as a whole; nothing is answered when it is done."""
    held, body = known_issue(key), asked()
    update, fields = body.get("update", {}), body.get("fields", {})
    unknown = {
        name: f"Field '{name}' cannot be set. It is not on the appropriate screen, or unknown."
        for name in {*update, *fields} - _SETTABLE
    }
    if unknown:
        raise RefusalError([], unknown)
    add, remove = _label_steps(update.get("labels", []))
    if "labels" in fields:
        wanted = {_label(name) for name in fields["labels"]}
        add, remove = wanted, set(held.now()["fields"]["labels"]) - wanted
    items = [_set(held, name, value) for name, value in fields.items() if name != "labels"]
    if items:
        state().change(held, items)
    state().set_labels(held, add, remove)
    return "", 204


@issues.route("/search", methods=["GET", "POST"])
def removed(version: int) -> Any:
    """The old search is gone."""
    return refuse(
        410, ["The requested API has been removed. Please migrate to the /rest/api/3/search/jql API."]
    )


@issues.route("/search/jql", methods=["GET", "POST"])
def search(version: int) -> Response:
    """Issues that fit a query, a page at a time; a token leads to the next one, and no total is told."""
    if request.method == "POST":
        query = asked()
    else:  # a list is given as one parameter, or as one parameter for each of its entries
        query = request.args.to_dict() | {"fields": ",".join(request.args.getlist("fields"))}
    fields = query.get("fields") or ["id"]
    wanted = fields.split(",") if isinstance(fields, str) else list(fields)
    found = _found(str(query.get("jql", "")))
    start, size = (
        _start(query.get("nextPageToken"), str(query.get("jql", ""))),
        min(_PAGE, int(query.get("maxResults") or 50)),
    )
    expand = query.get("expand") or ""
    shown = [
        _shown(state().issues[told["id"]], wanted, expand, version) for told in found[start : start + size]
    ]
    answer: Json = {"issues": shown, "isLast": start + size >= len(found)}
    if not answer["isLast"]:
        answer["nextPageToken"] = _token(start + size, str(query.get("jql", "")))
    return jsonify(answer)


@issues.post("/search/approximate-count")
def count(version: int) -> Response:
    """How many issues fit a query, about."""
    return jsonify(count=len(_found(str(asked().get("jql", "")))))


def in_sprint(told: Json, number: int) -> bool:
    """Whether an issue's sprint field holds a sprint."""
    return any(held["id"] == number for held in told["fields"].get(places.SPRINT_FIELD) or ())


def move(sprint: Json | None) -> Any:
    """Up to 50 issues into a sprint that is not closed, or into the backlog."""
    keys = asked().get("issues")
    if not isinstance(keys, list) or not keys or not all(isinstance(key, str) for key in keys):
        raise RefusalError(["The list of issues is empty, or an issue is no text."])
    if len(keys) > _MOST_MOVED:
        raise RefusalError([f"The number of issues exceeds the limit of {_MOST_MOVED}."])
    if sprint is not None and sprint["state"] == "closed":
        raise RefusalError(["Issues can be assigned to active or future sprints only."])
    held = [known_issue(key) for key in keys]
    if not state().schedules:
        return refuse(403, ["You do not have permission to schedule issues in this project."])
    if any(one.now()["fields"]["issuetype"]["subtask"] for one in held):
        raise RefusalError(["Sub-tasks cannot be moved: they follow the issue that they are part of."])
    value = None if sprint is None else _in_field(sprint)
    for one in held:
        state().set_sprint(one, value)
    return "", 204


def _in_field(told: Json) -> Json:
    """A sprint as the field of an issue holds it."""
    names = ("id", "name", "state", "goal", "startDate", "endDate")
    return {name: told.get(name) for name in names} | {"boardId": told["originBoardId"]}


def _shown(held: Issue, wanted: list[str], expand: Any, version: int) -> Json:
    told = state().shown(held)
    fields = {name: value for name, value in told["fields"].items() if _wanted(name, wanted)}
    if version == 3 and isinstance(fields.get("description"), str):
        fields["description"] = _document(fields["description"])
    head = {"expand": "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"}
    shown: Json = (
        head
        | {"id": told["id"], "self": told["self"], "key": told["key"]}
        | ({"fields": fields} if wanted != ["id"] else {})
    )
    if "changelog" in expand:
        histories = held.changelog()[::-1]
        shown["changelog"] = {
            "startAt": 0,
            "maxResults": min(_PAGE, len(histories)),
            "total": len(histories),
            "histories": histories[:_PAGE],
        }
    return shown


def _wanted(name: str, wanted: list[str]) -> bool:
    if f"-{name}" in wanted:
        return False
    return (
        name in wanted
        or "*all" in wanted
        or "*navigable" in wanted
        or all(field.startswith("-") for field in wanted)
    )


def _document(text: str) -> Json:
    """Text as Atlassian's document format: a paragraph each."""
    parts = [
        {"type": "paragraph", "content": [{"type": "text", "text": part}]}
        for part in text.split("\n\n")
        if part
    ]
    return {"type": "doc", "version": 1, "content": parts}


def _found(query: str) -> list[Json]:
    try:
        fits, ordered = parse(query, state().now)
    except BadQueryError as bad:
        raise RefusalError([str(bad)]) from None
    return ordered([told for held in state().issues.values() if fits(told := held.now())])


def _token(start: int, query: str) -> str:
    return base64.urlsafe_b64encode(json.dumps([start, query]).encode()).decode()


def _start(token: Any, query: str) -> int:
    if not token:
        return 0
    try:
        start, asked_before = json.loads(base64.urlsafe_b64decode(str(token)))
    except ValueError:
        raise RefusalError(["The nextPageToken is invalid or has expired."]) from None
    if asked_before != query:
        raise RefusalError(["The nextPageToken belongs to another query."])
    return int(start)


def _label_steps(steps: Iterable[Json]) -> tuple[set[str], set[str]]:
    add: set[str] = set()
    remove: set[str] = set()
    for step in steps:
        if not isinstance(step, dict) or len(step) != 1 or next(iter(step)) not in ("add", "remove", "set"):
            raise RefusalError([], {"labels": "An operation is one of add, remove and set."})
        for verb, name in step.items():
            (add if verb == "add" else remove).add(_label(name))
    return add, remove


def _label(name: Any) -> str:
    if not isinstance(name, str) or not name:
        raise RefusalError([], {"labels": "string expected at index 0"})
    if any(letter.isspace() for letter in name):
        raise RefusalError([], {"labels": f"The label '{name}' contains spaces which is invalid."})
    if len(name) > _LONGEST_LABEL:
        raise RefusalError([], {"labels": f"The label is longer than {_LONGEST_LABEL} characters."})
    return name


def _set(held: Issue, name: str, value: Any) -> Json:
    before = held.now()["fields"].get(name)
    held.fields[name] = value
    shown = {places.KR_FIELD: "Key result", places.POINTS_FIELD: "Story Points"}.get(name, name)
    texts = [None if part is None else str(part) for part in (before, value)]
    return item(shown, (None, texts[0]), (None, texts[1]), name)
