"""What only an App may use of the fake GitHub: check runs, installation tokens, its hook's deliveries."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Response, jsonify, request

from webhooks.simulator import events_github as events
from webhooks.simulator import places_github as places
from webhooks.simulator.company import INSTALLATION_ID, OUR_BOT
from webhooks.simulator.deliveries import Delivery, Json, stable_number
from webhooks.simulator.fakes.github_answers import (
    RefusalError,
    asked_object,
    invalid,
    known_repository,
    page,
    state,
    text,
)
from webhooks.simulator.fakes.github_reads import held_shas

checks = Blueprint("checks", __name__)

_STATUSES = ("queued", "in_progress", "completed")
_CONCLUSIONS = ("success", "failure", "neutral", "cancelled", "timed_out", "action_required", "skipped")


@checks.post("/repos/<owner>/<name>/check-runs")
def make_check(owner: str, name: str) -> tuple[Response, int]:
    """Make a check run on a commit that is there."""
    _app_only()
    full, body = known_repository(owner, name), asked_object()
    title = text(body, "name", "CheckRun", longest=255, needed=True)
    sha = text(body, "head_sha", "CheckRun", longest=40, needed=True) or ""
    if sha not in held_shas(full):
        raise RefusalError(422, f"No commit found for SHA: {sha}")
    number = stable_number(f"check-{full}-{sha}-{len(state().ledger.calls)}")
    at = f"{places.API}/repos/{full}/check-runs/{number}"
    told: Json = {
        "id": number, "node_id": f"CR_{number:x}", "head_sha": sha, "name": title, "url": at,
        "external_id": "", "html_url": f"{places.WEB}/{full}/runs/{number}", "details_url": None,
        "status": "queued", "conclusion": None, "started_at": places.time(state().now), "completed_at": None,
        "pull_requests": [], "app": places.app(), "check_suite": {"id": stable_number(f"suite-{full}-{sha}")},
    }  # fmt: skip
    told["output"] = {
        "title": None,
        "summary": None,
        "text": None,
        "annotations_count": 0,
        "annotations_url": f"{at}/annotations",
    }
    _change(told, body)
    state().check_runs[full, number] = told
    _tell("created", full, told)
    return jsonify(told), 201


@checks.route("/repos/<owner>/<name>/check-runs/<int:number>", methods=["GET", "PATCH"])
def check(owner: str, name: str, number: int) -> Response:
    """Read or change one check run."""
    full = known_repository(owner, name)
    told = state().check_runs.get((full, number))
    if told is None:
        raise RefusalError(404, "Not Found")
    if request.method == "PATCH":
        _app_only()
        done = told["status"] == "completed"
        _change(told, asked_object())
        _tell("completed" if told["status"] == "completed" and not done else "created", full, told)
    return jsonify(told)


@checks.get("/repos/<owner>/<name>/commits/<sha>/check-runs")
def checks_of(owner: str, name: str, sha: str) -> Response:
    """The check runs of a commit, newest first; `filter=latest` gives one of each name."""
    full, wanted = known_repository(owner, name), request.args.get("check_name")
    found = [
        told
        for (repository, _), told in state().check_runs.items()
        if repository == full and told["head_sha"] == sha
    ]
    found = [told for told in found[::-1] if wanted in (None, told["name"])]
    if request.args.get("filter", "latest") == "latest":
        found = list({told["name"]: told for told in found[::-1]}.values())
    return page(found, "check_runs")


@checks.post("/app/installations/<int:number>/access_tokens")
def token(number: int) -> tuple[Response, int]:
    """A token for an hour of real time, since clients compare it with their own clock."""
    if number != INSTALLATION_ID:
        raise RefusalError(404, "Not Found")
    until = datetime.now(UTC) + timedelta(hours=1)
    told = {"token": f"ghs_fake{len(state().ledger.calls):06d}", "expires_at": places.time(until)}
    told |= {"permissions": events.installation()["permissions"], "repository_selection": "selected"}
    return jsonify(told), 201


@checks.get("/app")
def app() -> Response:
    """Our GitHub App."""
    return jsonify(places.app() | {"installations_count": 1})


@checks.get("/app/installations")
def installations() -> Response:
    """Where our App is installed."""
    return page([events.installation()])


@checks.get("/app/installations/<int:number>")
def installation(number: int) -> Response:
    """One installation of our App."""
    if number != INSTALLATION_ID:
        raise RefusalError(404, "Not Found")
    return jsonify(events.installation())


@checks.get("/app/hook/deliveries")
def deliveries() -> Response:
    """What was sent to us, newest first."""
    return page([_listed(sent) for sent in state().hook_deliveries()[::-1]])


@checks.get("/app/hook/deliveries/<int:number>")
def delivery(number: int) -> Response:
    """One delivery with its body."""
    sent = _sent(number)
    return jsonify(
        _listed(sent) | {
            "url": None, "request": {"headers": sent.headers, "payload": json.loads(sent.body)},
            "response": {"headers": {}, "payload": ""},
        },
    )  # fmt: skip


@checks.post("/app/hook/deliveries/<int:number>/attempts")
def redeliver(number: int) -> tuple[Any, int]:
    """Send one again, under its own id."""
    sent = _sent(number)
    callback = state().on_delivery
    if callback is not None:
        callback(sent._replace(at=state().now))
    return jsonify({}), 202


def _sent(number: int) -> Delivery:
    for sent in state().hook_deliveries():
        if stable_number(f"hook-{sent.id}", 11) == number:
            return sent
    raise RefusalError(404, "Not Found")


def _listed(sent: Delivery) -> Json:
    body = json.loads(sent.body)
    return {
        "id": stable_number(f"hook-{sent.id}", 11), "guid": sent.id, "delivered_at": places.time(sent.at),
        "redelivery": False, "duration": 0.03, "status": "OK", "status_code": 202, "event": sent.event,
        "action": body.get("action"), "installation_id": INSTALLATION_ID,
        "repository_id": body.get("repository", {}).get("id"), "throttled_at": None,
    }  # fmt: skip


def _app_only() -> None:
    if not request.headers.get("Authorization", "").partition(" ")[2].startswith("ghs_"):
        raise RefusalError(403, "You must authenticate via a GitHub App.")


def _change(told: Json, body: Json) -> None:
    status, conclusion = body.get("status", told["status"]), body.get("conclusion", told["conclusion"])
    if status not in _STATUSES:
        raise invalid("CheckRun", "status")
    if conclusion is not None and conclusion not in _CONCLUSIONS:
        raise invalid("CheckRun", "conclusion")
    if conclusion is not None and "status" not in body:
        status = "completed"
    if (status == "completed") != (conclusion is not None):
        raise invalid("CheckRun", "conclusion", "missing_field")
    output, actions = _output(told, body.get("output")), _actions(body.get("actions", []))
    for name, longest in (
        ("details_url", 2000),
        ("external_id", 255),
        ("started_at", 30),
        ("completed_at", 30),
    ):
        if name in body:
            told[name] = text(body, name, "CheckRun", longest=longest)
    told |= {"status": status, "conclusion": conclusion, "output": output, "actions": actions}
    if status == "completed" and told["completed_at"] is None:
        told["completed_at"] = places.time(state().now)


def _output(told: Json, output: Any) -> Json:
    held: Json = told["output"]
    if output is None:
        return held
    if not isinstance(output, dict):
        raise invalid("CheckRun", "output")
    title = text(output, "title", "CheckRun", longest=255, needed=True)
    summary = text(output, "summary", "CheckRun", longest=65535, needed=True)
    if len(output.get("annotations", [])) > 50:
        raise invalid("CheckRun", "annotations")
    return held | {
        "title": title,
        "summary": summary,
        "text": text(output, "text", "CheckRun", longest=65535),
    }


def _actions(actions: Any) -> list[Json]:
    if not isinstance(actions, list) or len(actions) > 3:
        raise invalid("CheckRun", "actions")
    for action in actions:
        for name, longest in (("label", 20), ("description", 40), ("identifier", 20)):
            text(action, name, "CheckRun", longest=longest, needed=True)
    return actions


def _tell(action: str, full: str, told: Json) -> None:
    body = events.envelope(action, "platform", OUR_BOT, check_run=told) | {
        "repository": state().repositories[full]
    }
    state().deliver("check_run", body)
