"""What a sprint's points serve, in exact parts that add up to the whole."""

from collections.abc import Iterable, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from fractions import Fraction
from typing import Literal, NamedTuple

Part = Literal["active", "inactive", "exempt", "none"]
PARTS: tuple[Part, ...] = ("active", "inactive", "exempt", "none")


class Ticket(NamedTuple):
    """A ticket of a sprint as sums need it; `parents` are rows of items, in the sprint or not."""

    row: int
    points: Decimal | None  # None: no estimate
    active: tuple[str, ...]  # full ids of the active key results that it serves
    inactive: tuple[str, ...]
    exempt: bool
    parents: frozenset[int] = frozenset()


class Parts(NamedTuple):
    """Points and tickets by what they serve; each of the two maps adds up to its total, exactly."""

    points: Mapping[Part, Fraction]
    tickets: Mapping[Part, int]
    krs: Mapping[str, Fraction]  # active key result -> its share of the points
    serving: Mapping[str, int]  # active key result -> tickets that serve it
    total: Fraction
    unestimated: int  # tickets without an estimate; they count as tickets, and carry no points
    negative: int  # tickets with a negative estimate; it counts 0

    @property
    def number(self) -> int:
        """How many tickets were counted."""
        return sum(self.tickets.values())


def points(text: str | None) -> Decimal | None:
    """An estimate as the store keeps it; what is no finite number is no estimate."""
    try:
        value = Decimal(text) if text is not None else None
    except InvalidOperation:
        return None
    return value if value is not None and value.is_finite() else None


def part_of(ticket: Ticket) -> Part:
    """The one part that a ticket belongs to; an active key result comes before all else."""
    if ticket.active:
        return "active"
    if ticket.exempt:
        return "exempt"
    return "inactive" if ticket.inactive else "none"


def counted(tickets: Iterable[Ticket]) -> list[Ticket]:
    """The tickets that carry the sum: those below a ticket of the same sprint are part of it already.

    Parents in a circle would leave none of them, so the first by row stands for the circle.
    """
    held = {ticket.row: ticket for ticket in sorted(tickets)}
    below: dict[int, list[int]] = {}
    for ticket in held.values():
        for parent in ticket.parents & held.keys():
            below.setdefault(parent, []).append(ticket.row)
    tops = [row for row, ticket in held.items() if not (ticket.parents - {row}) & held.keys()]
    seen: set[int] = set()
    found: list[int] = []
    for row in [*tops, *held]:
        if row not in seen:
            found.append(row)
            _cover(row, below, seen)
    return [held[row] for row in sorted(found)]


def sums(tickets: Iterable[Ticket]) -> Parts:
    """Add up the counted tickets; several active key results of one ticket share its points equally."""
    points: dict[Part, Fraction] = dict.fromkeys(PARTS, Fraction(0))
    numbers: dict[Part, int] = dict.fromkeys(PARTS, 0)
    krs: dict[str, Fraction] = {}
    serving: dict[str, int] = {}
    unestimated = negative = 0
    for ticket in counted(tickets):
        part = part_of(ticket)
        numbers[part] += 1
        unestimated += ticket.points is None
        negative += ticket.points is not None and ticket.points < 0
        worth = max(Fraction(ticket.points or 0), Fraction(0))
        points[part] += worth
        for kr in ticket.active:
            krs[kr] = krs.get(kr, Fraction(0)) + worth / len(ticket.active)
            serving[kr] = serving.get(kr, 0) + 1
    return Parts(points, numbers, krs, serving, sum(points.values(), Fraction(0)), unestimated, negative)


def add(parts: Sequence[Parts]) -> Parts:
    """Several sprints as one; what is split in each stays split in the sum."""
    krs: dict[str, Fraction] = {}
    serving: dict[str, int] = {}
    for one in parts:
        for kr, worth in one.krs.items():
            krs[kr] = krs.get(kr, Fraction(0)) + worth
        for kr, number in one.serving.items():
            serving[kr] = serving.get(kr, 0) + number
    return Parts(
        {part: sum((one.points[part] for one in parts), Fraction(0)) for part in PARTS},
        {part: sum(one.tickets[part] for one in parts) for part in PARTS},
        krs,
        serving,
        sum((one.total for one in parts), Fraction(0)),
        sum(one.unestimated for one in parts),
        sum(one.negative for one in parts),
    )


def percent(values: Sequence[Fraction | int]) -> list[int]:
    """Whole percentages that add up to 100 by largest remainder; all 0 when there is nothing to share."""
    total = sum(values, Fraction(0))
    if total <= 0:
        return [0] * len(values)
    exact = [Fraction(value) * 100 / total for value in values]
    floors = [int(share) for share in exact]
    order = sorted(range(len(values)), key=lambda place: (floors[place] - exact[place], place))
    for place in order[: 100 - sum(floors)]:
        floors[place] += 1
    return floors


def _cover(start: int, below: Mapping[int, Sequence[int]], seen: set[int]) -> None:
    waiting = [start]
    while waiting:
        row = waiting.pop()
        if row not in seen:
            seen.add(row)
            waiting += below.get(row, ())
