"""Mistakes of okrs.yaml that no single value shows.

The checks walk the file as written, so that one wrong value hides no other.
"""

from collections.abc import Iterable, Iterator
from datetime import date
from decimal import Decimal

from linker import tags
from linker.okrs.problems import Loc, did_you_mean, key_path
from linker.okrs.walk import Entry, each, text
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

Said = tuple[Loc, str]  # where, and what is wrong there


def mistakes(data: Entry, teams: frozenset[str]) -> Iterator[Said]:
    """Errors between values: what stands twice, ends before it starts, or names nothing."""
    cycles = list(each(data, (), "cycles"))
    yield from _twice(((loc, str(entry.get("id", ""))) for loc, entry in cycles), "id", "cycle id", "cycles")
    held = {
        f"{entry.get('id')}/{_code(kr)}"
        for loc, entry in cycles
        for _, _, kr in _key_results(loc, entry)
        if _code(kr)
    }
    for loc, cycle in cycles:
        yield from _dates(loc, cycle)
        objectives = list(each(cycle, loc, "objectives"))
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


def _key_results(loc: Loc, cycle: Entry) -> Iterator[tuple[Loc, Entry, Entry]]:
    for at, objective in each(cycle, loc, "objectives"):
        for place, kr in each(objective, at, "key_results"):
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
    label = f"kr:{cycle}/{code}"
    if not tags.is_code(code):
        said = "Use letters and digits in up to eight parts joined by . or -, such as O1.KR2."
        yield (*loc, "code"), f"'{code}' is not a code. {said}"
    elif len(label) > LABEL_LENGTH:
        said = f"has {len(label)} characters; GitHub allows {LABEL_LENGTH}. Shorten the code."
        yield (*loc, "code"), f"The label {label} {said}"


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
    for at, change in each(kr, loc, "history"):
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
    full = full_id(guards, cycle)
    if full == f"{cycle}/{_code(kr)}":
        yield (*loc, "guards"), "names the key result itself. Name the one whose price it watches."
    elif full not in held:
        others = (name.partition("/") for name in held if name != f"{cycle}/{_code(kr)}")
        codes = [code for head, _, code in others if head == cycle]
        yield (
            (*loc, "guards"),
            f"names '{guards}', which is no key result of {cycle}.{did_you_mean(guards, codes)}",
        )


def _team(loc: Loc, entry: Entry, teams: frozenset[str]) -> Iterator[Said]:
    team = entry.get("team")
    if teams and isinstance(team, str) and team and team not in teams:
        yield (*loc, "team"), f"app.yaml has no team '{team}'.{did_you_mean(team, teams)}"


def full_id(code: str, cycle: str) -> str:
    """A code as it is written in a cycle, with the cycle in front."""
    head, slash, tail = code.rpartition("/")
    return f"{head}/{tags.canonical(tail)}" if slash else f"{cycle}/{tags.canonical(code)}"


def doubts(data: Entry, projects: frozenset[str]) -> Iterator[Said]:
    """What is allowed, and likely not meant."""
    for loc, cycle in each(data, (), "cycles"):
        for at, _, kr in _key_results(loc, cycle):
            yield from _odd_code((*at, "code"), _code(kr), projects)
            yield from _two_states(at, kr)


def _odd_code(loc: Loc, code: str, projects: frozenset[str]) -> Iterator[Said]:
    if not tags.is_code(code):
        return
    if tags.looks_like_jira_key(code):
        project = code.partition("-")[0]
        what = f"a ticket of the project {project}" if project in projects else "a Jira ticket key"
        yield loc, f"{code} looks like {what}; other tools will read it as one."
    elif not any(letter.isdigit() for letter in code):
        yield loc, f"{code} is an ordinary word, which texts hold without meaning it. Add a number: {code}1."


def _two_states(loc: Loc, kr: Entry) -> Iterator[Said]:
    dated = [
        (_day(change.get("on")) or date.min, text(change, "state")) for _, change in each(kr, loc, "history")
    ]
    last = max(dated, default=(date.min, ""))[1]
    if last and kr.get("state") not in (None, last):
        said = f"says '{kr['state']}', but the history ends with '{last}'. The history counts."
        yield (*loc, "state"), said


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
