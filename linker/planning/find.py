"""A sprint by what people call it: its title, its number on the pages, or the tracker's own id."""

from collections.abc import Iterable

from linker.planning.terms import SprintKnown


def named(known: Iterable[SprintKnown], text: str) -> list[SprintKnown]:
    """The sprints that a text means: by number, by id (`sprint:31`), else by title in any letter case."""
    wanted, every = text.strip().casefold(), list(known)
    for fit in (
        [one for one in every if str(one.row) == wanted],
        [one for one in every if one.sprint.tid == wanted],
        [one for one in every if one.sprint.title.casefold() == wanted],
    ):
        if fit:
            return fit
    return []


def shown(known: Iterable[SprintKnown]) -> list[SprintKnown]:
    """Sprints as a list shows them: those that are open by their end, then the closed ones, newest first."""
    every = list(known)
    coming = sorted((one for one in every if one.is_open), key=lambda one: (one.term.end or 0, one.row))
    over = sorted(
        (one for one in every if not one.is_open), key=lambda one: (-(one.term.closed or 0), one.row)
    )
    return [*coming, *over]
