"""The items that a filter lets through, newest first, in pages; reads only."""

from collections.abc import Collection, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, or_, select

from linker.store.queues import wants
from linker.store.tables import (
    candidates,
    findings,
    items,
    kr_set_members,
    kr_sets,
    links,
    memberships,
    standing,
    verdicts,
)

MOST = 100
DANGLING = "dangling"
NAMING = ("delivers", "contributes")
OPTED_OUT = "exempt"  # the word of a verdict
UNSAID = "unsaid"  # the source of a verdict that was kept before sources were
GONE, REFUSED = 2, 3  # states of a reference that was asked for
# A reason code: of a pull request as it was judged, since a rule can exempt it too; of a ticket as it stands.
exempt_for = case(
    (verdicts.c.word.is_(None), standing.c.exemption),
    (verdicts.c.word == OPTED_OUT, func.coalesce(verdicts.c.exemption, standing.c.exemption)),
    else_=None,
)
DONE = {"open": ("todo", "doing"), "done": ("done",), "dropped": ("dropped",)}


class Wanted(NamedTuple):
    """What to let through; every part that is set must hold. `active` are the active key results today."""

    words: tuple[str, ...] = ()  # each in the title or the alias
    serves: tuple[str, ...] = ()  # full ids; one after the other must be served
    part: str | None = None  # active, inactive, exempt, none
    exemption: str | None = None  # a reason code
    finding: str | None = None
    verdict: str | None = None
    judged: bool = False  # pull requests of which something was said
    source: str | None = None  # what exempts a pull request: text, person, inherited, rule
    sprints: tuple[int, ...] = ()  # rows; in any of them
    rows: tuple[int, ...] | None = None  # these items only
    below: int | None = None  # row of a parent
    epic: int | None = None  # row; its tickets, and the pull requests that name these
    work_of: int | None = None  # row of a ticket; the pull requests that name it as their work
    unestimated: bool = False
    state: str | None = None  # open, done, dropped
    levels: tuple[int, ...] = ()
    containers: tuple[str, ...] | None = None
    elsewhere: tuple[str, ...] | None = None  # in none of these containers
    created: tuple[int, int] | None = None  # made at or after the one and before the other
    active: tuple[str, ...] = ()


def count(connection: Connection, wanted: Wanted) -> int:
    """How many items a filter lets through."""
    return int(connection.execute(_narrow(select(func.count()), wanted)).scalar_one())


def page(connection: Connection, wanted: Wanted, offset: int = 0, limit: int = MOST) -> list[Any]:
    """One page of them: rows with standing's kr_set, exemption and the verdict's word beside."""
    columns = (
        items.c.id,
        items.c.tracker,
        items.c.site,
        items.c.tid,
        items.c.level,
        items.c.type,
        items.c.alias,
        items.c.container,
        items.c.title,
        items.c.category,
        items.c.state,
        items.c.points,
        items.c.at,
        standing.c.kr_set,
        exempt_for.label("exemption"),
        verdicts.c.word,
    )
    order = items.c.id.desc()
    # Rows are found by narrow columns first: whole rows are wide, and sorting them takes most of the time.
    narrow = _narrow(select(items.c.id), wanted).order_by(order).offset(offset).limit(limit)
    ids = list(connection.execute(narrow).scalars())
    wide = _joined(select(*columns)).where(items.c.id.in_(ids)).order_by(order)
    return list(connection.execute(wide).mappings())


def _narrow(query: Select[Any], wanted: Wanted) -> Select[Any]:
    """Only items of work have a level, and only held ones."""
    return _joined(query).where(items.c.level.is_not(None), ~items.c.deleted, *_conditions(wanted))


def _joined(query: Select[Any]) -> Select[Any]:
    joined = items.outerjoin(standing, standing.c.item == items.c.id)
    return query.select_from(joined.outerjoin(verdicts, verdicts.c.item == items.c.id))


def _conditions(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = [
        or_(items.c.title.icontains(word, autoescape=True), items.c.alias.icontains(word, autoescape=True))
        for word in wanted.words
    ]
    found += [standing.c.kr_set.in_(_sets((kr,))) for kr in wanted.serves]
    if wanted.part is not None:
        found.append(_part(wanted.part, wanted.active))
    if wanted.exemption is not None:
        found.append(exempt_for == wanted.exemption)
    found += _said(wanted)
    found += _places(wanted)
    if wanted.state is not None:
        found.append(items.c.category.in_(DONE.get(wanted.state, ())))
    if wanted.levels:
        found.append(items.c.level.in_(wanted.levels))
    if wanted.unestimated:
        found.append(items.c.points.is_(None))
    if wanted.created is not None:
        found += [items.c.created >= wanted.created[0], items.c.created < wanted.created[1]]
    return found


def _said(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.verdict is not None:
        found.append(verdicts.c.word == wanted.verdict)
    if wanted.judged:
        found.append(verdicts.c.word.is_not(None))
    if wanted.source is not None:
        source = verdicts.c.source
        known = source.is_(None) if wanted.source == UNSAID else source == wanted.source
        found.append(and_(verdicts.c.word == OPTED_OUT, known))
    return found


def _places(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.finding is not None:
        having = select(findings.c.item).where(findings.c.finding == wanted.finding)
        found.append(items.c.id.in_(_dangling() if wanted.finding == DANGLING else having))
    if wanted.rows is not None:
        found.append(items.c.id.in_(wanted.rows))
    if wanted.sprints:
        inside = select(memberships.c.item).where(memberships.c.sprint.in_(wanted.sprints))
        found.append(items.c.id.in_(inside))
    if wanted.below is not None:
        under = select(links.c.child).where(links.c.parent_item == wanted.below)
        found.append(items.c.id.in_(under))
    if wanted.epic is not None:
        parts = select(links.c.child).where(links.c.parent_item == wanted.epic, links.c.kind == "parent")
        named = select(links.c.child).where(links.c.parent_item.in_(parts), links.c.kind.in_(NAMING))
        found.append(items.c.id.in_(parts) | items.c.id.in_(named))
    if wanted.work_of is not None:
        work = select(links.c.child).where(links.c.parent_item == wanted.work_of, links.c.kind.in_(NAMING))
        found.append(items.c.id.in_(work))
    if wanted.containers is not None:
        found.append(items.c.container.in_(wanted.containers))
    if wanted.elsewhere is not None:
        found.append(func.coalesce(items.c.container, "").not_in(wanted.elsewhere))
    return found


def _dangling() -> Select[Any]:
    """Items that name something which the tracker does not have, or does not show us."""
    refused = wants.c.state.in_((GONE, REFUSED))
    names = select(func.upper(wants.c.ref)).where(refused)
    return select(candidates.c.item).where(candidates.c.value.in_(names))


def dangling(connection: Connection) -> int:
    """How many items name something that cannot be read."""
    return count(connection, Wanted(finding=DANGLING))


def _part(part: str, active: Sequence[str]) -> ColumnElement[bool]:
    serving = standing.c.kr_set.in_(_sets())
    spared = func.coalesce(exempt_for, "none") != "none"
    live = standing.c.kr_set.in_(_sets(active))
    unset = standing.c.kr_set.is_(None)
    if part == "active":
        return live
    if part == "exempt":
        return spared & (unset | ~live)
    if part == "inactive":
        return serving & ~live & ~spared
    return ~spared & (unset | ~serving)


def _sets(krs: Collection[str] | None = None) -> Select[Any]:
    """Sets that hold one of these key results; sets that hold any when none are named."""
    if krs is None:
        return select(kr_sets.c.id).where(kr_sets.c.members != "")
    return select(kr_set_members.c.kr_set).where(kr_set_members.c.kr.in_(list(krs)))


def title(connection: Connection, row: int) -> str:
    """The title of an item or sprint; empty when there is none."""
    return str(connection.execute(select(items.c.title).where(items.c.id == row)).scalar() or "")
