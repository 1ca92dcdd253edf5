"""The key results of the cycle as planning sees them, in the order of a review."""

from collections.abc import Collection, Iterator
from datetime import date

from linker.model import Cycle, KeyResult, Objective
from linker.planning.look import Look
from linker.scope import Goal


def goals(look: Look, on: date, teams: Collection[str], served: Collection[str]) -> tuple[Goal, ...]:
    """Key results of the cycles that hold a day; of others those that are active and served here, or would be."""
    return tuple(
        _goal(look, on, teams, cycle, objective, kr)
        for cycle, objective, kr in _all(look)
        if cycle.start <= on <= cycle.end or (kr.id in served and look.active(kr.id, on))
    )


def _all(look: Look) -> Iterator[tuple[Cycle, Objective, KeyResult]]:
    for cycle in look.catalogue.cycles:
        for objective in cycle.objectives:
            for kr in objective.key_results:
                yield cycle, objective, kr


def _goal(
    look: Look, on: date, teams: Collection[str], cycle: Cycle, objective: Objective, kr: KeyResult
) -> Goal:
    team = kr.team or objective.team
    return Goal(
        kr.id,
        look.catalogue.label_code(kr.id, on),
        kr.title,
        kr.owner or objective.owner,
        team,
        objective.title,
        kr.kind,
        look.active(kr.id, on),
        not team or not teams or team in teams,
        middle=(on - cycle.start) * 2 > cycle.end - cycle.start,
        current=cycle.start <= on <= cycle.end,
    )
