"""What the fake GitHub holds: the quarter up to a moment, and what we have written into it since."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from threading import RLock

from webhooks.simulator import places_github as places
from webhooks.simulator.company import GITHUB_SITE, ORG, REPOSITORIES
from webhooks.simulator.deliveries import Delivery, Json, Told, headers_of, stable_id, to_bytes
from webhooks.simulator.fakes.wire import Faults, Ledger
from webhooks.simulator.play import Quarter
from webhooks.simulator.shapes_github import pull_as_issue
from webhooks.simulator.world import Commit

Place = tuple[str, int]  # `owner/name` and the number
_BEGINNING = datetime(2026, 9, 1, tzinfo=UTC)
_UNLABELED, _PLANNED = b'"action":"unlabeled"', (b'"action":"milestoned"', b'"action":"demilestoned"')


@dataclass
class Held:
    """An issue or pull request: all bodies that told of it, newest last, and what we changed of it."""

    part: str
    raw: list[bytes] = field(default_factory=list)
    ours: dict[str, tuple[bool, datetime]] = field(default_factory=dict)
    planned: tuple[Json | None, datetime] | None = None  # the milestone that we gave it, and when
    touched: datetime | None = None
    _told: Json | None = None

    def add(self, body: bytes) -> None:
        """A newer body; what somebody changes since is so, whatever we had made of it."""
        self.raw.append(body)
        self._told = None
        if _UNLABELED in body[:60]:
            self.ours.pop(json.loads(body)["label"]["name"], None)
        if any(action in body[:60] for action in _PLANNED):
            self.planned = None

    def now(self, repository: str) -> Json:
        """The item as GitHub shows it now."""
        if self._told is None:
            told: Json = json.loads(self.raw[-1])[self.part]
            self._told = self.shown(told, repository)
            if self.touched is not None:
                self._told["updated_at"] = max(self._told["updated_at"], places.time(self.touched) or "")
        return self._told

    def shown(self, told: Json, repository: str, until: str = "9") -> Json:
        """A body with the labels and the milestone that we have changed up to a time of GitHub's."""
        told = with_labels(told, repository, self.ours, until)
        if self.planned is not None and (places.time(self.planned[1]) or "") <= until:
            return told | {"milestone": self.planned[0]}
        return told

    def plan(self, milestone: Json | None, moment: datetime) -> None:
        """We put it into a milestone, or out of every one."""
        self.planned = (milestone, moment)
        self.touched, self._told = moment, None

    def write(self, name: str, present: bool, moment: datetime) -> None:
        """We put a label on or take it off."""
        self.ours[name] = (present, moment)
        self.touched, self._told = moment, None


def with_labels(
    told: Json, repository: str, ours: dict[str, tuple[bool, datetime]], until: str = "9"
) -> Json:
    """An item with the labels that we have changed up to a time of GitHub's."""
    names = [label["name"] for label in told["labels"]]
    for name, (present, moment) in ours.items():
        if (places.time(moment) or "") <= until:
            names = [held for held in names if held != name] + ([name] if present else [])
    short = repository.partition("/")[2]
    known = {label["name"]: label for label in told["labels"]}
    return told | {"labels": [known.get(name) or places.label(short, name) for name in names]}


class GitHubState:
    """Follows the quarter delivery by delivery; holds ledger, faults and all that is written to it."""

    def __init__(self, quarter: Quarter | None = None, until: datetime | None = None) -> None:
        self.ledger, self.faults, self.lock = Ledger(), Faults(), RLock()
        self.on_delivery: Callable[[Delivery], None] | None = None
        self.now = _BEGINNING
        self.items: dict[Place, Held] = {}
        self.labels: dict[str, dict[str, Json]] = {known.full_name: {} for known in REPOSITORIES}
        self.repositories: dict[str, Json] = {
            known.full_name: places.repository(known.name) for known in REPOSITORIES
        }
        self.milestones: dict[str, dict[int, Json]] = {}
        self.above: dict[Place, Place] = {}
        self.comments: dict[Place, list[Json]] = {}
        self.statuses: dict[tuple[str, str], list[Json]] = {}
        self.check_runs: dict[tuple[str, int], Json] = {}
        self.permissions: dict[str, str] = {}
        self.pushes = True  # whether we may do more than read
        self.commit_messages: dict[str, str] = {}  # of heads that no quarter tells of
        self.extra_shas: set[str] = set()  # commits that no pull request has: those of a merge queue
        self.renamed: dict[str, int] = {}
        self.sent: list[Delivery] = []
        self._commits = quarter.commits if quarter else {}
        self._ahead = [told for told in quarter.told if told.source == "github"] if quarter else []
        self._sent = [held for held in quarter.deliveries if held.source == "github"] if quarter else []
        self._known = {held.id for held in self._sent}
        self._place = 0
        if until is not None:
            self.advance(until)

    def advance(self, moment: datetime) -> None:
        """Hold all that has happened on GitHub up to a moment."""
        with self.lock:
            while self._place < len(self._ahead) and self._ahead[self._place].at <= moment:
                told = self._ahead[self._place]
                self._take(told.event, told.body, told)
                self._place += 1
            self.now = max(self.now, moment)

    def see(self, delivery: Delivery) -> Delivery:
        """Follow a delivery, and give it back as GitHub would send it: with what we wrote before."""
        if delivery.source != "github":
            return delivery
        with self.lock:
            if delivery.id in self._known:
                self.advance(delivery.at)
            else:
                self._take(delivery.event, delivery.body, None)
                self.now = max(self.now, delivery.at)
            return delivery._replace(body=self._refreshed(delivery))

    def item(self, repository: str, number: int) -> Held | None:
        """An issue or pull request, when it is there."""
        return self.items.get((repository, number))

    def all_items(self, repository: str) -> Iterator[tuple[int, Held]]:
        """All issues and pull requests of a repository."""
        return ((number, held) for (name, number), held in self.items.items() if name == repository)

    def commits(self, repository: str, number: int) -> list[Commit]:
        """The commits of a pull request up to now."""
        found = self._commits.get(f"{repository.partition('/')[2]}#{number}", [])
        told = [made for made in found if made.at <= self.now]
        held = self.item(repository, number)
        head = held.now(repository)["head"]["sha"] if held is not None else ""
        if head in self.commit_messages:
            told.append(Commit(head, self.commit_messages[head], "developer", self.now))
        return told

    def hook_deliveries(self) -> list[Delivery]:
        """The last deliveries of the quarter up to now, oldest first."""
        return [held for held in self._sent if held.at <= self.now][-60:]

    def deliver(self, event: str, body: Json) -> None:
        """Send the webhook that GitHub would send for something we wrote."""
        number = len(self.sent) + 1
        delivery_id = str(stable_id(f"echo-github-{number}-{body.get('action')}-{self.now.isoformat()}"))
        sent = Delivery(
            self.now,
            "github",
            GITHUB_SITE,
            delivery_id,
            event,
            headers_of("github", event, delivery_id),
            to_bytes(body),
        )
        self.sent.append(sent)
        if self.on_delivery is not None:
            self.on_delivery(sent)

    def _take(self, event: str, body: bytes, told: Told | None) -> None:
        if event in ("pull_request", "issues"):
            part = "pull_request" if event == "pull_request" else "issue"
            self.items.setdefault(_place_of(told, body, part), Held(part)).add(body)
        elif event in ("milestone", "sub_issues", "label", "issue_comment", "repository"):
            _TAKERS[event](self, json.loads(body))

    def _refreshed(self, delivery: Delivery) -> bytes:
        if delivery.event not in ("pull_request", "issues") or not any(
            held.ours or held.planned for held in self.items.values()
        ):
            return delivery.body
        body = json.loads(delivery.body)
        part = "pull_request" if delivery.event == "pull_request" else "issue"
        repository = body["repository"]["full_name"]
        held = self.item(repository, body[part]["number"])
        if held is None or not (held.ours or held.planned):
            return delivery.body
        body[part] = held.shown(body[part], repository, body[part]["updated_at"])
        return to_bytes(body)


def shown_as_issue(repository: str, held: Held) -> Json:
    """An item as /issues shows it: pull requests are issues too."""
    told = held.now(repository)
    return pull_as_issue(told) if held.part == "pull_request" else told


def _place_of(told: Told | None, body: bytes, part: str) -> Place:
    if told is not None:
        name, _, number = told.subject.partition(" ")[2].partition("#")
        return f"{ORG}/{name}", int(number)
    parsed = json.loads(body)
    return parsed["repository"]["full_name"], parsed[part]["number"]


def _milestone(state: GitHubState, body: Json) -> None:
    state.milestones.setdefault(body["repository"]["full_name"], {})[body["milestone"]["number"]] = body[
        "milestone"
    ]


def _sub_issues(state: GitHubState, body: Json) -> None:
    name = body["repository"]["full_name"]
    child, parent = (name, body["sub_issue"]["number"]), (name, body["parent_issue"]["number"])
    if body["action"].endswith("added"):
        state.above[child] = parent
    elif state.above.get(child) == parent:
        del state.above[child]


def _label(state: GitHubState, body: Json) -> None:
    held, name = state.labels.setdefault(body["repository"]["full_name"], {}), body["label"]["name"]
    if body["action"] == "deleted":
        held.pop(name, None)
    else:
        held[name] = body["label"]


def _comment(state: GitHubState, body: Json) -> None:
    place = body["repository"]["full_name"], body["issue"]["number"]
    listed = state.comments.setdefault(place, [])
    listed[:] = [held for held in listed if held["id"] != body["comment"]["id"]]
    if body["action"] != "deleted":
        listed.append(body["comment"])


def _repository(state: GitHubState, body: Json) -> None:
    told = body["repository"]
    for name, held in list(state.repositories.items()):
        if held["id"] == told["id"] and name != told["full_name"]:
            del state.repositories[name]
            state.renamed[name] = told["id"]
            state.items = {(_new(place, name, told), place[1]): item for place, item in state.items.items()}
    state.repositories[told["full_name"]] = told


def _new(place: Place, old: str, told: Json) -> str:
    name: str = told["full_name"]
    return name if place[0] == old else place[0]


_TAKERS: dict[str, Callable[[GitHubState, Json], None]] = {
    "milestone": _milestone,
    "sub_issues": _sub_issues,
    "label": _label,
    "issue_comment": _comment,
    "repository": _repository,
}
