"""A fake Jira Cloud as a Flask app: REST v2 and v3, agile 1.0, and refusals; no sign-in gets 401."""

from typing import Any

from flask import Blueprint, Flask, Response, current_app, jsonify, request
from werkzeug.exceptions import HTTPException

from webhooks.simulator import places_jira as places
from webhooks.simulator import site_jira as site
from webhooks.simulator.company import JIRA_URL, OUR_ACCOUNT
from webhooks.simulator.deliveries import Json
from webhooks.simulator.fakes import jira_beside, jira_issues
from webhooks.simulator.fakes.jira_answers import NotThereError, RefusalError, between, refuse, state
from webhooks.simulator.fakes.jira_state import JiraState
from webhooks.simulator.fakes.wire import wrap
from webhooks.simulator.play import Quarter

pages = Blueprint("pages", __name__)
_OPEN = "/serverInfo"


def create_jira(held: JiraState | Quarter | None = None) -> Flask:
    """A fake Jira over a state, or over a quarter as it stands on its today."""
    made = held if isinstance(held, JiraState) else JiraState(held, held.now if held else None)
    app = Flask("fake-jira", static_folder=None)
    app.extensions["fake"] = made
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the provider is Flask's default one
    for blueprint in (jira_issues.issues, jira_beside.beside):
        app.register_blueprint(blueprint, url_prefix="/rest/api/<int:version>")
    app.register_blueprint(pages, url_prefix="/rest")
    app.before_request(_signed_in)
    app.register_error_handler(RefusalError, _refused)
    app.register_error_handler(NotThereError, _not_there)
    app.register_error_handler(HTTPException, _no_page)
    wrap(app, made.ledger, made.faults, made.lock, JIRA_URL)
    return app


def jira_of(app: Flask) -> JiraState:
    """The state behind a fake Jira."""
    found: JiraState = app.extensions["fake"]
    return found


@pages.get("/api/<int:version>/serverInfo")
def server_info(version: int) -> Response:
    """What this site is: Cloud; it may be asked by anybody."""
    now = places.time(jira_of(current_app).now)
    return jsonify(
        baseUrl=JIRA_URL, version="1001.0.0-SNAPSHOT", versionNumbers=[1001, 0, 0], deploymentType="Cloud",
        buildNumber=100311, buildDate="2026-08-01T00:00:00.000+0200", serverTime=now, scmInfo="fake",
        serverTitle="Jira",
    )  # fmt: skip


@pages.get("/api/<int:version>/myself")
def myself(version: int) -> Response:
    """Who we are."""
    return jsonify(
        places.user(OUR_ACCOUNT)
        | {
            "locale": "en_US",
            "groups": {"size": 0, "items": []},
            "applicationRoles": {"size": 0, "items": []},
        }
    )


@pages.get("/api/<int:version>/field")
def fields(version: int) -> Response:
    """All fields with their schema types."""
    return jsonify(site.fields_list())


@pages.get("/api/<int:version>/status")
def statuses(version: int) -> Response:
    """All statuses with their categories."""
    return jsonify(site.statuses())


@pages.get("/api/<int:version>/project")
def projects(version: int) -> Response:
    """All projects."""
    return jsonify(site.projects())


@pages.get("/api/<int:version>/project/search")
def project_search(version: int) -> Response:
    """All projects, in pages."""
    return between(site.projects())


@pages.get("/api/<int:version>/project/<key>")
def project(version: int, key: str) -> Response:
    """One project by key or id."""
    for told in site.projects():
        if key in (told["key"], told["id"]):
            return jsonify(told)
    raise NotThereError(f"No project could be found with key '{key}'.")


@pages.get("/api/<int:version>/issueLinkType")
def link_types(version: int) -> Response:
    """The one link type of this site."""
    return jsonify(issueLinkTypes=[places.link_type()])


@pages.get("/agile/1.0/board")
def boards() -> Response:
    """The boards of the site, or of one project."""
    wanted = request.args.get("projectKeyOrId")
    if (
        wanted is not None
        and wanted not in state().projects
        and wanted not in [told["id"] for told in state().projects.values()]
    ):
        raise RefusalError([f"No project could be found with key or id '{wanted}'."])
    found = [told | {"location": _location(told)} for told in state().boards.values()]
    return between(
        [
            told
            for told in found
            if wanted in (None, told["location"]["projectKey"], str(told["location"]["projectId"]))
        ]
    )


@pages.get("/agile/1.0/board/<int:number>")
def board(number: int) -> Response:
    """One board."""
    return jsonify(_board(number) | {"location": _location(_board(number))})


@pages.get("/agile/1.0/board/<int:number>/sprint")
def sprints(number: int) -> Response:
    """The sprints of a board; `state` picks some, such as active,future."""
    _board(number)
    wanted = set(request.args.get("state", "future,active,closed").split(","))
    if not wanted <= {"future", "active", "closed"}:
        raise RefusalError(["The sprint state is invalid. It must be one of: future, active, closed."])
    return between(
        [
            told
            for told in state().sprints.values()
            if told["originBoardId"] == number and told["state"] in wanted
        ]
    )


@pages.get("/agile/1.0/sprint/<int:number>")
def sprint(number: int) -> Response:
    """One sprint."""
    if number not in state().sprints:
        raise NotThereError("Sprint does not exist or you do not have permission to view it.")
    return jsonify(state().sprints[number])


@pages.route("/agile/1.0/sprint/<int:number>/issue", methods=["GET", "POST"])
def sprint_issues(number: int) -> Any:
    """The issues in a sprint, or up to 50 of them moved into it."""
    if number not in state().sprints:
        raise NotThereError("Sprint does not exist or you do not have permission to view it.")
    if request.method == "POST":
        return jira_issues.move(state().sprints[number])
    inside = [held.now() for held in state().issues.values() if jira_issues.in_sprint(held.now(), number)]
    return between(inside, "issues")


@pages.post("/agile/1.0/backlog/issue")
def backlog() -> Any:
    """Up to 50 issues moved out of their sprints."""
    return jira_issues.move(None)


def _board(number: int) -> Json:
    if number not in state().boards:
        raise NotThereError("Board does not exist or you do not have permission to view it.")
    return state().boards[number]


def _location(told: Json) -> Json:
    key = str(told["name"]).partition(" ")[0]
    known = state().projects.get(key, {})
    return {
        "projectId": int(known.get("id", 0)),
        "displayName": known.get("name", ""),
        "projectKey": key,
        "projectTypeKey": "software",
    }


def _signed_in() -> Any:
    if request.path.endswith(_OPEN) or request.headers.get("Authorization", "").partition(" ")[0] in (
        "Basic",
        "Bearer",
    ):
        return None
    return refuse(401, ["You do not have the permission to see the specified issue.", "Login Required"])


def _refused(refusal: RefusalError) -> Any:
    return refuse(400, refusal.messages, refusal.errors)


def _not_there(missing: NotThereError) -> Any:
    return refuse(404, [str(missing)])


def _no_page(error: HTTPException) -> Any:
    return refuse(error.code or 500, [error.description or "Nothing here."])
