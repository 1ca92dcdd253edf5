"""Rows of tickets as Cards: what they serve, what became of them in a sprint, and what they wait for."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from fractions import Fraction
from typing import Any, NamedTuple

from linker.model import Millis
from linker.own import in_force
from linker.planning.terms import SprintKnown, terms
from linker.scope import Blocked, Card, Stay, Story, Term, carried, points, story
from linker.scope.history import State
from linker.store import Connection, sprints
from linker.store import planning as rows_of
from linker.store.items import by_rows
from linker.store.up import serves
from linker.why import short


class Past(NamedTuple):
    """When tickets were in which sprint (by row, as text), and in which state since when."""

    stays: Mapping[int, Mapping[str, Sequence[Stay]]]
    states: Mapping[int, Sequence[State]]

    def story(self, row: int, one: SprintKnown, now: Millis) -> Story:
        """What became of a ticket in a sprint."""
        own = self.stays.get(row, {}).get(str(one.row), ())
        return story(one.term, own, self.states.get(row, ()), now)

    def carried(self, row: int, one: SprintKnown, known: Mapping[str, Term]) -> int:
        """In how many earlier sprints it was left undone."""
        return carried(known, self.stays.get(row, {}), self.states.get(row, ()), str(one.row))


def past(connection: Connection, rows: Sequence[Any], one: SprintKnown) -> Past:
    """The past of tickets; their states in full only where an earlier moment asks for them."""
    ids = [row["id"] for row in rows]
    found: dict[int, dict[str, list[Stay]]] = defaultdict(lambda: defaultdict(list))
    for stay in rows_of.stays_of(connection, ids):
        found[stay.item][str(stay.sprint)].append(Stay(stay.since, stay.until))
    told = {row["id"]: [State(row["done_at"] or 0, done=True)] for row in rows if row["category"] == "done"}
    asking = [own for own in ids if one.term.closed is not None or len(found[own]) > 1]
    told |= {
        row: [State(at, category == "done") for at, category in said]
        for row, said in rows_of.states(connection, asking).items()
    }
    return Past(found, told)


def cards(
    connection: Connection, rows: Sequence[Any], one: SprintKnown, known: Mapping[int, SprintKnown],
    now: Millis,
) -> list[Card]:  # fmt: skip
    """Tickets of a sprint, or that could come into it, as they are told on the planning page."""
    ids = [row["id"] for row in rows]
    standing, parents = serves(connection, ids), sprints.parents(connection, ids)
    above = {row["id"]: row for row in by_rows(connection, {own for one in parents.values() for own in one})}
    before, when = past(connection, rows, one), terms(known)
    unknown, disagreeing = rows_of.unknown_codes(connection, ids), rows_of.disagreeing(connection, ids)
    waiting = _blocked(connection, ids, one, known)
    impact = _impacts(connection, ids)
    closed = _closed_ids(known)
    found = []
    for row in rows:
        own = row["id"]
        krs, exemption = standing.get(own, ((), None))
        epics = [short(above[up]) for up in sorted(parents.get(own, ())) if up in above]
        facets = row["doc"].get("f", {})
        told = before.story(own, one, now)
        found.append(
            Card(
                row=own,
                name=short(row),
                title=row["title"],
                points=points(row["points"]),
                krs=krs,
                exemption=None if exemption == "none" else exemption,
                category=_category(row, one, told),
                parents=parents.get(own, frozenset()),
                above=epics[0] if epics else "",
                assignee=_value(facets, "assignee") or "",
                place=row["container"] or "",
                sprints=tuple(one for one in _value(facets, "sprints") or () if one not in closed),
                story=told,
                carried=before.carried(own, one, when),
                unknown=tuple(unknown.get(own, ())),
                blocked=waiting.get(own, ()),
                impact=impact.get(own, {}),
                disagreeing=tuple(disagreeing.get(own, ())),
            )
        )
    return found


def _value(facets: Mapping[str, Any], name: str) -> Any:
    return facets[name][3] if name in facets else None


def _closed_ids(known: Mapping[int, SprintKnown]) -> frozenset[str]:
    """Jira keeps closed sprints in a ticket for ever."""
    return frozenset(one.sprint.name for one in known.values() if not one.is_open)


def _category(row: Any, one: SprintKnown, told: Story) -> str:
    """What its state means, in a closed sprint as it was at the close."""
    now = row["category"] or "todo"
    return "doing" if now == "done" and one.term.closed is not None and not told.done else now


def _blocked(
    connection: Connection, ids: Collection[int], one: SprintKnown, known: Mapping[int, SprintKnown]
) -> dict[int, tuple[Blocked, ...]]:
    """The chain of open tickets that each waits for, one for each that blocks it."""
    told = rows_of.waits(connection, ids)
    left = _unfinished(connection, {wait.blocker for wait in told}, one.term.closed)
    waits: dict[int, list[int]] = {}
    for wait in told:
        if wait.blocker in left:
            waits.setdefault(wait.item, []).append(wait.blocker)
    firsts = {blocker for own in ids for blocker in waits.get(own, ())}
    rows = {row["id"]: row for row in by_rows(connection, {b for own in waits.values() for b in own})}
    open_sprints = {own: one.sprint.title for own, one in known.items() if one.is_open}
    where: dict[int, str] = {}
    for stay in rows_of.stays_of(connection, firsts):
        if stay.until is None and stay.sprint in open_sprints:
            where[stay.item] = f"in {open_sprints[stay.sprint]}"
    return {
        own: tuple(
            Blocked(
                tuple(short(rows[step]) for step in _chain(first, waits)), where.get(first, "in no sprint")
            )
            for first in waits[own]
        )
        for own in ids
        if own in waits
    }


def _unfinished(connection: Connection, ids: Collection[int], at: Millis | None) -> set[int]:
    """Those that are not done or given up, now or at a time."""
    if at is None:
        rows = by_rows(connection, ids)
        return {row["id"] for row in rows if row["category"] not in ("done", "dropped")}
    told = rows_of.states(connection, ids)
    return {own for own in ids if _last(told.get(own, ()), at) not in ("done", "dropped")}


def _last(states: Sequence[tuple[Millis, str]], at: Millis) -> str:
    return next((category for since, category in reversed(states) if since <= at), "todo")


def _chain(first: int, waits: Mapping[int, Sequence[int]]) -> list[int]:
    """On from a ticket over the first that each waits for; a circle is told once."""
    chain = [first]
    while (after := next((step for step in waits.get(chain[-1], ()) if step not in chain), None)) is not None:
        chain.append(after)
    return chain


def _impacts(connection: Connection, ids: Collection[int]) -> dict[int, dict[str, Fraction]]:
    """The expected movement of key results: the latest word on each."""
    found: dict[int, dict[str, Fraction]] = {}
    for own, told in rows_of.decided(connection, ids).items():
        for one in in_force(told):
            if one.kind == "impact" and one.kr:
                known = found.setdefault(own, {})
                known.pop(one.kr, None)
                if one.impact:
                    known[one.kr] = Fraction(one.impact)
    return found
