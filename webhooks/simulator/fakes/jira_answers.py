"""How the fake Jira answers: its refusals, and its two kinds of pages."""

from collections.abc import Mapping, Sequence
from typing import Any

from flask import Response, current_app, jsonify, request

from webhooks.simulator.deliveries import Json
from webhooks.simulator.fakes.jira_state import Issue, JiraState


class RefusalError(Exception):
    """A request that Jira would not accept: messages, and errors by field."""

    def __init__(self, messages: Sequence[str], errors: Mapping[str, str] | None = None) -> None:
        super().__init__("; ".join(messages))
        self.messages, self.errors = list(messages), dict(errors or {})


class NotThereError(Exception):
    """Something that Jira does not have, or would not show."""


def refuse(
    status: int, messages: Sequence[str], errors: Mapping[str, str] | None = None
) -> tuple[Response, int]:
    """An answer that says no, and why."""
    return jsonify(errorMessages=list(messages), errors=dict(errors or {})), status


def state() -> JiraState:
    """The state behind this request."""
    found: JiraState = current_app.extensions["fake"]
    return found


def known_issue(key_or_id: str) -> Issue:
    """An issue that is there; 404 otherwise."""
    held = state().find(key_or_id)
    if held is None:
        raise NotThereError("Issue does not exist or you do not have permission to see it.")
    return held


def asked() -> Json:
    """The JSON object of the request; 400 when it is none."""
    found: Any = request.get_json(force=True, silent=True)
    if not isinstance(found, dict):
        raise RefusalError(["Unexpected character or end-of-input: the body is no JSON object."])
    return found


def between(items: Sequence[Json], within: str = "values", largest: int = 50) -> Response:
    """One page by startAt and maxResults, as the agile API and changelogs have them."""
    start, size = number("startAt", 0), min(largest, number("maxResults", largest))
    shown = list(items[start : start + size])
    told: Json = {
        "maxResults": size,
        "startAt": start,
        "total": len(items),
        "isLast": start + len(shown) >= len(items),
        within: shown,
    }
    return jsonify(told)


def number(name: str, default: int) -> int:
    """A number of the query."""
    value = request.args.get(name, str(default))
    if not value.isdigit():
        raise RefusalError([f"'{value}' is not a number."])
    return int(value)
