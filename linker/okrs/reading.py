"""Read okrs.yaml's data into a Catalogue, or name every mistake in it at once."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from pydantic import ValidationError

from linker import tags
from linker.model import Cycle, KeyResult, Objective, StateChange
from linker.okrs.catalogue import Catalogue
from linker.okrs.entries import CycleEntry, KeyResultEntry, ObjectiveEntry, OkrsFile, okrs_schema
from linker.okrs.problems import Loc, Locate, Problem, did_you_mean, explain, key_path
from linker.okrs.words import day, number

NEEDS = {
    "from_to": ("metric", "baseline", "target"),
    "at_most": ("metric", "target"),
    "at_least": ("metric", "target"),
    "maintain_below": ("metric", "target"),
    "ratio": ("metric", "target"),
    "zero": ("metric",),
    "boolean": (),
}
LABEL_LENGTH = 50  # GitHub's bound for a label's name

Entry = Mapping[str, Any]
Said = tuple[Loc, str]  # where, and what is wrong there


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
    problems: list[Problem] = []
    entries = None
    try:
        entries = OkrsFile.model_validate(data)
    except ValidationError as error:
        problems += explain(error, okrs_schema(), file, locate, data)
    seen = {problem.key for problem in problems}
    problems += [
        _problem(said, file, locate) for said in _mistakes(data, teams) if key_path(said[0]) not in seen
    ]
    problems += [_problem(said, file, locate, "warning") for said in _doubts(data, projects)]
    problems.sort(key=lambda problem: (problem.line or 0, problem.key))
    if entries is None or any(problem.severity == "error" for problem in problems):
        return None, problems
    return Catalogue(tuple(_cycle(cycle) for cycle in entries.cycles)), problems


def _problem(said: Said, file: str, locate: Locate, severity: Any = "error") -> Problem:
    loc, text = said
    return Problem(file=file, line=locate(loc), key=key_path(loc), text=text, severity=severity)


# --- mistakes between values; they walk the raw data, so that one wrong value hides no other ---------------


def _mistakes(data: Entry, teams: frozenset[str]) -> Iterator[Said]:
    cycles = list(_each(data, (), "cycles"))
    yield from _twice(((loc, str(entry.get("id", ""))) for loc, entry in cycles), "id", "cycle id", "cycles")
    held = {
        f"{entry.get('id')}/{_code(kr)}"
        for loc, entry in cycles
        for _, _, kr in _key_results(loc, entry)
        if _code(kr)
    }
    for loc, cycle in cycles:
        yield from _dates(loc, cycle)
        objectives = list(_each(cycle, loc, "objectives"))
        yield from _twice(((at, _code(entry)) for at, entry in objectives), "code", "objective", "this cycle")
        krs = list(_key_results(loc, cycle))
        yield from _twice(((at, _code(kr)) for at, _, kr in krs), "code", "key result", "this cycle")
        for at, entry in [*objectives, *((at, kr) for at, _, kr in krs)]:
            yield from _team(at, entry, teams)
        for at, _, kr in krs:
            yield from _codes(at, kr, str(cycle.get("id", "")))
            yield from _needs(at, kr)
            yield from _history(at, kr)
            yield from _guards(at, kr, str(cycle.get("id", "")), held)


def _each(entry: Entry, loc: Loc, key: str) -> Iterator[tuple[Loc, Entry]]:
    items = entry.get(key)
    for index, item in enumerate(items if isinstance(items, list | tuple) else ()):
        if isinstance(item, Mapping):
            yield (*loc, key, index), item


def _key_results(loc: Loc, cycle: Entry) -> Iterator[tuple[Loc, Entry, Entry]]:
    for at, objective in _each(cycle, loc, "objectives"):
        for place, kr in _each(objective, at, "key_results"):
            yield place, objective, kr


def _code(entry: Entry) -> str:
    code = entry.get("code")
    return tags.canonical(code) if isinstance(code, str) else ""


def _twice(items: Iterable[tuple[Loc, str]], key: str, noun: str, where: str) -> Iterator[Said]:
    first: dict[str, Loc] = {}
    for loc, name in items:
        folded = name.upper()
        if folded and first.setdefault(folded, loc) != loc:
            yield (
                (*loc, key),
                f"The {noun} {name} stands twice in {where}; the first is {key_path(first[folded])}.",
            )


def _dates(loc: Loc, cycle: Entry) -> Iterator[Said]:
    start, end = _day(cycle.get("start")), _day(cycle.get("end"))
    if start and end and end < start:
        yield (*loc, "end"), f"The cycle ends on {end}, before it starts on {start}."


def _codes(loc: Loc, kr: Entry, cycle: str) -> Iterator[Said]:
    code = kr.get("code")
    if not isinstance(code, str) or not code:
        return
    if not tags.is_code(code):
        yield (
            (*loc, "code"),
            f"'{code}' is not a code. Use letters and digits with . or - between, such as O1.KR2.",
        )
    elif len(label := f"kr:{cycle}/{code}") > LABEL_LENGTH:
        text = (
            f"The label {label} has {len(label)} characters; GitHub allows {LABEL_LENGTH}. Shorten the code."
        )
        yield (*loc, "code"), text


def _needs(loc: Loc, kr: Entry) -> Iterator[Said]:
    """What a comparator cannot be judged without; a proposed key result may still look for it."""
    comparator = kr.get("comparator", "from_to")
    if kr.get("state") == "proposed" or not isinstance(comparator, str):
        return
    for key in NEEDS.get(comparator, ()):
        if kr.get(key) in (None, ""):
            yield (*loc, key), f"is missing; the comparator {comparator} needs it."
    baseline, target = _number(kr.get("baseline")), _number(kr.get("target"))
    if comparator == "from_to" and baseline is not None and baseline == target:
        yield (*loc, "target"), f"Baseline and target are both {target}, so there is no way to go."
    if comparator == "zero" and target:
        yield (*loc, "target"), f"The comparator zero has the target 0, and this is {target}."
    weight = _number(kr.get("weight"))
    if weight is not None and weight <= 0:
        yield (*loc, "weight"), "is a share and must be above 0."


def _history(loc: Loc, kr: Entry) -> Iterator[Said]:
    days: dict[date, int] = {}
    for at, change in _each(kr, loc, "history"):
        on = _day(change.get("on"))
        if on and days.setdefault(on, 1) and days[on] > 1:
            yield (*at, "on"), f"The history has two states on {on}. Keep the one that counts."
        if on:
            days[on] += 1
    if kr.get("history") and kr.get("since") is not None:
        yield (*loc, "since"), "is for a key result without a history. Add it to the history instead."


def _guards(loc: Loc, kr: Entry, cycle: str, held: set[str]) -> Iterator[Said]:
    guards = kr.get("guards")
    if not isinstance(guards, str):
        return
    full = _full(guards, cycle)
    if full == f"{cycle}/{_code(kr)}":
        yield (*loc, "guards"), "names the key result itself. Name the one whose price it watches."
    elif full not in held:
        codes = [name.partition("/")[2] for name in held if name.partition("/")[0] == cycle]
        yield (
            (*loc, "guards"),
            f"names '{guards}', which is no key result of {cycle}.{did_you_mean(guards, codes)}",
        )


def _team(loc: Loc, entry: Entry, teams: frozenset[str]) -> Iterator[Said]:
    team = entry.get("team")
    if teams and isinstance(team, str) and team and team not in teams:
        yield (*loc, "team"), f"app.yaml has no team '{team}'.{did_you_mean(team, teams)}"


def _full(code: str, cycle: str) -> str:
    head, slash, tail = code.rpartition("/")
    return f"{head}/{tags.canonical(tail)}" if slash else f"{cycle}/{tags.canonical(code)}"


def _doubts(data: Entry, projects: frozenset[str]) -> Iterator[Said]:
    for loc, cycle in _each(data, (), "cycles"):
        for at, _, kr in _key_results(loc, cycle):
            code = _code(kr)
            if tags.is_code(code) and tags.looks_like_jira_key(code):
                project = code.partition("-")[0]
                what = f"a ticket of the project {project}" if project in projects else "a Jira ticket key"
                yield (*at, "code"), f"{code} looks like {what}; other tools will read it as one."
            history = [change.get("state") for _, change in _each(kr, at, "history")]
            if history and kr.get("state") not in (None, history[-1]):
                text = f"says '{kr['state']}', but the history ends with '{history[-1]}'. The history counts."
                yield (*at, "state"), text


def _day(value: object) -> date | None:
    try:
        found = day(value)
    except ValueError:
        return None
    return found if isinstance(found, date) else None


def _number(value: object) -> Decimal | None:
    try:
        found = number(value)
    except ValueError:
        return None
    return found if isinstance(found, Decimal) else None


# --- entries to nouns -------------------------------------------------------------------------------------


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
        guards=_full(entry.guards, cycle) if entry.guards else None,
    )


def _change(entry: Any) -> StateChange:
    return StateChange(state=entry.state, on=entry.on, reason=entry.reason)
