"""The key results of the cycle as planning sees them, in the order of a review."""

from collections.abc import Collection, Iterator, Sequence
from datetime import date

from linker.model import Cycle, KeyResult, Objective, Reading
from linker.okrs.measured import measured
from linker.planning.look import Look, day_of
from linker.scope import Goal
from linker.store import Connection, readings


def goals(
    connection: Connection, look: Look, on: date, teams: Collection[str], served: Collection[str]
) -> tuple[Goal, ...]:
    """Key results of the cycles that hold a day, and those that are active in their days of grace and served.

    They are measured on that day, or today where it is still to come.
    """
    chosen = [
        (cycle, objective, kr)
        for cycle, objective, kr in _all(look)
        if cycle.start <= on <= cycle.end or (kr.id in served and look.active(kr.id, on))
    ]
    today = day_of(look.now)
    ids = [kr.id for _, _, kr in chosen]
    told = (
        {own: readings.series(connection, own) for own in ids}  # of a day that is over, not the newest
        if on < today
        else readings.newest(connection, ids)
    )
    return tuple(
        _goal(look, on, min(on, today), teams, cycle, objective, kr, told.get(kr.id, []))
        for cycle, objective, kr in chosen
    )


def _all(look: Look) -> Iterator[tuple[Cycle, Objective, KeyResult]]:
    for cycle in look.catalogue.cycles:
        for objective in cycle.objectives:
            for kr in objective.key_results:
                yield cycle, objective, kr


def _goal(
    look: Look, on: date, day: date, teams: Collection[str], cycle: Cycle, objective: Objective,
    kr: KeyResult, told: Sequence[Reading],
) -> Goal:  # fmt: skip
    team = kr.team or objective.team
    now = measured(kr, cycle, told, day, look.config.policy.planning.stale_days)
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
        pace=now.pace,
        progress=now.progress,
        confidence=now.confidence,
        confidence_before=now.confidence_before,
        read_at=now.at,
        stale=now.stale or now.at is None,
        middle=(day - cycle.start) * 2 > cycle.end - cycle.start,
        current=cycle.start <= on <= cycle.end,
    )
