"""What the company's trackers hold at one moment, and the script of what people will do to it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from webhooks.simulator.company import ISSUES_REPOSITORY, ORG, Team, has_jira
from webhooks.simulator.epics import EpicPlan
from webhooks.simulator.tape import Tape
from webhooks.simulator.weeks import Window


@dataclass
class Sprint:
    """A Jira sprint, or a GitHub milestone for the team without Jira."""

    team: Team
    window: Window
    id: int
    state: str = "future"
    known: bool = False

    @property
    def place(self) -> tuple[str, int]:
        """The team and the number, by which the world holds it."""
        return self.team.name, self.window.number

    @property
    def name(self) -> str:
        """The name that the team sees."""
        return f"{self.team.project or self.team.title} Sprint {self.window.number}"


@dataclass(eq=False)
class Ticket:
    """An epic, ticket or sub-task of either tracker: its plan (what will happen when) and its state now."""

    team: str
    title: str
    body: str
    kind: str
    created: datetime
    reporter: str
    parent: "Ticket | None" = None
    plan: EpicPlan | None = None
    points: float | None = None
    labels: list[str] = field(default_factory=list)
    codes: tuple[str, ...] = ()
    exempt: str | None = None
    unlinked: tuple[str, ...] = ()
    unknown: bool = False
    # the plan
    sprint: int | None = None
    joins: datetime | None = None
    starts: datetime | None = None
    ends: datetime | None = None
    dropped: bool = False
    late: timedelta | None = None
    moves: tuple[datetime, str] | None = None
    next_key: str = ""
    # the state
    key: str = ""
    id: int = 0
    number: int = 0
    kr_field: str | None = None
    status: str = "To Do"
    assignee: str | None = None
    sprints: list[Sprint] = field(default_factory=list)
    stays: list[tuple[datetime, tuple[tuple[str, int], ...]]] = field(default_factory=list)
    updated: datetime | None = None
    closed: datetime | None = None
    links: list[tuple[int, str, "Ticket"]] = field(default_factory=list)
    known: bool = False

    @property
    def in_jira(self) -> bool:
        """Whether Jira holds it (else it is a GitHub issue)."""
        return has_jira(self.team)

    @property
    def alias(self) -> str:
        """The short form that pages and commands take."""
        return f"jira:{self.key}" if self.in_jira else f"github:{ORG}/{ISSUES_REPOSITORY}#{self.number}"

    def stay(self, at: datetime, sprints: "list[Sprint]") -> None:
        """Be in these sprints from now on; where it was before stays known, for the truth of closed ones."""
        self.sprints = sprints
        self.stays.append((at, tuple(sprint.place for sprint in sprints)))


class Commit(NamedTuple):
    """One commit of a pull request."""

    sha: str
    message: str
    author: str
    at: datetime


@dataclass(eq=False)
class Pull:
    """A pull request: its plan (how it names its work, when it is pushed and merged) and its state now."""

    repository: str
    author: str
    style: str
    opened: datetime
    ended: datetime | None = None
    merges: bool = True
    tickets: list[Ticket] = field(default_factory=list)
    codes: tuple[str, ...] = ()
    exempt: str | None = None
    unlinked: tuple[str, ...] = ()
    pushes: list[datetime] = field(default_factory=list)
    draft_until: datetime | None = None
    serves: list[Ticket] = field(default_factory=list)
    # the state
    title: str = ""
    body: str = ""
    branch: str = ""
    number: int = 0
    labels: list[str] = field(default_factory=list)
    commits: list[Commit] = field(default_factory=list)
    state: str = "open"
    draft: bool = False
    merged: bool = False
    updated: datetime | None = None
    closed: datetime | None = None
    comments: int = 0
    known: bool = False

    @property
    def alias(self) -> str:
        """The short form that pages and commands take."""
        return f"github:{ORG}/{self.repository}#{self.number}"

    @property
    def head(self) -> str:
        """The sha that a verdict would be written on."""
        return self.commits[-1].sha


class Move(NamedTuple):
    """Something that somebody does at a moment; `order` keeps equal moments in the order of the script."""

    at: datetime
    order: int
    act: Callable[..., None]
    args: tuple[Any, ...]


@dataclass
class World:
    """All items by kind, and the script; playing the moves in order changes the items and tells the tape."""

    seed: int
    tape: Tape
    sprints: dict[tuple[str, int], Sprint] = field(default_factory=dict)
    epics: list[Ticket] = field(default_factory=list)
    tickets: list[Ticket] = field(default_factory=list)
    old: list[Ticket] = field(default_factory=list)
    pulls: list[Pull] = field(default_factory=list)
    script: list[Move] = field(default_factory=list)
    blocks: list[tuple[datetime, Ticket, Ticket]] = field(default_factory=list)
    planted: dict[str, list[Any]] = field(default_factory=dict)
    taken: set[int] = field(default_factory=set)

    def then(self, at: datetime, act: Callable[..., None], *args: Any) -> None:
        """Put a move into the script."""
        self.script.append(Move(at, len(self.script), act, args))

    def plant(self, mistake: str, item: Any) -> None:
        """Note a planted mistake, so that tests can ask for each by name."""
        found = self.planted.setdefault(mistake, [])
        if item not in found:
            found.append(item)
