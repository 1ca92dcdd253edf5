"""Jira: what it says becomes Facts, what we decided becomes its labels.

Addresses are built here from ids and validated keys; none that an answer contains is ever called.
"""

import json
import re
import time
from collections.abc import Callable, Iterator
from functools import partial
from threading import Lock
from typing import Any

from linker.model import Change, Facts, Millis, item_id
from linker.trackers import SiteView, jira
from linker.trackers.jira_client import JiraClient, Query
from linker.trackers.outcome import Access, Gone, Page, Refused, Unreachable, label_of, readable

Json = dict[str, Any]

PAGE = 100
MOST_PAGES = 10_000  # of one list; a list that never ends is a fault on the other side
FIELDS = (
    "summary", "description", "issuetype", "status", "labels", "parent", "assignee", "creator", "reporter",
    "created", "updated", "resolution", "resolutiondate", "issuelinks", "subtasks", "project",
)  # fmt: skip
PROJECT = re.compile(r"[A-Z][A-Z0-9_]{0,63}", re.ASCII)
ISSUE = re.compile(r"\d{1,19}|[A-Z][A-Z0-9_]{0,63}-\d{1,19}", re.ASCII)


class JiraApi:
    """One Jira site: read what is named, page through what is configured, apply what is decided."""

    def __init__(
        self, access: Access, clock: Callable[[], Millis] = lambda: time.time_ns() // 1_000_000
    ) -> None:
        self._access = access
        self._clock = clock
        self._client = JiraClient(access)
        self._discovering = Lock()
        self._view: SiteView | None = None
        self._quiet = True  # until Jira says that we may not silence its mails

    # --- reading ------------------------------------------------------------------------------------------

    def read(self, ref: str, now: Millis | None = None) -> Facts:
        """An issue with all of its history, or a sprint, as it is now; Gone when it is not there."""
        at = self._clock() if now is None else now
        own = self._own(ref)
        if own.startswith("sprint:"):
            return self._sprint(self._client.get(f"sprint/{int(own[7:])}", agile=True), at)
        view = self._seen()
        query: Query = {"fields": ",".join(_fields(view)), "expand": "changelog"}
        return self._issue(self._client.get(f"issue/{_issue(own)}", query), view, at)

    def scopes(self) -> list[str]:
        """The configured projects, by key."""
        return sorted(self._access.view.projects)

    def pages(self, scope: str, since: Millis | None, cursor: str | None, now: Millis) -> Iterator[Page]:
        """Sprints of a project's boards, then its issues by key; calling again with a cursor continues there.

        Keys do not change their order while issues are edited. A cursor older than Jira keeps it (7 days)
        starts the issues again, which changes nothing but the time it takes.
        """
        if not PROJECT.fullmatch(scope):
            raise Refused(f"{scope} is no key of a project")
        jql = f'project = "{scope}"' + ("" if since is None else f" AND updated >= {since}")
        step: Json = json.loads(cursor) if cursor else {"stage": "sprints", "done": 0}
        if step["stage"] == "sprints":
            facts = self._sprints(scope, now)
            step = {"stage": "issues", "at": None, "done": 0, "total": self._client.count(jql)}
            yield Page(facts, json.dumps(step), 0, step["total"])
        yield from self._issues(jql + " ORDER BY key ASC", step, now)

    def _issues(self, jql: str, step: Json, now: Millis) -> Iterator[Page]:
        view = self._seen()
        at, done, total, fresh = step["at"], step["done"], step["total"], False
        for _ in range(MOST_PAGES):
            try:
                found = self._client.search(jql, _fields(view), at, PAGE)
            except Refused:
                if at is None or fresh:
                    raise
                at, done = None, 0  # the place to go on from has expired
                continue
            if found.following is not None and found.following == at:
                raise Unreachable(f"{view.name}: the search gave the same page again")
            fresh, at, done = True, found.following, done + len(found.issues)
            total = total if found.total is None else found.total
            facts = tuple(readable(partial(self._issue, issue, view, now)) for issue in found.issues)
            onward = json.dumps({"stage": "issues", "at": at, "done": done, "total": total})
            yield Page(facts, None if at is None else onward, done, total)
            if at is None:
                return

    def _issue(self, issue: Json, view: SiteView, at: Millis) -> Facts:
        """An issue with its whole history; Jira cuts long ones, and the rest is asked for."""
        history = issue.get("changelog")
        if isinstance(history, dict) and int(history.get("total") or 0) > len(history.get("histories") or ()):
            values = self._all(f"issue/{int(issue['id'])}/changelog", {})
            issue = issue | {"changelog": {"histories": values, "startAt": 0, "total": len(values)}}
        return jira.issue(issue, view, read_at=at)

    def _sprints(self, project: str, at: Millis) -> tuple[Facts, ...]:
        """The sprints of a project's boards, each once; a board without sprints has none."""
        sprints: dict[object, Json] = {}
        try:
            boards = self._all("board", {"projectKeyOrId": project}, agile=True)
        except (Gone, Refused) as error:
            return (Facts(ignored=f"the boards of {project} cannot be read: {error}"),)
        for board in boards:
            try:
                found = self._all(f"board/{int(board['id'])}/sprint", {}, agile=True)
            except (Gone, Refused):
                continue  # a kanban board
            sprints.update((sprint["id"], sprint) for sprint in found)
        return tuple(readable(partial(self._sprint, sprint, at)) for sprint in sprints.values())

    def _sprint(self, sprint: Json, at: Millis) -> Facts:
        return jira.sprint(sprint, self._seen(), at)

    def _all(self, path: str, query: Query, *, agile: bool = False) -> list[Any]:
        """Every entry of a paged list, by its own count and not by any address it gives."""
        values: list[Any] = []
        for _ in range(MOST_PAGES):
            page = self._client.get(path, query | {"startAt": len(values), "maxResults": PAGE}, agile=agile)
            found = page["values"]
            values += found
            if not found or page.get("isLast") or len(values) >= page.get("total", len(values) + 1):
                break
        return values

    def _seen(self) -> SiteView:
        """The site with its fields and statuses, discovered once; what app.yaml says of a field wins."""
        with self._discovering:
            if self._view is None:
                given = self._access.view
                found = jira.discover_fields(self._client.get("field"))
                fields = type(found)(
                    *(mine or theirs for mine, theirs in zip(given.fields, found, strict=True))
                )
                categories = jira.discover_categories(self._client.get("status")) | dict(given.categories)
                self._view = given._replace(fields=fields, categories=categories)
            return self._view

    def _own(self, ref: str) -> str:
        """The id or key within this site."""
        try:
            named = item_id(ref)
        except ValueError:
            return ref.removeprefix("jira:")
        if named.tracker != "jira" or named.site != self._access.view.name:
            raise AssertionError(f"{ref} is not an item of {self._access.view.name}")
        return named.id

    # --- writing ------------------------------------------------------------------------------------------

    def current(self, change: Change) -> dict[str, str | bool | None]:
        """What the surface of a Change has now, in the words of its `desired`."""
        label, _ = label_of(change)
        issue = self._client.get(f"issue/{_issue(self._own(str(change.item)))}", {"fields": "labels"})
        return {"present": label in issue["fields"]["labels"]}

    def apply(self, change: Change) -> str:
        """Add or remove one label in one request that may be repeated; the other labels are not looked at.

        Watchers get no mail about it where the account may decide that.
        """
        label, present = label_of(change)
        path = f"issue/{_issue(self._own(str(change.item)))}"
        body = {"update": {"labels": [{"add" if present else "remove": label}]}}
        if self._quiet:
            try:
                self._client.put(path, {"notifyUsers": "false"}, body)
            except Refused as refused:
                if refused.status != 403:
                    raise
                self._client.put(
                    path, {}, body
                )  # Jira did nothing before; only administrators may silence it
                self._quiet = False
        else:
            self._client.put(path, {}, body)
        return "set" if present else "removed"


def _fields(view: SiteView) -> list[str]:
    """What an issue is asked for: what we read of every issue, and this site's own fields."""
    own = (field for fields in view.fields for field in fields)
    return [*FIELDS, *dict.fromkeys(own)]


def _issue(own: str) -> str:
    if not ISSUE.fullmatch(own):
        raise Refused(f"{own} names nothing that Jira can be asked for by itself")
    return own
