"""What planning reads: tickets with what they serve, when they were where, and what they wait for."""

from collections.abc import Collection
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from linker.model import Decision, Level
from linker.store.items import chunks
from linker.store.queues import outbox
from linker.store.tables import (
    decisions,
    findings,
    items,
    kr_set_members,
    links,
    memberships,
    observations,
    standing,
    stays,
)

TICKETS = (Level.TICKET, Level.SUBTASK)
OPEN = ("todo", "doing")
DEEPEST = 6  # links of a chain of tickets that wait for each other


class StayRow(NamedTuple):
    """A ticket was in a sprint from a time until another, or still is."""

    item: int
    sprint: int
    since: int
    until: int | None


class Wait(NamedTuple):
    """A ticket waits for another one."""

    item: int
    blocker: int


def stays_in(connection: Connection, sprints: Collection[int]) -> list[StayRow]:
    """All that ever were in these sprints."""
    return _stays(connection, stays.c.sprint, sprints)


def stays_of(connection: Connection, rows: Collection[int]) -> list[StayRow]:
    """All sprints in which these items ever were."""
    return _stays(connection, stays.c.item, rows)


def _stays(connection: Connection, column: Any, rows: Collection[int]) -> list[StayRow]:
    found: list[StayRow] = []
    for part in chunks(rows):
        query = select(stays.c.item, stays.c.sprint, stays.c.since, stays.c.until).where(column.in_(part))
        found += [StayRow(*row) for row in connection.execute(query.order_by(stays.c.item, stays.c.since))]
    return found


def tickets(connection: Connection, rows: Collection[int]) -> list[Any]:
    """Tickets and sub-tasks that are there; what else is in a sprint carries no points."""
    found: list[Any] = []
    for part in chunks(rows):
        query = select(items).where(items.c.id.in_(part), items.c.held, ~items.c.deleted)
        found += connection.execute(query.where(items.c.level.in_(TICKETS))).mappings().all()
    return sorted(found, key=lambda row: row["id"])


def states(connection: Connection, rows: Collection[int]) -> dict[int, list[tuple[int, str]]]:
    """What each observation said of the state of items, in order of time: when, and its category."""
    found: dict[int, list[tuple[int, str]]] = {}
    for part in chunks(rows):
        query = select(observations.c.item, observations.c.at, observations.c.facets)
        order = (observations.c.at, func.coalesce(observations.c.read_at, 0), observations.c.seq)
        for item, at, facets in connection.execute(
            query.where(observations.c.item.in_(part)).order_by(*order)
        ):
            if facets.get("state"):
                found.setdefault(item, []).append((at, facets["state"]["category"]))
    return found


def waits(connection: Connection, rows: Collection[int]) -> list[Wait]:
    """Which items these wait for, and which those wait for, and so on; done or not."""
    found: list[Wait] = []
    seen: set[int] = set()
    frontier = set(rows)
    for _ in range(DEEPEST):
        step = [wait for part in chunks(sorted(frontier)) for wait in _waits(connection, part)]
        seen |= frontier
        found += step
        frontier = {wait.blocker for wait in step} - seen
        if not frontier:
            break
    return found


def _waits(connection: Connection, part: Collection[int]) -> list[Wait]:
    query = select(links.c.child, links.c.parent_item).join(items, items.c.id == links.c.parent_item)
    query = query.where(links.c.child.in_(part), links.c.kind == "blocks", ~items.c.deleted)
    return [Wait(*row) for row in connection.execute(query.order_by(links.c.parent_item))]


def unknown_codes(connection: Connection, rows: Collection[int]) -> dict[int, list[tuple[str, str]]]:
    """Codes that no catalogue holds, with what would mend them."""
    found: dict[int, list[tuple[str, str]]] = {}
    for part in chunks(rows):
        query = select(findings.c.item, findings.c.subject, findings.c.fix).order_by(findings.c.subject)
        for item, code, fix in connection.execute(
            query.where(findings.c.item.in_(part), findings.c.finding == "unknown_code")
        ):
            found.setdefault(item, []).append((code, fix))
    return found


def disagreeing(connection: Connection, rows: Collection[int]) -> dict[int, list[Any]]:
    """Open pull requests below these tickets whose branch and title name different ones."""
    found: dict[int, list[Any]] = {}
    for part in chunks(rows):
        query = (
            select(links.c.parent_item, items.c.tracker, items.c.alias)
            .join(items, items.c.id == links.c.child)
            .join(findings, findings.c.item == items.c.id)
            .where(links.c.parent_item.in_(part), findings.c.finding == "branch_title_disagree")
            .where(items.c.level == Level.PULL_REQUEST, items.c.category.in_(OPEN))
            .order_by(links.c.parent_item, items.c.id)
        )
        for ticket, tracker, alias in connection.execute(query):
            found.setdefault(ticket, []).append(f"{tracker}:{alias}")
    return found


def decided(connection: Connection, rows: Collection[int]) -> dict[int, list[Decision]]:
    """All decisions on items, in the order in which they were kept."""
    found: dict[int, list[Decision]] = {}
    for part in chunks(rows):
        query = select(decisions.c.item, decisions.c.content).where(decisions.c.item.in_(part))
        for item, content in connection.execute(query.order_by(decisions.c.seq)):
            found.setdefault(item, []).append(Decision.model_validate(content))
    return found


def candidates(
    connection: Connection, containers: Collection[str], open_sprints: Collection[int], limit: int
) -> list[int]:
    """Tickets of projects and repositories that nobody began, in no open sprint, that serve something."""
    planned = select(memberships.c.item).where(memberships.c.sprint.in_(list(open_sprints)))
    serving = select(kr_set_members.c.kr_set)
    query = (
        select(items.c.id)
        .join(standing, standing.c.item == items.c.id)
        .where(items.c.level == Level.TICKET, items.c.category == "todo", ~items.c.deleted, items.c.held)
        .where(items.c.container.in_(list(containers)), items.c.id.not_in(planned))
        .where(standing.c.kr_set.in_(serving))
        .order_by(items.c.created.desc(), items.c.id.desc())
        .limit(limit)
    )
    return list(connection.execute(query).scalars())


def changes(connection: Connection, rows: Collection[int]) -> list[Any]:
    """What waits for the trackers, was sent or refused on items."""
    found: list[Any] = []
    for part in chunks(rows):
        query = select(outbox).where(outbox.c.item.in_(part)).order_by(outbox.c.id)
        found += connection.execute(query).mappings().all()
    return found


def containers_of(connection: Connection, sprints: Collection[int]) -> dict[int, frozenset[str]]:
    """The projects or repositories of what is, or was, in each sprint."""
    found: dict[int, set[str]] = {}
    for part in chunks(sprints):
        query = select(stays.c.sprint, items.c.container).join(items, items.c.id == stays.c.item).distinct()
        query = query.where(stays.c.sprint.in_(part), items.c.container.is_not(None))
        for sprint, name in connection.execute(query):
            found.setdefault(sprint, set()).add(name)
    return {sprint: frozenset(names) for sprint, names in found.items()}
