"""What people and the merge queue ask of us on GitHub: `/kr` comments, buttons and re-runs of our check.

Nobody is believed for what the body says of their rights: a command waits until the tracker's API was asked.
"""

import re

from linker import tags
from linker.model import CHECK, Asked, Command, Facts, ItemId, Millis, item_id
from linker.trackers import SiteView
from linker.trackers import github as shapes
from linker.trackers.github_values import person
from linker.trackers.payload import (
    Json,
    as_list,
    as_object,
    maybe_object,
    maybe_text,
    moment,
    need_id,
    need_number,
    need_object,
    need_text,
)

BODY = "body"
QUEUE = re.compile(r"refs/heads/gh-readonly-queue/.{1,255}/pr-(\d{1,10})-[0-9a-f]{40}", re.ASCII)
BUTTON_COMMANDS = {"kr": "", "none": "none "}  # how a button's identifier begins -> the command it stands for


def commands(payload: Json, facts: Facts, site: SiteView) -> Facts:
    """The `/kr` lines of a comment that a person wrote or edited; ours and those of bots are none.

    An edit that leaves the commands as they were is no new command, and one that takes them away takes back
    what they did. Who edits a comment answers for it.
    """
    comment = maybe_object(payload, "comment", BODY)
    if payload.get("action") not in ("created", "edited") or comment is None or not facts.observations:
        return Facts()
    actor = _person(payload, site)
    lines = tags.command_lines(maybe_text(comment, "body", "comment") or "")
    if actor is None or (not lines and payload["action"] == "created"):
        return Facts()
    if payload["action"] == "edited" and lines == _before(payload):
        return Facts()
    own = need_id(comment, "id", "comment")
    seen = facts.observations[-1]
    at = moment(comment, "updated_at", "comment") or seen.at
    command = Command(
        id=f"comment:{site.name}:{own}:{at}", item=seen.item, actor=actor, at=at, lines=lines, answer=own
    )
    return Facts(commands=(command,))


def check_run(payload: Json, site: SiteView, received: Millis) -> Facts:
    """A re-run of our check, or one of its buttons."""
    run = need_object(payload, "check_run", BODY)
    action = maybe_text(payload, "action", BODY) or ""
    if run.get("name") != CHECK or action not in ("rerequested", "requested_action"):
        return Facts(ignored=f"check_run {action[:40]}: not a request to our check")
    sha = need_text(run, "head_sha", "check_run")
    item = _item_of(run, site) or _among(run, "check_run", site) or _repository(payload, site)
    if action == "rerequested":
        return Facts(asked=(Asked(item=item, sha=sha, at=received, why="rerun"),))
    button = need_text(need_object(payload, "requested_action", BODY), "identifier", "requested_action")
    if button == "more":
        return Facts(asked=(Asked(item=item, sha=sha, at=received, why="more"),))
    actor, (kind, _, what) = _person(payload, site), button.partition(":")
    if actor is None or kind not in BUTTON_COMMANDS or item.place is not None:
        return Facts(ignored=f"check_run: no button of ours is called {button[:40]!r}")
    own = f"button:{site.name}:{need_id(run, 'id', 'check_run')}-{received}:click"
    line = f"{BUTTON_COMMANDS[kind]}{what} by a button of the check"
    return Facts(commands=(Command(id=own, item=item, actor=actor, at=received, lines=(line,)),))


def check_suite(payload: Json, site: SiteView, received: Millis) -> Facts:
    """All checks of a commit once more; a suite that was merely made or ended asks nothing."""
    action = maybe_text(payload, "action", BODY) or ""
    if action != "rerequested":
        return Facts(ignored=f"check_suite {action[:40]}: pull requests send their own events")
    suite = need_object(payload, "check_suite", BODY)
    sha = need_text(suite, "head_sha", "check_suite")
    item = _among(suite, "check_suite", site) or _repository(payload, site)
    return Facts(asked=(Asked(item=item, sha=sha, at=received, why="rerun"),))


def merge_group(payload: Json, site: SiteView, received: Millis) -> Facts:
    """A merge queue asks for a check of its own commit; the queue's branch names the pull request."""
    group = need_object(payload, "merge_group", BODY)
    found = QUEUE.fullmatch(need_text(group, "head_ref", "merge_group"))
    if found is None:
        return Facts(ignored="merge_group: its branch names no pull request")
    repository = need_id(need_object(payload, "repository", BODY), "id", "repository")
    gone = payload.get("action") != "checks_requested"
    asked = Asked(
        item=shapes.item_id(repository, int(found[1]), site),
        sha=need_text(group, "head_sha", "merge_group"),
        at=received,
        why="unqueue" if gone else "queue",
    )
    return Facts(asked=(asked,))


def _person(payload: Json, site: SiteView) -> str | None:
    """Who did it; None for a bot, for us, and for nobody."""
    sender = maybe_object(payload, "sender", BODY)
    if sender is None:
        return None
    known = person(sender, "sender")
    return None if known.bot or known.id in site.bots or known.id.endswith("[bot]") else known.id


def _before(payload: Json) -> tuple[str, ...]:
    changes = maybe_object(payload, "changes", BODY) or {}
    body = maybe_object(changes, "body", "changes") or {}
    return tags.command_lines(maybe_text(body, "from", "changes.body") or "")


def _item_of(run: Json, site: SiteView) -> ItemId | None:
    """The item that we wrote on our own check run."""
    try:
        own = item_id(str(run.get("external_id") or "").partition("@")[0])
    except ValueError:
        return None
    ours = own.tracker == "github" and own.site == site.name and own.place is None
    return own if ours else None


def _among(holder: Json, where: str, site: SiteView) -> ItemId | None:
    """The pull request that GitHub names; it names none of a fork."""
    for index, entry in enumerate(as_list(holder.get("pull_requests") or [], f"{where}.pull_requests")):
        place = f"{where}.pull_requests[{index}]"
        pull = as_object(entry, place)
        base = maybe_object(maybe_object(pull, "base", place) or {}, "repo", f"{place}.base")
        if base is not None:
            return shapes.item_id(need_id(base, "id", place), need_number(pull, "number", place), site)
    return None


def _repository(payload: Json, site: SiteView) -> ItemId:
    return shapes.repository_id(need_object(payload, "repository", BODY), site)
