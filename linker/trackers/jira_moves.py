"""What Jira is told of sprints: a ticket goes to one or to the backlog, if it is still where it was seen.

Jira answers such a write with nothing, so the ticket is read before it and after it.
"""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from linker.trackers import SiteView
from linker.trackers.jira_client import JiraClient
from linker.trackers.jira_sprints import sprint_values
from linker.trackers.outcome import Gone, Refused, Unreachable, sprint_of
from linker.trackers.payload import Malformed

Json = Mapping[str, Any]

RIGHT = "It needs the permission Schedule Issues in the project of the ticket."


class Here(NamedTuple):
    """The sprints of a ticket: those that go on, by name, and those that are over; by id."""

    open: dict[str, str]
    closed: frozenset[str]


class JiraMoves:
    """Moves tickets of one site between sprints and the backlog, one at a time."""

    def __init__(self, client: JiraClient, view: Callable[[], SiteView]) -> None:
        self._client = client
        self._view = view

    def current(self, issue: str) -> dict[str, str | bool | None]:
        """The sprint that a ticket is in."""
        site = self._view().name
        now = sorted(self._here(issue).open)
        return {"to": f"jira:{site}:sprint:{now[0]}" if now else None}

    def move(self, issue: str, desired: Json) -> str:
        """Move a ticket, unless it is there already; refused where somebody moved it meanwhile."""
        site = self._view().name
        to = sprint_of(desired["to"], "jira", site)
        before = {sprint_of(seen, "jira", site) for seen in desired["from"]}
        goal = set() if to is None else {to}
        here = self._here(issue)
        if here.open.keys() == goal:
            return "already"
        if here.open.keys() != before - here.closed:
            raise Refused(_moved(here))
        self._write(issue, to)
        after = self._here(issue)
        if after.open.keys() == before - after.closed:
            raise Unreachable(f"{site}: the sprint of issue {issue} does not show the change")
        if after.open.keys() != goal:
            raise Refused(_moved(after))
        return "moved"

    def _here(self, issue: str) -> Here:
        """What the ticket's own field says, with the state of each sprint."""
        names = self._view().fields.sprint
        if not names:
            raise Refused("This Jira shows no field of sprints. Name it as `fields.sprint` in app.yaml.")
        fields = self._client.one(f"issue/{issue}", {"fields": ",".join(names)}).get("fields")
        held = fields if isinstance(fields, dict) else {}
        try:
            told = [one for name in names for one in sprint_values(held.get(name), f"issue.fields.{name}")]
        except Malformed as wrong:
            raise Unreachable(f"{self._view().name}: {wrong.reason}") from None
        closed = frozenset(str(one.get("id")) for one in told if _closed(one))
        return Here({str(one["id"]): _name(one) for one in told if not _closed(one)}, closed)

    def _write(self, issue: str, to: str | None) -> None:
        path = "backlog/issue" if to is None else f"sprint/{to}/issue"
        try:
            self._client.post(path, {"issues": [issue]}, agile=True)
        except Refused as refused:
            if refused.status == 403:
                raise Refused(f"{refused.text} {RIGHT}", 403) from None
            if to is not None and refused.status == 400:
                self._look_at(to)
            raise
        except Gone:
            if to is not None:
                self._look_at(to)
            raise

    def _look_at(self, sprint: str) -> None:
        """Say it where the sprint itself is why nothing can be moved there."""
        try:
            told = self._client.one(f"sprint/{sprint}", agile=True)
        except Gone:
            said = f"Sprint {sprint} is not in Jira any more, or hidden from the account."
            raise Refused(f"{said} Choose another sprint.") from None
        if _closed(told):
            raise Refused(f"{_name(told)} is closed in Jira. Choose a sprint that goes on.") from None


def _moved(here: Here) -> str:
    places = " and ".join(sorted(here.open.values())) or "the backlog"
    return f"It was moved to {places} in Jira meanwhile, so it was left there."


def _closed(told: Json) -> bool:
    return str(told.get("state") or "").lower() == "closed"


def _name(told: Json) -> str:
    return str(told.get("name") or f"sprint {told.get('id')}")
