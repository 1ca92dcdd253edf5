"""One key result: how far its readings say that it is, its state, and the work that serves it."""

from typing import NamedTuple

from flask import abort

from linker.model import Level
from linker.store import counts, lists
from linker.store.items import by_rows
from linker.store.lists import Wanted
from linker.why import short
from reports import measure
from reports.frame import Frame, framed, render
from reports.home import OPEN, Work, state_of, work_by_kr


class Group(NamedTuple):
    """Work below one epic, or one issue with sub-issues."""

    name: str
    title: str
    work: Work


def kr(kr: str) -> str:
    """A key result by its full id, or by its code in the running cycle."""
    with framed() as frame:
        own = kr if kr in frame.catalogue.krs else frame.catalogue.bind(kr, None, frame.now).kr
        if own is None:
            abort(404, description=f"The catalogue holds no key result {kr[:80]}")
        found = frame.catalogue.krs[own]
        cycle = frame.catalogue.cycle_of(own)
        objective = next(one for one in cycle.objectives if one.code == found.objective)
        direct = Wanted(serves=(own,), state="open", levels=(Level.TICKET, Level.SUBTASK))
        return render(
            "kr.html",
            frame,
            kr=found,
            cycle=cycle,
            objective=objective,
            state=state_of(frame.catalogue, own, frame),
            why=frame.catalogue.why_inactive(own, frame.today, frame.grace),
            work=work_by_kr(frame, own).get(own, Work()),
            groups=_groups(frame, own),
            measure=measure.shown(frame, found, cycle),
            worth=measure.worth,
            plain=measure.plain,
            actor=measure.actor,
            listed=measure.SHOWN,
            checks=counts.checks_waiting(frame.connection, own),
            open_tickets=lists.page(frame.connection, direct, 0, 20),
        )


def _groups(frame: Frame, own: str) -> list[Group]:
    numbers: dict[int, list[int]] = {}
    for row in counts.groups(frame.connection, own):
        place = (0 if row.level < Level.PULL_REQUEST else 2) + (row.category == "done")
        if row.category in (*OPEN, "done"):
            numbers.setdefault(row.parent, [0, 0, 0, 0])[place] += row.number
    rows = {row["id"]: row for row in by_rows(frame.connection, list(numbers))}
    found = [Group(short(rows[row]), rows[row]["title"], Work(*own)) for row, own in numbers.items()]
    return sorted(found, key=lambda one: (-one.work.open_tickets, -one.work.done_tickets, one.name))
