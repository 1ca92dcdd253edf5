"""What GitHub is told: labels of ours, milestones, our check runs or statuses, reactions, one comment.

Each write may be repeated without a second effect, and counts as done only when the answer shows it.
"""

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import quote

from linker.model import SPRINT, Change, item_id
from linker.trackers import SiteView
from linker.trackers.github_checks import GitHubChecks
from linker.trackers.github_client import GitHubClient, Query
from linker.trackers.github_milestones import GitHubMilestones
from linker.trackers.github_reading import PER_PAGE, GitHubReading, named, path
from linker.trackers.outcome import Gone, Refused, Unreachable, label_of

Json = dict[str, Any]
Surface = dict[str, Any]

LABEL_COLOUR = "c5d3e0"
LABEL_TEXT = "Serves this key result. Set by Sightline."
LONGEST_DESCRIPTION = 140
STATUS_PAGES = 3
STATUS_KEYS = ("state", "description", "context", "target_url")
SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}", re.ASCII)


class GitHubWriting:
    """Applies Changes to one site, one request at a time."""

    def __init__(self, client: GitHubClient, view: SiteView, reading: GitHubReading) -> None:
        self._client = client
        self._view = view
        self._reading = reading
        self._checks = GitHubChecks(client, view.bots)
        self._milestones = GitHubMilestones(client, view.name)
        self._labels: set[tuple[str, str]] = set()  # known to exist in a repository

    def current(self, change: Change) -> Surface:
        """What the surface of a Change has now, in the words of its `desired`; {} where that is not asked."""
        place, number = self._place_of(change)
        if change.surface.startswith("status:"):
            sha, context = _sha(change), str(change.desired["context"])
            return self._reading.within(place, lambda held: self._status(held, sha, context)) or {}
        if change.surface == SPRINT:
            return self._reading.within(place, lambda held: self._milestones.current(held, number))
        if not change.surface.startswith("label:"):
            return {}
        label, _ = label_of(change)
        return self._reading.within(place, lambda held: {"present": self._has(held, number, label)})

    def apply(self, change: Change) -> str:
        """Send one Change and see it confirmed; a surface that is not ours is refused before."""
        if change.surface.startswith("notice:"):  # on a planning ticket, about a sprint
            change = change.model_copy(update={"item": item_id(str(change.desired["item"]))})
        place, number = self._place_of(change)
        write = self._write(change, number)
        return self._reading.within(place, write)

    def _write(self, change: Change, number: str) -> Callable[[Json], str]:
        """How a surface is written in a repository."""
        kind, _, rest = change.surface.partition(":")
        desired = change.desired
        if kind == "status":
            sha = _sha(change)
            return lambda held: self._set_status(held, sha, desired)
        if kind == "check":
            sha = _sha(change)
            return lambda held: self._checks.set_run(held, sha, desired)
        if change.surface == SPRINT:
            return lambda held: self._milestones.move(held, number, desired)
        if kind == "comment":
            return lambda held: self._checks.set_comment(held, number, str(desired["body"]))
        if kind == "notice":
            mark = f"<!-- {desired['mark']} -->"
            body = f"{mark}\n{desired['text']}"
            return lambda held: self._checks.set_comment(held, number, body, mark)
        if kind == "reaction" and rest.isdecimal():
            return lambda held: self._checks.react(held, rest, str(desired["content"]))
        label, present = label_of(change)
        do = self._set_label if present else self._remove_label
        return lambda held: do(held, number, label)

    def _has(self, repository: Json, number: str, label: str) -> bool:
        address = f"{path(repository)}/issues/{number}/labels"  # an item has at most a hundred
        return _named(self._client.listing(address, {"per_page": PER_PAGE}).items, label)

    def _set_label(self, repository: Json, number: str, label: str) -> str:
        """Add a label in one request that may be repeated; the other labels are not looked at."""
        self._ensure_label(repository, label)
        address = f"{path(repository)}/issues/{number}/labels"
        left = self._client.call("POST", address, body={"labels": [label]})
        self._confirm(_named(left, label), address)
        return "set"

    def _remove_label(self, repository: Json, number: str, label: str) -> str:
        """Remove a label of ours; that it is not there, or the item is not, is what we wanted."""
        address = f"{path(repository)}/issues/{number}/labels/{quote(label, safe='')}"
        try:
            left = self._client.call("DELETE", address)
        except Gone:
            return "already"
        self._confirm(isinstance(left, list) and not _named(left, label), address)
        return "removed"

    def _ensure_label(self, repository: Json, label: str) -> None:
        """Make the repository's label in a calm colour; GitHub would choose grey and no description."""
        known = (str(repository["id"]), label)
        if known in self._labels:
            return
        address = f"{path(repository)}/labels"
        try:
            self._client.call("GET", f"{address}/{quote(label, safe='')}")
        except Gone:
            body = {"name": label, "color": LABEL_COLOUR, "description": LABEL_TEXT}
            try:
                self._client.call("POST", address, body=body)
            except Refused as refused:
                if "already_exists" not in refused.text:
                    raise
        self._labels.add(known)

    def _set_status(self, repository: Json, sha: str, desired: Surface) -> str:
        """Give a commit our status, unless its newest one says the same: so a lost reply doubles nothing."""
        wanted = {key: desired.get(key) or None for key in STATUS_KEYS}
        wanted["description"] = str(desired.get("description") or "")[:LONGEST_DESCRIPTION] or None
        if self._status(repository, sha, str(wanted["context"])) == wanted:
            return "already"
        address = f"{path(repository)}/statuses/{sha}"
        body = {key: value for key, value in wanted.items() if value is not None}
        answer = self._client.call("POST", address, body=body)
        shown = answer if isinstance(answer, dict) else {}
        self._confirm(all(shown.get(key) == body[key] for key in ("state", "context")), address)
        return "set"

    def _status(self, repository: Json, sha: str, context: str) -> Surface | None:
        """The newest status of our context on a commit; GitHub lists one of each context."""
        query: Query = {"per_page": PER_PAGE}
        for _ in range(STATUS_PAGES):
            found = self._client.listing(f"{path(repository)}/commits/{sha}/status", query, "statuses")
            for status in found.items:
                if status["context"] == context:
                    return {key: status.get(key) or None for key in STATUS_KEYS}
            if not (query := found.following):
                break
        return None

    def _place_of(self, change: Change) -> tuple[str, str]:
        """The id of the repository and the number of a Change's item."""
        if change.item.tracker != "github" or change.item.site != self._view.name:
            raise AssertionError(f"{change.item} is not an item of {self._view.name}")
        place, number = named(str(change.item))
        if not number:
            raise Refused(f"{change.item} is neither an issue nor a pull request")
        return place, number

    def _confirm(self, done: bool, address: str) -> None:
        """An answer that does not show what we asked for is no answer."""
        if not done:
            raise Unreachable(f"{self._view.name}: {address}: the answer does not show the change")


def _named(labels: object, label: str) -> bool:
    """Whether a list of labels holds one of this name; GitHub tells no upper from lower case."""
    found = labels if isinstance(labels, list) else []
    return any(str(each["name"]).lower() == label.lower() for each in found if isinstance(each, dict))


def _sha(change: Change) -> str:
    sha = change.surface.partition(":")[2]
    if not SHA.fullmatch(sha):
        raise AssertionError(f"{change.surface!r} is no surface of GitHub")
    return sha
