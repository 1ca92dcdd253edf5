"""The nouns: frozen values in which every other module speaks; times are epoch milliseconds, UTC."""

from datetime import date
from decimal import Decimal
from enum import IntEnum
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

Millis = int
TrackerName = Literal["jira", "github"]
Comparator = Literal["from_to", "at_most", "at_least", "maintain_below", "zero", "ratio", "boolean"]
KRKind = Literal["committed", "aspirational", "guardrail"]
KRState = Literal["proposed", "open", "deferred", "dropped", "closed"]
Category = Literal["todo", "doing", "done", "dropped"]
LinkKind = Literal["tag", "parent", "delivers", "contributes", "mentions", "blocks"]
DecisionKind = Literal["link", "unlink", "exempt", "snooze", "confirm"]
Reason = Literal["ktlo", "debt", "incident", "spike", "upstream", "docs"]
VerdictWord = Literal["serving", "exempt", "undecided", "inactive", "unknown", "unlinked"]


class Noun(BaseModel):
    """A frozen value that refuses fields it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Level(IntEnum):
    """How far below a key result an item stands; serving links only go down."""

    KR = 0
    INITIATIVE = 1
    EPIC = 2
    TICKET = 3
    SUBTASK = 4
    PULL_REQUEST = 5


class ItemId(NamedTuple):
    """Identity: tracker, site and the tracker's immutable id.

    Jira issues by their numeric id (`10063`); GitHub issues and pull requests by repository id and number
    (`186853002#7`), which no rename changes. Sprints, milestones, repositories, projects and boards are
    told apart by a prefix: `sprint:7`, `milestone:9`, `repo:186853002`, `project:10000`, `board:8`.
    """

    tracker: TrackerName
    site: str
    id: str

    def __str__(self) -> str:
        return f"{self.tracker}:{self.site}:{self.id}"

    @property
    def place(self) -> str | None:
        """`sprint`, `milestone`, `repo`, `project` or `board`; None for an item of work."""
        head, colon, _ = self.id.partition(":")
        return head if colon else None


def item_id(text: str) -> ItemId:
    """Read an ItemId back from its text; ValueError when it is none."""
    tracker, _, rest = text.partition(":")
    site, _, own = rest.partition(":")
    if tracker == "jira" and site and own:
        return ItemId("jira", site, own)
    if tracker == "github" and site and own:
        return ItemId("github", site, own)
    raise ValueError(f"not an item id: {text!r}")


# A Ref names an item that may not be held yet: an ItemId as text (`jira:acme:10063`) where the tracker gave
# the immutable id, else an alias in its short form (`jira:PAY-12`, `github:acme/pay#7`).
Ref = str


# --- what a delivery says ---------------------------------------------------------------------------------


class Kind(Noun):
    """What an item is: its level and the tracker's own word for it (`Story`, `Bug`, `pull request`)."""

    level: Level
    type: str


class Person(Noun):
    """Who a tracker says acted: login or account id, and whether it is a bot. Never aggregated by."""

    id: str
    name: str = ""
    bot: bool = False


class State(Noun):
    """The tracker's own state name, what it means, and since when it is done."""

    name: str
    category: Category
    draft: bool = False
    done_at: Millis | None = None


class Head(Noun):
    """Where a pull request comes from and goes to."""

    sha: str
    branch: str
    base: str
    fork: bool = False
    merge_sha: str | None = None


class ItemLink(Noun):
    """A relation that the tracker itself holds between two items (`blocks`, `relates to`)."""

    type: str
    outward: bool
    ref: Ref


class SprintDates(Noun):
    """A sprint's state and dates as the tracker gives them; for a milestone `end` is its due date."""

    state: Literal["future", "active", "closed"]
    start: Millis | None = None
    end: Millis | None = None
    completed: Millis | None = None
    board: str | None = None
    goal: str | None = None


class PlaceFacts(Noun):
    """What matters of a repository or project: who may see it, and whether it still takes work."""

    private: bool | None = None
    archived: bool = False
    default_branch: str | None = None


class Facets(Noun):
    """What one body says of an item. A field that was not set says nothing; None or () is a statement."""

    kind: Kind | None = None
    alias: str | None = None  # PAY-12, acme/pay#7, acme/pay
    title: str = ""
    body: str = ""
    author: Person | None = None
    assignee: str | None = None
    state: State | None = None
    labels: tuple[str, ...] = ()
    parent: tuple[Ref, ...] = ()
    sprints: tuple[str, ...] = ()  # ItemIds of sprints or milestones, as text
    head: Head | None = None
    points: Decimal | None = None
    links: tuple[ItemLink, ...] = ()
    field: str | None = None  # the KR custom field, as written
    commits: tuple[str, ...] = ()  # messages of a pull request's commits
    dates: SprintDates | None = None
    place: PlaceFacts | None = None
    deleted: bool = False


class Observation(Noun):
    """What one body says of one item, with the tracker's own time; `read_at` is set when we asked for it."""

    item: ItemId
    at: Millis
    facets: Facets
    created: Millis | None = None
    read_at: Millis | None = None


class LabelAct(Noun):
    """Somebody set or removed a label; `ours` when it was this service."""

    item: ItemId
    label: str
    at: Millis
    added: bool
    actor: str
    ours: bool


class Relation(Noun):
    """A link between two items that came or went by an event of its own, without a body of either."""

    child: ItemId
    parent: ItemId
    type: str
    at: Millis
    added: bool
    hierarchy: bool = False


class Decision(Noun):
    """A person's word on an item: who, when, why; `kr` is a full id, `reason` a code of Exemption."""

    id: str
    item: ItemId
    kind: DecisionKind
    kr: str | None = None
    reason: Reason | None = None
    why: str = ""
    actor: str
    at: Millis
    order: str = ""  # the tracker's comment id, where two decisions share a time
    until: Millis | None = None
    permission: str = ""  # what was checked, kept so that a replay never asks again
    undoes: str | None = None


class Facts(Noun):
    """All that one delivery or one REST answer says; `ignored` gives the reason when it says nothing."""

    observations: tuple[Observation, ...] = ()
    acts: tuple[LabelAct, ...] = ()
    relations: tuple[Relation, ...] = ()
    decisions: tuple[Decision, ...] = ()
    wanted: tuple[Ref, ...] = ()  # named without a body: to be read once
    ignored: str | None = None


# --- the OKR side -----------------------------------------------------------------------------------------


class StateChange(Noun):
    """A key result changed state on a day, for a reason."""

    state: KRState
    on: date
    reason: str = ""


class KeyResult(Noun):
    """A measured outcome with baseline, target and owner; unique by code within its cycle."""

    code: str
    title: str
    cycle: str
    objective: str
    metric: str = ""
    unit: str = ""
    baseline: Decimal | None = None
    target: Decimal | None = None
    comparator: Comparator = "from_to"
    owner: str = ""
    team: str = ""
    source: dict[str, str] = Field(default_factory=dict)
    kind: KRKind = "committed"
    state: KRState = "open"
    history: tuple[StateChange, ...] = ()
    keywords: tuple[str, ...] = ()
    guards: str | None = None
    weight: Decimal = Decimal(1)

    @property
    def id(self) -> str:
        """The full id, `2026Q4/O1.KR2`."""
        return f"{self.cycle}/{self.code}"


class Objective(Noun):
    """What we want to be true and why now; its key results say how we would know."""

    code: str
    title: str
    cycle: str
    owner: str = ""
    why_now: str = ""
    driver: str = ""
    parent: str | None = None
    team: str = ""
    key_results: tuple[KeyResult, ...] = ()


class Cycle(Noun):
    """A span of days, both inclusive, in its own time zone."""

    id: str
    start: date
    end: date
    timezone: str = "UTC"
    objectives: tuple[Objective, ...] = ()


# --- what follows from it ---------------------------------------------------------------------------------


class Provenance(Noun):
    """What made a link: rule, field and text span, actor and the time from which it holds."""

    rule: str
    field: str
    span: tuple[int, int] | None = None
    text: str = ""
    actor: str = ""
    at: Millis = 0


class Link(Noun):
    """child -> parent: an item, or a key result by its full id when `kind` is `tag`."""

    child: ItemId
    parent: str  # str(ItemId), or a full KR id for tags
    kind: LinkKind
    why: Provenance


class Finding(Noun):
    """Something a person should look at, and what would fix it."""

    id: str
    severity: Literal["error", "warning", "note"]
    subject: str
    text: str
    fix: str = ""


class Change(Noun):
    """One write that we want on a tracker: the state that a surface of an item should have."""

    item: ItemId
    surface: str  # label:kr:O1.KR2, status:<sha>
    desired: dict[str, str | bool | None]
