"""What GitHub is asked: repositories, issues, pull requests with their commits, and whole backfills.

Addresses are built here from a repository's name and a number; none that an answer contains is ever called.
"""

import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from typing import Any

from linker.model import Facts, Millis, item_id
from linker.trackers import SiteView, github
from linker.trackers.github_client import GitHubClient, Query
from linker.trackers.outcome import Page, Refused, Unreachable, joined, readable

Json = dict[str, Any]
Step = tuple[tuple[Facts, ...], Json | None]

PER_PAGE = 100
PULLS_PER_PAGE = 25  # each brings a request for its commits, and a page should not take minutes
COMMIT_PAGES = 3  # GitHub lists at most 250 commits of a pull request
NAME = re.compile(r"(?!\.)[\w.-]{1,100}/[\w.-]{1,100}(?<!/\.)(?<!/\.\.)", re.ASCII)


class GitHubReading:
    """One site's items as Facts; repositories are kept, since each request needs the name of one."""

    def __init__(self, client: GitHubClient, view: SiteView) -> None:
        self._client = client
        self._view = view
        self._repositories: dict[str, Json] = {}  # by lower-case name and by id
        self._stages = {
            "repository": self._page_of_repository,
            "milestones": self._page_of_milestones,
            "issues": self._page_of_issues,
            "pulls": self._page_of_pulls,
        }

    def item(self, ref: str, at: Millis) -> Facts:
        """An issue, a pull request with its commits, or a repository, as it is now."""
        place, number = named(ref)
        repository = self.repository(place, fresh=not number)
        if not number:
            return github.repository(repository, self._view, read_at=at)
        issue = self._client.call("GET", f"{path(repository)}/issues/{number}")
        if "pull_request" not in issue:
            return github.issue(issue, self._view, repository=repository, read_at=at)
        return self._pull_request(
            self._client.call("GET", f"{path(repository)}/pulls/{number}"), repository, at
        )

    def repository(self, place: str, *, fresh: bool = False) -> Json:
        """A repository by name or id; kept, since a name changes rarely and an answer that moved drops it."""
        held = None if fresh else self._repositories.get(place.lower())
        if held is None:
            path = f"/repositories/{place}" if place.isdecimal() else f"/repos/{place}"
            answer = self._client.call("GET", path)
            if not isinstance(answer, dict) or not NAME.fullmatch(str(answer.get("full_name"))):
                raise Unreachable(f"{self._view.name}: GET {path}: the answer is not a repository")
            held = answer
            for key in (place.lower(), str(held["full_name"]).lower(), str(held["id"])):
                self._repositories[key] = held
        return held

    def forget(self, repository: Json) -> None:
        """Resolve the repository anew the next time."""
        for key in [key for key, held in self._repositories.items() if held["id"] == repository["id"]]:
            self._repositories.pop(key, None)

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
        found = self._client.listing(f"{path(repository)}/issues", query | _since(start))
        return {"stage": "repository", "done": 0, "total": found.pages or len(found.items), "since": start}

    def _page_of_repository(self, repository: Json, step: Json, now: Millis) -> Step:
        return (github.repository(repository, self._view, read_at=now),), {"stage": "milestones"}

    def _page_of_milestones(self, repository: Json, step: Json, now: Millis) -> Step:
        query: Query = step.get("query") or {"state": "all", "per_page": PER_PAGE}
        found = self._client.listing(f"{path(repository)}/milestones", query)
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
        found = self._client.listing(f"{path(repository)}/issues", asked)
        facts = tuple(
            readable(partial(github.issue, issue, self._view, repository=repository, read_at=now))
            for issue in found.items
            if "pull_request" not in issue
        )
        if not found.following:
            return facts, {"stage": "pulls"}
        last = str(found.items[-1]["updated_at"])
        if last > step["from"]:
            return facts, {"stage": "issues", "from": last}
        return facts, {"stage": "issues", "from": last, "query": found.following}  # all of one second

    def _page_of_pulls(self, repository: Json, step: Json, now: Millis) -> Step:
        since = step["since"]
        order: Query = (
            {"sort": "updated", "direction": "desc"} if since else {"sort": "created", "direction": "asc"}
        )
        query: Query = step.get("query") or order | {"state": "all", "per_page": PULLS_PER_PAGE}
        found = self._client.listing(f"{path(repository)}/pulls", query)
        fresh = [pull for pull in found.items if pull["updated_at"] >= since]
        facts = tuple(readable(partial(self._pull_request, pull, repository, now)) for pull in fresh)
        if found.following and len(fresh) == len(found.items):
            return facts, {"stage": "pulls", "query": found.following}
        return facts, None

    def _pull_request(self, pull: Json, repository: Json, at: Millis) -> Facts:
        """A pull request joined with its commits, the first 250."""
        commits: list[Any] = []
        query: Query = {"per_page": PER_PAGE}
        for _ in range(COMMIT_PAGES):
            found = self._client.listing(f"{path(repository)}/pulls/{int(pull['number'])}/commits", query)
            commits += found.items
            query = found.following
            if not query:
                break
        said = github.pull_request(pull, self._view, repository=repository, read_at=at)
        own = github.item(str(repository["id"]), pull["number"], self._view)
        when = next(seen.at for seen in said.observations if seen.item == own)
        return joined(said, github.commits(own, commits, at=when, read_at=at))


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
