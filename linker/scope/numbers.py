"""What a plan comes to in numbers: parts, budgets, expected movement; the same before and after a move."""

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Literal, NamedTuple

from linker.scope.plan import UNPLANNED, Card, Limit, Plan, part
from linker.scope.sums import Parts, percent, sums


class Budget(NamedTuple):
    """How much of a sprint goes to one kind of work, beside what the policy allows."""

    name: str
    points: Fraction
    share: Fraction  # of the sprint's points; 0 when it has none
    limit: Limit

    @property
    def state(self) -> Literal["over", "under", "within"]:
        """Above its budget, below its floor, or neither."""
        if self.limit.most is not None and self.share > self.limit.most:
            return "over"
        if self.limit.least is not None and self.share < self.limit.least:
            return "under"
        return "within"


class Numbers(NamedTuple):
    """All numbers of a plan; points are exact."""

    parts: Parts
    budgets: tuple[Budget, ...]
    impact: Mapping[str, Fraction]  # key result -> expected movement, as a share of its gap
    capacity: Fraction | None

    @property
    def serving(self) -> int:
        """Percent that serves an active key result: of points, or of tickets where none has an estimate."""
        return shares(self.parts)["active"]

    @property
    def free(self) -> Fraction | None:
        """Points left of the capacity; negative when there is too much."""
        return None if self.capacity is None else self.capacity - self.parts.total


def shares(parts: Parts) -> dict[str, int]:
    """Percentages of the points, or of the tickets where nothing has an estimate; they add up to 100."""
    values = parts.points if parts.total else parts.tickets
    return dict(zip(values, percent(list(values.values())), strict=True))


def worth(card: Card) -> Fraction:
    """The points of a card; no estimate and a negative one count 0."""
    return max(Fraction(card.points or 0), Fraction(0))


def numbers(plan: Plan) -> Numbers:
    """Add up a plan."""
    parts, cards, active = sums(plan.tickets), plan.carrying, plan.active
    spent: dict[str, Fraction] = {}
    for card in cards:
        if part(card, active) == "exempt" and card.exemption:
            spent[card.exemption] = spent.get(card.exemption, Fraction(0)) + worth(card)
        if card.story.added:
            spent[UNPLANNED] = spent.get(UNPLANNED, Fraction(0)) + worth(card)
    known = [*plan.rules.budgets, *sorted(spent.keys() - plan.rules.budgets.keys())]
    budgets = tuple(
        Budget(name, spent.get(name, Fraction(0)), _share(spent.get(name, Fraction(0)), parts.total),
               plan.rules.budgets.get(name, Limit()))
        for name in known
    )  # fmt: skip
    return Numbers(parts, budgets, _impact(cards), plan.capacity)


def _impact(cards: Iterable[Card]) -> dict[str, Fraction]:
    found: dict[str, Fraction] = {}
    for card in cards:
        for kr, share in card.impact.items():
            found[kr] = found.get(kr, Fraction(0)) + share
    return found


def _share(points: Fraction, total: Fraction) -> Fraction:
    return points / total if total else Fraction(0)
