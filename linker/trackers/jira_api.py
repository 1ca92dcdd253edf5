"""Jira: what it says becomes Facts, what we decided becomes its labels and sprints.

Addresses are built here from ids and validated keys; none that an answer contains is ever called.
"""

import json
import re
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from threading import Lock
from typing import Any

from linker.model import SPRINT, Change, Facts, ItemId, Millis, item_id
from linker.trackers import FieldMap, SiteView, jira
from linker.trackers.jira_client import JiraClient, Query
from linker.trackers.jira_comments import JiraComments
from linker.trackers.jira_moves import JiraMoves
from linker.trackers.outcome import (
    Access,
    Gone,
    Page,
    Refused,
    Unreachable,
    label_of,
    readable,
    wall_clock,
)
from linker.trackers.payload import Malformed

Json = dict[str, Any]

PAGE = 100
MOST_PAGES = 10_000  # a search that never ends is a fault on the other side
FIELDS = (
    "summary", "description", "issuetype", "status", "labels", "parent", "assignee", "creator", "reporter",
    "created", "updated", "resolution", "resolutiondate", "issuelinks", "subtasks", "project",
)  # fmt: skip
PROJECT = re.compile(r"[A-Z][A-Z0-9_]{0,63}", re.ASCII)
PLACES = {"sprint": (True, jira.sprint), "board": (True, jira.board), "project": (False, jira.project)}
ISSUE = re.compile(r"\d{1,19}|[A-Z][A-Z0-9_]{0,63}-\d{1,19}", re.ASCII)


class JiraApi:
    """One Jira site: read what is named, page through what is configured, apply what is decided."""

    def __init__(self, access: Access, clock: Callable[[], Millis] = wall_clock) -> None:
        self._access = access
        self._clock = clock
        self._client = JiraClient(access)
        self._moves = JiraMoves(self._client, self.view)
        self._comments = JiraComments(self._client, access.view.bots)
        self._discovering = Lock()
        self._view: SiteView | None = None
        self._quiet = True  # until Jira says that we may not silence its mails

    def permission(self, item: ItemId, login: str) -> str:
        """Nobody commands by a comment in Jira: its labels and fields, which need rights, are the door."""
        return "none"

    # --- reading ------------------------------------------------------------------------------------------

    def view(self) -> SiteView:
        """The site as bodies of it are read: its fields and statuses, discovered once; app.yaml's win."""
        with self._discovering:
            if self._view is None:
                self._view = self._discover(self._access.view)
            return self._view

    def _discover(self, given: SiteView) -> SiteView:
        fields, statuses = self._client.listed("field"), self._client.listed("status")
        try:
            found = jira.discover_fields(fields)
            categories = jira.discover_categories(statuses)
        except Malformed as wrong:
            raise Unreachable(f"{given.name}: {wrong.reason}") from None
        merged = FieldMap(*(mine or theirs for mine, theirs in zip(given.fields, found, strict=True)))
        return given._replace(fields=merged, categories=categories | dict(given.categories))

    def read(self, ref: str, now: Millis | None = None) -> Facts:
        """An issue with all of its history, a sprint, board or project, as it is now."""
        at = self._clock() if now is None else now
        own = self._own(ref)
        kind, _, number = own.partition(":")
        if kind in PLACES and number.isdecimal():
            agile, read = PLACES[kind]
            body = self._client.one(f"{kind}/{number}", agile=agile)
            return readable(partial(read, body, self._access.view, at, read_at=at))
        view = self.view()
        query: Query = {"fields": ",".join(_fields(view)), "expand": "changelog"}
        return readable(partial(self._issue, self._client.one(f"issue/{_issue(own)}", query), view, at))

    def scopes(self) -> list[str]:
        """The projects to backfill, by key."""
        return list(self._access.scopes)

    def pages(self, scope: str, since: Millis | None, cursor: str | None, now: Millis) -> Iterator[Page]:
        """A project, its boards and their sprints, then its issues by key; a cursor goes on from there.

        Keys do not change their order while issues are edited. A cursor older than Jira keeps it (7 days)
        starts the issues again, which changes nothing but the time it takes.
        """
        if not PROJECT.fullmatch(scope):
            raise Refused(f"{scope} is no key of a project")
        jql = f'project = "{scope}"' + ("" if since is None else f" AND updated >= {since}")
        step: Json = json.loads(cursor) if cursor else {"stage": "places", "done": 0}
        if step["stage"] == "places":
            facts = self._places(scope, now)
            step = {"stage": "issues", "at": None, "done": 0, "total": self._client.count(jql)}
            yield Page(facts, json.dumps(step), 0, step["total"])
        yield from self._issues(jql + " ORDER BY key ASC", step, now)

    def _issues(self, jql: str, step: Json, now: Millis) -> Iterator[Page]:
        view = self.view()
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
            facts = tuple(self._listed(issue, view, now) for issue in found.issues)
            onward = json.dumps({"stage": "issues", "at": at, "done": done, "total": total})
            yield Page(facts, None if at is None else onward, done, total)
            if at is None:
                return

    def _listed(self, issue: Json, view: SiteView, at: Millis) -> Facts:
        """An issue that a search gave; it may have been deleted since, for a search lags behind."""
        try:
            return readable(partial(self._issue, issue, view, at))
        except Gone as gone:
            return Facts(ignored=str(gone))

    def _issue(self, issue: Json, view: SiteView, at: Millis) -> Facts:
        """An issue with its whole history; Jira cuts long ones, and the rest is asked for."""
        history = issue.get("changelog")
        if isinstance(history, dict) and _cut(history):
            values = self._client.all(f"issue/{_issue(str(issue.get('id')))}/changelog")
            issue = issue | {"changelog": {"histories": values, "startAt": 0, "total": len(values)}}
        return jira.issue(issue, view, read_at=at)

    def _places(self, project: str, at: Millis) -> tuple[Facts, ...]:
        """A project, its boards, and their sprints, each once; a board without sprints has none."""
        found = {f"project {project}": (jira.project, self._client.one(f"project/{project}"))}
        missing: list[Facts] = []
        try:
            boards = self._client.all("board", {"projectKeyOrId": project}, agile=True)
        except (Gone, Refused) as error:  # a Jira without boards, or a token that may not see them
            boards, missing = [], [Facts(ignored=f"the boards of {project} cannot be read: {error}")]
        for board in boards:
            found[f"board {board.get('id')}"] = (jira.board, board)
            with suppress(Gone, Refused):  # a kanban board
                for sprint in self._client.all(f"board/{board.get('id')}/sprint", agile=True):
                    found[f"sprint {sprint.get('id')}"] = (jira.sprint, sprint)
        read = [partial(of, body, self._access.view, at, read_at=at) for of, body in found.values()]
        return (*map(readable, read), *missing)

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
        own = _issue(self._own(str(change.item)))
        if change.surface == SPRINT:
            return self._moves.current(own)
        label, _ = label_of(change)
        issue = self._client.one(f"issue/{own}", {"fields": "labels"})
        fields = issue.get("fields")
        return {"present": isinstance(fields, dict) and label in (fields.get("labels") or ())}

    def apply(self, change: Change) -> str:
        """Move it to a sprint, or add or remove one label; the other labels are not looked at.

        All of it may be repeated. Watchers get no mail about labels where the account may decide that.
        """
        if change.surface.startswith("notice:"):  # on a planning ticket, about a sprint
            ticket = _issue(self._own(str(change.desired["item"])))
            return self._comments.set(ticket, str(change.desired["mark"]), str(change.desired["text"]))
        own = _issue(self._own(str(change.item)))
        if change.surface == SPRINT:
            return self._moves.move(own, change.desired)
        label, present = label_of(change)
        path = f"issue/{own}"
        body = {"update": {"labels": [{"add" if present else "remove": label}]}}
        if self._quiet and self._put_quietly(path, body):
            return "set" if present else "removed"
        self._client.put(path, {}, body)
        self._quiet = False
        return "set" if present else "removed"

    def _put_quietly(self, path: str, body: Json) -> bool:
        """Write without mails to watchers; False when only an administrator may, and nothing was done."""
        try:
            self._client.put(path, {"notifyUsers": "false"}, body)
        except Refused as refused:
            if refused.status != 403:
                raise
            return False
        return True


def _fields(view: SiteView) -> list[str]:
    """What an issue is asked for: what we read of every issue, and this site's own fields."""
    own = (field for fields in view.fields for field in fields)
    return [*FIELDS, *dict.fromkeys(own)]


def _issue(own: str) -> str:
    """An issue's id, or its key as Jira writes it."""
    if not ISSUE.fullmatch(own.upper()):
        raise Refused(f"{own} names nothing that Jira can be asked for by itself")
    return own.upper()


def _cut(history: Json) -> bool:
    """Whether an issue came with only the newest part of its history."""
    total, held = history.get("total"), history.get("histories")
    return isinstance(total, int) and isinstance(held, list) and total > len(held)
