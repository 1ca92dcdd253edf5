"""Read okrs.yaml's data into a Catalogue, or name every mistake in it at once."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from linker import tags
from linker.model import Cycle, KeyResult, Objective, StateChange
from linker.okrs.catalogue import Catalogue
from linker.okrs.entries import CycleEntry, KeyResultEntry, ObjectiveEntry, OkrsFile, okrs_schema
from linker.okrs.explain import explain
from linker.okrs.mistakes import Said, doubts, full_id, mistakes
from linker.okrs.problems import Locate, Problem, key_path


def parse(
    data: object,
    locate: Locate,
    file: str = "okrs.yaml",
    *,
    projects: frozenset[str] = frozenset(),
    teams: frozenset[str] = frozenset(),
) -> tuple[Catalogue | None, list[Problem]]:
    """The catalogue, or None when there is an error; problems hold every error and warning, by line.

    `data` is what YAML gave; `locate` finds the line of a location; `projects` are the configured Jira keys
    and `teams` the configured teams, where there are any.
    """
    if not isinstance(data, Mapping):
        text = "is empty or not a list of keys. Start with `cycles:`."
        return None, [Problem(file=file, line=1, key="", text=text)]
    entries, said = None, []
    try:
        entries = OkrsFile.model_validate(data)
    except ValidationError as error:
        said = list(explain(error, okrs_schema(), data))
    seen = {loc for loc, _ in said}
    said += [(loc, words) for loc, words in mistakes(data, teams) if loc not in seen]
    problems = [_problem(one, file, locate) for one in said]
    problems += [_problem(one, file, locate, "warning") for one in doubts(data, projects)]
    problems.sort(key=lambda problem: (problem.line or 0, problem.key))
    if entries is None or any(problem.severity == "error" for problem in problems):
        return None, problems
    return Catalogue(tuple(_cycle(cycle) for cycle in entries.cycles)), problems


def _problem(said: Said, file: str, locate: Locate, severity: Any = "error") -> Problem:
    loc, text = said
    return Problem(file=file, line=locate(loc), key=key_path(loc), text=text, severity=severity)


def _cycle(entry: CycleEntry) -> Cycle:
    objectives = tuple(_objective(objective, entry.id) for objective in entry.objectives)
    return Cycle(
        id=entry.id, start=entry.start, end=entry.end, timezone=entry.timezone, objectives=objectives
    )


def _objective(entry: ObjectiveEntry, cycle: str) -> Objective:
    known = entry.model_dump(exclude={"key_results"})
    key_results = tuple(_key_result(kr, cycle, entry) for kr in entry.key_results)
    return Objective(**known, cycle=cycle, key_results=key_results)


def _key_result(entry: KeyResultEntry, cycle: str, objective: ObjectiveEntry) -> KeyResult:
    """One form for what can be written in several: codes in capitals, dated states in order, full guards."""
    known = entry.model_dump(exclude={"code", "team", "state", "since", "history", "guards"})
    history = tuple(sorted((_change(change) for change in entry.history), key=lambda change: change.on))
    state = entry.state or "open"
    if entry.since is not None:
        history = (StateChange(state=state, on=entry.since),)
    return KeyResult(
        **known,
        code=tags.canonical(entry.code),
        cycle=cycle,
        objective=objective.code,
        team=entry.team or objective.team,
        state=history[-1].state if history else state,
        history=history,
        guards=full_id(entry.guards, cycle) if entry.guards else None,
    )


def _change(entry: Any) -> StateChange:
    return StateChange(state=entry.state, on=entry.on, reason=entry.reason)
