"""What a delivery says: observations of items in facets, acts, relations and decisions."""

from decimal import Decimal
from typing import Literal

from pydantic import Field

from linker.model.ids import ItemId, Ref
from linker.model.words import Category, DecisionKind, Level, Millis, Noun, Reason


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
    paths: tuple[str, ...] = ()  # files that a pull request changes, as far as they were read
    size: int | None = None  # lines that a pull request adds and removes
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
    """A person's word on an item: who, when, why; `kr` is a full id, `reason` a code of Exemption.

    A `move` goes to `sprint` (an ItemId as text; None: the backlog) from the sprints that were `seen`; an
    `impact` is the share of the gap of `kr` that is expected of the item ("1/10"; None: no word on it); a
    `snooze` keeps `finding` (its id and its subject, with a blank between) away until a time.
    """

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
    sprint: str | None = None
    seen: tuple[str, ...] = ()
    impact: str | None = Field(None, pattern=r"^\d{1,9}(/[1-9]\d{0,8})?$")
    finding: str | None = None


class Reading(Noun):
    """A measured value of a key result at a time; with a confidence (0 to 1) it is a check-in.

    `source` says where it comes from (`manual`, or a name of SOURCES); `undoes` takes an earlier one of the
    same key result back, and then nothing else of the reading counts.
    """

    id: str = Field(min_length=1, max_length=200)
    kr: str = Field(min_length=1, max_length=128)
    at: Millis
    value: Decimal = Field(max_digits=28)  # as many as are calculated with exactly
    confidence: Decimal | None = Field(None, ge=0, le=1)
    note: str = ""
    source: str = "manual"
    actor: str = ""
    undoes: str | None = None


class Command(Noun):
    """`/kr` lines of a comment, or a button of a check; who says it may do so is asked before it counts.

    `id` stays the same for the same words of the same comment. `answer` is the comment to react to, or empty.
    """

    id: str
    item: ItemId
    actor: str
    at: Millis
    lines: tuple[str, ...]
    answer: str = ""


class Asked(Noun):
    """A commit's check is asked for by hand (`rerun`, `more`) or by the merge queue (`queue`, `unqueue`).

    `item` is the pull request, or the repository where the tracker does not say which one.
    """

    item: ItemId
    sha: str
    at: Millis
    why: Literal["rerun", "more", "queue", "unqueue"]


class Facts(Noun):
    """All that one delivery or one REST answer says; `ignored` gives the reason when it says nothing."""

    observations: tuple[Observation, ...] = ()
    acts: tuple[LabelAct, ...] = ()
    relations: tuple[Relation, ...] = ()
    decisions: tuple[Decision, ...] = ()
    readings: tuple[Reading, ...] = ()
    commands: tuple[Command, ...] = ()
    asked: tuple[Asked, ...] = ()
    wanted: tuple[Ref, ...] = ()  # named without a body: to be read once
    ignored: str | None = None
