"""What a sprint would be: tickets moved out and pulled in, and what each move does; nothing is written."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import NamedTuple

from linker.scope.history import Story
from linker.scope.numbers import Numbers, numbers, worth
from linker.scope.plan import Card, Goal, Plan, part

MOST_SWAPS = 3


class Effect(NamedTuple):
    """What a change does to one line of the page: its name, before and after, in points or percent."""

    name: str
    before: Fraction
    after: Fraction
    unit: str  # points, %

    @property
    def delta(self) -> Fraction:
        """After less before."""
        return self.after - self.before


class Swap(NamedTuple):
    """One ticket for another, and what that does."""

    out: Card
    into: Card
    effects: tuple[Effect, ...]


def drafted(plan: Plan, out: Collection[int], into: Iterable[Card]) -> Plan:
    """The plan without some cards and with others; one that is in both is in."""
    coming = {card.row: replace(card, story=arriving(plan, card)) for card in into}
    staying = tuple(card for card in plan.cards if card.row not in coming and card.row not in set(out))
    return replace(plan, cards=(*staying, *(coming[row] for row in sorted(coming))))


def arriving(plan: Plan, card: Card) -> Story:
    """What a ticket is that comes into the sprint now; one that was planned and left is planned again."""
    planned = card.story.planned or not plan.started
    return Story(planned=planned, added=not planned, inside=True)


def effects(plan: Plan, before: Numbers, after: Numbers) -> tuple[Effect, ...]:
    """What differs: the serving share first, then key results, budgets, and the whole."""
    found = [Effect("serves an active key result", Fraction(before.serving), Fraction(after.serving), "%")]
    for goal in plan.goals:
        found.append(
            Effect(goal.code, before.parts.krs.get(goal.id, Fraction(0)),
                   after.parts.krs.get(goal.id, Fraction(0)), "points")
        )  # fmt: skip
    spent = {one.name: one.points for one in before.budgets}
    then = {one.name: one.points for one in after.budgets}
    for name in [*spent, *(then.keys() - spent.keys())]:
        found.append(Effect(name, spent.get(name, Fraction(0)), then.get(name, Fraction(0)), "points"))
    found.append(Effect("all", before.parts.total, after.parts.total, "points"))
    return tuple(one for one in found if one.delta)


def swaps(plan: Plan, candidates: Sequence[Card], most: int = MOST_SWAPS) -> list[Swap]:
    """The swaps that bring most: what serves nothing goes, and what serves a key result in need comes.

    A ticket comes only where it fits in the points that the other one leaves, or in the capacity; each ticket
    stands in one swap at most. What is part of another ticket of the sprint leaves no points.
    """
    before, active = numbers(plan), plan.active
    most_points = max(before.parts.total, before.capacity or Fraction(0))
    going = [card for card in plan.carrying if card.is_open and part(card, active) in ("none", "inactive")]
    going.sort(key=lambda card: (-worth(card), card.name))
    coming = rank(plan, before, candidates)
    found: list[Swap] = []
    for out in going:
        if not coming or len(found) == most:
            break
        room = most_points - numbers(drafted(plan, {out.row}, ())).parts.total
        into = next((card for card in coming if 0 < worth(card) <= room), None)
        if into is None:
            continue
        coming.remove(into)
        moved = effects(plan, before, numbers(drafted(plan, {out.row}, [into])))
        if moved:
            found.append(Swap(out, into, moved))
    return found


def rank(plan: Plan, now: Numbers, candidates: Sequence[Card]) -> list[Card]:
    """Tickets that could come in: first for key results without work, then for those at risk, then others."""
    goals = {goal.id: goal for goal in plan.goals if goal.active}
    here = {card.row for card in plan.cards}

    def need(card: Card) -> tuple[int, Fraction, str]:
        known = [goals[kr] for kr in card.krs if kr in goals]
        return min((_need(goal, now) for goal in known), default=9), -worth(card), card.name

    fit = [card for card in candidates if card.row not in here and any(kr in goals for kr in card.krs)]
    return sorted(fit, key=need)


def _need(goal: Goal, now: Numbers) -> int:
    """How much a key result needs a ticket; the least number most."""
    if not goal.ours:
        return 4
    if not now.parts.serving.get(goal.id):
        return 0
    if goal.at_risk or goal.pace in ("at risk", "off track"):
        return 1
    return 3 if goal.pace == "reached" else 2
