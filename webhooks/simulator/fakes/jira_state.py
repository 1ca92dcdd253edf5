"""What the fake Jira holds: the quarter up to a moment, and what we have written into it since."""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from threading import RLock
from typing import Any

from webhooks.simulator import places_jira as places
from webhooks.simulator.company import JIRA_SITE, OUR_ACCOUNT, PROJECTS, TEAMS
from webhooks.simulator.deliveries import Delivery, Json, headers_of, stable_id, to_bytes
from webhooks.simulator.events_jira import item
from webhooks.simulator.fakes.wire import Faults, Ledger
from webhooks.simulator.play import Quarter

_BEGINNING = datetime(2026, 9, 1, tzinfo=UTC)
_LABELS, _MOVED, _SPRINT = b'"field":"labels"', b'"field":"Key"', b'"field":"Sprint"'
_TIME = "%Y-%m-%dT%H:%M:%S.%f%z"


@dataclass
class Issue:
    """An issue: all bodies that told of it, and what we changed."""

    raw: list[bytes] = field(default_factory=list)
    labels: dict[str, tuple[bool, datetime]] = field(default_factory=dict)
    fields: dict[str, Any] = field(default_factory=dict)
    histories: list[Json] = field(default_factory=list)
    comments: list[Json] = field(default_factory=list)
    links: list[Json] = field(default_factory=list)
    properties: dict[str, Any] = field(default_factory=dict)
    planned: tuple[list[Json], datetime] | None = None  # the sprints that we put it into, and when
    touched: datetime | None = None
    _told: Json | None = None

    def add(self, body: bytes) -> None:
        """A newer body; what somebody changes since is so, whatever we had made of it."""
        self.raw.append(body)
        self._told = None
        if _SPRINT in body:
            self.planned = None
        if self.labels and _LABELS in body:
            for line in json.loads(body)["changelog"]["items"]:
                if line["field"] == "labels":
                    for gone in set((line["fromString"] or "").split()) - set(
                        (line["toString"] or "").split()
                    ):
                        self.labels.pop(gone, None)

    def now(self) -> Json:
        """The issue as Jira shows it now."""
        if self._told is None:
            told: Json = json.loads(self.raw[-1])["issue"]
            shown = self.ours(told["fields"]) | self.fields
            if self.touched is not None and self.touched > moment_of(shown["updated"]):
                shown["updated"] = places.time(self.touched)
            self._told = told | {"fields": shown}
        return self._told

    def ours(self, fields: Json, until: datetime | None = None) -> Json:
        """Fields with the labels and sprints that we have changed up to a moment."""
        shown = with_labels(fields, self.labels, until)
        if self.planned is not None and (until is None or self.planned[1] <= until):
            shown = shown | {places.SPRINT_FIELD: self.planned[0] or None}
        return shown

    def changelog(self) -> list[Json]:
        """All histories, oldest first, ours among them."""
        found = []
        for body in self.raw:
            if b'"changelog":' in body:
                told = json.loads(body)
                made = {
                    "id": told["changelog"]["id"],
                    "author": told["user"],
                    "created": told["issue"]["fields"]["updated"],
                }
                found.append(made | {"items": told["changelog"]["items"]})
        return sorted((*found, *self.histories), key=lambda held: moment_of(held["created"]))

    def write(self, moment: datetime) -> None:
        """Something of ours has changed it."""
        self.touched, self._told = moment, None


def with_labels(fields: Json, ours: dict[str, tuple[bool, datetime]], until: datetime | None = None) -> Json:
    """Fields with the labels that we have changed up to a moment."""
    held = set(fields["labels"])
    for name, (present, moment) in ours.items():
        if until is None or moment <= until:
            held = held | {name} if present else held - {name}
    return fields | {"labels": sorted(held)}


def moment_of(text: str) -> datetime:
    """A time of Jira's, read."""
    return datetime.strptime(text, _TIME)  # noqa: DTZ007  the pattern ends in %z


class JiraState:
    """Follows the quarter delivery by delivery; holds ledger, faults and all that is written to it."""

    def __init__(self, quarter: Quarter | None = None, until: datetime | None = None) -> None:
        self.ledger, self.faults, self.lock = Ledger(), Faults(), RLock()
        self.on_delivery: Callable[[Delivery], None] | None = None
        self.now = _BEGINNING
        self.issues: dict[str, Issue] = {}
        self.ids: dict[str, str] = {}
        self.sprints: dict[int, Json] = {}
        self.projects: dict[str, Json] = {known.key: places.project(known.key) for known in PROJECTS}
        self.schedules = True  # whether we have the permission Schedule Issues
        self.boards: dict[int, Json] = {team.board: places.board(team.name) for team in TEAMS if team.project}
        self.sent: list[Delivery] = []
        self._ahead = [told for told in quarter.told if told.source == "jira"] if quarter else []
        self._known = {held.id for held in quarter.deliveries if held.source == "jira"} if quarter else set()
        self._place = 0
        if until is not None:
            self.advance(until)

    def advance(self, moment: datetime) -> None:
        """Hold all that has happened in Jira up to a moment."""
        with self.lock:
            while self._place < len(self._ahead) and self._ahead[self._place].at <= moment:
                told = self._ahead[self._place]
                self._take(told.event, told.body)
                self._place += 1
            self.now = max(self.now, moment)

    def see(self, delivery: Delivery) -> Delivery:
        """Follow a delivery, and give it back as Jira would send it: with what we wrote before."""
        if delivery.source != "jira":
            return delivery
        with self.lock:
            if delivery.id in self._known:
                self.advance(delivery.at)
            else:
                self._take(delivery.event, delivery.body)
                self.now = max(self.now, delivery.at)
            return delivery._replace(body=self._refreshed(delivery))

    def find(self, key_or_id: str) -> Issue | None:
        """An issue by id, by key, or by a key that it had before it moved."""
        return self.issues.get(self.ids.get(key_or_id.upper(), key_or_id))

    def change(self, held: Issue, items: list[Json]) -> None:
        """Note what we have changed, and send the webhook that Jira would send for it."""
        updated = moment_of(held.now()["fields"]["updated"])
        moment = self.now if self.now > updated else updated + timedelta(milliseconds=1)
        held.write(moment)
        number = str(900001 + sum(len(issue.histories) for issue in self.issues.values()))
        us = places.user(OUR_ACCOUNT)
        held.histories.append({"id": number, "author": us, "created": places.time(moment), "items": items})
        body = {
            "timestamp": places.millis(moment), "webhookEvent": "jira:issue_updated",
            "issue_event_type_name": "issue_updated", "user": us, "issue": self.shown(held),
            "changelog": {"id": number, "items": items},
        }  # fmt: skip
        self.deliver("jira:issue_updated", body)

    def set_labels(self, held: Issue, add: set[str], remove: set[str]) -> None:
        """Labels put on or taken off by us; what is so already tells nothing."""
        before = held.now()["fields"]["labels"]
        after = sorted((set(before) | add) - remove)
        if after == sorted(before):
            return
        for name in set(after) ^ set(before):
            held.labels[name] = (name in after, self.now)
        self.change(held, [item("labels", (None, " ".join(before)), (None, " ".join(after)), "labels")])

    def set_sprint(self, held: Issue, sprint: Json | None) -> None:
        """An issue put into a sprint or into the backlog by us; the sprints that are closed stay."""
        before = [self.sprint_now(value) for value in held.now()["fields"].get(places.SPRINT_FIELD) or ()]
        after = [value for value in before if value["state"] == "closed"] + ([sprint] if sprint else [])
        if [value["id"] for value in after] == [value["id"] for value in before]:
            return
        held.planned = (after, self.now)
        line = item("Sprint", _sprints_text(before), _sprints_text(after), places.SPRINT_FIELD)
        self.change(held, [line])
        held.planned = (after, held.touched or self.now)

    def shown(self, held: Issue) -> Json:
        """An issue as Jira shows it now: a sprint in its field has the state that it has by now."""
        told = held.now()
        sprints = [self.sprint_now(value) for value in told["fields"].get(places.SPRINT_FIELD) or ()]
        return told | {"fields": told["fields"] | ({places.SPRINT_FIELD: sprints} if sprints else {})}

    def sprint_now(self, value: Json) -> Json:
        """A sprint of a field with the state that it has by now."""
        known = self.sprints.get(value["id"])
        return value | {"state": known["state"]} if known else value

    def deliver(self, event: str, body: Json) -> None:
        """Send the webhook that Jira would send for something we wrote."""
        delivery_id = str(stable_id(f"echo-jira-{len(self.sent) + 1}-{self.now.isoformat()}"))
        sent = Delivery(
            self.now,
            "jira",
            JIRA_SITE,
            delivery_id,
            event,
            headers_of("jira", event, delivery_id),
            to_bytes(body),
        )
        self.sent.append(sent)
        if self.on_delivery is not None:
            self.on_delivery(sent)

    def _take(self, event: str, body: bytes) -> None:
        if event in ("jira:issue_created", "jira:issue_updated"):
            told = json.loads(body)["issue"] if _MOVED in body or event.endswith("created") else None
            number = told["id"] if told else _id_of(body)
            self.issues.setdefault(number, Issue()).add(body)
            if told:
                self.ids[told["key"]] = number
        elif event == "jira:issue_deleted":
            self.issues.pop(_id_of(body), None)
        elif event.startswith("sprint_"):
            told = json.loads(body)["sprint"]
            self.sprints[told["id"]] = told
        elif event.startswith("comment_"):
            _comment(self, json.loads(body))
        elif event == "board_created":
            told = json.loads(body)["board"]
            self.boards[told["id"]] = told

    def _refreshed(self, delivery: Delivery) -> bytes:
        if not delivery.event.startswith("jira:issue_"):
            return delivery.body
        held = self.issues.get(_id_of(delivery.body))
        if held is None or not (held.labels or held.planned):
            return delivery.body
        body = json.loads(delivery.body)
        fields = body["issue"]["fields"]
        body["issue"]["fields"] = held.ours(fields, moment_of(fields["updated"]))
        return to_bytes(body)


def _id_of(body: bytes) -> str:
    """The issue's id without reading the whole body, where it lies at the place that the quarter puts it."""
    start = body.find(b'"issue":{"id":"')
    if start < 0:
        return str(json.loads(body)["issue"]["id"])
    start += len(b'"issue":{"id":"')
    return body[start : body.index(b'"', start)].decode()


def _sprints_text(sprints: list[Json]) -> tuple[str, str]:
    return ", ".join(str(held["id"]) for held in sprints), ", ".join(held["name"] for held in sprints)


def _comment(state: JiraState, body: Json) -> None:
    held = state.issues.get(str(body["issue"]["id"]))
    if held is not None:
        told = body["comment"]
        held.comments = [known for known in held.comments if known["id"] != told["id"]]
        if body["webhookEvent"] != "comment_deleted":
            held.comments.append(told)
