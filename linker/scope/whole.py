"""Findings on a sprint as a whole: its key results, its budgets, its size."""

from collections.abc import Iterator
from fractions import Fraction

from linker.model import Finding
from linker.scope.numbers import Numbers
from linker.scope.plan import Goal, Plan
from linker.scope.saying import finding, said, share, spent

Found = Iterator[Finding]


def unstaffed_key_result(plan: Plan, numbers: Numbers) -> Found:
    """An active key result of the team for which nothing is planned here."""
    served = _served(plan)
    for goal in _ours(plan):
        if goal.current and goal.kind != "guardrail" and goal.pace != "reached" and goal.id not in served:
            yield finding(
                "unstaffed_key_result",
                goal.id,
                f"No ticket of this sprint serves {goal.code}.",
                "Pull a ticket of it in, or say in the review that it waits.",
            )


def short_key_result(plan: Plan, numbers: Numbers) -> Found:
    """A key result at risk that gets little of the sprint."""
    for goal in _ours(plan):
        points, total = numbers.parts.krs.get(goal.id, Fraction(0)), numbers.parts.total
        if goal.at_risk and numbers.parts.serving.get(goal.id) and points < plan.rules.least_share * total:
            risk = f"{goal.code} is at risk (confidence {goal.confidence})"
            yield finding(
                "short_key_result",
                goal.id,
                f"{risk} and gets {said(points)} of {said(total)} points.",
                f"Give it at least {share(plan.rules.least_share)} of the sprint, or change its target.",
            )


def stale_reading(plan: Plan, numbers: Numbers) -> Found:
    """A key result past its middle of which nobody knows where it stands."""
    for goal in _ours(plan) if plan.readings else ():
        if goal.middle and goal.stale:
            last = "It has an old reading" if goal.read_at is not None else "It has no reading"
            yield finding(
                "stale_reading",
                goal.id,
                f"{last}, and more than half of its cycle is over.",
                f"Measure it: `sightline checkin {goal.code} VALUE`.",
            )


def over_budget(plan: Plan, numbers: Numbers) -> Found:
    """More work of one kind than the policy allows."""
    for one in numbers.budgets:
        if one.state == "over" and one.limit.most is not None:
            yield finding(
                "over_budget",
                one.name,
                f"{spent(one)}; the budget is {share(one.limit.most)}.",
                "Move some of it out, or agree on another budget.",
            )


def under_floor(plan: Plan, numbers: Numbers) -> Found:
    """Less work of one kind than the policy asks for."""
    for one in numbers.budgets:
        if one.state == "under" and one.limit.least is not None and numbers.parts.total:
            yield finding(
                "under_floor",
                one.name,
                f"{spent(one)}; the floor is {share(one.limit.least)}.",
                "Pull some of it in, or agree on another floor.",
            )


def unfocused(plan: Plan, numbers: Numbers) -> Found:
    """One sprint for too many key results."""
    number = len(_served(plan))
    if number > plan.rules.most_krs:
        yield finding(
            "unfocused",
            plan.title,
            f"It serves {number} key results; {plan.rules.most_krs} at most keep a team focused.",
            "Move out what serves those that can wait.",
        )


def over_capacity(plan: Plan, numbers: Numbers) -> Found:
    """More points than the team can take."""
    free = numbers.free
    if free is not None and free < 0:
        yield finding(
            "over_capacity",
            plan.title,
            f"{said(numbers.parts.total)} points for a capacity of {said(numbers.capacity or Fraction(0))}.",
            f"Move {said(-free)} points out.",
        )


def _served(plan: Plan) -> set[str]:
    """Active key results that work is planned for; what was given up serves nothing any more."""
    return {kr for card in plan.largest for kr in card.krs} & plan.active


def _ours(plan: Plan) -> list[Goal]:
    return [goal for goal in plan.goals if goal.active and goal.ours]
