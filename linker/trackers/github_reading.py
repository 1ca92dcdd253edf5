"""What GitHub is asked: repositories, issues, pull requests with their commits, and whole backfills.

Addresses are built here from a repository's name and a number; none that an answer contains is ever called.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar, cast
from urllib.parse import quote

from linker.model import Facts, ItemId, Millis, item_id
from linker.trackers import SiteView, github
from linker.trackers.github_client import GitHubClient, Listing, Query
from linker.trackers.outcome import Gone, Page, Refused, Unreachable, joined, readable

Json = dict[str, Any]
T = TypeVar("T")
Step = tuple[tuple[Facts, ...], Json | None]

PER_PAGE = 100
PULLS_PER_PAGE = 25  # each brings a request for its commits, and a page should not take minutes
KEPT_SECONDS = 600.0
FILE_PAGES = 3
LOGIN = re.compile(r"[A-Za-z0-9_-]{1,100}(\[bot\])?", re.ASCII)
COMMIT_PAGES = 3  # GitHub lists at most 250 commits of a pull request
NAME = re.compile(r"(?!\.)[\w.-]{1,100}/[\w.-]{1,100}(?<!/\.)(?<!/\.\.)", re.ASCII)


class GitHubReading:
    """One site's items as Facts; repositories are kept, since each request needs the name of one."""

    def __init__(self, client: GitHubClient, view: SiteView) -> None:
        self._client = client
        self._view = view
        self._repositories: dict[str, tuple[float, Json]] = {}  # by lower-case name and by id
        self._stages = {
            "repository": self._page_of_repository,
            "milestones": self._page_of_milestones,
            "issues": self._page_of_issues,
            "pulls": self._page_of_pulls,
        }

    def item(self, ref: str, at: Millis) -> Facts:
        """An issue, a pull request with its commits, or a repository, as it is now."""
        place, number = named(ref)
        if not number:
            return readable(
                partial(github.repository, self.repository(place, fresh=True), self._view, read_at=at)
            )
        return self.within(place, partial(self._item, number=number, at=at))

    def _item(self, repository: Json, number: str, at: Millis) -> Facts:
        issue = self._issue(repository, number)
        if issue is not None and "pull_request" not in issue:
            place = readable(partial(github.repository, repository, self._view))
            told = readable(partial(github.issue, issue, self._view, repository=repository, read_at=at))
            return joined(place, told) if told.observations else told
        pull = self._client.call("GET", f"{path(repository)}/pulls/{number}")
        return readable(partial(self._whole_pull, pull, repository, at))

    def _issue(self, repository: Json, number: str) -> Json | None:
        """An issue as it is; None where it is gone, or only pull requests are there: issues can be off."""
        try:
            return cast(Json, self._client.call("GET", f"{path(repository)}/issues/{number}"))
        except Gone:
            return None

    def _whole_pull(self, pull: Json, repository: Json, at: Millis) -> Facts:
        """A pull request with its commits, and with the files that it changes, the first 300."""
        said = self._pull_request(pull, repository, at)
        own = said.observations[-1] if said.observations else None
        if own is None:
            return said
        address = f"{path(repository)}/pulls/{named(str(own.item))[1]}/files"
        files = self._first_pages(address, FILE_PAGES)
        return joined(said, github.files(own.item, files, at=own.at, read_at=at))

    def permission(self, item: ItemId, login: str) -> str:
        """What somebody may do in a repository, by GitHub's word alone; who is unknown there may nothing."""
        if not LOGIN.fullmatch(login):
            return "none"
        place, _ = named(str(item))

        def ask(held: Json) -> str:
            address = f"{path(held)}/collaborators/{quote(login, safe='')}/permission"
            answer = self._client.call("GET", address)
            told = answer if isinstance(answer, dict) else {}
            return str(told.get("role_name") or told.get("permission") or "none")

        try:
            return self.within(place, ask)
        except Gone:
            return "none"

    def within(self, place: str, do: Callable[[Json], T]) -> T:
        """Do something in a repository; once more when it turns out to have another name by now.

        GitHub redirects the old name of what is read, but answers a write there with nothing done.
        """
        known = self.repository(place)
        try:
            return do(known)
        except (Gone, Unreachable) as no:
            if isinstance(no, Unreachable) and not no.moved:
                raise
            fresh = self.repository(place, fresh=True)
            if fresh["full_name"] == known["full_name"]:
                raise
            return do(fresh)

    def repository(self, place: str, *, fresh: bool = False) -> Json:
        """A repository by name or id; kept for a while, since a freed name can come to mean another one."""
        read_at, held = self._repositories.get(place.lower(), (0.0, None))
        if fresh or held is None or time.monotonic() - read_at > KEPT_SECONDS:
            address = f"/repositories/{place}" if place.isdecimal() else f"/repos/{place}"
            held = self._client.call("GET", address)
            if not isinstance(held, dict) or not NAME.fullmatch(str(held.get("full_name"))):
                raise Unreachable(f"{self._view.name}: GET {address}: the answer is not a repository")
            for key in (place, held["full_name"], str(held["id"])):
                self._repositories[key.lower()] = (time.monotonic(), held)
        return held

    def pages(self, scope: str, since: Millis | None, cursor: str | None, now: Millis) -> Iterator[Page]:
        """A repository, its milestones, issues, pull requests; calling again with a cursor continues there.

        Issues go by time of change, each page starting where the last one ended, so that a change during
        the run moves none out of sight. All pull requests go by age, which never changes; with `since` by the
        newest change. A pull request that changes during such a run is met by the next one.
        """
        repository = self.repository(scope, fresh=True)
        step: Json | None = json.loads(cursor) if cursor else self._first(repository, since)
        while step is not None:
            facts, following = self._stages[step["stage"]](repository, step, now)
            step["done"] += len(facts) if step["stage"] in ("issues", "pulls") else 0
            if following is not None:
                following = {key: step[key] for key in ("done", "total", "since")} | following
            yield Page(facts, json.dumps(following) if following else None, step["done"], step["total"])
            step = following

    def _first(self, repository: Json, since: Millis | None) -> Json:
        """Where a backfill begins; one short request tells how many issues and pull requests there are."""
        start = "" if since is None else _iso(since)
        query: Query = {"state": "all", "per_page": 1}
        found = self._listed(f"{path(repository)}/issues", query | _since(start))
        total = found.pages if found.following else len(found.items)
        return {"stage": "repository", "done": 0, "total": total, "since": start}

    def _listed(self, address: str, query: Query) -> Listing:
        """A list of a repository that is there; one that has its issues switched off has none."""
        try:
            return self._client.listing(address, query)
        except Gone:
            return Listing([], {}, None)

    def _page_of_repository(self, repository: Json, step: Json, now: Millis) -> Step:
        return (github.repository(repository, self._view, read_at=now),), {"stage": "milestones"}

    def _page_of_milestones(self, repository: Json, step: Json, now: Millis) -> Step:
        query: Query = step.get("query") or {"state": "all", "per_page": PER_PAGE}
        found = self._listed(f"{path(repository)}/milestones", query)
        facts = tuple(
            readable(partial(github.milestone, milestone, self._view, read_at=now))
            for milestone in found.items
        )
        if found.following:
            return facts, {"stage": "milestones", "query": found.following}
        return facts, {"stage": "issues", "from": step["since"]}

    def _page_of_issues(self, repository: Json, step: Json, now: Millis) -> Step:
        query: Query = {"state": "all", "sort": "updated", "direction": "asc", "per_page": PER_PAGE}
        asked: Query = step.get("query") or query | _since(step["from"])
        found = self._listed(f"{path(repository)}/issues", asked)
        facts = tuple(
            readable(partial(github.issue, issue, self._view, repository=repository, read_at=now))
            for issue in found.items
            if "pull_request" not in issue and issue.get("number") not in step.get("seen", ())
        )
        if not found.following or not found.items:
            return facts, {"stage": "pulls"}
        last = str(found.items[-1].get("updated_at"))
        if last <= step["from"]:  # more changed in this one second than a page holds
            return facts, {"stage": "issues", "from": step["from"], "query": found.following}
        seen = [issue.get("number") for issue in found.items if issue.get("updated_at") == last]
        return facts, {"stage": "issues", "from": last, "seen": seen}

    def _page_of_pulls(self, repository: Json, step: Json, now: Millis) -> Step:
        since = step["since"]
        order: Query = (
            {"sort": "updated", "direction": "desc"} if since else {"sort": "created", "direction": "asc"}
        )
        query: Query = step.get("query") or order | {"state": "all", "per_page": PULLS_PER_PAGE}
        found = self._client.listing(f"{path(repository)}/pulls", query)
        fresh = [pull for pull in found.items if str(pull.get("updated_at")) >= since]
        facts = tuple(readable(partial(self._pull_request, pull, repository, now)) for pull in fresh)
        if found.following and len(fresh) == len(found.items):
            return facts, {"stage": "pulls", "query": found.following}
        return facts, None

    def _first_pages(self, address: str, most: int) -> list[Any]:
        """What stands on the first pages of a list."""
        found: list[Any] = []
        query: Query = {"per_page": PER_PAGE}
        for _ in range(most):
            listing = self._listed(address, query)
            found += listing.items
            if not (query := listing.following):
                break
        return found

    def _pull_request(self, pull: Json, repository: Json, at: Millis) -> Facts:
        """A pull request joined with its commits, the first 250."""
        said = github.pull_request(pull, self._view, repository=repository, read_at=at)
        own = said.observations[-1] if said.observations else None
        if own is None:
            return said
        address = f"{path(repository)}/pulls/{named(str(own.item))[1]}/commits"
        commits = self._first_pages(address, COMMIT_PAGES)
        return joined(said, github.commits(own.item, commits, at=own.at, read_at=at))


def named(ref: str) -> tuple[str, str]:
    """A reference as (repository name or id, number or "")."""
    try:
        own = item_id(ref).id
    except ValueError:
        own = ref.removeprefix("github:")
    place, _, number = own.removeprefix("repo:").partition("#")
    if not (place.isdecimal() or NAME.fullmatch(place)) or (number and not number.isdecimal()):
        raise Refused(f"{ref} names nothing that GitHub can be asked for by itself")
    return place, number


def path(repository: Json) -> str:
    """Where a repository is called, by the name that GitHub gave it last."""
    return f"/repos/{repository['full_name']}"


def _iso(at: Millis) -> str:
    """Epoch milliseconds as GitHub writes a time: whole seconds, so a little earlier and never later."""
    return datetime.fromtimestamp(at // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _since(start: str) -> Query:
    return {"since": start} if start else {}
