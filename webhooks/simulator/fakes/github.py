"""A fake GitHub as a Flask app: real shapes, pages and refusals; who is not signed in gets 401."""

import re
import time
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from flask import Flask, Response, current_app, jsonify, redirect, request
from werkzeug.exceptions import HTTPException

from webhooks.simulator.fakes import github_checks, github_items, github_reads, github_writes
from webhooks.simulator.fakes.github_answers import refuse
from webhooks.simulator.fakes.github_state import GitHubState
from webhooks.simulator.fakes.wire import Wsgi, wrap
from webhooks.simulator.places_github import API
from webhooks.simulator.play import Quarter

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse

_OPEN = ("/meta", "/zen")
_BELOW_ID = re.compile(r"/repositories/(\d+)/(.+)", re.DOTALL)


def create_github(held: GitHubState | Quarter | None = None) -> Flask:
    """A fake GitHub over a state, or over a quarter as it stands on its today."""
    state = held if isinstance(held, GitHubState) else GitHubState(held, held.now if held else None)
    app = Flask("fake-github", static_folder=None)
    app.extensions["fake"] = state
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the provider is Flask's default one
    app.url_map.merge_slashes = False
    for blueprint in (github_reads.reads, github_items.items, github_writes.writes, github_checks.checks):
        app.register_blueprint(blueprint, url_prefix="/")
    app.before_request(_signed_in)
    app.before_request(_moved)
    app.after_request(_headers)
    app.register_error_handler(HTTPException, _no_page)
    app.wsgi_app = _by_id(app.wsgi_app, state)  # type: ignore[method-assign,assignment]  # Flask's own place for a wrapper
    wrap(app, state.ledger, state.faults, state.lock, API)
    return app


def github_of(app: Flask) -> GitHubState:
    """The state behind a fake GitHub."""
    state: GitHubState = app.extensions["fake"]
    return state


def _signed_in() -> Any:
    if request.path in _OPEN:
        return None
    kind, _, token = request.headers.get("Authorization", "").partition(" ")
    if kind.lower() not in ("bearer", "token") or not token:
        return refuse(401, "Requires authentication")
    if request.path.startswith("/app") and token.count(".") != 2:
        return refuse(401, "A JSON web token could not be decoded")
    return None


def _by_id(inner: Wsgi, state: GitHubState) -> Wsgi:
    """What lies below a repository's id is what lies below its name."""

    def served(environ: dict[str, Any], start: "StartResponse") -> Iterable[bytes]:
        found = _BELOW_ID.match(environ.get("PATH_INFO", ""))
        if found:
            name = next(
                (name for name, told in state.repositories.items() if str(told["id"]) == found[1]),
                "gone/gone",
            )
            environ["PATH_INFO"] = f"/repos/{name}/{found[2]}"
        return inner(environ, start)

    return served


def _moved() -> Any:
    """A repository's name of before is redirected to its id."""
    state, parts = github_of(current_app), request.path.split("/")
    if parts[1] == "repos" and len(parts) > 3:
        old = state.renamed.get(f"{parts[2]}/{parts[3]}")
        if old is not None:
            rest = "/".join(parts[4:])
            return redirect(
                f"{API}/repositories/{old}" + (f"/{rest}" if rest else ""),
                301 if request.method == "GET" else 307,
            )
    return None


def _headers(answer: Response) -> Response:
    state = github_of(current_app)
    used = len(state.ledger.calls) % 5000
    answer.headers.update(
        {"X-GitHub-Media-Type": "github.v3; format=json", "X-GitHub-Request-Id": f"FAKE:{used:04X}"}
    )
    answer.headers.update(
        {
            "X-RateLimit-Limit": "5000",
            "X-RateLimit-Remaining": str(5000 - used),
            "X-RateLimit-Used": str(used),
        }
    )
    answer.headers.update({"X-RateLimit-Reset": str(int(time.time()) + 3600), "X-RateLimit-Resource": "core"})
    return answer


def _no_page(error: HTTPException) -> Any:
    if error.code == 404 or error.code == 405:
        return refuse(404, "Not Found")
    if error.code == 400:
        return refuse(400, "Problems parsing JSON")
    return jsonify(message=error.description, status=str(error.code)), error.code or 500
