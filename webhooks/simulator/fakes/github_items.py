"""What can be read of one item of the fake GitHub: its events, comments, commits, statuses and relatives."""

import json

from flask import Blueprint, Response, jsonify

from webhooks.simulator import places_github as places
from webhooks.simulator.company import DEPENDENCY_BOT, ORG, OUR_BOT, TEAMS
from webhooks.simulator.deliveries import Json, stable_number
from webhooks.simulator.fakes.github_answers import (
    RefusalError,
    known_item,
    known_repository,
    page,
    state,
)
from webhooks.simulator.shapes_github import commit

items = Blueprint("items", __name__)


_EVENTS = {
    "labeled": "label",
    "unlabeled": "label",
    "milestoned": "milestone",
    "demilestoned": "milestone",
    "assigned": "assignee",
}


@items.get("/repos/<owner>/<name>/issues/<int:number>/sub_issues")
def sub_issues(owner: str, name: str, number: int) -> Response:
    """The issues below an issue."""
    full, _ = known_item(owner, name, number)
    return page(
        [
            state().items[place].now(place[0])
            for place, parent in state().above.items()
            if parent == (full, number)
        ]
    )


@items.get("/repos/<owner>/<name>/issues/<int:number>/parent")
def parent(owner: str, name: str, number: int) -> Response:
    """The issue above an issue."""
    full, _ = known_item(owner, name, number)
    above = state().above.get((full, number))
    if above is None or above not in state().items:
        raise RefusalError(404, "Not Found")
    return jsonify(state().items[above].now(above[0]))


@items.get("/repos/<owner>/<name>/issues/<int:number>/events")
@items.get("/repos/<owner>/<name>/issues/<int:number>/timeline")
def events(owner: str, name: str, number: int) -> Response:
    """What was done to an issue or pull request, oldest first, our own labels included."""
    _, held = known_item(owner, name, number)
    found = [made for body in held.raw if (made := _event(json.loads(body), held.part)) is not None]
    for label, (present, moment) in held.ours.items():
        told = {"label": {"name": label, "color": "1f6feb"}, "event": "labeled" if present else "unlabeled"}
        found.append(_dressed(told, OUR_BOT, places.time(moment) or ""))
    return page(sorted(found, key=lambda told: str(told["created_at"])))


@items.get("/repos/<owner>/<name>/pulls/<int:number>/commits")
def commits(owner: str, name: str, number: int) -> Response:
    """The commits of a pull request, oldest first."""
    full, held = known_item(owner, name, number, "pull_request")
    before, found = held.now(full)["base"]["sha"], []
    for made in state().commits(full, number):
        found.append(commit(full.partition("/")[2], made, before))
        before = made.sha
    return page(found)


@items.get("/repos/<owner>/<name>/pulls/<int:number>/files")
def files(owner: str, name: str, number: int) -> Response:
    """The files that a pull request changes: one for each of its commits, in the folder of its repository."""
    full, _ = known_item(owner, name, number, "pull_request")
    short = full.partition("/")[2]
    made = range(1 + len(state().commits(full, number)))
    return page([places.changed_file(short, f"src/{short}/part_{number % 7}_{at}.py") for at in made])


@items.get("/repos/<owner>/<name>/issues/<int:number>/labels")
def item_labels(owner: str, name: str, number: int) -> Response:
    """The labels of an issue or pull request."""
    full, held = known_item(owner, name, number)
    return page(held.now(full)["labels"])


@items.get("/repos/<owner>/<name>/issues/<int:number>/comments")
def comments(owner: str, name: str, number: int) -> Response:
    """The comments below an issue or pull request."""
    full, _ = known_item(owner, name, number)
    return page(state().comments.get((full, number), []))


@items.get("/repos/<owner>/<name>/commits/<sha>/statuses")
def statuses(owner: str, name: str, sha: str) -> Response:
    """All statuses of a commit, newest first."""
    return page(state().statuses.get((known_repository(owner, name), sha), [])[::-1])


@items.get("/repos/<owner>/<name>/commits/<sha>/status")
def status(owner: str, name: str, sha: str) -> Response:
    """The newest status of each context, and what they come to."""
    full = known_repository(owner, name)
    newest = {told["context"]: told for told in state().statuses.get((full, sha), [])}
    states = {told["state"] for told in newest.values()}
    sum_up = (
        "failure" if states & {"failure", "error"} else ("success" if states == {"success"} else "pending")
    )
    at = f"{places.API}/repos/{full}/commits/{sha}"
    kept = {
        key: value for key, value in state().repositories[full].items() if key not in ("custom_properties",)
    }
    listed = [{key: value for key, value in told.items() if key != "creator"} for told in newest.values()]
    return jsonify(
        state=sum_up,
        statuses=listed,
        sha=sha,
        total_count=len(newest),
        repository=kept,
        commit_url=at,
        url=f"{at}/status",
    )


@items.get("/repos/<owner>/<name>/collaborators/<login>/permission")
def permission(owner: str, name: str, login: str) -> Response:
    """What somebody may do; people of the company may write."""
    full = known_repository(owner, name)
    known = {person for team in TEAMS for person in (*team.people, team.planner)} | {DEPENDENCY_BOT}
    private = state().repositories[full]["private"]
    default = (
        "admin" if login == "org-admin" else ("write" if login in known else ("none" if private else "read"))
    )
    level = state().permissions.get(login, default)
    return jsonify(permission=level, role_name=level, user=places.user(login))


def _event(body: Json, part: str) -> Json | None:
    action, told = body["action"], body[part]
    if action in _EVENTS:
        value: Json = body[_EVENTS[action]]
        shown = {"name": value["name"], "color": value["color"]} if action.endswith("labeled") else value
        shown = {"title": value["title"]} if action.endswith("milestoned") else shown
        more = {"assigner": body["sender"]} if action == "assigned" else {}
        return _dressed(
            {"event": action, _EVENTS[action]: shown, **more}, body["sender"]["login"], told["updated_at"]
        )
    if action == "edited" and "title" in body.get("changes", {}):
        rename = {"from": body["changes"]["title"]["from"], "to": told["title"]}
        return _dressed({"event": "renamed", "rename": rename}, body["sender"]["login"], told["updated_at"])
    if action in ("closed", "reopened"):
        name = "merged" if action == "closed" and told.get("merged") else action
        return _dressed({"event": name}, body["sender"]["login"], told["updated_at"])
    return None


def _dressed(told: Json, actor: str, moment: str) -> Json:
    number = stable_number(f"event-{told}-{actor}-{moment}")
    head = {
        "id": number,
        "node_id": f"EV_{number:x}",
        "url": f"{places.API}/repos/{ORG}/x/issues/events/{number}",
    }
    return head | {
        "actor": places.user(actor),
        "commit_id": None,
        "commit_url": None,
        "performed_via_github_app": None,
        "created_at": moment,
        **told,
    }
