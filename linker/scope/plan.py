"""The nouns of sprint planning: a sprint with its tickets and key results, and what judges them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from functools import cached_property
from typing import Literal, NamedTuple

from linker.model import Millis
from linker.okrs.measured import DOUBT, Pace
from linker.scope.history import Story, Term
from linker.scope.sums import Part, Ticket, counted, part_of

Severity = Literal["error", "warning", "note", "off"]
PLANNED = Story(planned=True, inside=True)
UNPLANNED = "unplanned"  # the budget that tickets added after the start draw on


class Blocked(NamedTuple):
    """What a ticket waits for: names from the ticket that blocks it on to the last one that is open."""

    chain: tuple[str, ...]
    where: str  # the sprint, team or repository of the first one, in words


@dataclass(frozen=True)
class Card:
    """A ticket on the planning page, with all that is known of it."""

    row: int
    name: str  # jira:PAY-12
    title: str
    points: Decimal | None
    krs: tuple[str, ...]  # full ids, active or not
    exemption: str | None
    category: str
    parents: frozenset[int] = frozenset()
    above: str = ""  # its epic by name, where it has one
    assignee: str = ""
    place: str = ""  # project or repository
    sprints: tuple[str, ...] = ()  # open sprints that it is in, as ids in text
    story: Story = PLANNED
    carried: int = 0
    unknown: tuple[tuple[str, str], ...] = ()  # unknown code, and what would mend it
    blocked: tuple[Blocked, ...] = ()
    impact: Mapping[str, Fraction] = field(default_factory=dict)  # key result -> expected share of its gap
    disagreeing: tuple[str, ...] = ()  # open pull requests whose branch and title disagree

    @property
    def is_open(self) -> bool:
        """Whether there is still work to do."""
        return self.category in ("todo", "doing")


class Goal(NamedTuple):
    """A key result of the cycle as planning sees it."""

    id: str
    code: str
    title: str
    owner: str
    team: str
    objective: str
    kind: str
    active: bool
    ours: bool  # it is the business of the team that plans
    pace: Pace = "unknown"
    progress: Fraction | None = None
    confidence: Decimal | None = None
    confidence_before: Decimal | None = None
    read_at: Millis | None = None
    stale: bool = False
    middle: bool = False  # more than half of its cycle is over
    current: bool = True  # its cycle holds the day that counts; else it is active for its days of grace

    @property
    def at_risk(self) -> bool:
        """Whether its owner says so."""
        return self.confidence is not None and self.confidence < DOUBT


class Limit(NamedTuple):
    """At most and at least this share of a sprint's points; None: no bound."""

    most: Fraction | None = None
    least: Fraction | None = None


class Rules(NamedTuple):
    """The policy by which a sprint is judged."""

    budgets: Mapping[str, Limit]
    most_krs: int = 5
    least_share: Fraction = Fraction(1, 10)  # of the points, for a key result that is at risk
    severities: Mapping[str, Severity] = {}


@dataclass(frozen=True, eq=False)
class Plan:
    """A sprint as it is, or as it would be."""

    title: str
    cards: tuple[Card, ...]
    goals: tuple[Goal, ...]
    rules: Rules
    term: Term
    now: Millis
    capacity: Fraction | None = None
    readings: bool = False  # whether any key result has one

    @property
    def started(self) -> bool:
        """Whether what comes now comes after the start."""
        return self.term.planned_at is not None and self.term.planned_at <= self.now

    @cached_property
    def active(self) -> frozenset[str]:
        """Full ids of the key results that are active on the day that counts."""
        return frozenset(goal.id for goal in self.goals if goal.active)

    @cached_property
    def tickets(self) -> tuple[Ticket, ...]:
        """The cards as sums need them."""
        active = self.active
        return tuple(ticket_of(card, active) for card in self.cards)

    @cached_property
    def carrying(self) -> tuple[Card, ...]:
        """The cards that carry the sums: those below another one of the sprint are part of it already."""
        rows = {ticket.row for ticket in counted(self.tickets)}
        return tuple(card for card in self.cards if card.row in rows)

    @cached_property
    def largest(self) -> tuple[Card, ...]:
        """The carrying cards that were not given up, the largest first."""
        kept = [card for card in self.carrying if card.category != "dropped"]
        return tuple(sorted(kept, key=lambda card: (-(card.points or 0), card.name)))


def ticket_of(card: Card, active: frozenset[str]) -> Ticket:
    """A card as sums need it."""
    return Ticket(
        card.row,
        card.points,
        tuple(kr for kr in card.krs if kr in active),
        tuple(kr for kr in card.krs if kr not in active),
        card.exemption is not None,
        card.parents,
    )


def part(card: Card, active: frozenset[str]) -> Part:
    """The one part that a card belongs to."""
    return part_of(ticket_of(card, active))
