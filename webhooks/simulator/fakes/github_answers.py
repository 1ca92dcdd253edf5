"""How the fake GitHub answers: its refusals, its pages with Link headers, and the body of a request."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

from flask import Response, current_app, jsonify, request

from webhooks.simulator.deliveries import Json
from webhooks.simulator.fakes.github_state import GitHubState, Held

DOCS = "https://docs.github.com/rest"


class RefusalError(Exception):
    """A request that GitHub would not accept."""

    def __init__(self, status: int, message: str, errors: Sequence[Json] = ()) -> None:
        super().__init__(message)
        self.status, self.message, self.errors = status, message, list(errors)


def refuse(status: int, message: str, errors: Sequence[Json] = ()) -> tuple[Response, int]:
    """An answer that says no, and why."""
    told: Json = {"message": message, "documentation_url": DOCS, "status": str(status)}
    if errors:
        told["errors"] = list(errors)
    return jsonify(told), status


def invalid(resource: str, field: str, code: str = "invalid", message: str = "") -> RefusalError:
    """422, as GitHub words it."""
    error: Json = {"resource": resource, "code": code, "field": field}
    return RefusalError(422, "Validation Failed", [error | ({"message": message} if message else {})])


def state() -> GitHubState:
    """The state behind this request."""
    found: GitHubState = current_app.extensions["fake"]
    return found


def known_repository(owner: str, name: str) -> str:
    """`owner/name` of a repository that is there; 404 otherwise."""
    for full in state().repositories:
        if full.lower() == f"{owner}/{name}".lower():
            return full
    raise RefusalError(404, "Not Found")


def known_item(owner: str, name: str, number: int, part: str = "") -> tuple[str, Held]:
    """A repository and its issue or pull request; 404 when it is not there, or not of that part."""
    full = known_repository(owner, name)
    held = state().item(full, number)
    if held is None or (part and held.part != part):
        raise RefusalError(404, "Not Found")
    return full, held


def asked() -> Any:
    """The JSON of the request; 400 when it is none."""
    found = request.get_json(force=True, silent=True)
    if found is None and request.data not in (b"", b"null"):
        raise RefusalError(400, "Problems parsing JSON")
    return {} if found is None else found


def asked_object() -> Json:
    """The JSON object of the request; 422 when it is something else."""
    found = asked()
    if not isinstance(found, dict):
        raise RefusalError(422, "Invalid request.\n\nFor 'links/0/schema', the body is not an object.")
    return found


def text(body: Json, field: str, resource: str, *, longest: int, needed: bool = False) -> str | None:
    """A text of a body, refused when it is missing, no text or too long."""
    value = body.get(field)
    if value is None:
        if needed:
            raise invalid(resource, field, "missing_field")
        return None
    if not isinstance(value, str) or (needed and not value.strip()):
        raise invalid(resource, field)
    if len(value) > longest:
        raise invalid(resource, field, "custom", f"{field} is too long (maximum is {longest} characters)")
    return value


def choice(name: str, allowed: Sequence[str], default: str) -> str:
    """A word of the query, refused when GitHub does not know it."""
    value = request.args.get(name, default)
    if value not in allowed:
        raise invalid("Search", name)
    return value


def page(items: Sequence[Json], within: str = "") -> Response:
    """One page of a list with Link headers; `within` wraps it with its total, as some lists are."""
    size = _number("per_page", 30, 100)
    current = _number("page", 1, 10**9)
    last = max(1, -(-len(items) // size))
    shown = list(items[(current - 1) * size : current * size])
    answer = jsonify({"total_count": len(items), within: shown} if within else shown)
    links = {"prev": current - 1, "next": current + 1, "last": last, "first": 1}
    wanted = [
        name
        for name in links
        if (name in ("next", "last") and current < last) or (name in ("prev", "first") and current > 1)
    ]
    if wanted:
        answer.headers["Link"] = ", ".join(f'<{_page_address(links[name])}>; rel="{name}"' for name in wanted)
    return answer


def _page_address(number: int) -> str:
    return f"{request.base_url}?{urlencode({**request.args, 'page': number})}"


def _number(name: str, default: int, largest: int) -> int:
    value = request.args.get(name, str(default))
    return min(largest, int(value)) if value.isdigit() and int(value) > 0 else default
