"""What can be read of the fake GitHub: repositories, issues, pull requests, labels, milestones, lists."""

from typing import Any

from flask import Blueprint, Response, jsonify, request

from webhooks.simulator import places_github as places
from webhooks.simulator.company import OUR_BOT
from webhooks.simulator.deliveries import Json
from webhooks.simulator.fakes.github_answers import (
    RefusalError,
    choice,
    invalid,
    known_item,
    known_repository,
    page,
    refuse,
    state,
)
from webhooks.simulator.fakes.github_state import shown_as_issue

reads = Blueprint("reads", __name__)

#: What a pull request has alone, and not in a list.
_ALONE = frozenset(
    {
        "merged", "mergeable", "rebaseable", "mergeable_state", "merged_by", "comments", "review_comments",
        "maintainer_can_modify", "commits", "additions", "deletions", "changed_files",
    },
)  # fmt: skip


@reads.app_errorhandler(RefusalError)
def refused(refusal: RefusalError) -> Any:
    """A request that GitHub would not accept."""
    return refuse(refusal.status, refusal.message, refusal.errors)


@reads.get("/meta")
def meta() -> Response:
    """Where deliveries come from."""
    return jsonify(verifiable_password_authentication=False, hooks=["192.0.2.0/24"], api=["192.0.2.0/24"])


@reads.get("/user")
def user() -> Response:
    """Who we are."""
    return jsonify(places.user(OUR_BOT) | {"name": "Sightline", "public_repos": 0})


@reads.get("/rate_limit")
def rate_limit() -> Response:
    """What is left; the fake has no limits until a fault sets one."""
    core = {"limit": 5000, "used": 0, "remaining": 5000, "reset": 4102444800}
    return jsonify(resources={"core": core, "search": core | {"limit": 30, "remaining": 30}}, rate=core)


@reads.get("/repos/<owner>/<name>")
def repository(owner: str, name: str) -> Response:
    """A repository by name."""
    return jsonify(_alone(state().repositories[known_repository(owner, name)]))


@reads.get("/repositories/<int:number>")
def repository_by_id(number: int) -> Response:
    """A repository by its id, whatever it is called now."""
    for held in state().repositories.values():
        if held["id"] == number:
            return jsonify(_alone(held))
    raise RefusalError(404, "Not Found")


@reads.get("/installation/repositories")
def installation_repositories() -> Response:
    """The repositories that our app may see."""
    return page(list(state().repositories.values()), "repositories")


@reads.get("/repos/<owner>/<name>/issues")
def issues(owner: str, name: str) -> Response:
    """Issues and pull requests, since pull requests are issues."""
    full = known_repository(owner, name)
    found = [shown_as_issue(full, held) for _, held in state().all_items(full)]
    since, labels = (
        request.args.get("since", ""),
        {word for word in request.args.get("labels", "").split(",") if word},
    )
    found = [
        told
        for told in found
        if told["updated_at"] >= since and labels <= {label["name"] for label in told["labels"]}
    ]
    wanted = request.args.get("milestone", "")
    if wanted:
        found = [told for told in found if str((told["milestone"] or {}).get("number", "none")) == wanted]
    return page(_sorted(found, "desc"))


@reads.get("/repos/<owner>/<name>/issues/<int:number>")
def issue(owner: str, name: str, number: int) -> Response:
    """One issue, or a pull request as an issue."""
    full, held = known_item(owner, name, number)
    told = shown_as_issue(full, held)
    if told["milestone"]:  # as it is by now
        known = state().milestones.get(full, {})
        told = told | {"milestone": known.get(told["milestone"]["number"], told["milestone"])}
    below = [
        state().items[place]
        for place, parent in state().above.items()
        if parent == (full, number) and place in state().items
    ]
    closed = sum(child.now(full)["state"] == "closed" for child in below)
    if held.part == "issue":
        share = round(100 * closed / len(below)) if below else 0
        told = told | {
            "sub_issues_summary": {"total": len(below), "completed": closed, "percent_completed": share},
            "closed_by": None,
        }
    return jsonify(told)


@reads.get("/repos/<owner>/<name>/pulls")
def pulls(owner: str, name: str) -> Response:
    """Pull requests, each without what it has alone."""
    full = known_repository(owner, name)
    found = [held.now(full) for _, held in state().all_items(full) if held.part == "pull_request"]
    head = request.args.get("head", "")
    found = [told for told in found if not head or told["head"]["label"] == head]
    default = "desc" if request.args.get("sort", "created") == "created" else "asc"
    return page(
        [
            {name: value for name, value in told.items() if name not in _ALONE}
            for told in _sorted(found, default)
        ]
    )


@reads.get("/repos/<owner>/<name>/pulls/<int:number>")
def pull(owner: str, name: str, number: int) -> Response:
    """One pull request."""
    full, held = known_item(owner, name, number, "pull_request")
    return jsonify(held.now(full))


@reads.get("/repos/<owner>/<name>/labels")
def labels(owner: str, name: str) -> Response:
    """The labels of a repository."""
    return page(list(all_labels(known_repository(owner, name)).values()))


@reads.get("/repos/<owner>/<name>/labels/<path:label>")
def label(owner: str, name: str, label: str) -> Response:
    """One label of a repository."""
    for known, told in all_labels(known_repository(owner, name)).items():
        if known.lower() == label.lower():
            return jsonify(told)
    raise RefusalError(404, "Not Found")


@reads.get("/repos/<owner>/<name>/milestones")
def milestones(owner: str, name: str) -> Response:
    """The milestones of a repository."""
    full, wanted = known_repository(owner, name), choice("state", ("open", "closed", "all"), "open")
    return page(
        [told for told in state().milestones.get(full, {}).values() if wanted in ("all", told["state"])]
    )


@reads.get("/repos/<owner>/<name>/milestones/<int:number>")
def milestone(owner: str, name: str, number: int) -> Response:
    """One milestone."""
    found = state().milestones.get(known_repository(owner, name), {}).get(number)
    if found is None:
        raise RefusalError(404, "Not Found")
    return jsonify(found)


def _alone(held: Json) -> Json:
    """A repository with what it has alone, and not in a list."""
    return held | {"network_count": 0, "subscribers_count": 3}


def all_labels(full: str) -> dict[str, Json]:
    """Labels that were made, and those that items carry."""
    found = dict(state().labels.get(full, {}))
    for _, held in state().all_items(full):
        for told in held.now(full)["labels"]:
            found.setdefault(told["name"], told)
    return found


def _sorted(found: list[Json], default: str) -> list[Json]:
    wanted = choice("state", ("open", "closed", "all"), "open")
    by = {
        "created": "created_at",
        "updated": "updated_at",
        "comments": "comments",
        "popularity": "created_at",
        "long-running": "created_at",
    }
    field = by.get(request.args.get("sort", "created"))
    if field is None:
        raise invalid("Issue", "sort")
    reverse = choice("direction", ("asc", "desc"), default) == "desc"
    kept = [told for told in found if wanted in ("all", told["state"])]
    return sorted(kept, key=lambda told: (told[field], told["number"]), reverse=reverse)


def held_shas(full: str) -> set[str]:
    """Every commit of a repository that the fake knows: of pull requests, and their merges."""
    found: set[str] = set(state().extra_shas)
    for number, held in state().all_items(full):
        if held.part == "pull_request":
            told = held.now(full)
            found |= {told["head"]["sha"], told["base"]["sha"], told["merge_commit_sha"] or ""}
            found |= {made.sha for made in state().commits(full, number)}
    return found
